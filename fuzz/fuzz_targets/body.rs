//! The body of a record, once it is opened.
#![no_main]

use lacis_wire::body::Body;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    lacis_fuzz::one_form::<Body>(bytes);
});
