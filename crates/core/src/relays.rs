//! Links over a neighbor: what carries them at both ends, and the pairs for which this node passes
//! on what they say to each other.
//!
//! To everything above such a link is one like any other. What a driver does for the others is done
//! here: messages are sealed, wait for the other end to take those before them, and leave as frames
//! on the link with the neighbor.

mod pairs;

use alloc::borrow::Cow;
use alloc::collections::VecDeque;
use alloc::vec::Vec;

use lacis_wire::link::{Channel, LinkFrame};
use lacis_wire::relay::RelaySeal;
use lacis_wire::{AttemptId, NodeId, limits};

use crate::ids::LinkId;
use crate::io::{LinkAction, LinkInput, LinkState};

pub(crate) use pairs::{Pair, Pairs, Side};

/// What came of a pair.
#[derive(Debug)]
pub(crate) struct Relayed {
    pub(crate) from: NodeId,
    pub(crate) to: NodeId,
    pub(crate) attempt: AttemptId,
    pub(crate) said: Said,
}

/// What one end says.
#[derive(Debug)]
pub(crate) enum Said {
    /// How much it has taken, and a sealed message unless that is empty.
    More(u64, Vec<u8>),
    End,
}

impl Relayed {
    pub(crate) fn frame(&self) -> LinkFrame<'_> {
        let Self { from, to, attempt, said } = self;
        let (from, to, attempt) = (*from, *to, *attempt);
        match said {
            Said::More(taken, sealed) => {
                LinkFrame::Relay { from, to, attempt, taken: *taken, sealed }
            }
            Said::End => LinkFrame::RelayEnd { from, to, attempt },
        }
    }
}

/// The ends of links over neighbors that are here.
#[derive(Debug, Default)]
pub(crate) struct Relays {
    /// At most [`limits::RELAYS_MAX`].
    ends: Vec<End>,
    /// What the connections are to hear.
    inputs: VecDeque<(LinkId, LinkInput<'static>)>,
    /// Neighbors over whom links ended lately: others are taken first. The oldest is forgotten.
    avoided: VecDeque<NodeId>,
}

/// One end.
#[derive(Debug)]
pub(crate) struct End {
    id: LinkId,
    /// The other one.
    pub(crate) node: NodeId,
    /// The neighbor between.
    pub(crate) by: NodeId,
    /// The link with that, once something was sent or came: it ends with it.
    pub(crate) over: Option<LinkId>,
    attempt: AttemptId,
    seal: RelaySeal,
    waiting: [VecDeque<Vec<u8>>; 3],
    waiting_bytes: usize,
    sent: u64,
    /// Of what was sent, what the other end has taken.
    taken: u64,
    received: u64,
    /// Of what was received, what the other end was told.
    told: u64,
    is_over: bool,
}

/// The order in which channels are served.
const TURNS: [Channel; 3] = [Channel::Control, Channel::Ephemeral, Channel::Bulk];

const fn place(channel: Channel) -> usize {
    channel.id() as usize
}

impl Relays {
    /// Whether there may be no more.
    pub(crate) const fn is_full(&self) -> bool {
        self.ends.len() >= limits::RELAYS_MAX
    }

    /// Both sides have agreed: the channels of the connection are open.
    pub(crate) fn begin(
        &mut self,
        id: LinkId,
        (node, by): (NodeId, NodeId),
        attempt: AttemptId,
        seal: RelaySeal,
    ) {
        self.ends.push(End {
            id,
            node,
            by,
            over: None,
            attempt,
            seal,
            waiting: [const { VecDeque::new() }; 3],
            waiting_bytes: 0,
            sent: 0,
            taken: 0,
            received: 0,
            told: 0,
            is_over: false,
        });
        // Control comes last, because what follows from that may want the others.
        for channel in [Channel::Bulk, Channel::Ephemeral, Channel::Control] {
            self.inputs.push_back((id, LinkInput::ChannelOpened(channel)));
        }
    }

    /// A connection wants something done; gives the end that is no more.
    pub(crate) fn act(&mut self, id: LinkId, action: LinkAction) -> Option<End> {
        let at = self.ends.iter().position(|end| end.id == id)?;
        match action {
            LinkAction::Send(channel, bytes) => {
                let end = self.ends.get_mut(at)?;
                end.waiting_bytes += bytes.len();
                let is_over = end.waiting_bytes > limits::BUFFERED_HIGH_BYTES * 4;
                end.waiting.get_mut(place(channel))?.push_back(bytes);
                // Who sends and takes nothing has what it is answered pile up here.
                if is_over {
                    self.fail(id);
                }
                None
            }
            LinkAction::Close => Some(self.ends.swap_remove(at)),
            _ => None,
        }
    }

    pub(crate) fn ends_mut(&mut self) -> &mut [End] {
        &mut self.ends
    }

    /// What the connections are to hear next.
    pub(crate) fn poll(&mut self) -> Option<(LinkId, LinkInput<'static>)> {
        self.inputs.pop_front()
    }

    pub(crate) fn has_input(&self) -> bool {
        !self.inputs.is_empty()
    }

    /// An end has something to hear of the other one; says whether there is such an end.
    pub(crate) fn on_relayed(&mut self, by: NodeId, relayed: &Relayed) -> bool {
        let Relayed { from, attempt, said, .. } = relayed;
        let is_that = |end: &&mut End| {
            end.by == by && end.node == *from && end.attempt == *attempt && !end.is_over
        };
        let Some(end) = self.ends.iter_mut().find(is_that) else { return false };
        let id = end.id;
        let before = end.taken;
        let is_right = match said {
            Said::More(taken, sealed) => end.on_more(*taken, sealed).map(|data| {
                if end.taken > before {
                    // There is room for more.
                    self.inputs.push_back((id, LinkInput::Buffered(Channel::Bulk, 0)));
                }
                self.inputs.extend(data.map(|data| (id, data)));
            }),
            Said::End => None,
        };
        if is_right.is_none() {
            self.fail(id);
        }
        true
    }

    /// Ends whose neighbor is not linked any more are over.
    pub(crate) fn review(&mut self, is_linked: impl Fn(&End) -> bool) {
        let lost = self.ends.iter().filter(|end| !end.is_over && !is_linked(end));
        for id in lost.map(|end| end.id).collect::<Vec<_>>() {
            self.fail(id);
        }
    }

    /// Nothing more comes of an end: another neighbor may do better.
    pub(crate) fn fail(&mut self, id: LinkId) {
        let Some(end) = self.ends.iter_mut().find(|end| end.id == id) else { return };
        if !core::mem::replace(&mut end.is_over, true) {
            self.avoided.retain(|node| *node != end.by);
            if self.avoided.len() >= limits::RELAYS_MAX {
                self.avoided.pop_front();
            }
            self.avoided.push_back(end.by);
            self.inputs.push_back((id, LinkInput::State(LinkState::Failed)));
        }
    }

    /// Puts those first over whom no link has ended lately.
    pub(crate) fn sort(&self, neighbors: &mut [NodeId]) {
        neighbors.sort_by_key(|node| self.avoided.contains(node));
    }
}

impl End {
    /// The message in a frame, if there is one; nothing at all if no more can be believed.
    fn on_more(&mut self, taken: u64, sealed: &[u8]) -> Option<Option<LinkInput<'static>>> {
        if taken < self.taken || taken > self.sent {
            return None;
        }
        self.taken = taken;
        if sealed.is_empty() {
            return Some(None);
        }
        let (channel, message) = self.seal.open(sealed)?;
        self.received += sealed.len() as u64;
        Some(Some(LinkInput::Data(channel, Cow::Owned(message))))
    }

    pub(crate) const fn id(&self) -> LinkId {
        self.id
    }

    /// The last thing that the other end hears.
    pub(crate) const fn farewell(&self, me: NodeId) -> Relayed {
        Relayed { from: me, to: self.node, attempt: self.attempt, said: Said::End }
    }

    /// The next frame that may leave, and how many bytes of which channel are in it.
    pub(crate) fn next(&mut self, me: NodeId) -> Option<(Relayed, Option<(Channel, usize)>)> {
        if self.is_over {
            return None;
        }
        let on_its_way = self.sent.saturating_sub(self.taken);
        let mut turns = TURNS.into_iter();
        let next = turns.find_map(|channel| {
            let waiting = self.waiting.get_mut(place(channel)).filter(|it| !it.is_empty())?;
            let bytes = waiting.front().map_or(0, Vec::len) + limits::RELAY_SEAL_BYTES;
            let fits = on_its_way + bytes as u64 <= limits::RELAY_WINDOW_BYTES;
            Some(waiting.pop_front_if(|_| fits).map(|message| (channel, message)))
        });
        let next = next.flatten();
        let untold = self.received.saturating_sub(self.told);
        let (sealed, part) = match next {
            Some((channel, message)) => {
                let bytes = message.len();
                self.waiting_bytes -= bytes;
                (self.seal.seal(channel, message), Some((channel, bytes)))
            }
            None if untold >= limits::RELAY_WINDOW_BYTES / 4 => (Vec::new(), None),
            None => return None,
        };
        self.sent += sealed.len() as u64;
        self.told = self.received;
        let said = Said::More(self.received, sealed);
        let relayed = Relayed { from: me, to: self.node, attempt: self.attempt, said };
        Some((relayed, part))
    }
}
