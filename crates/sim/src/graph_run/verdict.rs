//! What must hold in the end.

use std::time::Duration;

use lacis_core::graph::{CopyKey, Replica};
use lacis_wire::record::Header;
use lacis_wire::{KeyName, Millis, PeerId, RecordId, Roles, limits};

use super::{CALM, GraphRun, Written};

impl GraphRun {
    pub(super) fn peer(&self, person: usize) -> PeerId {
        self.people[person].peer()
    }

    /// Those who are members as the founder sees it, and hold the group.
    pub(super) fn members(&self) -> Vec<usize> {
        let Some(founder) = self.replica(0) else { return Vec::new() };
        let now = self.world.wall_now();
        let is_member = |person: &usize| {
            let peer = self.peer(*person);
            founder.members().roles(&peer, now).is_some()
        };
        self.present().into_iter().filter(is_member).collect()
    }

    /// All members hold the same copies, and can read them.
    pub(super) fn end_equal(&mut self) -> Result<(), String> {
        let mut verdict = Ok(());
        for _ in 0..CALM.as_secs() / 5 {
            self.world.run_for(Duration::from_secs(5));
            self.sound()?;
            // Reading takes time in which records end, here a little earlier than there: what was
            // equal before is not compared again.
            verdict = self.difference().map_or(Ok(()), Err).and_then(|()| self.all_can_read());
            if verdict.is_ok() {
                break;
            }
        }
        verdict.map_err(|sentence| format!("{CALM:?} after all faults ended {sentence}"))?;
        match self.members().len() {
            0..4 => Err(format!("only {:?} are members", self.members())),
            _ => Ok(()),
        }
    }

    fn all_can_read(&mut self) -> Result<(), String> {
        self.members().into_iter().try_for_each(|person| self.can_read(person))
    }

    fn difference(&self) -> Option<String> {
        let founder = copies(self.replica(0)?);
        let members = self.members();
        let is_missing = |it: &usize| !members.contains(it) && !self.people[*it].was_revoked;
        if let Some(person) = self.present().into_iter().find(is_missing) {
            return Some(format!("person {person} is no member"));
        }
        members.into_iter().find_map(|person| {
            let replica = self.replica(person)?;
            let theirs = copies(replica);
            let lacks = founder.iter().filter(|copy| !theirs.contains(copy)).take(3);
            let has = theirs.iter().filter(|copy| !founder.contains(copy)).take(3);
            (theirs != founder).then(|| {
                let (held, of) = (theirs.len(), founder.len());
                let lacks: Vec<_> = lacks
                    .map(|it| {
                        let aside = replica.held_aside(&it.name).is_some();
                        let has = replica.has(&it.name);
                        let held = replica.held(&it.name.id);
                        format!("{} (aside {aside}, known {has}, holds {held:?})", self.tell(0, it))
                    })
                    .collect();
                let has: Vec<_> = has.map(|it| self.tell(person, it)).collect();
                format!("person {person} holds {held}, not {of}: lacks {lacks:?}, has {has:?}")
            })
        })
    }

    /// What a copy is that somebody holds.
    fn tell(&self, person: usize, copy: &CopyKey) -> String {
        let Some(held) = self.replica(person).and_then(|it| it.held(&copy.name.id)) else {
            return format!("{copy:?}");
        };
        let by = self.people.iter().position(|it| it.peer() == *held.author());
        let (kind, created, modified) = (held.kind.as_str(), held.created.0, held.modified.0);
        let (version, length) = (held.version, held.length);
        let gone = if held.is_deleted { ", deleted" } else { "" };
        format!("{kind} by {by:?} v{version} of {length}{gone}, {created} {modified}")
    }

    fn can_read(&mut self, person: usize) -> Result<(), String> {
        let Some((tab, group)) = self.place(person) else { return Ok(()) };
        let records = self.world.read_now(tab, group).unwrap_or_default();
        let now = self.world.wall_now();
        let roles = self.replica(person).and_then(|it| it.members().roles(&self.peer(person), now));
        let keeps = roles == Some(Roles::KEEPER);
        // What liars seal with keys that nobody has is theirs alone.
        let is_of_people = |header: &Header| self.is_honest(header.author());
        let unread = records.iter().filter(|record| is_of_people(&record.header));
        match unread.into_iter().find(|record| record.body.is_none()) {
            Some(record) if !keeps => {
                let header = &record.header;
                let (id, key) = (header.id, header.key);
                Err(format!("person {person} cannot read {id:?} under {key:?}"))
            }
            _ => Ok(()),
        }
    }

    fn is_honest(&self, author: &PeerId) -> bool {
        let mut people = self.people.iter().filter(|it| !it.is_liar);
        people.any(|it| it.peer() == *author)
    }

    /// The key that seals a record as somebody holds it.
    pub(super) fn key_of(&self, person: usize, id: &RecordId) -> Option<KeyName> {
        let (tab, group) = self.place(person)?;
        self.world.seal_of(tab, group, id)
    }

    /// What one was told to be stored, and which was not to end, is held by the founder, or
    /// something that came after it.
    pub(super) fn nothing_is_lost(&self) -> Result<(), String> {
        let Some(founder) = self.replica(0) else { return Err("the founder is gone".into()) };
        for written in self.durable() {
            if self.people[written.person].is_uncertain {
                continue;
            }
            if !holds(founder, written) {
                return Err(format!("the founder lacks {written:?}"));
            }
        }
        Ok(())
    }

    /// Somebody opened its group again: what it was told to be stored is there.
    pub(super) fn survived(&self, person: usize) -> Result<(), String> {
        let Some(replica) = self.replica(person) else { return Ok(()) };
        let may_lose = self.people[person].is_uncertain || self.people[person].is_liar;
        if may_lose || self.may_move {
            return Ok(());
        }
        let lost = self.durable().find(|it| it.person == person && !holds(replica, it));
        lost.map_or(Ok(()), |it| Err(format!("person {person} lost {it:?} in a crash")))
    }

    pub(super) fn durable(&self) -> impl Iterator<Item = &Written> {
        self.written
            .iter()
            .filter(|it| !it.is_brief && self.world.settled(it.tab, it.ticket) == Some(Ok(())))
    }

    /// Something that this person was told to be stored.
    pub(super) fn is_stored(&self, person: usize) -> Option<&Written> {
        self.durable().find(|it| it.person == person)
    }

    /// All crash at once; what they find in their stores is what they held.
    pub(super) fn stores_are_equal(&mut self) -> Result<(), String> {
        self.world.run_for(Duration::from_secs(5));
        // Alone, everybody goes by its own clock: what ends within what they differ is left out.
        let until = Millis(self.world.wall_now().0 + APART);
        let Some(before) = self.replica(0).map(|it| lasting(it, until)) else { return Ok(()) };
        let members = self.members();
        for &person in &members {
            self.crash(person);
        }
        self.world.stop_server(self.server, true);
        for person in members {
            self.bring_back(person)?;
            let after = self.replica(person).map(|it| lasting(it, until)).unwrap_or_default();
            if let Some(lost) = before.iter().find(|copy| !after.contains(copy)) {
                return Err(format!("the store of person {person} lacks {lost:?}"));
            }
            if let Some(more) = after.iter().find(|copy| !before.contains(copy)) {
                return Err(format!("the store of person {person} has {more:?} besides"));
            }
        }
        Ok(())
    }
}

/// More than the clocks of a run differ, in milliseconds.
const APART: u64 = 600_000;

/// The copies of records that last beyond a time.
fn lasting(replica: &Replica, until: Millis) -> Vec<CopyKey> {
    let ends = |copy: &CopyKey| replica.held(&copy.name.id).map(|held| held.expires);
    copies(replica).into_iter().filter(|copy| ends(copy).is_some_and(|end| end > until)).collect()
}

pub(super) fn holds(replica: &Replica, written: &Written) -> bool {
    replica.held(&written.id).is_some_and(|held| held.version >= written.version)
}

pub(crate) fn copies(replica: &Replica) -> Vec<CopyKey> {
    (0..=limits::BUCKETS).flat_map(|bucket| replica.bucket(bucket).keys()).collect()
}
