//! Writing: new records, new versions, tombstones, and the records of the system.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

use lacis_wire::body::{Attribute, Body};
use lacis_wire::codec::{Frame, encode};
use lacis_wire::credential::Credential;
use lacis_wire::proof::IdentityKey;
use lacis_wire::record::{Header, RecordType};
use lacis_wire::system::{self, GroupProperties};
use lacis_wire::writer::Encode;
use lacis_wire::{Code, CredentialId, Millis, PeerId, RecordId, Roles, limits};

use crate::cx::Cx;
use crate::graph::{Copy, Outcome, Refusal};
use crate::group::Group;
use crate::ids::Ticket;

/// What the application writes.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) data: Vec<u8>,
    /// When the record ends; nothing for as long as its author may write, or, of a new version, as
    /// long as before.
    pub(crate) expires: Option<Millis>,
}

/// What waits for the key that is to seal it.
#[derive(Debug)]
pub(in crate::group) struct Unsealed {
    ticket: Ticket,
    header: Header,
    body: Body,
}

/// Drafts that wait at the most: a minute of fast typing.
pub(in crate::group) const DRAFTS_MAX: usize = 1_024;

impl Group {
    /// Writes a new record. The ticket settles when it is stored.
    pub(crate) fn add(
        &mut self,
        cx: &mut Cx,
        ticket: Ticket,
        kind: RecordType,
        draft: Draft,
    ) -> Result<RecordId, Code> {
        if kind.is_system() {
            return Err(Code::InvalidArgument);
        }
        let (credential, until) = self.writing_right(cx, Roles::may_write, Millis(0))?;
        // What comes first by its date would push out what the application was told is stored.
        if !self.replica.has_room(&cx.me.peer, &credential) {
            return Err(Code::OverBudget);
        }
        let mut header = self.birth(cx, cx.me.peer, kind, Some(credential));
        let lifetime = u64::try_from(limits::RECORD_LIFETIME.as_millis()).unwrap_or(u64::MAX);
        let wanted = draft.expires.unwrap_or(Millis(header.created.0.saturating_add(lifetime)));
        let latest = wanted.max(Millis(header.created.0.saturating_add(lifetime)));
        (header.latest, header.expires) = (latest.min(until), wanted.min(until));
        if header.expires < wanted && draft.expires.is_some() {
            return Err(Code::NotAllowed);
        }
        header.id = header.born_as();
        let id = header.id;
        self.write(cx, ticket, header, draft)?;
        Ok(id)
    }

    /// Writes a new version of a record.
    pub(crate) fn update(
        &mut self,
        cx: &mut Cx,
        ticket: Ticket,
        held: &Header,
        draft: Draft,
    ) -> Result<(), Code> {
        let mut header = self.next_version(cx, held)?;
        let wanted = draft.expires.unwrap_or(held.expires);
        if draft.expires.is_none() && wanted < header.modified {
            // By the date that the change would have, it has just ended.
            return Err(Code::RecordUnknown);
        }
        if wanted > held.latest || wanted < header.modified {
            return Err(Code::InvalidArgument);
        }
        header.expires = wanted;
        self.write(cx, ticket, header, draft)
    }

    /// Deletes a record. What is left says so, for as long as any version might have lasted.
    pub(crate) fn delete(
        &mut self,
        cx: &mut Cx,
        ticket: Ticket,
        held: &Header,
    ) -> Result<(), Code> {
        let mut header = self.next_version(cx, held)?;
        header.flags |= Header::DELETED;
        header.key = None;
        header.expires = header.latest;
        self.publish(cx, Some(ticket), header, Vec::new(), None)
    }

    /// Deletes a record of the system that may be deleted.
    pub(in crate::group) fn delete_system(
        &mut self,
        cx: &mut Cx,
        ticket: Option<Ticket>,
        held: &Header,
    ) -> Result<(), Code> {
        let mut header = self.next_version(cx, held)?;
        header.flags |= Header::DELETED;
        header.expires = header.latest;
        self.publish(cx, ticket, header, Vec::new(), None)
    }

    fn next_version(&self, cx: &Cx, held: &Header) -> Result<Header, Code> {
        let may_end = held.kind.as_str() == system::INVITATION;
        if (held.kind.is_system() && !may_end) || held.is_deleted() {
            return Err(Code::NotAllowed);
        }
        let is_own = held.creator == cx.me.peer;
        let may = |roles: Roles| {
            if is_own { roles.may_write() } else { roles.may_change_others() }
        };
        let (credential, _) = self.writing_right(cx, may, held.latest)?;
        let mut header = held.clone();
        header.version = held.version.checked_add(1).ok_or(Code::InvalidArgument)?;
        header.modifier = Some(cx.me.peer);
        header.credential = Some(credential);
        // Even if our clock is behind that of the last author, or that one counted fast.
        let follows = held.modified.max(Header::modified_min(held.created, header.version));
        header.modified = self.writing_time(cx, follows);
        header.flags = 0;
        Ok(header)
    }

    /// The credential under which this identity writes now, and until when it lasts: the one that
    /// lasts longest of those that allow it and last until a time.
    pub(in crate::group) fn writing_right(
        &self,
        cx: &Cx,
        may: impl Fn(Roles) -> bool,
        at_least: Millis,
    ) -> Result<(CredentialId, Millis), Code> {
        let now = self.rights_time(cx);
        let members = self.replica.members();
        let fits = |it: &Credential| may(it.roles) && it.not_after >= at_least;
        members.lasting(&cx.me.peer, now, fits).ok_or_else(|| self.why_none(cx))
    }

    /// Why nothing that this identity writes is taken.
    pub(in crate::group) fn why_none(&self, cx: &Cx) -> Code {
        let shut_out = self.replica.members().is_shut_out(&cx.me.peer);
        if shut_out { Code::Revoked } else { Code::NotAllowed }
    }

    fn write(
        &mut self,
        cx: &mut Cx,
        ticket: Ticket,
        header: Header,
        draft: Draft,
    ) -> Result<(), Code> {
        let body = Body { attributes: draft.attributes, data: draft.data };
        body.check().map_err(|_| Code::InvalidArgument)?;
        if encode(&body).len() > limits::BODY_BYTES {
            return Err(Code::TooLarge);
        }
        if self.may_seal() && self.sealing_key().is_some() {
            return self.seal_and_publish(cx, ticket, header, body);
        }
        if self.drafts.len() >= DRAFTS_MAX {
            return Err(Code::WouldBlock);
        }
        if self.may_seal() && self.rotation.newest.is_none() {
            return Err(Code::NoKey);
        }
        cx.tickets.open(ticket);
        self.drafts.push(Unsealed { ticket, header, body });
        Ok(())
    }

    fn seal_and_publish(
        &mut self,
        cx: &mut Cx,
        ticket: Ticket,
        mut header: Header,
        body: Body,
    ) -> Result<(), Code> {
        let (name, key) = self.sealing_key().ok_or(Code::NoKey)?;
        header.key = Some(name);
        let place = self.place(&header).ok_or(Code::NoKey)?;
        let nonce = cx.random();
        let sealed = body.seal(key, &place, nonce);
        let id = header.id;
        // The application is told of it at once, and need not wait until it is opened again.
        self.sealed_last = Some((nonce, body));
        let published = self.publish(cx, Some(ticket), header, sealed, None);
        self.sealed_last = None;
        published?;
        self.note_sealed(id);
        Ok(())
    }

    /// Remembers what was sealed for want of a better key, to seal it anew.
    pub(in crate::group) fn note_sealed(&mut self, id: RecordId) {
        if self.rotation.told_old {
            self.rotation.keep_sealed(id);
        }
    }

    /// Seals what waited for a key, if there is one now.
    pub(in crate::group) fn write_drafts(&mut self, cx: &mut Cx) {
        if !self.may_seal() || self.sealing_key().is_none() {
            return;
        }
        if self.rewrites_due && self.is_in_step() {
            self.rewrites_due = false;
            self.rewrite_unseen(cx);
        }
        for Unsealed { ticket, header, body } in core::mem::take(&mut self.drafts) {
            if let Err(code) = self.seal_and_publish(cx, ticket, header, body) {
                cx.settle(ticket, Err(code));
            }
        }
    }

    /// The group is closed: what waits for a key fails.
    pub(in crate::group) fn fail_drafts(&mut self, cx: &mut Cx, code: Code) {
        for draft in core::mem::take(&mut self.drafts) {
            cx.settle(draft.ticket, Err(code));
        }
    }

    /// The header of a first version, without its ends.
    pub(in crate::group) fn birth(
        &self,
        cx: &mut Cx,
        creator: PeerId,
        kind: RecordType,
        credential: Option<CredentialId>,
    ) -> Header {
        let members = self.replica.members();
        let begins = credential.and_then(|id| members.credential(&id)).map(|it| it.not_before);
        let now = self.writing_time(cx, begins.unwrap_or(Millis(0)));
        let mut header = Header {
            format: Header::FORMAT,
            kind,
            id: RecordId([0; 16]),
            salt: cx.random(),
            version: 1,
            flags: 0,
            creator,
            modifier: None,
            credential,
            created: now,
            modified: now,
            expires: Millis::MAX,
            latest: Millis::MAX,
            replaces: None,
            key: None,
            length: 0,
            hash: [0; 32],
            signature: [0; 64],
        };
        header.id = header.born_as();
        header
    }

    /// Signs a version and takes it as if it had come from another member.
    pub(in crate::group) fn publish(
        &mut self,
        cx: &mut Cx,
        ticket: Option<Ticket>,
        mut header: Header,
        body: Vec<u8>,
        root: Option<&IdentityKey>,
    ) -> Result<(), Code> {
        header.set_body(&body);
        match root {
            Some(root) => header.sign(&self.profile.group, root),
            None => header.sign_with(&self.profile.group, &cx.me.pen),
        }
        match self.take(cx, Copy { header, body }, None, Some(true)) {
            Outcome::Taken => {}
            Outcome::Expired | Outcome::Refused(Refusal::Form) => {
                return Err(Code::InvalidArgument);
            }
            // Somebody was faster, or deleted it meanwhile.
            Outcome::Older | Outcome::Beaten => return Err(Code::Superseded),
            Outcome::Refused(Refusal::OverBudget) => return Err(Code::OverBudget),
            Outcome::SetAside => return Err(Code::Revoked),
            _ => return Err(Code::NotAllowed),
        }
        if let Some(ticket) = ticket {
            if !cx.tickets.is_open(ticket) {
                cx.tickets.open(ticket);
            }
            self.saves.ticket(ticket);
        }
        Ok(())
    }

    /// Publishes a record of the system that this identity writes.
    pub(in crate::group) fn publish_system<T: Frame + Encode>(
        &mut self,
        cx: &mut Cx,
        ticket: Option<Ticket>,
        kind: &str,
        (expires, salt): (Option<Millis>, Option<[u8; 8]>),
        content: &T,
    ) -> Result<RecordId, Code> {
        content.check().map_err(|_| Code::InvalidArgument)?;
        let kind = RecordType::new(kind).map_err(|_| Code::Internal)?;
        let (credential, until) = self.writing_right(cx, Roles::may_invite, Millis(0))?;
        let mut header = self.birth(cx, cx.me.peer, kind, Some(credential));
        let end = expires.map_or(header.latest, |expires| expires.min(until));
        (header.expires, header.latest) = (end, end);
        header.salt = salt.unwrap_or(header.salt);
        if header.kind.as_str() == system::KEY {
            let date = self.key_date(header.modified);
            (header.created, header.modified) = (date, date);
        }
        header.id = header.born_as();
        let id = header.id;
        self.publish(cx, ticket, header, encode(content), None)?;
        Ok(id)
    }

    /// When a key is made: after the newest, if that is to be replaced because it is not here.
    fn key_date(&self, now: Millis) -> Millis {
        let newest = self.rotation.newest.filter(|_| self.is_lacking());
        let newest = newest.and_then(|name| self.replica.keys().get(&name));
        let follows = newest.map_or(0, |record| record.modified().0.saturating_add(1));
        now.max(Millis(follows.min(u64::MAX - 1)))
    }

    /// Publishes the properties that are known, with another name and perhaps another comment.
    pub(crate) fn rename(
        &mut self,
        cx: &mut Cx,
        ticket: Ticket,
        name: &str,
        comment: Option<String>,
    ) -> Result<(), Code> {
        // Only the founder can change them, and the founder knows them.
        let mut properties = self.properties().cloned().ok_or(Code::NotAllowed)?;
        name.clone_into(&mut properties.name);
        properties.comment = comment.unwrap_or(properties.comment);
        self.set_properties(cx, ticket, &properties)
    }

    /// Publishes the properties, which only the founder can.
    pub(crate) fn set_properties(
        &mut self,
        cx: &mut Cx,
        ticket: Ticket,
        properties: &GroupProperties,
    ) -> Result<(), Code> {
        let root = self.root.clone().ok_or(Code::NotAllowed)?;
        properties.check().map_err(|_| Code::InvalidArgument)?;
        let kind = RecordType::new(system::GROUP).map_err(|_| Code::Internal)?;
        let header = match self.replica.properties() {
            Some(held) => {
                let mut header = held.header.clone();
                header.version += 1;
                let follows =
                    header.modified.max(Header::modified_min(header.created, header.version));
                header.modified = self.writing_time(cx, follows);
                header.modifier = Some(header.creator);
                header
            }
            None => {
                let creator = PeerId(*self.profile.group.as_bytes());
                self.birth(cx, creator, kind, None)
            }
        };
        self.publish(cx, Some(ticket), header, encode(properties), Some(&root))
    }

    pub(in crate::group) fn demand_admin(&self, cx: &Cx) -> Result<(), Code> {
        let roles = self.own_roles(cx);
        let fine = roles.is_some_and(Roles::may_change_others);
        if fine { Ok(()) } else { Err(Code::NotAllowed) }
    }
}
