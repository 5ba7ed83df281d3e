//! What a member may do.

use lacis_derive::{Decode, Encode};

use crate::codec::{DecodeError, demand};

/// A set of roles.
///
/// | | writes | issues | changes and deletes what others wrote |
/// | --- | --- | --- | --- |
/// | Admin | | every role | yes |
/// | Inviter | | Inviter, Member | no |
/// | Member | yes | none | no |
/// | Keeper | no | none | no |
///
/// A keeper stores and serves what others wrote, and is nothing else besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct Roles(#[n(0)] u8);

impl Roles {
    /// Writes records.
    pub const MEMBER: Self = Self(1);
    /// Brings in inviters and members.
    pub const INVITER: Self = Self(2);
    /// Brings in everybody, and changes and deletes the records of others.
    pub const ADMIN: Self = Self(4);
    /// Stores and serves records without being able to read or write them.
    pub const KEEPER: Self = Self(8);
    /// What the founder of a group gives itself.
    pub const FOUNDER: Self = Self::ADMIN.with(Self::INVITER).with(Self::MEMBER);

    const KNOWN: Self = Self::FOUNDER.with(Self::KEEPER);

    /// The roles of either set.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Reads the bits; `None` when they are not a set that a member may have.
    #[must_use]
    pub fn from_bits(bits: u8) -> Option<Self> {
        let roles = Self(bits);
        roles.check().is_ok().then_some(roles)
    }

    /// The bits that travel.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Whether every role of the other set is in this one.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether the holder may write records.
    #[must_use]
    pub const fn may_write(self) -> bool {
        self.contains(Self::MEMBER)
    }

    /// Whether the holder may change and delete what others wrote.
    #[must_use]
    pub const fn may_change_others(self) -> bool {
        self.contains(Self::ADMIN)
    }

    /// Whether the holder may give these roles to somebody.
    #[must_use]
    pub const fn may_issue(self, roles: Self) -> bool {
        if self.contains(Self::ADMIN) {
            return true;
        }
        self.contains(Self::INVITER) && Self::INVITER.with(Self::MEMBER).contains(roles)
    }

    /// A known, non-empty set in which a keeper is nothing else.
    pub(crate) fn check(self) -> Result<(), DecodeError> {
        let lone = !self.contains(Self::KEEPER) || self == Self::KEEPER;
        demand(self.0 != 0 && Self::KNOWN.contains(self) && lone, "roles")
    }
}

#[cfg(test)]
mod tests {
    use super::Roles;

    #[test]
    fn the_matrix_of_roles() {
        let (admin, inviter) = (Roles::ADMIN, Roles::INVITER);
        let (member, keeper) = (Roles::MEMBER, Roles::KEEPER);
        for roles in [admin, inviter, member, keeper, Roles::FOUNDER] {
            assert!(admin.may_issue(roles) && Roles::FOUNDER.may_issue(roles));
            assert_eq!(inviter.may_issue(roles), [inviter, member].contains(&roles));
            assert!(!member.may_issue(roles) && !keeper.may_issue(roles));
        }
        assert!(inviter.may_issue(inviter.with(member)));
        assert!(!inviter.may_issue(admin.with(member)));
        assert!(member.may_write() && Roles::FOUNDER.may_write() && !keeper.may_write());
        assert!(admin.may_change_others() && !inviter.with(member).may_change_others());
    }

    #[test]
    fn a_keeper_is_nothing_else_and_unknown_bits_are_no_roles() {
        let valid = (0..=u8::MAX).filter(|bits| Roles::from_bits(*bits).is_some());
        assert!(valid.eq(1..=8));
    }
}
