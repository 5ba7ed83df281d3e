//! A browser tab: one node, its event loop, its timer, and what its application has seen.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use lacis_core::{Event, LinkAction, LinkId, RemoteState, RoomId, RoomState, Timestamp};
use lacis_driver::Driver;
use lacis_wire::{NodeId, PeerId};

use crate::app::{App, Manners};
use crate::disk::DiskId;
use crate::happening::Call;
use crate::ids::{ServerId, TabId};
use crate::network::Access;
use crate::rtc::Browser;

/// How a tab is opened.
#[derive(Clone, Debug, Default)]
pub struct TabSetup {
    /// The servers it is configured with.
    pub servers: Vec<ServerId>,
    /// How it is connected.
    pub access: Access,
    /// What its browser is like.
    pub browser: Browser,
    /// Seed of its identity; a fresh one if none is given.
    pub identity: Option<[u8; 32]>,
    /// How its application behaves.
    pub manners: Manners,
    /// Whether it uses relayed paths only.
    pub relay_only: bool,
    /// Where it stores; nowhere if none is given.
    pub disk: Option<DiskId>,
    /// How far its time of day is off, in milliseconds.
    pub wall_error: i64,
    /// What its clock shows when the world begins.
    pub clock: Duration,
}

impl TabSetup {
    /// A tab with good connections that is configured with these servers.
    #[must_use]
    pub fn at(servers: &[ServerId]) -> Self {
        Self { servers: servers.to_vec(), ..Self::default() }
    }
}

/// A tab.
#[derive(Debug)]
pub(crate) struct Tab {
    pub(crate) id: TabId,
    /// Nothing once the tab is gone.
    pub(crate) driver: Option<Driver>,
    pub(crate) node_id: NodeId,
    pub(crate) peer: PeerId,
    pub(crate) clock: Duration,
    /// How far its time of day is off, in milliseconds.
    pub(crate) wall_error: i64,
    /// Since when its machine sleeps, and how long it did before. Its monotonic clock stood still.
    pub(crate) asleep_since: Option<Duration>,
    pub(crate) slept: Duration,
    /// Whether its browser has put it aside.
    pub(crate) is_aside: bool,
    pub(crate) disk: Option<DiskId>,
    /// When the last change is made that its store was asked for.
    pub(crate) stored_until: Duration,
    pub(crate) inbox: VecDeque<Call>,
    /// The freeze under way, and how many there have been.
    pub(crate) is_frozen: bool,
    pub(crate) freezes: u32,
    pub(crate) timer: u32,
    pub(crate) armed: Option<Timestamp>,
    /// Timers fire at multiples of this only.
    pub(crate) grid: Duration,
    pub(crate) tickets: u32,
    /// The last number of a room, a group or a file that its application chose.
    pub(crate) numbers: u32,
    pub(crate) rooms: BTreeMap<usize, RoomId>,
    pub(crate) app: App,
    pub(crate) seen: Seen,
    /// Connections that were closed without ever having been told of another end.
    pub(crate) made_in_vain: usize,
    /// Connections that were told of another end, and whether they are still open.
    pub(crate) links: BTreeMap<LinkId, bool>,
}

/// What an application has seen of the events.
#[derive(Debug, Default)]
pub struct Seen {
    /// Every event so far, without the bytes of files, where it is kept.
    pub log: Vec<Event>,
    pub(crate) is_kept: bool,
    /// The members as last told.
    pub members: BTreeMap<(RoomId, NodeId), RemoteState>,
    /// The rooms as last told.
    pub rooms: BTreeMap<RoomId, RoomState>,
    /// The messages that came, by their numbers, in the order of their coming.
    pub messages: Vec<u64>,
}

impl Tab {
    pub(crate) fn now(&self, now: Duration) -> Timestamp {
        let awake = self.asleep_since.unwrap_or(now).saturating_sub(self.slept);
        let micros = (self.clock + awake).as_micros();
        Timestamp::from_micros(u64::try_from(micros).unwrap_or(u64::MAX))
    }

    pub(crate) fn note_action(&mut self, link: LinkId, action: &LinkAction) {
        match action {
            LinkAction::Accept { .. } | LinkAction::SetAnswer { .. } => {
                self.links.insert(link, true);
            }
            LinkAction::Close => match self.links.get_mut(&link) {
                Some(open) => *open = false,
                None => self.made_in_vain += 1,
            },
            _ => {}
        }
    }

    /// When the timer for that point in time fires, at the earliest.
    pub(crate) fn fires_at(&self, at: Timestamp) -> Duration {
        let at = Duration::from_micros(at.as_micros()).saturating_sub(self.clock) + self.slept;
        if self.grid.is_zero() {
            return at;
        }
        let grid = self.grid.as_micros().max(1);
        let steps = at.as_micros().div_ceil(grid) * grid;
        Duration::from_micros(u64::try_from(steps).unwrap_or(u64::MAX / 2))
    }
}

impl Seen {
    pub(crate) fn note(&mut self, event: &Event) {
        match event {
            Event::Remote { room, node, state, .. } => {
                self.members.insert((*room, *node), *state);
            }
            Event::RemoteLeft { room, node, .. } => {
                self.members.remove(&(*room, *node));
            }
            Event::Room { room, state } => {
                self.rooms.insert(*room, *state);
            }
            Event::Message { label, .. } => {
                self.messages.extend(crate::content::number(label));
            }
            _ => {}
        }
        if !self.is_kept {
            return;
        }
        self.log.push(match event {
            Event::FileData { stream, .. } => Event::FileData { stream: *stream, data: Vec::new() },
            Event::Message { room, node, label, kind, .. } => Event::Message {
                room: *room,
                node: *node,
                label: label.clone(),
                payload: Vec::new(),
                kind: *kind,
            },
            other => other.clone(),
        });
    }
}
