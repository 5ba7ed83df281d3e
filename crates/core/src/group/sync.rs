//! What two members say to each other about a group, and what each lacks of the other: one state
//! for each neighbour.

pub(super) mod buckets;
pub(super) mod compare;
pub(super) mod giving;
pub(super) mod handshake;
pub(super) mod heard;
pub(super) mod incoming;
pub(super) mod neighbour;
pub(super) mod progress;
pub(super) mod queue;
pub(super) mod serve;
pub(super) mod sketching;
pub(super) mod spreading;
pub(super) mod upkeep;
