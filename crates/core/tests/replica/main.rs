//! What a member accepts of a group's records, and that the order of arrival changes nothing.

mod budgets;
mod keys;
mod orders;
mod people;
mod places;
mod revocations;
mod rules;
