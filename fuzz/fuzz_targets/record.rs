//! The header of a record.
#![no_main]

use lacis_wire::record::Header;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    lacis_fuzz::one_form::<Header>(bytes);
});
