//! What is true in the world, as opposed to what any node believes: the checkers compare the two.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use lacis_core::{MessageKind, RoomId, Ticket, Until};
use lacis_wire::{Code, NodeId, PeerId};

use crate::ids::TabId;

/// Everything that is true.
#[derive(Debug, Default)]
pub struct Truth {
    /// The world's time, in step with the clock.
    pub now: Duration,
    /// Every node that ever was.
    pub nodes: BTreeMap<NodeId, Being>,
    /// Every message that was ever sent, by its number.
    pub messages: BTreeMap<u64, Letter>,
    /// Every file that was ever offered, by its number; these share the numbers of messages.
    pub files: BTreeMap<u64, FileFacts>,
    /// Every ticket that was ever used.
    pub promises: BTreeMap<(TabId, Ticket), Promise>,
    /// The texts that nodes wrote to pair by hand.
    pub texts: BTreeMap<(TabId, Ticket), String>,
    /// Which message reached which tab.
    pub delivered: BTreeSet<(u64, TabId)>,
    /// Which room each tab means by its room number, also after it left.
    pub rooms: BTreeMap<(TabId, RoomId), usize>,
    /// How each tab is hindered.
    pub hindrance: BTreeMap<TabId, Hindrance>,
    /// Whether somebody makes up nodes that never were: in a room by link anybody can.
    pub(crate) is_made_up: bool,
    /// Tabs whose node is no more.
    pub(crate) gone: BTreeSet<TabId>,
    numbers: u64,
}

/// A node.
#[derive(Clone, Copy, Debug)]
pub struct Being {
    /// Where it runs.
    pub tab: TabId,
    /// Who it is.
    pub peer: PeerId,
}

/// A message.
#[derive(Clone, Debug)]
pub struct Letter {
    /// Who sent it.
    pub from: TabId,
    /// Where.
    pub room: usize,
    /// To whom; to everybody if nobody is named.
    pub to: Option<TabId>,
    /// How.
    pub kind: LetterKind,
    /// Its length in bytes.
    pub size: usize,
    /// Whether it keeps its place among the messages of its sender to the same receiver.
    pub ordered: bool,
}

/// What a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LetterKind {
    /// A message of that kind.
    Message(MessageKind),
    /// A question.
    Request,
}

/// A file.
#[derive(Clone, Copy, Debug)]
pub struct FileFacts {
    /// Who offers it.
    pub from: TabId,
    /// To whom.
    pub to: TabId,
    /// Where.
    pub room: usize,
    /// Its length in bytes.
    pub size: u64,
    /// Bytes that the receiving application got.
    pub received: u64,
    /// Whether the receiving application was told that it is complete.
    pub ended: bool,
}

/// What a ticket was used for, and what became of it.
#[derive(Clone, Debug)]
pub struct Promise {
    /// What for.
    pub purpose: Purpose,
    /// When it was given.
    pub issued: Duration,
    /// When it must be settled, if that is known from the start.
    pub deadline: Option<Duration>,
    /// How long the tab had been frozen in all when it was given.
    pub frozen_before: Duration,
    /// When and how it was settled.
    pub settled: Option<(Duration, Result<(), Code>)>,
}

/// What a ticket is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Something about a group.
    Group,
    /// Joining a room.
    Join,
    /// The text of a pairing by hand.
    Pairing,
    /// The link of a pairing by hand.
    Paired,
    /// A message to one member.
    Send {
        /// Its number.
        message: u64,
        /// When it counts as sent.
        until: Until,
    },
    /// A message to everybody, reliable or not.
    Broadcast {
        /// Its number.
        message: u64,
    },
    /// A question.
    Request {
        /// Its number.
        message: u64,
    },
    /// Offering a file.
    Open {
        /// Its number.
        file: u64,
    },
    /// Writing a part of a file.
    Write {
        /// Its number.
        file: u64,
    },
    /// Finishing a file.
    Finish {
        /// Its number.
        file: u64,
    },
    /// Closing the node.
    Close,
}

/// What keeps a tab from acting in time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hindrance {
    /// How long it was frozen in all, up to the last thaw.
    pub frozen_total: Duration,
    /// Since when it is frozen.
    pub frozen_since: Option<Duration>,
    /// The coarsest grid that its timers ever were on.
    pub grid_max: Duration,
}

impl Truth {
    /// A number for a message or file.
    pub fn next_number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    /// The number that was given last.
    pub(crate) const fn last_number(&self) -> u64 {
        self.numbers
    }

    /// Whether a tab ever joined a room.
    pub(crate) fn was_in(&self, tab: TabId, room: usize) -> bool {
        let mut own = self.rooms.range((tab, RoomId(0))..=(tab, RoomId(u32::MAX)));
        own.any(|(_, known)| *known == room)
    }

    /// The tab a node runs in.
    #[must_use]
    pub fn tab_of(&self, node: NodeId) -> Option<TabId> {
        self.nodes.get(&node).map(|being| being.tab)
    }

    /// Whether the node of a tab is still there.
    #[must_use]
    pub fn is_alive(&self, tab: TabId) -> bool {
        self.hindrance.contains_key(&tab) && !self.gone.contains(&tab)
    }

    /// How long a tab was frozen in all.
    #[must_use]
    pub fn frozen(&self, tab: TabId) -> Duration {
        let hindrance = self.hindrance.get(&tab).copied().unwrap_or_default();
        let running = hindrance.frozen_since.map(|since| self.now.saturating_sub(since));
        hindrance.frozen_total + running.unwrap_or_default()
    }

    /// How late a promise may be settled because its tab was hindered.
    #[must_use]
    pub fn slack(&self, tab: TabId, promise: &Promise) -> Duration {
        let grid = self.hindrance.get(&tab).map(|hindrance| hindrance.grid_max);
        grid.unwrap_or_default()
            + self.frozen(tab).saturating_sub(promise.frozen_before)
            + Duration::from_millis(20)
    }
}
