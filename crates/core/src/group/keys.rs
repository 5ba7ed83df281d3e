//! The keys of a group: held, made anew, and where its members meet by them.

pub(super) mod door;
pub(super) mod keyring;
pub(super) mod rotation;
