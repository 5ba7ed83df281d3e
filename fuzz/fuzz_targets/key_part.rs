//! A part of a key record: read, and asked whether it gives anybody anything.
#![no_main]

use lacis_wire::codec::decode;
use lacis_wire::keys::KeyPart;
use lacis_wire::proof::signing_key;
use lacis_wire::{GroupId, PeerId};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    lacis_fuzz::round_trip::<KeyPart>(bytes, &mut Vec::new());
    let Ok(part) = decode::<KeyPart>(bytes) else { return };
    let (group, author) = (GroupId([1; GroupId::LEN]), PeerId([2; PeerId::LEN]));
    // Whoever the golden vectors are sealed to, they are of another group and author.
    let identity = signing_key(&core::array::from_fn(|at| 4 + at as u8));
    assert!(part.open(&group, &author, &identity).is_err(), "opened in another group");
    assert!(part.open_meeting(&group, &author, &identity).is_err(), "opened in another group");
});
