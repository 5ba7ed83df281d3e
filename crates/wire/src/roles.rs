//! What a member may do.

use lacis_derive::{Decode, Encode};

use crate::codec::{DecodeError, demand};

/// What a member may do: one step of a ladder, or keeping.
///
/// | | writes | issues | changes and deletes what others wrote |
/// | --- | --- | --- | --- |
/// | Admin | yes | every role | yes |
/// | Inviter | yes | Inviter, Member | no |
/// | Member | yes | none | no |
/// | Keeper | no | none | no |
///
/// Each step of Member, Inviter, Admin includes the one before, because one credential has to say
/// everything that a record is judged by. A keeper stores and serves what others wrote, and is
/// nothing else besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct Roles(#[n(0)] u8);

impl Roles {
    /// Writes records.
    pub const MEMBER: Self = Self(1);
    /// Writes, and brings in inviters and members.
    pub const INVITER: Self = Self(3);
    /// Writes, brings in everybody, and changes and deletes the records of others.
    pub const ADMIN: Self = Self(7);
    /// Stores and serves records without being able to read or write them.
    pub const KEEPER: Self = Self(8);

    /// Every value there is.
    pub const ALL: [Self; 4] = [Self::MEMBER, Self::INVITER, Self::ADMIN, Self::KEEPER];

    /// Reads the bits; `None` when they are not roles that a member may have.
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

    /// Whether whoever has these roles may do all that the other ones allow.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether the holder may write records, and read them.
    #[must_use]
    pub const fn may_write(self) -> bool {
        self.contains(Self::MEMBER)
    }

    /// Whether the holder may change and delete what others wrote, and end memberships.
    #[must_use]
    pub const fn may_change_others(self) -> bool {
        self.contains(Self::ADMIN)
    }

    /// Whether the holder may give these roles to somebody.
    #[must_use]
    pub const fn may_issue(self, roles: Self) -> bool {
        self.may_change_others() || (self.may_invite() && Self::INVITER.contains(roles))
    }

    /// Whether the holder may bring in anybody.
    #[must_use]
    pub const fn may_invite(self) -> bool {
        self.contains(Self::INVITER)
    }

    /// One of [`Roles::ALL`].
    pub(crate) fn check(self) -> Result<(), DecodeError> {
        demand(Self::ALL.contains(&self), "roles")
    }
}

#[cfg(test)]
mod tests {
    use super::Roles;

    #[test]
    fn the_matrix_of_roles() {
        let (admin, inviter) = (Roles::ADMIN, Roles::INVITER);
        let (member, keeper) = (Roles::MEMBER, Roles::KEEPER);
        for roles in Roles::ALL {
            assert!(admin.may_issue(roles));
            assert_eq!(inviter.may_issue(roles), [inviter, member].contains(&roles));
            assert!(!member.may_issue(roles) && !keeper.may_issue(roles));
        }
        assert!(member.may_write() && inviter.may_write() && admin.may_write());
        assert!(!keeper.may_write() && !keeper.may_invite());
        assert!(admin.may_change_others() && !inviter.may_change_others());
    }

    #[test]
    fn only_steps_of_the_ladder_are_roles() {
        let valid = (0..=u8::MAX).filter(|bits| Roles::from_bits(*bits).is_some());
        assert!(valid.eq([1, 3, 7, 8]));
    }
}
