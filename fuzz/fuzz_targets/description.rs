//! The session description of a browser: read, and rebuilt for another one.
#![no_main]

use lacis_wire::description::{Description, candidate_ok};

libfuzzer_sys::fuzz_target!(|text: &str| {
    if candidate_ok(text) {
        assert!(!text.contains(['\r', '\n']), "a candidate could add lines to a description");
    }
    let Ok(description) = Description::from_sdp(text) else { return };
    let rebuilt = description.to_sdp(1);
    // Whatever the fields hold, they cannot smuggle in a line of their own.
    let lines = 15 + usize::from(description.sctp_init.is_some());
    assert_eq!(rebuilt.lines().count(), lines);
    assert_eq!(Description::from_sdp(&rebuilt), Ok(description));
});
