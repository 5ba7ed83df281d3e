//! A group as a file: its parts are the same however its bytes come.
#![no_main]

use lacis_wire::export::Parts;

/// The parts of a file, so many bytes at a time; nothing if one is too long.
fn parts(file: &[u8], step: usize) -> Option<(Vec<Vec<u8>>, bool)> {
    let (mut parts, mut found) = (Parts::default(), Vec::new());
    for bytes in file.chunks(step) {
        parts.push(bytes);
        while let Some(part) = parts.next_part().ok()? {
            found.push(part.to_vec());
        }
    }
    Some((found, parts.is_empty()))
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((step, file)) = bytes.split_first() else { return };
    let whole = parts(file, file.len().max(1));
    let pieces = parts(file, usize::from(*step) + 1);
    assert_eq!(whole, pieces);
});
