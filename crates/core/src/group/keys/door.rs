//! Where the members of a group meet, and who of them waits at its door.
//!
//! ```text
//! no key, or an old one --(waits at the door, links to a member)--> newest key --> its topic
//! ```
//! The topic follows from the newest key, so whoever was shut out does not know it. The door's key
//! is in every invitation and stays: newcomers come in there, and so does who was away while keys
//! were renewed, or a half of the group that has renewed its own. So a few members wait there, and
//! nobody else is seen: each member ranks those it is linked to and itself, and they all come to
//! the same result. Whoever is linked to nobody ranks itself alone, and waits.

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use lacis_wire::credential::Chain;
use lacis_wire::keys::Meeting;
use lacis_wire::room::RoomKeys;
use lacis_wire::{KeyName, Millis, NodeId, PeerId, Roles, limits};

use crate::cx::Cx;
use crate::event::RoomState;
use crate::group::{Group, InvitationInfo};
use crate::time::Timestamp;

/// For how long the same wait, in milliseconds.
const HOUR: u64 = 3_600_000;

/// Where this node stands between topic and door.
#[derive(Debug, Default)]
pub(in crate::group) struct Door {
    /// Whether the group is connected.
    is_connected: bool,
    /// Whether a server has the group.
    is_announced: bool,
    /// Since when it is among those who are to wait, and a server has the group.
    since: Option<Timestamp>,
    waits: bool,
    /// Whether others may be shut out than before.
    ends_changed: bool,
    /// When to look again; zero for at once.
    review_at: Timestamp,
    /// Servers at which the group is announced, and since when, if they were others before.
    servers: Vec<String>,
    moved_at: Option<Timestamp>,
}

impl Door {
    /// Keys, members or links are others than before.
    pub(in crate::group) const fn look_again(&mut self) {
        self.review_at = Timestamp::ZERO;
    }

    /// Ends of memberships are others than before, or keys are.
    pub(in crate::group) const fn on_ends(&mut self) {
        self.ends_changed = true;
        self.look_again();
    }

    pub(in crate::group) fn deadline(&self) -> Option<Timestamp> {
        self.is_connected.then_some(self.review_at)
    }
}

impl Group {
    /// The topic at which to be announced, and whether to be so at the door; nothing if both are as
    /// before.
    pub(crate) fn review_door(
        &mut self,
        cx: &Cx,
        state: RoomState,
    ) -> Option<(Option<RoomKeys>, bool)> {
        let now = cx.now;
        self.door.is_connected = true;
        let is_announced = state == RoomState::Open;
        if core::mem::replace(&mut self.door.is_announced, is_announced) != is_announced {
            self.door.look_again();
        }
        if !self.is_open || now < self.door.review_at {
            return None;
        }
        let topic = self.topic(cx);
        let time = self.now(cx).0;
        // Those of the next hour come before those of this one go.
        let lead = u64::try_from(limits::DOOR_LEAD.as_millis()).unwrap_or(0);
        let early = time.saturating_add(lead);
        let is_due = topic.is_none()
            || self.is_exact_inviter(cx)
            || (time / HOUR..=early / HOUR).any(|hour| self.is_seated(cx, hour));
        // Whoever is about to link to members need not be seen at the door by everybody.
        let is_first = self.told.len() < 2;
        // A keeper is there to be found, be there nobody else.
        let keeps = self.own_roles(cx) == Some(Roles::KEEPER);
        let is_hasty = topic.is_none() || self.door.waits || is_first || keeps;
        let counts = is_due && (is_hasty || is_announced);
        self.door.since = self.door.since.or(Some(now)).filter(|_| counts);
        let wait = if is_hasty { Duration::ZERO } else { limits::DOOR_AFTER };
        let at = self.door.since.map(|since| since + wait);
        self.door.waits = at.is_some_and(|at| now >= at);
        let next = (early / HOUR + 1).saturating_mul(HOUR);
        let this = (time / HOUR + 1).saturating_mul(HOUR);
        let hour = self.when(cx, Millis(this.min(next.saturating_sub(lead))));
        self.door.review_at = at.filter(|at| now < *at).map_or(hour, |at| at.min(hour));
        Some((topic, self.door.waits))
    }

    /// The servers at which to be announced, and how many of them are not those of before; nothing
    /// if they are as before. Asked after each [`Group::review_door`] that had something to say.
    pub(crate) fn review_servers(&mut self, cx: &Cx) -> Option<(Vec<String>, usize)> {
        let (servers, current) = self.meeting_servers(cx);
        let door = &mut self.door;
        if servers == door.servers {
            return None;
        }
        let at = door.moved_at.map(|at| at + limits::SERVERS_PACE);
        if let Some(at) = at.filter(|at| cx.now < *at) {
            door.review_at = door.review_at.min(at);
            return None;
        }
        door.moved_at = (!door.servers.is_empty()).then_some(cx.now);
        door.servers.clone_from(&servers);
        Some((servers, current))
    }

    /// For some of these servers there was no session: there may be one later.
    pub(crate) fn move_again(&mut self, cx: &Cx) {
        self.door.servers.clear();
        self.door.review_at = self.door.review_at.min(cx.now + limits::SERVERS_PACE);
    }

    /// The group is not connected.
    pub(crate) fn leave_door(&mut self) {
        self.door = Door::default();
    }

    /// Where members meet now; nothing for whoever is none, or does not have the newest key.
    fn topic(&self, cx: &Cx) -> Option<RoomKeys> {
        self.own_roles(cx).filter(|_| self.profile.chain.is_some())?;
        let name = self.rotation.newest?;
        let kept = self.profile.meetings.iter().find(|given| given.name == name);
        let key = self.keyring.get(&name).map(|key| key.meeting_key());
        let key = key.or_else(|| kept.map(|given| given.key.clone()))?;
        let part = self.replica.keys().get(&name)?.parts().next()?;
        Some(Meeting::open(&key, &part.meeting)?.topic.keys())
    }

    /// Whether somebody may come by an invitation of ours by which nobody else lets in.
    fn is_exact_inviter(&self, cx: &Cx) -> bool {
        let mut own = self.known_invitations(Some(cx.me.peer)).filter(InvitationInfo::is_exact);
        own.any(|info| self.check_invitation(cx, &self.with_users(info)).is_ok())
    }

    /// Whether this node is among those who are to wait in an hour.
    fn is_seated(&self, cx: &Cx, hour: u64) -> bool {
        let (Some(key), Some(own)) = (self.rotation.newest, &self.profile.chain) else {
            return true;
        };
        let own = Waiter::new((cx.me.peer, cx.me.node), own, (&key, hour));
        let mut others = Vec::new();
        for (node, it) in &self.neighbours {
            if let Some(chain) = it.chain.as_ref().filter(|_| it.is_introduced()) {
                others.push(Waiter::new((it.peer, *node), chain, (&key, hour)));
            }
        }
        let mut first = &own;
        for other in &others {
            first = if other.nearness < first.nearness { other } else { first };
        }
        let (first, is_first) = (first.peer, first.peer == own.peer);
        let mut before: Vec<PeerId> = Vec::new();
        for other in &others {
            let precedes = match (other.peer == first, is_first) {
                (true, false) => true,
                (false, true) => false,
                _ => other.rank < own.rank,
            };
            if precedes && !before.contains(&other.peer) {
                before.push(other.peer);
            }
        }
        // One place a peer: the node of this one that comes first has it.
        before.len() < limits::DOOR_SEATS && !before.contains(&own.peer)
    }

    /// Those who are not told that we are there, if they may be others than before.
    pub(crate) fn newly_barred(&mut self) -> Option<Vec<PeerId>> {
        core::mem::take(&mut self.door.ends_changed).then(|| self.barred())
    }

    /// Those who are not told that we are there, in order.
    pub(crate) fn barred(&self) -> Vec<PeerId> {
        let members = self.replica.members();
        let mut barred = Vec::new();
        for end in members.ends() {
            if barred.last() != Some(&end.subject) && members.is_shut_out(&end.subject) {
                barred.push(end.subject);
            }
        }
        barred
    }
}

/// Somebody who may wait at the door.
struct Waiter {
    peer: PeerId,
    /// One of those who may let everybody in waits always, the nearest to the founder: the lowest.
    nearness: [u8; 35],
    /// Issuers and keepers come before other members; the lowest first.
    rank: [u8; 49],
}

impl Waiter {
    fn new((peer, node): (PeerId, NodeId), chain: &Chain, (key, hour): (&KeyName, u64)) -> Self {
        let roles = chain.leaf().map_or(Roles::KEEPER, |leaf| leaf.roles);
        let drawn = [&peer.as_bytes()[..], &hour.to_le_bytes(), &key.0].concat();
        let lot = blake3::derive_key("lacis 2026 door 1 seat", &drawn);
        let (changes, invites) = (roles.may_change_others(), roles.may_invite());
        let comes_first = invites || !roles.may_write();
        let (mut nearness, mut rank) = ([0; 35], [0; 49]);
        nearness[0] = u8::from(!changes);
        nearness[1] = u8::from(!invites);
        nearness[2] = u8::try_from(chain.0.len()).unwrap_or(u8::MAX);
        nearness[3..].copy_from_slice(&lot);
        rank[0] = u8::from(!comes_first);
        rank[1..33].copy_from_slice(&lot);
        rank[33..].copy_from_slice(node.as_bytes());
        Self { peer, nearness, rank }
    }
}
