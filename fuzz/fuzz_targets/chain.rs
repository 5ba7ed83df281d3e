//! The credentials of a member: read, and asked whether they lead anywhere.
#![no_main]

use lacis_wire::codec::decode;
use lacis_wire::credential::Chain;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    lacis_fuzz::one_form::<Chain>(bytes);
    if let Ok(chain) = decode::<Chain>(bytes)
        && let Some(leaf) = chain.leaf()
        && let Ok(verified) = chain.verify(&leaf.group)
    {
        assert_eq!(verified, leaf);
    }
});
