//! Who the members are: founding, inviting, joining, admitting, taking back.

pub(super) mod admission;
pub(super) mod arrival;
pub(super) mod company;
pub(super) mod invite;
pub(super) mod joining;
pub(super) mod people;
pub(super) mod preview;
pub(super) mod properties;
pub(super) mod revoke;
pub(super) mod servers;
