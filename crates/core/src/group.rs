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
mod arrival;
mod author;
mod batch;
mod bodies;
mod comparison;
mod door;
mod events;
mod expiry;
mod filter;
mod incoming;
mod invite;
mod keeping;
mod keyring;
mod neighbour;
mod people;
mod preview;
mod profile;
mod properties;
mod query;
mod queue;
mod revoke;
mod rewriting;
mod rotation;
mod saves;
mod serving;
mod sync;
mod talk;
mod time;
mod transfer;
mod watches;

use alloc::boxed::Box;
use alloc::collections::{BTreeSet, VecDeque};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use lacis_wire::body::{Body, Place};
use lacis_wire::group::GivenKey;
use lacis_wire::keys::{KeyPart, Meeting};
use lacis_wire::proof::IdentityKey;
use lacis_wire::record::{CopyName, Header, RecordType};
use lacis_wire::system::{self, GroupProperties, System};
use lacis_wire::{Code, GroupId, Millis, NodeId, PeerId, RecordId, Roles, limits};

use crate::clock::Clocks;
use crate::graph::{Change, Copy, Offered, Outcome, Refusal, Replica};
use crate::io::{Event, OpId, RoomId, Ticket};
use crate::shared::Shared;
use crate::table::{Table, TableExt};
use crate::time::{Earliest, Timer, Timestamp};

pub(crate) use admission::{AnyInvitation, room_of};
use approval::Approvals;
use arrival::Arrival;
pub(crate) use author::Draft;
use author::Unsealed;
use bodies::Bodies;
use door::Door;
pub use events::{GroupEvent, GroupLoad, GroupMember, KeptGroup, Record};
pub use filter::{Condition, Field, Filter, Operator, Search, Subject};
use incoming::Incoming;
use invite::Joining;
pub use invite::{InvitationInfo, InviteOptions};
use keyring::Keyring;
use neighbour::Neighbour;
use people::Telling;
pub use preview::Preview;
pub(crate) use profile::Profile;
pub use query::Paging;
use query::Query;
pub use revoke::RevokeOptions;
use rotation::Rotation;
use saves::Saves;
use sync::SyncState;
pub use sync::{GroupSync, SyncPhase};
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
    rotation: Rotation,
    door: Door,
    /// What waits for the key that is to seal it.
    drafts: Vec<Unsealed>,
    clocks: Clocks,
    /// Whether the application was told that its clock differs.
    clock_differs: bool,
    bodies: Bodies,
    saves: Saves,
    neighbours: Table<NodeId, Neighbour>,
    approvals: Approvals,
    /// Versions that break a rule and are not asked for again.
    rejected: Rejected,
    /// Types to have first.
    first: Vec<RecordType>,
    /// What the store is asked.
    ops: Table<OpId, Loading>,
    queries: Vec<Query>,
    watches: Watches,
    sync: SyncState,
    joining: Option<Joining>,
    /// Who wants to know what an invitation offers.
    looking: Option<Joining>,
    /// Who was let in, and waits for the key until then.
    admitted: Vec<(Ticket, Timestamp)>,
    arrival: Arrival,
    incoming: Incoming,
    /// The seed of the invitation by which it was let in, until then.
    came_by: Option<[u8; 16]>,
    /// Frames that came over links before the group was open.
    early: Vec<(NodeId, Vec<u8>)>,
    /// What is done as soon as the group is open.
    opening: Vec<Opening>,
    is_open: bool,
    /// Whether what is stored of it could not be read, so that nothing may be written over it.
    is_unreadable: bool,
    /// Records whose stored bytes were damaged, to be told and fetched.
    damaged: usize,
    members_changed: bool,
    telling: Telling,
    /// Whether this identity has another credential than before, or there is a key that covers all
    /// ends.
    rewrites_due: bool,
    /// Who has another credential, which the application was not told yet.
    changed: BTreeSet<PeerId>,
    /// Whether everything that is stored of it is being deleted.
    is_erased: bool,
    /// Members told to the application, and what of them: roles, their end, whether it is there.
    told: Table<PeerId, (Option<Roles>, Option<Millis>, bool)>,
    /// Open invitations as they were told, each with how many came by it.
    told_invitations: Vec<(RecordId, usize)>,
    /// Times at which newcomers were admitted lately.
    admissions: Vec<Timestamp>,
}

/// Who waits for a group to be open.
#[derive(Debug)]
pub(crate) enum Opening {
    Ticket(Ticket),
    Invitation {
        ticket: Ticket,
        invitation: Box<AnyInvitation>,
        patience: Duration,
        /// Whether it is not to be taken.
        looks: bool,
    },
}

impl Opening {
    pub(crate) const fn ticket(&self) -> Ticket {
        let (Self::Ticket(ticket) | Self::Invitation { ticket, .. }) = self;
        *ticket
    }
}

/// Names of versions that break a rule, the latest last.
#[derive(Debug, Default)]
struct Rejected {
    order: VecDeque<CopyName>,
    names: BTreeSet<CopyName>,
}

impl Rejected {
    fn contains(&self, name: &CopyName) -> bool {
        self.names.contains(name)
    }

    fn insert(&mut self, name: CopyName) {
        if self.names.insert(name) {
            self.order.push_back(name);
        }
        if self.order.len() > limits::REFUSED_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.names.remove(&oldest);
        }
    }
}

/// What a read of the store is for.
#[derive(Debug)]
enum Loading {
    /// What is remembered of the group beside its records, if it is stored.
    Profile,
    /// The system records, page by page.
    System,
    /// The headers of the others, page by page.
    Heads,
    /// Copies that a neighbour asked for.
    Serve(NodeId, Vec<CopyName>),
    /// The header of what has ended, for who holds something older.
    End(NodeId, CopyName),
    /// Records that the application asked for.
    Query { ticket: Ticket, names: Vec<CopyName> },
    /// A version that has come back.
    Revived(CopyName),
    /// Versions of ours that are dated too far ahead.
    Rewrite(Vec<CopyName>),
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

    /// Takes a version from anywhere; `is_signed` says whether its author signed it, if that is
    /// known.
    pub(crate) fn take(
        &mut self,
        shared: &mut Shared,
        copy: Copy,
        from: Option<NodeId>,
        is_signed: Option<bool>,
    ) -> Outcome {
        let name = copy.header.name();
        self.take_named(shared, (copy, name), from, is_signed)
    }

    fn take_named(
        &mut self,
        shared: &mut Shared,
        copy: (Copy, CopyName),
        from: Option<NodeId>,
        is_signed: Option<bool>,
    ) -> Outcome {
        let outcome = self.take_one(shared, copy, from, is_signed);
        self.take_ready(shared);
        self.tell_changed(shared);
        outcome
    }

    /// Takes what waited and can be judged now.
    fn take_ready(&mut self, shared: &mut Shared) {
        while let Some(ready) = self.replica.poll_ready() {
            let name = ready.header.name();
            // What waits was signed by its author: nothing else is kept.
            self.take_one(shared, (ready, name), None, Some(true));
        }
    }

    fn take_one(
        &mut self,
        shared: &mut Shared,
        (copy, name): (Copy, CopyName),
        from: Option<NodeId>,
        is_signed: Option<bool>,
    ) -> Outcome {
        let is_own = *copy.header.author() == shared.peer;
        if !is_own {
            let offered = Offered::named(&copy, name).signed(is_signed);
            if let Some(outcome) = self.hold_for_approval(shared, offered, from) {
                return outcome;
            }
        }
        self.take_approved(shared, (copy, name), from, is_signed)
    }

    fn take_approved(
        &mut self,
        shared: &mut Shared,
        (copy, name): (Copy, CopyName),
        from: Option<NodeId>,
        is_signed: Option<bool>,
    ) -> Outcome {
        let now = self.now(shared);
        let offered = Offered::named(&copy, name).signed(is_signed);
        let outcome = self.replica.offer_known(now, offered);
        if let Outcome::Taken | Outcome::Beaten | Outcome::SetAside = outcome {
            let copy = Arc::new(copy);
            self.keep(shared, &copy, name);
            if outcome == Outcome::Taken {
                self.members_changed |= copy.header.kind.as_str() == system::INVITATION;
                self.apply(shared, &copy);
                for (node, neighbour) in &mut self.neighbours {
                    if Some(*node) != from && neighbour.is_introduced() {
                        neighbour.push.push(name);
                    }
                }
            }
        } else if let (Outcome::Refused(refusal), Some(node)) = (outcome, from) {
            // A name says nothing of the body that came with it; and what has no place today may
            // have one once others gave theirs away.
            let may_be_right =
                matches!(refusal, Refusal::Body | Refusal::OverBudget | Refusal::Replaced);
            if !may_be_right {
                self.rejected.insert(name);
            }
            shared.io.event(Event::Warning { code: Code::Protocol, node: Some(node) });
        }
        let giver = from.and_then(|node| self.neighbours.get(&node)).map(|it| it.peer);
        self.tell_changes(shared, giver);
        outcome
    }

    /// What a system record means for this node itself.
    fn apply(&mut self, shared: &mut Shared, copy: &Copy) {
        let header = &copy.header;
        if !header.kind.is_system() || header.is_deleted() {
            return;
        }
        if !header.is_known_format() {
            return self.event(shared, GroupEvent::UpdateNeeded);
        }
        match System::decode(&header.kind, &copy.body) {
            Ok(Some(System::Key(part))) => self.open_key(shared, header, &part),
            Ok(Some(System::Group(_))) => self.properties_changed(shared),
            _ => {}
        }
    }

    /// A part of a key record may hold the key for us.
    fn open_key(&mut self, shared: &mut Shared, header: &Header, part: &KeyPart) {
        let group = self.profile.group;
        let name = part.name(&group, header.author());
        let mut is_new = false;
        if let Ok(key) = part.open(&group, header.author(), &shared.key) {
            is_new |= self.keyring.insert(self.replica.keys(), GivenKey { name, key });
        }
        if let Ok(key) = part.open_meeting(&group, header.author(), &shared.key) {
            is_new |= self.keep_meeting(GivenKey { name, key });
        }
        if is_new {
            self.unlocked(shared);
        }
    }

    /// Keeps a key that opens where members meet; says whether it is new.
    fn keep_meeting(&mut self, given: GivenKey) -> bool {
        let is_new = self.profile.meetings.iter().all(|it| it.name != given.name);
        let record = self.replica.keys().get(&given.name);
        let opens = record.is_some_and(|record| {
            record.parts().all(|part| Meeting::open(&given.key, &part.meeting).is_some())
        });
        if is_new && opens {
            self.profile.meetings.push(given);
        }
        is_new && opens
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

    /// What a member might do at a time, as far as its credentials are known.
    pub(crate) fn roles_at(&self, peer: &PeerId, at: Millis) -> Option<Roles> {
        self.replica.members().roles_at(peer, at)
    }

    /// Whether a key is held.
    pub(crate) fn holds_key(&self, name: &lacis_wire::KeyName) -> bool {
        self.keyring.get(name).is_some()
    }

    /// What is in memory beside the records that are held.
    pub(crate) fn memory(&self) -> GroupLoad {
        let neighbours = self.neighbours.values();
        GroupLoad {
            waiting: self.replica.waiting().0,
            waiting_bytes: self.replica.waiting().1,
            aside: self.replica.aside(),
            frame_bytes: neighbours.clone().map(Neighbour::waiting_bytes).sum(),
            names: neighbours.map(Neighbour::waiting_names).sum(),
            body_bytes: self.bodies.bytes(),
        }
    }

    /// Of our own chains the best is used from now on.
    fn choose_chain(&mut self, shared: &mut Shared) {
        let members = self.replica.members();
        let best = members.best(&shared.peer, self.rights_time(shared));
        let best = best.and_then(|id| members.chain(&id));
        if let Some(best) = best.filter(|best| self.profile.chain.as_ref() != Some(best)) {
            self.profile.chain = Some(best);
            self.door.look_again();
            self.keep_profile(shared);
            self.introduce(shared);
            self.rewrites_due = true;
        }
    }

    /// What this identity may do now.
    pub(crate) fn own_roles(&self, shared: &Shared) -> Option<Roles> {
        self.replica.members().roles(&shared.peer, self.rights_time(shared))
    }

    /// Tells the application what the replica says has changed, and who gave what is new.
    fn tell_changes(&mut self, shared: &mut Shared, from: Option<PeerId>) {
        let mut keys_changed = false;
        let mut set_aside: Table<PeerId, usize> = Table::new();
        while let Some(change) = self.replica.poll_change() {
            match change {
                Change::Record { id, is_new } => self.tell_record(shared, id, is_new, from),
                Change::Gone { id, kind } => {
                    self.members_changed |= kind.as_str() == system::INVITATION;
                    self.event(shared, GroupEvent::Gone { id, kind });
                }
                Change::Erased { name, kind, keeps_header } => {
                    self.drop_stored(&name, &kind, keeps_header);
                }
                Change::Lost { id, author, code } if author == shared.peer => {
                    self.event(shared, GroupEvent::Rejected { id, code });
                }
                Change::Lost { .. } => {}
                Change::SetAside { author, name } => {
                    if author == shared.peer {
                        let (id, code) = (name.id, self.why_none(shared));
                        self.event(shared, GroupEvent::Rejected { id, code });
                    }
                    let count = set_aside.get(&author).copied().unwrap_or_default();
                    set_aside.insert(author, count + 1);
                }
                Change::Keys => keys_changed = true,
                Change::Member(subject) => {
                    if subject == shared.peer {
                        self.choose_chain(shared);
                    }
                    if shared.is_barred(self.number, &subject) {
                        self.door.on_ends();
                    }
                    self.changed.insert(subject);
                }
                Change::Rights => {
                    self.choose_chain(shared);
                    self.rewrites_due |= !self.rotation.sealed_old.is_empty();
                    self.members_changed = true;
                    self.door.on_ends();
                }
            }
        }
        for (author, count) in set_aside.drain() {
            self.event(shared, GroupEvent::SetAside { author, count });
        }
        if keys_changed {
            self.note_unheard(shared.io.now);
        }
        if self.members_changed {
            self.review(shared);
            self.spread_keys(shared);
        }
        if keys_changed {
            self.keys_changed(shared);
        }
        if self.rewrites_due {
            self.write_drafts(shared);
        }
    }

    fn tell_record(
        &mut self,
        shared: &mut Shared,
        id: RecordId,
        is_new: bool,
        from: Option<PeerId>,
    ) {
        let Some(held) = self.replica.held(&id) else { return };
        let name = held.name();
        let Some(copy) = self.at_hand(&name) else {
            // It has come back from aside: its body is in the store.
            return self.tell_from_store(shared, name);
        };
        let is_own = *copy.header.author() == shared.peer;
        let record = self.reading(&copy);
        let watches = self.watches.fitting(&record);
        let event = GroupEvent::Record { record, is_new, is_own, from, watches };
        self.event(shared, event);
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
        if !header.is_known_format() {
            return None;
        }
        self.keyring.open(&self.place(header)?, &copy.body)
    }

    fn place(&self, header: &Header) -> Option<Place> {
        let (group, key) = (self.profile.group, header.key?);
        Some(Place { group, id: header.id, version: header.version, key })
    }

    /// Whether all that was written is stored.
    pub(crate) const fn is_saved(&self) -> bool {
        self.saves.is_idle()
    }

    /// Whether nothing of it is left to do or to keep.
    pub(crate) const fn is_over(&self) -> bool {
        (self.is_erased && self.saves.is_idle()) || self.is_unreadable
    }

    /// The application gives up waiting.
    pub(crate) fn cancel(&mut self, ticket: Ticket) {
        self.cancel_query(ticket);
        self.joining.take_if(|it| it.cancel(ticket));
        self.looking.take_if(|it| it.cancel(ticket));
        self.admitted.retain(|(waiting, _)| *waiting != ticket);
    }

    pub(crate) fn on_timeout(&mut self, shared: &mut Shared) {
        let now = shared.io.now;
        self.saves.on_timeout(now);
        self.expire(shared);
        self.approvals.expire(now);
        self.on_link_timeouts(shared);
        self.rotation_timeout(shared);
        self.note_time(shared);
        self.join_timeout(shared);
        self.arrival_timeout(shared);
        self.incoming_timeout(shared);
        self.tell_changed(shared);
        self.tell_some(shared);
    }

    pub(crate) fn deadlines(&self, shared: &Shared, earliest: &mut Earliest) {
        earliest.see(self.saves.deadline(), Timer::Store);
        self.approvals.deadlines(earliest);
        earliest.see(self.expiry_deadline(shared), Timer::Expiry);
        earliest.see(self.next_right(shared).map(|at| self.when(shared, at)), Timer::Rights);
        self.rotation.deadlines(shared.io.now, earliest);
        let rest = Some(shared.io.now).filter(|_| self.is_open && !self.telling.is_over());
        earliest.see(rest, Timer::Rights);
        // Of a node that is suspended nothing is announced.
        let is_connected = self.is_open && shared.rooms.contains_key(&self.number);
        if is_connected && shared.suspended_at.is_none() {
            earliest.see(self.door.deadline(), Timer::Door);
        }
        for neighbour in self.neighbours.values() {
            earliest.see(neighbour.compare_at, Timer::Compare);
            earliest.see(neighbour.in_flight.values().min().copied(), Timer::Want);
        }
        earliest.see(self.arrival.due, Timer::Join);
        earliest.see(self.incoming.due, Timer::Want);
        earliest.see(self.joining.as_ref().and_then(Joining::deadline), Timer::Join);
        earliest.see(self.looking.as_ref().and_then(Joining::deadline), Timer::Join);
        earliest.see(self.admitted.iter().map(|(_, deadline)| *deadline).min(), Timer::Join);
    }

    /// The group is closed here. What was asked and not answered fails.
    pub(crate) fn close(&mut self, shared: &mut Shared, code: Code) {
        self.saves.drain(shared, code);
        self.fail_drafts(shared, code);
        let queries = core::mem::take(&mut self.queries).into_iter().map(|query| query.ticket);
        let joining = self.joining.take().into_iter().chain(self.looking.take());
        let joining = joining.flat_map(Joining::into_tickets);
        let opening = core::mem::take(&mut self.opening).into_iter().map(|it| it.ticket());
        let admitted = core::mem::take(&mut self.admitted).into_iter().map(|(ticket, _)| ticket);
        for ticket in queries.chain(joining).chain(admitted).chain(opening) {
            shared.settle(ticket, Err(code));
        }
        self.neighbours.drain();
    }
}
