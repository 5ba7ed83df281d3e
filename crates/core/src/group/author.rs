//! Writing: new records, new versions, tombstones, and the records of the system.

use alloc::vec::Vec;

use lacis_wire::body::{Attribute, Body};
use lacis_wire::codec::{Frame, encode};
use lacis_wire::keys::{EpochKey, EpochKeys};
use lacis_wire::proof::IdentityKey;
use lacis_wire::record::{Header, RecordType};
use lacis_wire::system::{self, GroupProperties, Kept, Revocation, Scope};
use lacis_wire::writer::Encode;
use lacis_wire::{Code, Millis, PeerId, RecordId, Roles, limits};

use super::Group;
use crate::graph::{Copy, Outcome, Refusal};
use crate::io::Ticket;
use crate::shared::Shared;

/// What the application writes.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) data: Vec<u8>,
    /// When the record ceases to be; nothing for as long as its author may write, or, of a new
    /// version, as long as before.
    pub(crate) expires: Option<Millis>,
}

impl Group {
    /// Writes a new record. The ticket settles when it is stored.
    pub(crate) fn add(
        &mut self,
        shared: &mut Shared,
        ticket: Ticket,
        kind: RecordType,
        draft: Draft,
    ) -> Result<RecordId, Code> {
        if kind.is_system() {
            return Err(Code::InvalidArgument);
        }
        let mut header = self.birth(shared, shared.peer, kind);
        if let Some(expires) = draft.expires {
            header.expires = expires;
        }
        let id = header.id;
        self.write(shared, ticket, header, draft)?;
        Ok(id)
    }

    /// Writes a new version of a record.
    pub(crate) fn update(
        &mut self,
        shared: &mut Shared,
        ticket: Ticket,
        held: &Header,
        draft: Draft,
    ) -> Result<(), Code> {
        let mut header = self.next_version(shared, held)?;
        // A copy that ends earlier would be forgotten while others still hold the longer one.
        header.expires = draft.expires.unwrap_or(held.expires).max(held.expires);
        self.write(shared, ticket, header, draft)
    }

    /// Deletes a record. What is left says so, for as long as the record would have lasted.
    pub(crate) fn delete(
        &mut self,
        shared: &mut Shared,
        ticket: Ticket,
        held: &Header,
    ) -> Result<(), Code> {
        if self.has_outlived(&held.id, shared.group_time()) {
            return self.delete_expired(shared, ticket, held);
        }
        let mut header = self.next_version(shared, held)?;
        header.flags |= Header::DELETED;
        header.epoch = 0;
        self.publish(shared, Some(ticket), header, Vec::new(), None)
    }

    /// A tombstone would have expired as well; the others have let the record go by themselves.
    fn delete_expired(
        &mut self,
        shared: &mut Shared,
        ticket: Ticket,
        held: &Header,
    ) -> Result<(), Code> {
        let is_own = held.creator == shared.peer;
        if held.kind.is_system() {
            return Err(Code::NotAllowed);
        }
        if !is_own {
            self.demand_admin(shared)?;
        }
        self.drop_expired(shared, held);
        shared.tickets.open(ticket);
        self.saves.ticket(ticket);
        Ok(())
    }

    fn next_version(&self, shared: &Shared, held: &Header) -> Result<Header, Code> {
        if held.kind.is_system() || held.is_deleted() {
            return Err(Code::NotAllowed);
        }
        let mut header = held.clone();
        header.version = held.version.checked_add(1).ok_or(Code::InvalidArgument)?;
        header.modifier = Some(shared.peer);
        // Even if our clock is behind that of the last author.
        header.modified = shared.group_time().max(held.modified);
        header.flags = 0;
        Ok(header)
    }

    fn write(
        &mut self,
        shared: &mut Shared,
        ticket: Ticket,
        mut header: Header,
        draft: Draft,
    ) -> Result<(), Code> {
        let body = Body { attributes: draft.attributes, data: draft.data };
        body.check().map_err(|_| Code::InvalidArgument)?;
        let (epoch, key) = self.keyring.current().ok_or(Code::NoKey)?;
        header.epoch = epoch;
        let sealed = body.seal(key, &self.place(&header), shared.io.random());
        if sealed.len() > lacis_wire::limits::RECORD_BYTES {
            return Err(Code::TooLarge);
        }
        self.publish(shared, Some(ticket), header, sealed, None)
    }

    /// The header of a first version, for as long as its author may write.
    fn birth(&self, shared: &mut Shared, creator: PeerId, kind: RecordType) -> Header {
        let now = shared.group_time();
        let until = self.replica.members().until(&creator, now);
        let mut header = Header {
            kind,
            id: RecordId([0; 16]),
            salt: shared.io.random(),
            version: 1,
            flags: 0,
            creator,
            modifier: None,
            created: now,
            modified: now,
            expires: until.unwrap_or(Millis::MAX),
            epoch: 0,
            length: 0,
            hash: [0; 32],
            signature: [0; 64],
        };
        header.id = header.born_as();
        header
    }

    /// Signs a copy and takes it as if it had come from another member.
    fn publish(
        &mut self,
        shared: &mut Shared,
        ticket: Option<Ticket>,
        mut header: Header,
        body: Vec<u8>,
        root: Option<&IdentityKey>,
    ) -> Result<(), Code> {
        header.set_body(&body);
        header.sign(&self.profile.group, root.unwrap_or(&shared.key));
        match self.take(shared, Copy { header, body }, None) {
            Outcome::Taken => {}
            Outcome::Expired | Outcome::Refused(Refusal::Form) => {
                return Err(Code::InvalidArgument);
            }
            Outcome::Refused(Refusal::Revoked) => return Err(Code::Revoked),
            _ => return Err(Code::NotAllowed),
        }
        if let Some(ticket) = ticket {
            shared.tickets.open(ticket);
            self.saves.ticket(ticket);
        }
        Ok(())
    }

    /// Publishes a record of the system that this identity writes.
    pub(super) fn publish_system<T: Frame + Encode>(
        &mut self,
        shared: &mut Shared,
        ticket: Option<Ticket>,
        kind: &str,
        expires: Option<Millis>,
        content: &T,
    ) -> Result<(), Code> {
        content.check().map_err(|_| Code::InvalidArgument)?;
        let kind = RecordType::new(kind).map_err(|_| Code::Internal)?;
        let mut header = self.birth(shared, shared.peer, kind);
        if let Some(expires) = expires {
            header.expires = expires;
        }
        self.publish(shared, ticket, header, encode(content), None)
    }

    /// Publishes the properties, which only the founder can.
    pub(crate) fn set_properties(
        &mut self,
        shared: &mut Shared,
        ticket: Ticket,
        properties: &GroupProperties,
    ) -> Result<(), Code> {
        let root = self.root.clone().ok_or(Code::NotAllowed)?;
        properties.check().map_err(|_| Code::InvalidArgument)?;
        let kind = RecordType::new(system::GROUP).map_err(|_| Code::Internal)?;
        let now = shared.group_time();
        let header = match self.replica.properties() {
            Some(held) => {
                let mut header = held.header.clone();
                header.version += 1;
                header.modified = now.max(held.header.modified);
                header.modifier = Some(header.creator);
                header
            }
            None => {
                let creator = PeerId(*self.profile.group.as_bytes());
                let mut header = self.birth(shared, creator, kind);
                header.expires = Millis::MAX;
                header
            }
        };
        self.publish(shared, Some(ticket), header, encode(properties), Some(&root))
    }

    /// Takes a membership back and gives the others a new key.
    pub(crate) fn revoke(
        &mut self,
        shared: &mut Shared,
        ticket: Ticket,
        subject: PeerId,
    ) -> Result<(), Code> {
        self.demand_admin(shared)?;
        if subject == shared.peer {
            return Err(Code::NotAllowed);
        }
        self.take_back(shared, Some(ticket), subject, Scope::All)?;
        self.rotate(shared)
    }

    /// Takes back what a member was given until now. What this node holds of its deeds stands.
    pub(super) fn take_back(
        &mut self,
        shared: &mut Shared,
        mut ticket: Option<Ticket>,
        subject: PeerId,
        scope: Scope,
    ) -> Result<(), Code> {
        let chain = self.profile.chain.clone().ok_or(Code::NotAllowed)?;
        let from = shared.group_time();
        let deeds = self.replica.deeds(&subject, scope);
        let mut parts = deeds.chunks(limits::REVOCATION_DEEDS);
        let is_list = parts.len() <= limits::REVOCATION_PARTS;
        let total = u32::try_from(deeds.len()).unwrap_or(u32::MAX);
        loop {
            let kept = is_list.then(|| {
                let deeds = parts.next().unwrap_or_default().as_flattened().to_vec();
                Kept { scope, total, deeds }
            });
            let content = Revocation { subject, from, chain: chain.clone(), kept };
            let is_last = !is_list || parts.len() == 0;
            let ticket = ticket.take_if(|_| is_last);
            let end = Some(Millis::MAX);
            self.publish_system(shared, ticket, system::REVOCATION, end, &content)?;
            if is_last {
                return Ok(());
            }
        }
    }

    pub(super) fn demand_admin(&self, shared: &Shared) -> Result<(), Code> {
        let roles = self.own_roles(shared);
        let fine = roles.is_some_and(Roles::may_change_others);
        if fine { Ok(()) } else { Err(Code::NotAllowed) }
    }

    /// Begins a new epoch whose key only the present readers get.
    pub(super) fn rotate(&mut self, shared: &mut Shared) -> Result<(), Code> {
        let now = shared.group_time();
        let members = self.replica.members();
        let reads = |peer: &&PeerId| {
            let roles = members.roles(peer, now, now);
            roles.is_some_and(|roles| roles != Roles::KEEPER)
        };
        let readers: Vec<PeerId> = members.subjects().filter(reads).copied().collect();
        let epoch = self.keyring.next_epoch();
        let key = EpochKey(shared.io.random());
        let group = self.profile.group;
        let sealed = EpochKeys::seal(&group, epoch, &key, &readers, shared.io.rng());
        let sealed = sealed.map_err(|_| Code::Internal)?;
        self.publish_system(shared, None, system::KEY, None, &sealed)
    }
}
