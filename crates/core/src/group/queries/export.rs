//! A group as a file: everything that is held of it, and what makes this identity a member. The
//! file is a list of parts, the first of which says whose it is.

use alloc::vec::Vec;

use lacis_wire::body::{Body, Place};
use lacis_wire::codec::{decode, encode};
use lacis_wire::export::{self, Parts};
use lacis_wire::group::GroupFrame;
use lacis_wire::keys::EpochKey;
use lacis_wire::system::MEMBER;
use lacis_wire::{Code, GroupId, KeyName, RecordId};

use crate::cx::Cx;
use crate::graph::{Copy, Outcome, Refusal};
use crate::group::persist::profile::Profile;
use crate::group::{Group, GroupEvent};
use crate::ids::Ticket;

/// What becomes of a group if the file is not taken whole for which it was opened: half a group
/// would look like a whole one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Undo {
    /// It was stored before, and is closed.
    Close,
    /// Nothing was known of it, and all of it goes.
    Erase,
}

/// A file of the group that is being taken.
#[derive(Debug, Default)]
pub(in crate::group) struct Import {
    /// As the application chose it.
    number: u32,
    parts: Parts,
    /// Whether its first part was read.
    has_begun: bool,
    /// Records of the system that wait for others. More of one author may come than waits, so they
    /// are taken again when all of the file is here.
    late: Vec<Copy>,
}

impl Group {
    /// Gives the group as [`GroupEvent::Exported`], part by part; then the ticket settles.
    pub(crate) fn export(&mut self, cx: &mut Cx, ticket: Ticket) {
        let mut first = export::head(&self.profile.group);
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
        let is_proof = |copy: &Copy| copy.header.kind.as_str() == MEMBER;
        let parts: Vec<_> = copies.map(|copy| (is_proof(copy), part_of(copy))).collect();
        // By the proofs of members the others are judged.
        for proofs in [true, false] {
            for (_, part) in parts.iter().filter(|(is_proof, _)| *is_proof == proofs) {
                self.event(cx, GroupEvent::Exported { ticket, part: part.clone() });
            }
        }
        self.query_raw(cx, ticket);
    }

    /// Takes the next bytes of a file of the group, perhaps its first; says how many records in
    /// them are new. A file that is not whole, or is of another group, is damaged.
    pub(crate) fn import(
        &mut self,
        cx: &mut Cx,
        number: u32,
        bytes: &[u8],
        is_last: bool,
    ) -> Result<usize, Code> {
        let mut import = self.take_import(number).unwrap_or_default();
        import.parts.push(bytes);
        let mut count = 0;
        while let Some(part) = import.parts.next_part().map_err(|_| Code::ExportDamaged)? {
            if core::mem::replace(&mut import.has_begun, true) {
                count += usize::from(self.import_record(cx, part, &mut import.late)?);
            } else if Self::group_of_file(part)?.0 != self.id() {
                return Err(Code::ExportDamaged);
            }
        }
        if !is_last {
            self.imports.push(Import { number, ..import });
        } else if import.has_begun && import.parts.is_empty() {
            for copy in import.late {
                self.take(cx, copy, None, None);
            }
            self.half = None;
        } else {
            return Err(Code::ExportDamaged);
        }
        Ok(count)
    }

    /// The file was not taken whole for which the group was opened, if it was: says what is to
    /// become of it.
    pub(crate) fn undo_import(&mut self, cx: &mut Cx, code: Code) -> Option<Undo> {
        let undo = self.half.take()?;
        self.event(cx, GroupEvent::Closed { code });
        Some(undo)
    }

    fn take_import(&mut self, number: u32) -> Option<Import> {
        let at = self.imports.iter().position(|import| import.number == number)?;
        Some(self.imports.swap_remove(at))
    }

    /// A file is not taken any further; says whether it was.
    pub(crate) fn end_import(&mut self, number: u32) -> bool {
        self.take_import(number).is_some()
    }

    /// Takes a record of such a file, by the same rules as one that comes over a link. Nothing is
    /// wrong with one that is known, has ended, or has no place any more.
    fn import_record(
        &mut self,
        cx: &mut Cx,
        part: &[u8],
        late: &mut Vec<Copy>,
    ) -> Result<bool, Code> {
        let Ok(GroupFrame::Record { header, body }) = decode(part) else {
            return Err(Code::ExportDamaged);
        };
        let copy = Copy { header, body };
        let again = copy.header.kind.is_system().then(|| copy.clone());
        match self.take(cx, copy, None, None) {
            Outcome::Deferred => {
                late.extend(again);
                Ok(true)
            }
            Outcome::Taken | Outcome::Ahead | Outcome::Beaten | Outcome::SetAside => Ok(true),
            Outcome::Known
            | Outcome::Older
            | Outcome::Expired
            | Outcome::Refused(Refusal::OverBudget | Refusal::Replaced) => Ok(false),
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
    fn group_of_file(first: &[u8]) -> Result<(GroupId, &[u8]), Code> {
        export::read_head(first).ok_or(Code::ExportDamaged)
    }

    /// What this identity remembered of a group that it exported, by the beginning of the file.
    pub(crate) fn profile_in_file(cx: &Cx, begins: &[u8]) -> Result<Profile, Code> {
        let mut parts = Parts::default();
        parts.push(begins);
        let first = parts.next_part().ok().flatten().ok_or(Code::ExportDamaged)?;
        let (id, sealed) = Self::group_of_file(first)?;
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
