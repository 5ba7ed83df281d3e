//! Bodies of the records that the system keeps for itself. They are in clear, and are themselves
//! the body: there are no attributes around them.

use alloc::string::String;
use alloc::vec::Vec;

use lacis_derive::{Decode, Encode};

use crate::codec::{DecodeError, Frame, decode, demand};
use crate::credential::Chain;
use crate::ids::PeerId;
use crate::keys::EpochKeys;
use crate::limits;
use crate::record::RecordType;
use crate::text::text_ok;
use crate::time::Millis;

/// The type of [`GroupProperties`]; the root key itself is creator and modifier of the record.
pub const GROUP: &str = "lacis.group";
/// The type of a [`Chain`].
pub const MEMBER: &str = "lacis.member";
/// The type of [`EpochKeys`].
pub const KEY: &str = "lacis.key";
/// The type of a [`Revocation`].
pub const REVOCATION: &str = "lacis.revocation";

/// What a group is called and how it behaves.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct GroupProperties {
    /// What people call it.
    #[n(0)]
    pub name: String,
    /// What people should know of it.
    #[n(1)]
    pub comment: String,
    /// Milliseconds after which presence that was not renewed is gone.
    #[n(2)]
    pub presence_lifetime: u64,
    /// See [`GroupProperties::DEFER_EXPIRATION`]. Bits that are not known mean nothing.
    #[n(3)]
    pub flags: u32,
    /// Milliseconds for which a credential is given, unless its issuer says otherwise.
    #[n(4)]
    pub member_lifetime: u64,
}

impl GroupProperties {
    /// Records outlive their expiry on a node until it has been connected to the group again.
    pub const DEFER_EXPIRATION: u32 = 1;
}

impl Frame for GroupProperties {
    const BYTES_MAX: usize = limits::GROUP_PROPERTIES_BYTES;

    fn check(&self) -> Result<(), DecodeError> {
        demand(text_ok(&self.name, limits::NAME_BYTES, &[]), "name")?;
        demand(text_ok(&self.comment, limits::COMMENT_BYTES, &['\n']), "comment")?;
        demand(self.presence_lifetime >= 1, "presence_lifetime")?;
        demand(self.member_lifetime >= 1, "member_lifetime")
    }
}

/// Takes a member's credentials back: nothing new by it is accepted from a time on.
///
/// Whoever is shut out still has its keys, and can date what it signs as it likes. So a revocation
/// names what its author knew of the member's deeds, and nothing else of them stands.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Revocation {
    /// Whose.
    #[n(0)]
    pub subject: PeerId,
    /// From when on.
    #[n(1)]
    pub from: Millis,
    /// What makes its author an admin. It is here, because a revocation outlasts every credential.
    #[n(2)]
    pub chain: Chain,
    /// What stands of all that the subject did before; everything, if this is absent.
    #[n(3)]
    pub kept: Option<Kept>,
}

/// Deeds that stand.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Kept {
    /// What is judged by this list.
    #[n(0)]
    pub scope: Scope,
    /// How many deeds are named by all revocations of the same author, subject and time together:
    /// before they are all here, none of them takes anything away.
    #[n(1)]
    pub total: u32,
    /// Digests of 16 bytes, ascending: those in the names of copies, and those of credentials.
    #[cbor(n(2), bytes)]
    pub deeds: Vec<u8>,
}

/// What of a member's deeds has to be named to stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Scope {
    /// What it did with the rights of an inviter or an admin: whom it brought in, what it wrote for
    /// the system, what of others it changed. It stays a member, with fewer rights.
    #[n(0)]
    Rights,
    /// Everything.
    #[n(1)]
    All,
}

/// The digest by which a deed is named.
pub type Deed = [u8; 16];

impl Kept {
    /// How many deeds are named here.
    #[must_use]
    pub fn count(&self) -> usize {
        self.deeds.as_chunks::<16>().0.len()
    }

    /// Whether a deed is named here.
    #[must_use]
    pub fn names(&self, deed: &Deed) -> bool {
        self.deeds.as_chunks().0.binary_search(deed).is_ok()
    }
}

impl Frame for Revocation {
    const BYTES_MAX: usize = limits::REVOCATION_BYTES;

    fn check(&self) -> Result<(), DecodeError> {
        demand(self.subject.is_key(), "subject")?;
        self.chain.check()?;
        let Some(kept) = &self.kept else { return Ok(()) };
        let (deeds, rest) = kept.deeds.as_chunks::<16>();
        let total = usize::try_from(kept.total).unwrap_or(usize::MAX);
        demand(rest.is_empty() && deeds.is_sorted_by(|one, next| one < next), "deeds")?;
        demand(deeds.len() <= total.min(limits::REVOCATION_DEEDS), "deeds")
    }
}

/// The body of a system record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum System {
    /// The body of a record of the type [`GROUP`].
    Group(GroupProperties),
    /// The body of a record of the type [`MEMBER`].
    Member(Chain),
    /// The body of a record of the type [`KEY`].
    Key(EpochKeys),
    /// The body of a record of the type [`REVOCATION`].
    Revocation(Revocation),
}

impl System {
    /// Reads the body of a record of that type; `None` for a type that this version does not know.
    ///
    /// # Errors
    /// Any [`DecodeError`].
    pub fn decode(kind: &RecordType, body: &[u8]) -> Result<Option<Self>, DecodeError> {
        Ok(Some(match kind.as_str() {
            GROUP => Self::Group(decode(body)?),
            MEMBER => Self::Member(decode(body)?),
            KEY => Self::Key(decode(body)?),
            REVOCATION => Self::Revocation(decode(body)?),
            _ => return Ok(None),
        }))
    }
}
