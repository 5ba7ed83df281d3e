//! A group as one node takes part in it: its replica, its keys, its store, its neighbours.
//!
//! ```text
//! Loading --(store read)--> Open --(connect)--> a room of the node, with neighbours
//! ```
//! A group that is open is read and written whether it is connected or not. A copy goes the same
//! way wherever it comes from: the replica judges it, the store gets it, the application hears of
//! it, and every neighbour but the one that it came from is sent it.

mod copies;
mod keys;
mod membership;
mod opening;
mod persist;
mod queries;
mod sync;
mod taking;
mod telling;
mod time;
mod writing;

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::time::Duration;

use lacis_wire::body::Body;
use lacis_wire::proof::IdentityKey;
use lacis_wire::record::{CopyName, RecordType};
use lacis_wire::seal::NONCE_BYTES;
use lacis_wire::system::GroupProperties;
use lacis_wire::{Code, GroupId, Millis, NodeId, PeerId, RecordId, Roles};

use crate::clock::Clocks;
use crate::cx::Cx;
use crate::event::{
    Event, GroupEvent, GroupLoad, GroupMember, GroupReport, GroupSync, InvitationInfo, Preview,
    Record, SyncPhase,
};
use crate::graph::Replica;
use crate::ids::{LinkId, OpId, RoomId, Ticket};
use crate::many::Many;
use crate::table::{Table, TableExt};
use crate::time::{Earliest, Timer, Timestamp};

use keys::door::Door;
use keys::keyring::Keyring;
use keys::rotation::Rotation;
pub(crate) use membership::admission::AnyInvitation;
use membership::arrival::Arrival;
pub use membership::invite::InviteOptions;
use membership::joining::Joining;
use membership::people::Telling;
pub use membership::revoke::RevokeOptions;
use membership::servers::Places;
use persist::body_cache::Bodies;
pub(crate) use persist::profile::Profile;
use persist::write_queue::Saves;
use queries::export::Import;
pub(crate) use queries::export::Undo;
pub use queries::filter::{Condition, Field, Filter, Operator, Search, Subject};
pub use queries::query::Paging;
use queries::query::Query;
use queries::watches::Watches;
use sync::upkeep::Turn;
use sync::{incoming::Incoming, neighbour::Neighbour, progress::SyncState, queue::Queue};
use writing::approval::Approvals;
pub(crate) use writing::author::Draft;
use writing::author::Unsealed;

/// A group that is open on this node.
#[derive(Debug)]
pub(crate) struct Group {
    /// Its number on this node, and that of its room while it is connected.
    number: RoomId,
    profile: Profile,
    /// What the founder says of it, once that is known.
    properties: Option<GroupProperties>,
    places: Places,
    root: Option<IdentityKey>,
    replica: Replica,
    keyring: Keyring,
    rotation: Rotation,
    door: Door,
    /// What waits for the key that is to seal it.
    drafts: Vec<Unsealed>,
    /// What is being written right now, by the nonce under which it was sealed.
    sealed_last: Option<([u8; NONCE_BYTES], Body)>,
    clocks: Clocks,
    /// Whether the application was told that its clock differs.
    clock_differs: bool,
    bodies: Bodies,
    saves: Saves,
    /// By links; at most [`limits::REMOTES_MAX`], as many remotes as there may be.
    neighbours: Table<NodeId, Neighbour>,
    /// Links on which the group was hidden, and what may be verified there; at most as many as
    /// there may be links.
    hidden: VecDeque<(LinkId, (u32, Timestamp))>,
    turn: Turn,
    approvals: Approvals,
    /// Versions that break a rule and are not asked for again.
    rejected: Queue<CopyName>,
    /// Types to have first.
    first: Vec<RecordType>,
    /// What the store is asked.
    ops: Many<OpId, Loading>,
    queries: Vec<Query>,
    /// Files that are being taken.
    imports: Vec<Import>,
    /// What becomes of the group unless the file is taken whole for which it was opened.
    half: Option<Undo>,
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
    /// Whether this identity has another credential than before, or a key covers all ends.
    rewrites_due: bool,
    /// Who has another credential, which the application was not told yet.
    changed: Many<PeerId, ()>,
    /// Whether everything that is stored of it is being deleted.
    is_erased: bool,
    /// Members told to the application, and what of them: roles, their end, whether it is there.
    told: Many<PeerId, (Option<Roles>, Option<Millis>, bool)>,
    /// Open invitations as they were told, each with how many came by it.
    told_invitations: Vec<(RecordId, usize)>,
    /// Times at which newcomers were admitted lately.
    admissions: Vec<Timestamp>,
    /// How nodes with a link stand here, as far as that is news.
    visible: Vec<(NodeId, Seen)>,
    /// Members who are in the room of the group, and not linked; at most [`limits::COMPANY_MAX`].
    far: Table<NodeId, PeerId>,
    /// Whether there are others than before with whom a link is kept.
    keeps_changed: bool,
    /// Whether the group waited to be let in when that was asked last.
    waited: bool,
}

/// Who waits for a group to be open.
#[derive(Debug)]
pub(crate) enum Opening {
    Ticket(Ticket),
    /// For a file, the whole of which follows.
    Import(Ticket),
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
        let (Self::Ticket(ticket) | Self::Import(ticket) | Self::Invitation { ticket, .. }) = self;
        *ticket
    }
}

/// How a node with a link stands in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// Its link is gone.
    Unlinked,
    /// It is no member who reads what is said.
    Stranger,
    /// It is one.
    Member,
    /// It is one, and takes us for a member, so that it hears what we say.
    Hearing,
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

    /// How nodes with a link stand in the group, as far as that is news.
    pub(crate) fn take_visible(&mut self) -> Vec<(NodeId, Seen)> {
        core::mem::take(&mut self.visible)
    }

    /// What the group is called.
    pub(crate) fn name(&self) -> &str {
        &self.profile.name
    }

    fn event(&self, cx: &mut Cx, event: GroupEvent) {
        cx.event(Event::Group { group: self.number, event: Box::new(event) });
    }

    /// Whether a link with that node is of use: it has shown a chain that holds, or could not be
    /// judged yet. Whoever waits to be let in has no use for those who may not do that: with all
    /// its links to such, it would never reach one who may.
    pub(crate) fn keeps(&self, node: NodeId) -> bool {
        let waits = self.waits();
        let serves =
            |neighbour: &Neighbour| neighbour.chain.is_some() && (!waits || neighbour.may_invite());
        self.neighbours.get(&node).is_some_and(|neighbour| !self.is_open || serves(neighbour))
    }

    /// Whether there are others than before with whom a link is kept.
    pub(crate) const fn take_keeps_changed(&mut self) -> bool {
        let waits = self.waits();
        let turned = core::mem::replace(&mut self.waited, waits) != waits;
        core::mem::replace(&mut self.keeps_changed, false) || turned
    }

    /// Whether somebody is waited for who lets this identity in, or tells what is offered.
    const fn waits(&self) -> bool {
        self.joining.is_some() || self.looking.is_some()
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
            names: neighbours.clone().map(Neighbour::waiting_names).sum(),
            awaited: neighbours.map(|it| it.in_flight.len()).max().unwrap_or_default(),
            body_bytes: self.bodies.bytes(),
        }
    }

    /// How it stands, for people who ask.
    pub(crate) fn report(&self) -> GroupReport {
        GroupReport {
            group: self.number,
            held: self.replica.len(),
            waiting: self.replica.waiting().0,
            aside: self.replica.aside(),
            unsaved: self.saves.refusal(),
            neighbors: self.neighbours.iter().map(|(node, it)| it.report(*node)).collect(),
        }
    }

    /// What this identity may do now.
    pub(crate) fn own_roles(&self, cx: &Cx) -> Option<Roles> {
        self.replica.members().roles(&cx.me.peer, self.rights_time(cx))
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
        self.opening.retain(|opening| opening.ticket() != ticket);
        self.joining.take_if(|it| it.cancel(ticket));
        self.looking.take_if(|it| it.cancel(ticket));
        self.admitted.retain(|(waiting, _)| *waiting != ticket);
    }

    pub(crate) fn on_timeout(&mut self, cx: &mut Cx) {
        let now = cx.now;
        self.saves.on_timeout(now);
        self.expire(cx);
        self.approvals.expire(now);
        self.review_limit(cx);
        self.on_link_timeouts(cx);
        self.rotation_timeout(cx);
        self.note_time(cx);
        self.join_timeout(cx);
        self.arrival_timeout(cx);
        self.incoming_timeout(cx);
        self.tell_changed(cx);
        self.tell_some(cx);
    }

    pub(crate) fn deadline(&self, cx: &Cx) -> Option<(Timestamp, Timer)> {
        let mut earliest = Earliest::default();
        earliest.see(self.saves.deadline(), Timer::Store);
        self.approvals.deadlines(&mut earliest);
        earliest.see(self.expiry_deadline(cx), Timer::Expiry);
        earliest.see(self.next_right(cx).map(|at| self.when(cx, at)), Timer::Rights);
        self.rotation.deadlines(cx.now, &mut earliest);
        let rest = Some(cx.now).filter(|_| self.is_open && !self.telling.is_over());
        earliest.see(rest, Timer::Rights);
        // Of a node that is suspended nothing is announced.
        if self.is_open && !cx.is_suspended() {
            earliest.see(self.door.deadline(), Timer::Door);
        }
        earliest.see(self.turn.at, Timer::Compare);
        for neighbour in self.neighbours.values() {
            earliest.see(neighbour.compare_at, Timer::Compare);
            earliest.see(neighbour.spreading.due(), Timer::Want);
            earliest.see(neighbour.in_flight.values().min().copied(), Timer::Want);
            earliest.see(neighbour.stalls_at().filter(|at| *at > cx.now), Timer::Want);
        }
        earliest.see(self.arrival.due, Timer::Join);
        earliest.see(self.incoming.due, Timer::Want);
        earliest.see(self.joining.as_ref().and_then(Joining::deadline), Timer::Join);
        earliest.see(self.looking.as_ref().and_then(Joining::deadline), Timer::Join);
        earliest.see(self.admitted.iter().map(|(_, deadline)| *deadline).min(), Timer::Join);
        earliest.get()
    }

    /// The group is closed here. What was asked and not answered fails.
    pub(crate) fn close(&mut self, cx: &mut Cx, code: Code) {
        self.saves.drain(cx, code);
        self.fail_drafts(cx, code);
        // What came and was not judged is not written any more.
        (self.incoming, self.arrival) = (Incoming::default(), Arrival::default());
        let queries = core::mem::take(&mut self.queries).into_iter().map(|query| query.ticket);
        let joining = self.joining.take().into_iter().chain(self.looking.take());
        let joining = joining.flat_map(Joining::into_tickets);
        let opening = core::mem::take(&mut self.opening).into_iter().map(|it| it.ticket());
        let admitted = core::mem::take(&mut self.admitted).into_iter().map(|(ticket, _)| ticket);
        for ticket in queries.chain(joining).chain(admitted).chain(opening) {
            cx.settle(ticket, Err(code));
        }
        self.imports.clear();
        self.neighbours.drain();
    }
}
