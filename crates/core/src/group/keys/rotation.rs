//! New keys, as a reaction: whenever an end holds that the newest key does not cover, an admin who
//! is here makes one that does. So a revocation of which only the first half happened, two admins
//! who revoked apart, and somebody who revoked and left all end in the same way.
//!
//! Sealing to everybody takes its time, some 0.2 ms each, so it goes on in slices. Until there is a
//! key that covers all ends nothing is sealed, but not for long: somebody who may make one could be
//! away.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::time::Duration;

use lacis_wire::credential::Credential;
use lacis_wire::group::GivenKey;
use lacis_wire::keys::{Cover, EpochKey, KeyError, KeyPart, Meeting, SealedKey};
use lacis_wire::room::MeetingKey;
use lacis_wire::{Code, KeyName, Millis, PeerId, RecordId, Roles, limits, system};

use crate::cx::Cx;
use crate::group::writing::author::DRAFTS_MAX;
use crate::group::{Group, GroupEvent};
use crate::many::Many;
use crate::meter::{self, Cost};
use crate::rule::Rule;
use crate::table::in_order;
use crate::time::{Earliest, Timer, Timestamp};

/// Members to whom a key is sealed at once: some 20 ms in a browser.
const SLICE: usize = 24;

/// Members that are looked at in one go for whether they get one: as much time.
const LOOK: usize = 1_024;

/// How long an admin waits for another one who is as near to do it: the one who ended a membership
/// does at once.
const OTHERS_FIRST: Duration = Duration::from_secs(4);

/// How long nothing is sealed while no key covers all ends.
const HOLD: Duration = Duration::from_secs(60);

/// How often that is put off because of a further end: no admin holds up the others for ever.
const HOLDS_MAX: u8 = 8;

/// Where the group stands with its newest key.
#[derive(Debug, Default)]
pub(in crate::group) struct Rotation {
    /// The newest key of which the record is whole.
    pub(in crate::group) newest: Option<KeyName>,
    /// All of which the record is whole and whether each stands, in their order.
    pub(in crate::group) order: Vec<(bool, KeyName)>,
    /// Until when the newest is waited for, if it is not here.
    lacks: Option<Timestamp>,
    /// The one that seals in its place since.
    instead: Option<KeyName>,
    /// Whether it leaves ends uncovered.
    is_open: bool,
    /// Which.
    uncovered: Vec<Cover>,
    /// How often sealing was put off since there was a key that covered all.
    holds: u8,
    /// When this node makes a new one.
    due: Option<Timestamp>,
    /// Until when nothing is sealed.
    hold: Option<Timestamp>,
    /// Whether the application was told that the key is old.
    pub(in crate::group) told_old: bool,
    /// What this node has sealed with it since.
    pub(in crate::group) sealed_old: Vec<RecordId>,
    /// Keys that cover ends of which nothing was heard here, and until when those whom they name
    /// are not given them.
    unheard: Many<KeyName, Option<Timestamp>>,
    gathering: Option<Gathering>,
    making: Option<Making>,
}

/// Who is to get a key.
#[derive(Debug)]
struct Gathering {
    rest: VecDeque<PeerId>,
    readers: VecDeque<PeerId>,
    keepers: VecDeque<PeerId>,
}

/// A key that is being sealed.
#[derive(Debug)]
struct Making {
    key: EpochKey,
    head: KeyPart,
    name: KeyName,
    covers: VecDeque<Cover>,
    readers: VecDeque<PeerId>,
    keepers: VecDeque<PeerId>,
    for_readers: VecDeque<SealedKey>,
    for_keepers: VecDeque<SealedKey>,
}

impl Rotation {
    /// Notes a record to be sealed anew.
    pub(in crate::group) fn keep_sealed(&mut self, id: RecordId) {
        if !self.sealed_old.contains(&id) && self.sealed_old.len() < DRAFTS_MAX {
            self.sealed_old.push(id);
        }
    }

    /// Whether a key is being made.
    const fn is_busy(&self) -> bool {
        self.gathering.is_some() || self.making.is_some()
    }

    pub(in crate::group) fn deadlines(&self, now: Timestamp, earliest: &mut Earliest) {
        earliest.see(self.due, Timer::Rotation);
        earliest.see(self.hold, Timer::Rotation);
        earliest.see(self.lacks, Timer::Rotation);
        earliest.see(self.unheard.values().filter_map(|at| *at).min(), Timer::Rotation);
        if self.is_busy() {
            earliest.see(Some(now), Timer::Rotation);
        }
    }
}

impl Group {
    /// Finds the order of the keys anew. That costs a look at each end that each of them covers, so
    /// it is kept.
    pub(in crate::group) fn order_keys(&mut self) {
        self.rotation.order = self.replica.keys().ordered(self.replica.members());
    }

    /// Key records or ends are others than before, or a key has come.
    pub(in crate::group) fn keys_changed(&mut self, cx: &mut Cx) {
        let was_lacking = self.is_lacking();
        self.order_keys();
        let members = self.replica.members();
        let newest = self.rotation.order.first().filter(|(stands, _)| *stands);
        let newest = newest.map(|(_, name)| *name);
        let uncovered = self.replica.keys().uncovered(newest.as_ref(), members);
        let beyond = members.ends().len().saturating_sub(limits::KEY_COVERS_MAX);
        let is_open = uncovered.len() > beyond;
        let is_news = |end: &Cover| self.rotation.uncovered.binary_search(end).is_err();
        let has_news = uncovered.iter().any(is_news);
        let is_other = core::mem::replace(&mut self.rotation.newest, newest) != newest;
        self.rotation.is_open = is_open;
        self.rotation.uncovered = uncovered;
        self.door.on_ends();
        let mut is_new = self.keyring.settle(self.replica.keys());
        for given in self.keyring.take_meetings() {
            is_new |= self.keep_meeting(given);
        }
        if is_new {
            self.unlocked(cx);
        }
        let is_lacking = self.is_lacking();
        // Another one that is not here either gives no more time.
        if !is_lacking || (is_other && !was_lacking) {
            self.rotation.instead = None;
            self.rotation.lacks = is_lacking.then_some(cx.now + HOLD);
        }
        if !is_open {
            (self.rotation.hold, self.rotation.holds) = (None, 0);
        }
        if !is_open && !is_lacking {
            self.rotation.due = None;
            self.rewrites_due = true;
            if core::mem::take(&mut self.rotation.told_old) {
                self.event(cx, GroupEvent::KeyRenewed);
            }
        } else if is_open {
            if has_news && self.rotation.holds < HOLDS_MAX {
                self.rotation.hold = Some(cx.now + HOLD);
                self.rotation.holds += 1;
            }
            self.plan_rotation(cx, OTHERS_FIRST);
        }
        self.spread_keys(cx);
        self.write_drafts(cx);
        self.settle_admitted(cx);
    }

    /// Keys that cover an end of which nothing is known here came before its revocation, or it
    /// fell since.
    pub(in crate::group) fn note_unheard(&mut self, now: Timestamp) {
        let members = self.replica.members();
        for (name, record) in self.replica.keys().iter() {
            let is_known = self.rotation.unheard.contains_key(name);
            if !is_known && record.covers().any(|end| !members.holds(end)) {
                self.rotation.unheard.insert(*name, Some(now + HOLD));
            }
        }
    }

    /// Whether somebody may be given a key: not while its record says that it ended, of which more
    /// may be on its way. Records by those who may end it themselves prove that, and others only
    /// for a while, or who makes keys could keep them from anybody.
    pub(in crate::group) fn may_have(&self, name: &KeyName, leaf: &Credential) -> bool {
        let waits = self.rotation.unheard.get(name).is_some_and(Option::is_some);
        let Some(record) = self.replica.keys().get(name).filter(|_| waits) else { return true };
        let is_its = |end: &&Cover| end.subject == leaf.subject && !leaf.lifts(&end.end);
        let mut own = record.covers().filter(is_its);
        !own.any(|end| !self.replica.members().holds(end)) || !Rule::KeyWaits.holds()
    }

    /// Makes a new key soon, if this identity may and one is needed.
    pub(in crate::group) fn plan_rotation(&mut self, cx: &mut Cx, within: Duration) {
        let may = self.own_roles(cx).is_some_and(Roles::may_change_others);
        let may = may && Rule::Rotation.holds();
        if may && self.is_open && self.rotation.is_open && !self.rotation.is_busy() {
            let at = cx.now + cx.jitter(within);
            self.rotation.due = Some(self.rotation.due.map_or(at, |due| due.min(at)));
        }
    }

    /// Whether bodies are sealed now. Not while some end is uncovered that somebody may cover.
    pub(in crate::group) fn may_seal(&self) -> bool {
        !self.rotation.is_open || self.rotation.hold.is_none() || !Rule::Hold.holds()
    }

    /// The key that seals what is written now: the newest, if it is here.
    /// Whoever has no key record yet seals under the key that its invitation brought along.
    pub(in crate::group) fn sealing_key(&self) -> Option<(KeyName, &EpochKey)> {
        let held = |name: KeyName| Some((name, self.keyring.get(&name)?));
        match self.rotation.newest {
            Some(name) => held(name).or_else(|| held(self.rotation.instead?)),
            None => self.keyring.only(),
        }
    }

    /// Whether the newest key is not here.
    pub(in crate::group) fn is_lacking(&self) -> bool {
        self.rotation.newest.is_some_and(|name| self.keyring.get(&name).is_none())
    }

    /// Nobody has given the newest key, and perhaps nobody has it but who made it: what is written
    /// goes under the last one that is here, and an admin makes another.
    fn give_up(&mut self, cx: &mut Cx) {
        let mut held = self.rotation.order.iter().filter(|(stands, _)| *stands);
        let held = held.find(|(_, name)| self.keyring.get(name).is_some());
        self.rotation.instead = held.map(|(_, name)| *name);
        if self.own_roles(cx).is_some_and(Roles::may_change_others) && Rule::Rotation.holds() {
            self.rotation.due = Some(cx.now + cx.jitter(OTHERS_FIRST));
        }
    }

    pub(in crate::group) fn rotation_timeout(&mut self, cx: &mut Cx) {
        let now = cx.now;
        let is_given_up = self.rotation.lacks.take_if(|at| now >= *at).is_some()
            && self.own_roles(cx).is_some_and(Roles::may_write);
        if is_given_up {
            self.give_up(cx);
        }
        if self.rotation.hold.take_if(|at| now >= *at).is_some() || is_given_up {
            // Whoever may make a key is away: what is written from here on, an ended member that
            // still gets it may read.
            self.rotation.told_old = true;
            self.event(cx, GroupEvent::KeyOld);
            self.write_drafts(cx);
        }
        if self.rotation.due.take_if(|at| now >= *at).is_some() && !self.rotation.is_busy() {
            self.begin_key();
        }
        let unheard = self.rotation.unheard.values_mut();
        if unheard.filter_map(|until| until.take_if(|at| now >= *at)).count() > 0 {
            self.spread_keys(cx);
        }
        if self.rotation.gathering.is_some() {
            self.gather(cx);
        } else {
            self.seal_slice(cx);
        }
    }

    /// Begins to make a key for those who are members now.
    fn begin_key(&mut self) {
        let rest = self.replica.members().subjects().copied().collect();
        let (readers, keepers) = (VecDeque::new(), VecDeque::new());
        self.rotation.gathering = Some(Gathering { rest, readers, keepers });
    }

    /// Looks at some more of them; with the last, makes the key.
    fn gather(&mut self, cx: &mut Cx) {
        let now = self.now(cx);
        let Some(gathering) = &mut self.rotation.gathering else { return };
        let some = ..LOOK.min(gathering.rest.len());
        for peer in gathering.rest.drain(some) {
            match self.replica.members().roles(&peer, now) {
                Some(Roles::KEEPER) => gathering.keepers.push_back(peer),
                Some(_) => gathering.readers.push_back(peer),
                None if !Rule::KeyToMembers.holds() => gathering.readers.push_back(peer),
                None => {}
            }
        }
        if gathering.rest.is_empty()
            && let Some(Gathering { readers, keepers, .. }) = self.rotation.gathering.take()
        {
            self.make_key(cx, readers, keepers);
        }
    }

    fn make_key(&mut self, cx: &mut Cx, readers: VecDeque<PeerId>, keepers: VecDeque<PeerId>) {
        let members = self.replica.members();
        let key = EpochKey(cx.random());
        let nonce: [u8; 16] = cx.random();
        let meeting = Meeting { topic: MeetingKey(cx.random()), door: self.profile.door.clone() };
        let mut covers = members.ends();
        if covers.len() > limits::KEY_COVERS_MAX {
            // The new ones come first; the others are covered by the keys before.
            let open = self.replica.keys().uncovered(self.rotation.newest.as_ref(), members);
            let new_first = covers.into_iter().map(|end| (open.binary_search(&end).is_err(), end));
            let some = in_order(new_first).into_iter().take(limits::KEY_COVERS_MAX);
            covers = in_order(some.map(|(_, end)| end));
        }
        let entries = limits::KEY_PART_ENTRIES;
        let parts = (readers.len() + keepers.len()).max(covers.len()).div_ceil(entries).max(1);
        let head = KeyPart {
            nonce,
            commitment: key.commitment(&self.profile.group, &nonce),
            meeting: meeting.seal(&key.meeting_key(), cx.random()),
            part: 0,
            parts: u16::try_from(parts).unwrap_or(u16::MAX).min(limits::KEY_PARTS_MAX),
            covers: Vec::new(),
            sealed: Vec::new(),
            keepers: Vec::new(),
        };
        let name = head.name(&self.profile.group, &cx.me.peer);
        let (covers, for_readers, for_keepers) = (covers.into(), VecDeque::new(), VecDeque::new());
        self.rotation.making =
            Some(Making { key, head, name, covers, readers, keepers, for_readers, for_keepers });
    }

    /// Seals to some more members; when all have it, publishes a part of the record, the next one
    /// the next time.
    fn seal_slice(&mut self, cx: &mut Cx) {
        let group = self.profile.group;
        let Some(making) = &mut self.rotation.making else { return };
        let meeting_key = making.key.meeting_key();
        for _ in 0..SLICE {
            let reader = making.readers.pop_front();
            let Some(subject) = reader.or_else(|| making.keepers.pop_front()) else { break };
            let key = if reader.is_some() { &making.key } else { &meeting_key };
            meter::count(Cost::Sealed, 1);
            match SealedKey::seal(&group, &making.name, key, subject, cx.rng()) {
                Ok(sealed) if reader.is_some() => making.for_readers.push_back(sealed),
                Ok(sealed) => making.for_keepers.push_back(sealed),
                // Nobody can open what is sealed to it: it gets nothing, and the others do.
                Err(KeyError::BadSubject(_) | _) => {}
            }
        }
        if making.readers.is_empty() && making.keepers.is_empty() {
            self.publish_part(cx);
        }
    }

    /// Makes a key in one go, for a group that has just been founded.
    pub(in crate::group) fn make_first_key(&mut self, cx: &mut Cx) {
        self.begin_key();
        self.gather(cx);
        self.seal_slice(cx);
    }

    fn publish_part(&mut self, cx: &mut Cx) {
        let Some(making) = &mut self.rotation.making else { return };
        let some = |most: usize, all: usize| ..most.min(all);
        let entries = limits::KEY_PART_ENTRIES;
        let readers = some(entries, making.for_readers.len());
        let sealed: Vec<SealedKey> = making.for_readers.drain(readers).collect();
        let keepers = some(entries - sealed.len(), making.for_keepers.len());
        let covers = some(entries, making.covers.len());
        let part = KeyPart {
            covers: making.covers.drain(covers).collect(),
            sealed,
            keepers: making.for_keepers.drain(keepers).collect(),
            ..making.head.clone()
        };
        making.head.part += 1;
        let given = GivenKey { name: making.name, key: making.key.clone() };
        let is_last = making.head.part >= making.head.parts;
        let published =
            self.publish_system(cx, None, system::KEY, (Some(Millis::MAX), None), &part);
        if published.is_err() {
            self.rotation.making = None;
            // It has lost the right to meanwhile, or its budget is used up.
            return self.event(cx, GroupEvent::KeyFailed { code: Code::NotAllowed });
        }
        if !is_last {
            return;
        }
        self.rotation.making = None;
        if self.keyring.insert(self.replica.keys(), given) {
            self.unlocked(cx);
        }
        self.keys_changed(cx);
    }

    /// There is a key that was not here before.
    pub(in crate::group) fn unlocked(&mut self, cx: &mut Cx) {
        self.keep_profile(cx);
        self.door.look_again();
        self.event(cx, GroupEvent::Unlocked);
    }
}
