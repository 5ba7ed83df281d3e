//! Key records: which keys there are, which parts of each are here, and which is the newest.

use alloc::vec::Vec;

use lacis_wire::keys::{Cover, KeyPart};
use lacis_wire::record::{CopyName, Header};
use lacis_wire::{CredentialId, GroupId, KeyName, Millis, PeerId};

use super::rights::{Action, Members};
use crate::many::Many;
use crate::meter::{self, Cost};
use crate::rule::Rule;
use crate::table::in_order;

/// The key records of a group, as far as their parts are live.
#[derive(Clone, Debug, Default)]
pub struct KeyRecords {
    records: Many<KeyName, KeyRecord>,
    names: Many<CopyName, KeyName>,
}

/// A key record.
#[derive(Clone, Debug)]
pub struct KeyRecord {
    /// Who made it.
    pub author: PeerId,
    /// How many parts it has.
    pub count: u16,
    /// The parts that are here, without what is sealed, and under which credential each was made.
    /// Of two with one number the smaller name counts.
    parts: Many<(u16, CopyName), (CredentialId, Millis, KeyPart)>,
}

impl KeyRecord {
    /// The parts that count, in order.
    pub fn parts(&self) -> impl Iterator<Item = &KeyPart> {
        let mut last = None;
        self.parts.iter().filter_map(move |((number, _), (.., part))| {
            let is_first = last.replace(*number) != Some(*number);
            is_first.then_some(part)
        })
    }

    /// Whether no end of its author's takes it away: it opens what was sealed with it in any case,
    /// and seals nothing new if one does.
    fn stands(&self, members: &Members) -> bool {
        let action = |copy: &CopyName| Action { id: copy.digest, by_rights: true };
        let mut parts = self.parts.iter();
        !Rule::KeyStands.holds()
            || parts.all(|((_, copy), (id, ..))| members.stands(id, &action(copy)))
    }

    /// When it was made, as the first part that counts says.
    pub(crate) fn modified(&self) -> Millis {
        self.parts.values().next().map_or(Millis(0), |(_, modified, _)| *modified)
    }

    /// Whether all parts are here.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.parts().count() == usize::from(self.count) || !Rule::KeyWhole.holds()
    }

    /// The ends that it covers.
    pub fn covers(&self) -> impl Iterator<Item = &Cover> {
        self.parts().flat_map(|part| &part.covers)
    }

    /// Whether it covers an end.
    #[must_use]
    pub fn has_cover(&self, cover: &Cover) -> bool {
        self.parts().any(|part| part.covers.binary_search(cover).is_ok())
    }
}

impl KeyRecords {
    pub(super) fn insert(
        &mut self,
        group: &GroupId,
        copy: CopyName,
        (header, credential): (&Header, CredentialId),
        mut part: KeyPart,
    ) {
        // Who may open it is asked of the record itself, and once.
        (part.sealed, part.keepers) = (Vec::new(), Vec::new());
        let author = *header.author();
        let name = part.name(group, &author);
        let count = part.parts;
        let place = (part.part, copy);
        let what = (credential, header.modified, part);
        if let Some(record) = self.records.get_mut(&name) {
            record.parts.insert(place, what);
        } else {
            let parts = Many::from_iter([(place, what)]);
            self.records.insert(name, KeyRecord { author, count, parts });
        }
        self.names.insert(copy, name);
    }

    pub(super) fn remove(&mut self, copy: &CopyName) {
        let Some(name) = self.names.remove(copy) else { return };
        let Some(record) = self.records.get_mut(&name) else { return };
        let place = record.parts.keys().find(|(_, held)| held == copy).copied();
        if let Some(place) = place {
            record.parts.remove(&place);
        }
        if record.parts.is_empty() {
            self.records.remove(&name);
        }
    }

    /// A key record, whole or not.
    #[must_use]
    pub fn get(&self, name: &KeyName) -> Option<&KeyRecord> {
        self.records.get(name)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&KeyName, &KeyRecord)> {
        self.records.iter()
    }

    /// The names of those that are whole and stand, the newest first: the one that covers most ends
    /// that hold; of those the latest, and of these the greatest name.
    #[must_use]
    pub fn newest_first(&self, members: &Members) -> Vec<KeyName> {
        let standing = self.ordered(members).into_iter().filter(|(stands, _)| *stands);
        standing.map(|(_, name)| name).collect()
    }

    /// The names of all that are whole and whether each stands; those that do come first.
    pub(crate) fn ordered(&self, members: &Members) -> Vec<(bool, KeyName)> {
        let whole = self.records.iter().filter(|(_, record)| record.is_whole());
        let order = |(name, record): (&KeyName, &KeyRecord)| {
            let holding = record.covers().filter(|cover| members.holds(cover)).count();
            meter::count(Cost::Cover, 1 + record.covers().count());
            let holding = if Rule::KeyCoversMost.holds() { holding } else { 0 };
            let modified = if Rule::KeyLatest.holds() { record.modified() } else { Millis(0) };
            (record.stands(members), holding, modified, *name)
        };
        let ordered = in_order(whole.map(order)).into_iter().rev();
        ordered.map(|(stands, .., name)| (stands, name)).collect()
    }

    /// The ends that hold and that a key record does not cover.
    #[must_use]
    pub fn uncovered(&self, name: Option<&KeyName>, members: &Members) -> Vec<Cover> {
        let record = name.and_then(|name| self.records.get(name));
        let open = |cover: &Cover| record.is_none_or(|record| !record.has_cover(cover));
        members.ends().into_iter().filter(open).collect()
    }
}
