//! What can be asked of a world.

use std::fmt::Write;
use std::time::Duration;

use lacis_core::{Event, LinkId, RemoteState, Report, Ticket};
use lacis_driver::Driver;
use lacis_wire::{Code, NodeId, PeerId};

use super::World;
use crate::ids::{ServerId, TabId};
use crate::signaling::Signaling;
use crate::tab::Seen;

impl World {
    /// All tabs that there ever were.
    pub(crate) fn all_tabs(&self) -> impl Iterator<Item = TabId> + use<> {
        (0..self.tabs.len()).map(TabId)
    }

    /// The time since the world began.
    #[must_use]
    pub const fn now(&self) -> Duration {
        self.fabric.now
    }

    /// Inputs that nodes have handled.
    #[must_use]
    pub const fn events(&self) -> u64 {
        self.events
    }

    /// The hash over everything that nodes have put out.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        self.fingerprint.finish()
    }

    /// What was found to be wrong, if anything.
    #[must_use]
    pub fn violation(&self) -> Option<&str> {
        self.violation.as_deref()
    }

    /// Rooms made so far.
    #[must_use]
    pub const fn room_count(&self) -> usize {
        self.rooms.len()
    }

    /// All tabs, also those that are gone.
    #[must_use]
    pub fn tab_ids(&self) -> Vec<TabId> {
        self.tabs.iter().map(|tab| tab.id).collect()
    }

    /// Tabs whose node is there and was not closed.
    #[must_use]
    pub fn living(&self) -> Vec<TabId> {
        let open = |driver: &Driver| !driver.node().is_closed();
        let tabs = self.tabs.iter().filter(|tab| tab.driver.as_ref().is_some_and(open));
        tabs.map(|tab| tab.id).collect()
    }

    /// The address of a server.
    #[must_use]
    pub fn url(server: ServerId) -> String {
        Signaling::url(server)
    }

    /// Whether a server runs.
    #[must_use]
    pub fn is_up(&self, server: ServerId) -> bool {
        self.signaling.is_up(server)
    }

    /// What a server counts.
    #[must_use]
    pub fn hub_stats(&self, server: ServerId) -> Option<lacis_signaling::hub::Stats> {
        self.signaling.hub_stats(server)
    }

    /// The node id of a tab.
    #[must_use]
    pub fn node_id(&self, tab: TabId) -> NodeId {
        self.tabs[tab.0].node_id
    }

    /// The identity of a tab.
    #[must_use]
    pub fn peer_id(&self, tab: TabId) -> PeerId {
        self.tabs[tab.0].peer
    }

    /// What a tab's application has seen.
    #[must_use]
    pub fn seen(&self, tab: TabId) -> &Seen {
        &self.tabs[tab.0].seen
    }

    /// What a tab's node says about itself, if it is there.
    #[must_use]
    pub fn report(&self, tab: TabId) -> Option<Report> {
        self.tabs[tab.0].driver.as_ref().map(|driver| driver.node().report())
    }

    /// The rooms that a tab has joined and not left.
    #[must_use]
    pub fn rooms_of(&self, tab: TabId) -> Vec<usize> {
        self.tabs[tab.0].rooms.keys().copied().collect()
    }

    /// How one tab reaches another in a room, as it was told.
    #[must_use]
    pub fn state_in(&self, tab: TabId, room: usize, other: TabId) -> Option<RemoteState> {
        let known = &self.tabs[tab.0];
        let room = known.rooms.get(&room)?;
        known.seen.members.get(&(*room, self.tabs[other.0].node_id)).copied()
    }

    /// Whether one tab knows the other as linked in that room.
    #[must_use]
    pub fn reaches(&self, tab: TabId, room: usize, other: TabId) -> bool {
        matches!(self.state_in(tab, room, other), Some(RemoteState::Direct | RemoteState::Relayed))
    }

    /// Whether two tabs know each other as linked in every room that both are in, and are in one.
    #[must_use]
    pub fn are_linked(&self, one: TabId, two: TabId) -> bool {
        let rooms = self.rooms_of(one);
        let mut shared = rooms.iter().filter(|room| self.tabs[two.0].rooms.contains_key(room));
        let both = |room: &usize| self.reaches(one, *room, two) && self.reaches(two, *room, one);
        let mut any = false;
        shared.all(|room| {
            any = true;
            both(room)
        }) && any
    }

    /// Connections that a tab's browser holds and that know of another end.
    #[must_use]
    pub fn connections(&self, tab: TabId) -> usize {
        self.rtc.count_used(tab)
    }

    /// Connections that a tab's browser holds without knowing what for.
    #[must_use]
    pub fn spares(&self, tab: TabId) -> usize {
        self.rtc.count(tab) - self.rtc.count_used(tab)
    }

    /// Connections that a tab's node ever told of another end, and whether it has not closed them.
    #[must_use]
    pub fn links(&self, tab: TabId) -> Vec<(LinkId, bool)> {
        self.tabs[tab.0].links.iter().map(|(link, open)| (*link, *open)).collect()
    }

    /// Connections that a tab's node closed without ever having told them of another end.
    #[must_use]
    pub fn made_in_vain(&self, tab: TabId) -> usize {
        self.tabs[tab.0].made_in_vain
    }

    /// Whether an encrypted connection between two tabs stands.
    #[must_use]
    pub fn is_encrypted(&self, one: TabId, two: TabId) -> bool {
        self.rtc.is_encrypted(one, two)
    }

    /// What became of a ticket.
    #[must_use]
    pub fn outcome(&self, tab: TabId, ticket: Ticket) -> Option<Result<(), Code>> {
        self.truth.promises.get(&(tab, ticket))?.settled.map(|(_, result)| result)
    }

    /// When a ticket was settled, counted from when it was given.
    #[must_use]
    pub fn took(&self, tab: TabId, ticket: Ticket) -> Option<Duration> {
        let promise = self.truth.promises.get(&(tab, ticket))?;
        promise.settled.map(|(at, _)| at.saturating_sub(promise.issued))
    }

    /// The codes with which attempts of a tab at another gave up.
    #[must_use]
    pub fn failures(&self, tab: TabId, other: TabId) -> Vec<Code> {
        let wanted = self.node_id(other);
        let log = self.seen(tab).log.iter();
        log.filter_map(|event| match event {
            Event::ConnectFailed { node, code, .. } if *node == wanted => Some(*code),
            _ => None,
        })
        .collect()
    }

    /// Whether a tab has ever got a byte from the application of another.
    #[must_use]
    pub fn has_heard(&self, tab: TabId, other: TabId) -> bool {
        let wanted = self.node_id(other);
        self.seen(tab).log.iter().any(|event| match event {
            Event::Message { node, .. }
            | Event::Request { node, .. }
            | Event::File { node, .. } => *node == wanted,
            _ => false,
        })
    }

    /// The state of all nodes, for people who read a failure.
    #[must_use]
    pub fn describe(&self) -> String {
        let mut text = format!("the world at {:?}:\n", self.fabric.now);
        for tab in &self.tabs {
            let _ = write!(text, "tab {} {:?}", tab.id.0, tab.node_id);
            let Some(driver) = &tab.driver else {
                text.push_str(" is gone\n");
                continue;
            };
            let report = driver.node().report();
            let frozen = if tab.is_frozen { " frozen" } else { "" };
            let _ = writeln!(text, "{frozen} rooms {:?}", tab.rooms);
            for server in report.servers {
                let _ = writeln!(text, "  {} {:?} {:?}", server.url, server.state, server.trouble);
            }
            for member in report.remotes {
                let _ = writeln!(
                    text,
                    "  {:?} {:?} in {:?}, {} failures, {} bytes wait, {:?}",
                    member.node,
                    member.state,
                    member.rooms,
                    member.failures,
                    member.waiting_bytes,
                    member.link
                );
            }
        }
        text
    }
}
