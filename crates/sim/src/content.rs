//! Bytes that tell what they are, so that a receiver can check them without anybody keeping them.

/// The name that a message of that number travels under.
#[must_use]
pub fn label(number: u64) -> String {
    format!("m-{number}")
}

/// The number in a name made by [`label`].
#[must_use]
pub fn number(label: &str) -> Option<u64> {
    label.strip_prefix("m-")?.parse().ok()
}

/// The bytes of a message or file of that number, from `offset` on.
#[must_use]
pub fn bytes(number: u64, offset: u64, len: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(len + 16);
    let mut word = offset / 8;
    out.extend_from_slice(mix(number, word).get(skip(offset)..).unwrap_or_default());
    while out.len() < len {
        word += 1;
        out.extend_from_slice(&mix(number, word));
    }
    out.truncate(len);
    out
}

/// Whether bytes are those of that number at that place.
#[must_use]
pub fn matches(number: u64, offset: u64, data: &[u8]) -> bool {
    data == bytes(number, offset, data.len())
}

fn skip(offset: u64) -> usize {
    usize::try_from(offset % 8).unwrap_or(0)
}

/// Eight bytes that depend on both numbers; the mixing of `splitmix64`.
fn mix(number: u64, word: u64) -> [u8; 8] {
    let mut z = number.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(word);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (z ^ (z >> 31)).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::{bytes, label, matches, number};

    #[test]
    fn a_part_is_a_part_of_the_whole() {
        let whole = bytes(7, 0, 100);
        for (from, to) in [(0, 100), (3, 50), (8, 16), (99, 100), (40, 40)] {
            assert_eq!(bytes(7, from as u64, to - from), &whole[from..to]);
        }
        assert!(!matches(8, 0, &whole));
        assert_eq!(number(&label(12)), Some(12));
    }
}
