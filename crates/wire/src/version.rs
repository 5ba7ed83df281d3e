//! Protocol versions and how two sides agree on one.

use lacis_derive::{Decode, Encode};

/// The protocol this crate speaks.
pub const PROTOCOL: VersionRange = VersionRange { min: 1, max: 1 };

/// The versions one side speaks, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(open)]
pub struct VersionRange {
    /// Oldest version spoken.
    #[n(0)]
    pub min: u16,
    /// Newest version spoken.
    #[n(1)]
    pub max: u16,
}

impl VersionRange {
    /// Picks the newest version both sides speak.
    #[must_use]
    pub fn agree(self, other: Self) -> Option<u16> {
        let newest = self.max.min(other.max);
        (newest >= self.min && newest >= other.min).then_some(newest)
    }
}

#[cfg(test)]
mod tests {
    use super::VersionRange;

    #[test]
    fn the_newest_common_version_is_chosen() {
        let old = VersionRange { min: 1, max: 3 };
        let new = VersionRange { min: 2, max: 9 };
        assert_eq!(old.agree(new), Some(3));
        assert_eq!(new.agree(old), Some(3));
    }

    #[test]
    fn ranges_that_do_not_meet_agree_on_nothing() {
        let old = VersionRange { min: 1, max: 1 };
        let new = VersionRange { min: 2, max: 9 };
        assert_eq!(old.agree(new), None);
        assert_eq!(VersionRange { min: 5, max: 2 }.agree(new), None);
    }
}
