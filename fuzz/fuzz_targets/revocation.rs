//! The bodies of system records: revocations, and the small ones beside them.
#![no_main]

use lacis_wire::codec::decode;
use lacis_wire::system::{Budget, GroupProperties, OpenInvitation, Revocation, Servers};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    lacis_fuzz::round_trip::<Revocation>(bytes, &mut Vec::new());
    lacis_fuzz::round_trip::<GroupProperties>(bytes, &mut Vec::new());
    lacis_fuzz::round_trip::<OpenInvitation>(bytes, &mut Vec::new());
    lacis_fuzz::round_trip::<Budget>(bytes, &mut Vec::new());
    lacis_fuzz::round_trip::<Servers>(bytes, &mut Vec::new());
    if let Ok(revocation) = decode::<Revocation>(bytes) {
        let (actions, rest) = revocation.actions.as_chunks::<16>();
        assert!(rest.is_empty() && actions.iter().all(|action| revocation.names(action)));
    }
});
