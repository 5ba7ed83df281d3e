//! What a member accepts of a group's records, and that the order of arrival changes nothing.

mod people;
mod revocations;
mod rules;
