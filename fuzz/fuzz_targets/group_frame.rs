//! What members of a group say on a link.
#![no_main]

use lacis_wire::group::GroupFrame;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    lacis_fuzz::round_trip::<GroupFrame>(bytes, &mut Vec::new());
});
