//! Bodies of the records that the system keeps for itself. They are in clear, and are themselves
//! the body: there are no attributes around them.

use alloc::string::String;
use alloc::vec::Vec;

use lacis_derive::{Decode, Encode};

use crate::codec::{DecodeError, Frame, decode, demand};
use crate::credential::Chain;
use crate::ids::{EndId, GroupId, PeerId};
use crate::keys::KeyPart;
use crate::limits;
use crate::proof::is_key;
use crate::record::RecordType;
use crate::roles::Roles;
use crate::room::group_server_ok;
use crate::text::text_ok;
use crate::time::Millis;

/// The type of [`GroupProperties`]; the root key itself is creator and modifier of the record.
pub const GROUP: &str = "lacis.group";
/// The type of a [`Chain`].
pub const MEMBER: &str = "lacis.member";
/// The type of [`KeyPart`].
pub const KEY: &str = "lacis.key";
/// The type of a [`Revocation`].
pub const REVOCATION: &str = "lacis.revocation";
/// The type of [`OpenInvitation`].
pub const INVITATION: &str = "lacis.invitation";
/// The type of [`Budget`].
pub const BUDGET: &str = "lacis.budget";

/// The type of [`Servers`].
pub const SERVERS: &str = "lacis.servers";

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
    /// How many records one credential may stand for, unless a [`Budget`] says otherwise.
    #[n(5)]
    pub budget_records: u32,
    /// How many bytes their bodies may have together.
    #[n(6)]
    pub budget_bytes: u64,
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
        demand(self.member_lifetime >= 1, "member_lifetime")?;
        budget_ok(self.budget_records, self.budget_bytes)
    }
}

/// Takes a member's credentials back.
///
/// It makes an end, which counts at once against every credential of the subject that does not lift
/// it. Whoever is shut out still has its keys, and can date what it signs as it likes, so no date
/// decides what stands: it is named here, and nothing else does.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Revocation {
    /// Whose.
    #[n(0)]
    pub subject: PeerId,
    /// Random. All records of one author with the same subject and number make one end.
    #[cbor(n(1), bytes)]
    pub nonce: [u8; 16],
    /// An end made by somebody else, to whose list this one adds; none where it makes its own.
    #[n(2)]
    pub adds: Option<EndId>,
    /// What is judged by the list.
    #[n(3)]
    pub scope: Scope,
    /// What stands: 16 bytes each, ascending.
    #[cbor(n(4), bytes)]
    pub actions: Vec<u8>,
}

/// What of a member's actions has to be named to stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
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

/// The digest by which an action of a member is named: that in the name of a version, or that of a
/// credential.
pub type ActionId = [u8; 16];

impl Revocation {
    /// The end that it makes, or to which it adds.
    #[must_use]
    pub fn end(&self, group: &GroupId, author: &PeerId) -> EndId {
        self.adds.unwrap_or_else(|| EndId::derive(group, author, &self.subject, &self.nonce))
    }

    /// Whether an action is named here.
    #[must_use]
    pub fn names(&self, action: &ActionId) -> bool {
        self.actions.as_chunks().0.binary_search(action).is_ok()
    }
}

impl Frame for Revocation {
    const BYTES_MAX: usize = limits::REVOCATION_BYTES;

    fn check(&self) -> Result<(), DecodeError> {
        demand(is_key(&self.subject), "subject")?;
        let (actions, rest) = self.actions.as_chunks::<16>();
        demand(rest.is_empty() && actions.is_sorted_by(|one, next| one < next), "actions")?;
        demand(actions.len() <= limits::REVOCATION_ACTIONS, "actions")
    }
}

/// An invitation for whoever has its link: the record by which every issuer can admit, and by which
/// it is listed and ended.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct OpenInvitation {
    /// The public key of the invitation; the link has the seed of the secret one.
    #[n(0)]
    pub key: PeerId,
    /// What its holder becomes.
    #[n(1)]
    pub roles: Roles,
    /// The link is of no use from this time on; [`Millis::MAX`] means that it has no end.
    #[n(2)]
    pub not_after: Millis,
    /// Milliseconds for which whoever came by it is a member; 2^64 - 1 means without end.
    #[n(3)]
    pub member_for: u64,
    /// How many may come in by it.
    #[n(4)]
    pub uses: u32,
    /// See [`OpenInvitation::EXACT`] and [`OpenInvitation::FIXED`].
    #[n(5)]
    pub flags: u8,
}

impl OpenInvitation {
    /// Only its creator admits, so it cannot be used more often than it says.
    pub const EXACT: u8 = 1;

    /// Whoever comes by it is a member for a fixed term.
    pub const FIXED: u8 = 2;
}

impl Frame for OpenInvitation {
    const BYTES_MAX: usize = limits::OPEN_INVITATION_BYTES;

    fn check(&self) -> Result<(), DecodeError> {
        demand(is_key(&self.key), "key")?;
        self.roles.check()?;
        let is_dated = self.member_for != u64::MAX;
        demand(!self.roles.may_change_others() || !is_dated, "member_for")?;
        demand(self.uses >= 1 && self.member_for >= 1, "uses")?;
        demand(self.flags & !(Self::EXACT | Self::FIXED) == 0, "flags")
    }
}

/// Gives one member another budget than the group does.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Budget {
    /// Whose.
    #[n(0)]
    pub subject: PeerId,
    /// As [`GroupProperties::budget_records`].
    #[n(1)]
    pub records: u32,
    /// As [`GroupProperties::budget_bytes`].
    #[n(2)]
    pub bytes: u64,
}

impl Frame for Budget {
    const BYTES_MAX: usize = limits::OPEN_INVITATION_BYTES;

    fn check(&self) -> Result<(), DecodeError> {
        demand(is_key(&self.subject), "subject")?;
        budget_ok(self.records, self.bytes)
    }
}

/// At which signaling servers the members of a group meet.
///
/// Each admin has one such record, and the one that was written last counts.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Servers {
    /// Their addresses; none means those that each member is started with.
    #[n(0)]
    pub servers: Vec<String>,
    /// Where members met before: some may not know better, and are waited for there for a while.
    #[n(1)]
    pub before: Vec<String>,
}

impl Frame for Servers {
    const BYTES_MAX: usize = limits::GROUP_SERVERS_BYTES;

    fn check(&self) -> Result<(), DecodeError> {
        demand(self.servers.len() <= limits::ROOM_LINK_SERVERS_MAX, "servers")?;
        demand(self.before.len() <= limits::ROOM_LINK_SERVERS_MAX, "before")?;
        let mut all = self.servers.iter().chain(&self.before);
        demand(all.all(|url| group_server_ok(url)), "server")
    }
}

fn budget_ok(records: u32, bytes: u64) -> Result<(), DecodeError> {
    demand((1..=limits::BUDGET_RECORDS_MAX).contains(&records), "budget_records")?;
    demand((1..=limits::BUDGET_BYTES_MAX).contains(&bytes), "budget_bytes")
}

/// The body of a system record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum System {
    /// The body of a record of the type [`GROUP`].
    Group(GroupProperties),
    /// The body of a record of the type [`MEMBER`].
    Member(Chain),
    /// The body of a record of the type [`KEY`].
    Key(KeyPart),
    /// The body of a record of the type [`REVOCATION`].
    Revocation(Revocation),
    /// The body of a record of the type [`INVITATION`].
    Invitation(OpenInvitation),
    /// The body of a record of the type [`BUDGET`].
    Budget(Budget),
    /// The body of a record of the type [`SERVERS`].
    Servers(Servers),
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
            INVITATION => Self::Invitation(decode(body)?),
            BUDGET => Self::Budget(decode(body)?),
            SERVERS => Self::Servers(decode(body)?),
            _ => return Ok(None),
        }))
    }
}
