//! A group as one node takes part in it: its replica, its keys, its store, its neighbours.
//!
//! ```text
//! Loading --(store read)--> Open --(connect)--> a room of the node, with neighbours
//! ```
//! A group that is open is read and written whether it is connected or not. A copy goes the same
//! way wherever it comes from: the replica judges it, the store gets it, the application hears of
//! it, and every neighbour but the one that it came from is sent it.

mod admission;
mod approval;
mod author;
mod batch;
mod bodies;
mod events;
mod expiry;
mod filter;
mod keeping;
mod keyring;
mod neighbour;
mod profile;
mod properties;
mod query;
mod saves;
mod serving;
mod talk;
mod transfer;
mod watches;

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use lacis_wire::body::{Body, Place};
use lacis_wire::proof::IdentityKey;
use lacis_wire::record::{Header, RecordType};
use lacis_wire::system::{self, GroupProperties, System};
use lacis_wire::{Code, GroupId, Millis, NodeId, PeerId, RecordId, Roles};

use crate::graph::{Change, Copy, Outcome, Replica};
use crate::io::{Event, OpId, RoomId, Ticket};
use crate::shared::Shared;
use crate::table::{Table, TableExt};
use crate::time::{Earliest, Timer, Timestamp};

pub(crate) use admission::{AnyInvitation, Applying, room_of};
use approval::Approvals;
pub(crate) use author::Draft;
use bodies::Bodies;
pub use events::{GroupEvent, GroupLoad, GroupMember, KeptGroup, Record};
pub use filter::{Condition, Field, Filter, Operator, Search, Subject};
use keyring::Keyring;
use neighbour::Neighbour;
use profile::Profile;
use query::Query;
use saves::Saves;
use watches::Watches;

/// A group that is open on this node.
#[derive(Debug)]
pub(crate) struct Group {
    /// Its number on this node, and that of its room while it is connected.
    number: RoomId,
    profile: Profile,
    /// What the founder says of it, once that is known.
    properties: Option<GroupProperties>,
    root: Option<IdentityKey>,
    replica: Replica,
    keyring: Keyring,
    bodies: Bodies,
    saves: Saves,
    neighbours: Table<NodeId, Neighbour>,
    approvals: Approvals,
    /// Types to have first.
    first: Vec<RecordType>,
    /// What the store is asked.
    ops: Table<OpId, Loading>,
    queries: Vec<Query>,
    watches: Watches,
    applying: Option<Applying>,
    /// The tickets of those who wait for the group to be open.
    opening: Vec<Ticket>,
    is_open: bool,
    /// Records whose stored bytes were damaged, to be told and fetched.
    damaged: usize,
    members_changed: bool,
    /// Whether everything that is stored of it is being deleted.
    is_erased: bool,
    /// Members told to the application, and what of them: roles, their end, whether it is there.
    told: Table<PeerId, (Option<Roles>, Option<Millis>, bool)>,
    /// Times at which newcomers were admitted lately.
    admissions: Vec<Timestamp>,
}

/// What a read of the store is for.
#[derive(Debug)]
enum Loading {
    /// The system records, page by page.
    System,
    /// The headers of the others, page by page.
    Heads,
    /// Copies that a neighbour asked for.
    Serve(NodeId, Vec<RecordId>),
    /// Records that the application asked for.
    Query { ticket: Ticket, ids: Vec<RecordId> },
}

impl Group {
    pub(crate) const fn id(&self) -> GroupId {
        self.profile.group
    }

    pub(crate) const fn is_open(&self) -> bool {
        self.is_open
    }

    /// What the group is called.
    pub(crate) fn name(&self) -> &str {
        &self.profile.name
    }

    fn event(&self, shared: &mut Shared, event: GroupEvent) {
        shared.io.event(Event::Group { group: self.number, event: Box::new(event) });
    }

    /// Takes a copy from anywhere.
    pub(crate) fn take(
        &mut self,
        shared: &mut Shared,
        copy: Copy,
        from: Option<NodeId>,
    ) -> Outcome {
        let outcome = self.take_one(shared, copy, from);
        while let Some(ready) = self.replica.poll_ready() {
            self.take_one(shared, ready, None);
        }
        if core::mem::take(&mut self.members_changed) {
            self.tell_members(shared);
        }
        outcome
    }

    fn take_one(&mut self, shared: &mut Shared, copy: Copy, from: Option<NodeId>) -> Outcome {
        let is_own = *copy.header.author() == shared.peer;
        if !is_own && let Some(outcome) = self.hold_for_approval(shared, &copy, from) {
            return outcome;
        }
        self.take_approved(shared, copy, from)
    }

    fn take_approved(&mut self, shared: &mut Shared, copy: Copy, from: Option<NodeId>) -> Outcome {
        let now = shared.group_time();
        let outcome = self.replica.offer(now, &copy);
        if outcome == Outcome::Taken {
            self.heed(shared, &copy);
            let copy = Arc::new(copy);
            self.keep(shared, &copy);
            for (node, neighbour) in &mut self.neighbours {
                if Some(*node) != from && neighbour.is_admitted() {
                    neighbour.live.push_back(copy.header.id);
                }
            }
        }
        if let (Outcome::Refused(_), Some(node)) = (outcome, from) {
            shared.io.event(Event::Warning { code: Code::Protocol, node: Some(node) });
        }
        let giver = from.and_then(|node| self.neighbours.get(&node)).map(|it| it.peer);
        self.tell_changes(shared, giver);
        outcome
    }

    /// What a system record means for this node itself.
    fn heed(&mut self, shared: &mut Shared, copy: &Copy) {
        let header = &copy.header;
        if !header.kind.is_system() || header.is_deleted() {
            return;
        }
        match System::decode(&header.kind, &copy.body) {
            Ok(Some(System::Key(keys))) => {
                self.keyring.vouch(keys.epoch, keys.commitment, order_of(header));
                if let Ok(key) = keys.open(&self.profile.group, &shared.key)
                    && self.keyring.insert(keys.epoch, key)
                {
                    self.event(shared, GroupEvent::Unlocked);
                    // Whoever sealed it may not have known all members.
                    self.spread_keys(|peer| keys.sealed.iter().all(|it| it.subject != *peer));
                }
            }
            Ok(Some(System::Group(_))) => self.heed_properties(shared),
            Ok(Some(System::Member(_) | System::Revocation(_)) | None) | Err(_) => {}
        }
    }

    /// Whether a link with that node is of use: it has shown a chain that holds, or could not be
    /// judged yet.
    pub(crate) fn keeps(&self, node: NodeId) -> bool {
        let neighbour = self.neighbours.get(&node);
        neighbour.is_some_and(|neighbour| !self.is_open || neighbour.chain.is_some())
    }

    /// What is held.
    pub(crate) const fn replica(&self) -> &Replica {
        &self.replica
    }

    /// What is in memory beside the records that are held.
    pub(crate) fn memory(&self) -> GroupLoad {
        let neighbours = self.neighbours.values();
        GroupLoad {
            deferred: self.replica.deferred(),
            frame_bytes: neighbours.clone().map(Neighbour::waiting_bytes).sum(),
            names: neighbours.map(Neighbour::waiting_names).sum(),
            body_bytes: self.bodies.bytes(),
        }
    }

    /// Of our own chains the best is used from now on.
    fn choose_chain(&mut self, shared: &mut Shared) {
        let best = self.replica.members().best(&shared.peer, shared.group_time());
        if let Some(best) = best.filter(|best| self.profile.chain.as_ref() != Some(*best)) {
            self.profile.chain = Some(best.clone());
            self.keep_profile(shared);
            self.introduce(shared);
        }
    }

    /// What a member might do at that time; what it wrote then is judged by the same rights.
    pub(crate) fn roles_at(&self, peer: &PeerId, at: Millis) -> Option<Roles> {
        self.replica.members().roles(peer, at, at)
    }

    /// What this identity may do now.
    pub(crate) fn own_roles(&self, shared: &Shared) -> Option<Roles> {
        let now = shared.group_time();
        self.replica.members().roles(&shared.peer, now, now)
    }

    /// Tells the application what the replica says has changed, and who gave what is new.
    fn tell_changes(&mut self, shared: &mut Shared, from: Option<PeerId>) {
        while let Some(change) = self.replica.poll_change() {
            match change {
                Change::Record { id, is_new } => {
                    let Some(copy) = self.bodies.get(&id).cloned() else { continue };
                    let is_own = *copy.header.author() == shared.peer;
                    let record = self.reading(&copy);
                    let watches = self.watches.fitting(&record);
                    let event = GroupEvent::Record { record, is_new, is_own, from, watches };
                    self.event(shared, event);
                }
                Change::Gone { id, kind } => {
                    self.drop_stored(shared, &id, &kind);
                    if kind.as_str() == system::KEY {
                        self.vouch_anew();
                    }
                    self.event(shared, GroupEvent::Gone { id, kind });
                }
                Change::Member(subject) => {
                    if subject == shared.peer {
                        self.choose_chain(shared);
                    }
                    self.members_changed = true;
                    self.review(shared);
                }
            }
        }
    }

    /// A record that began an epoch is gone: somebody may have made it who had no right to.
    fn vouch_anew(&mut self) {
        self.keyring.forget_vouchers();
        for copy in self.replica.system_of(system::KEY) {
            if let Ok(Some(System::Key(keys))) = System::decode(&copy.header.kind, &copy.body) {
                self.keyring.vouch(keys.epoch, keys.commitment, order_of(&copy.header));
            }
        }
    }

    /// A copy as the application reads it.
    fn reading(&self, copy: &Copy) -> Record {
        Record { header: copy.header.clone(), body: self.open_body(copy) }
    }

    fn open_body(&self, copy: &Copy) -> Option<Body> {
        let header = &copy.header;
        if header.is_deleted() {
            return None;
        }
        if header.kind.is_system() {
            return Some(Body { attributes: Vec::new(), data: copy.body.clone() });
        }
        self.keyring.open(header.epoch, &self.place(header), &copy.body)
    }

    const fn place(&self, header: &Header) -> Place {
        Place { group: self.profile.group, id: header.id, version: header.version }
    }

    /// The members, as far as they are known, this identity first.
    pub(crate) fn members(&self, shared: &Shared) -> Vec<GroupMember> {
        let subjects = || self.replica.members().subjects().copied();
        let own = subjects().filter(|peer| *peer == shared.peer);
        let others = subjects().filter(|peer| *peer != shared.peer);
        own.chain(others).map(|peer| self.member(shared, peer)).collect()
    }

    fn member(&self, shared: &Shared, peer: PeerId) -> GroupMember {
        let now = shared.group_time();
        let members = self.replica.members();
        let here = |neighbour: &Neighbour| neighbour.peer == peer && neighbour.is_admitted();
        GroupMember {
            peer,
            roles: members.roles(&peer, now, now),
            until: members.until(&peer, now).unwrap_or(now),
            present: self.neighbours.values().any(here),
        }
    }

    /// Tells the application of members that are others than they were.
    fn tell_members(&mut self, shared: &mut Shared) {
        if !self.is_open {
            return;
        }
        for member in self.members(shared) {
            let until = member.roles.map(|_| member.until);
            let state = (member.roles, until, member.present);
            if self.told.insert(member.peer, state) != Some(state) {
                self.event(shared, GroupEvent::Member(member));
            }
        }
    }

    /// Whether all that was written is stored.
    pub(crate) const fn is_saved(&self) -> bool {
        self.saves.is_idle()
    }

    /// Whether nothing of it is left to do or to keep.
    pub(crate) const fn is_over(&self) -> bool {
        self.is_erased && self.saves.is_idle()
    }

    /// The application gives up waiting.
    pub(crate) fn cancel(&mut self, ticket: Ticket) {
        self.cancel_query(ticket);
        self.applying.take_if(|it| it.ticket == ticket);
    }

    pub(crate) fn on_timeout(&mut self, shared: &mut Shared) {
        let now = shared.io.now;
        self.saves.on_timeout(now);
        self.expire(shared);
        self.approvals.expire(now);
        self.on_link_timeouts(shared);
        self.application_timeout(shared);
    }

    pub(crate) fn deadlines(&self, shared: &Shared, earliest: &mut Earliest) {
        earliest.see(self.saves.deadline(), Timer::Store);
        self.approvals.deadlines(earliest);
        earliest.see(self.expiry_deadline(shared), Timer::Expiry);
        for neighbour in self.neighbours.values() {
            earliest.see(neighbour.compare_at, Timer::Compare);
            earliest.see(neighbour.wanted.values().min().copied(), Timer::Want);
        }
        earliest.see(self.applying.as_ref().map(|it| it.deadline), Timer::Join);
    }

    /// The group is closed here. What was asked and not answered fails.
    pub(crate) fn close(&mut self, shared: &mut Shared, code: Code) {
        self.saves.drain(shared, code);
        let queries = core::mem::take(&mut self.queries).into_iter().map(|query| query.ticket);
        let applying = self.applying.take().map(|it| it.ticket);
        let opening = core::mem::take(&mut self.opening);
        for ticket in queries.chain(applying).chain(opening) {
            shared.settle(ticket, Err(code));
        }
        self.neighbours.drain();
    }

    /// Millis of group time as they are now.
    fn now(shared: &Shared) -> Millis {
        shared.group_time()
    }
}

/// The place of a record that began an epoch among others.
fn order_of(header: &Header) -> keyring::Order {
    (header.modified.0, header.name().digest)
}
