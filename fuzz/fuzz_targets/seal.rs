//! A sealed payload that the server passed on, or made up.
#![no_main]

use lacis_wire::room::RoomLink;
use lacis_wire::{NodeId, seal};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let keys = RoomLink { secret: [7; 16], servers: Vec::new() }.keys();
    let (from, to) = (NodeId([1; NodeId::LEN]), NodeId([2; NodeId::LEN]));
    let is_ours = seal::matches_topic(bytes, &keys.topic);
    assert!(seal::open(&keys, from, to, bytes).is_err(), "opened without the key, ours: {is_ours}");
});
