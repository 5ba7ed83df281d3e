//! A group as a file: everything that is held of it, and what makes this identity a member. The
//! file is a list of parts, the first of which says whose it is.

use alloc::vec::Vec;

use lacis_wire::body::{Body, Place};
use lacis_wire::codec::{decode, encode};
use lacis_wire::group::GroupFrame;
use lacis_wire::keys::EpochKey;
use lacis_wire::{Code, GroupId, KeyName, RecordId};

use crate::cx::Cx;
use crate::graph::{Copy, Outcome};
use crate::group::persist::profile::Profile;
use crate::group::{Group, GroupEvent};
use crate::ids::Ticket;

/// How the first part begins.
const MAGIC: &[u8] = b"lacis group 1\n";

impl Group {
    /// Gives the group as [`GroupEvent::Exported`], part by part; then the ticket settles.
    pub(crate) fn export(&mut self, cx: &mut Cx, ticket: Ticket) {
        let mut first = MAGIC.to_vec();
        first.extend_from_slice(self.profile.group.as_bytes());
        // Only this identity, on whatever device, can use what makes it a member.
        let data = encode(&self.profile);
        let body = Body { attributes: Vec::new(), data };
        let place = Self::file_place(self.profile.group);
        first.extend(body.seal(&file_key(cx), &place, cx.random()));
        cx.tickets.open(ticket);
        self.event(cx, GroupEvent::Exported { ticket, part: first });
        let system = self.replica.ids_where(lacis_wire::record::RecordType::is_system);
        let system: Vec<RecordId> = system.collect();
        let now = self.now(cx);
        let copies = system.iter().filter_map(|id| self.replica.system(id));
        let copies = copies.filter(|copy| copy.header.expires > now);
        let parts: Vec<Vec<u8>> = copies.map(|copy| part_of(copy)).collect();
        for part in parts {
            self.event(cx, GroupEvent::Exported { ticket, part });
        }
        self.query_raw(cx, ticket);
    }

    /// Takes a record of such a file, by the same rules as one that comes over a link. Nothing is
    /// wrong with one that is known or has ended.
    pub(crate) fn import(&mut self, cx: &mut Cx, part: &[u8]) -> Result<bool, Code> {
        let Ok(GroupFrame::Record { header, body }) = decode(part) else {
            return Err(Code::ExportDamaged);
        };
        match self.take(cx, Copy { header, body }, None, None) {
            Outcome::Taken
            | Outcome::Deferred
            | Outcome::Ahead
            | Outcome::Beaten
            | Outcome::SetAside => Ok(true),
            Outcome::Known | Outcome::Older | Outcome::Expired => Ok(false),
            Outcome::Refused(_) => Err(Code::ExportDamaged),
        }
    }

    pub(crate) fn when_stored(&mut self, cx: &mut Cx, ticket: Ticket) {
        cx.tickets.open(ticket);
        if let Err(code) = self.saves.ticket_of_all(ticket) {
            cx.settle(ticket, Err(code));
        }
    }

    /// The group of which a file is, by its first part.
    pub(crate) fn group_of_file(first: &[u8]) -> Result<(GroupId, &[u8]), Code> {
        let rest = first.strip_prefix(MAGIC).ok_or(Code::ExportDamaged)?;
        let (id, sealed) = rest.split_first_chunk::<32>().ok_or(Code::ExportDamaged)?;
        Ok((GroupId(*id), sealed))
    }

    /// What this identity remembered of a group that it exported.
    pub(crate) fn profile_in_file(cx: &Cx, id: GroupId, sealed: &[u8]) -> Result<Profile, Code> {
        let body = Body::open(&file_key(cx), &Self::file_place(id), sealed);
        let body = body.map_err(|_| Code::NotAllowed)?;
        let profile: Profile = decode(&body.data).map_err(|_| Code::ExportDamaged)?;
        if profile.group != id {
            return Err(Code::ExportDamaged);
        }
        Ok(profile)
    }

    const fn file_place(group: GroupId) -> Place {
        Place { group, id: RecordId([0; 16]), version: 0, key: KeyName([0; 16]) }
    }
}

fn file_key(cx: &Cx) -> EpochKey {
    EpochKey(blake3::derive_key("lacis 2026 group file 1", &cx.me.key.to_bytes()))
}

/// A record as it stands in a file: as it travels.
pub(in crate::group) fn part_of(copy: &Copy) -> Vec<u8> {
    GroupFrame::record_bytes(&copy.header, &copy.body)
}
