//! What is sent to neighbours, in which order, and how it is cut into frames of the link.
//!
//! New copies go first, so that a chat line does not wait behind the history that somebody catches
//! up with; then frames in their order; then what was asked for.

use alloc::sync::Arc;
use alloc::vec::Vec;

use lacis_wire::group::GroupFrame;
use lacis_wire::link::{Channel, LinkFrame};
use lacis_wire::record::{CopyName, Header};
use lacis_wire::{Millis, NodeId, RoomTag, limits};

use crate::connect::Link;
use crate::cx::Cx;
use crate::graph::Held;
use crate::group::copies::bytes_of;
use crate::group::persist::body_cache::weight;
use crate::group::{Group, Loading};
use crate::rule::Rule;
use crate::store::StoreTable;

/// New copies up to this size go ahead of everything else.
const AHEAD_BYTES: usize = 8 * 1024;

/// Copies read from the store at once for a neighbour.
const READ_AHEAD: usize = 64;

impl Group {
    /// Sends what waits for a neighbour on bulk, while it is its turn.
    pub(crate) fn pump(&mut self, cx: &mut Cx, node: NodeId, room: RoomTag, link: &mut Link) {
        while link.may_speak(room) && link.has_turn() {
            if !self.fill(cx, node) {
                break;
            }
            self.send_part(cx, node, room, link);
        }
    }

    /// Small copies that are new go on the control channel, whole.
    pub(crate) fn pump_live(&mut self, cx: &mut Cx, node: NodeId, room: RoomTag, link: &mut Link) {
        let most = AHEAD_BYTES.min(link.payload_bytes());
        let waits = |it: &crate::group::Neighbour| it.confirmed && !it.push.is_empty();
        if !self.neighbours.get(&node).is_some_and(waits) || !self.serves(cx, node) {
            return;
        }
        let now = self.now(cx);
        while link.accepted && link.has_room(Channel::Control) {
            let Some(neighbour) = self.neighbours.get_mut(&node) else { return };
            let Some(name) = neighbour.push.front() else { return };
            let is_live = |held: Held<'_>| held.name() == name;
            if !self.replica.held(&name.id).is_some_and(is_live) {
                neighbour.push.pop();
                continue;
            }
            let Some(copy) = self.bodies.get(&name) else { return };
            if copy.body.len() + limits::HEADER_BYTES > most {
                return;
            }
            if copy.header.expires <= now {
                neighbour.push.pop();
                continue;
            }
            let data = bytes_of(copy);
            neighbour.push.pop();
            neighbour.spreading.on_sent(name);
            let frame = LinkFrame::Group { room, more: false, data: &data };
            link.send(cx, Channel::Control, &frame);
        }
    }

    /// Chooses what is sent next; says whether there is anything.
    fn fill(&mut self, cx: &mut Cx, node: NodeId) -> bool {
        let Some(neighbour) = self.neighbours.get_mut(&node) else { return false };
        if neighbour.parts.is_some() {
            return true;
        }
        if let Some(frame) = neighbour.next_frame() {
            neighbour.parts = Some((frame, 0));
            return true;
        }
        if neighbour.push.is_empty() && neighbour.asked.is_empty() {
            return false;
        }
        // Whether it still is a member is asked for each thing that it is sent.
        if !self.serves(cx, node) {
            let neighbour = self.neighbours.get_mut(&node);
            return neighbour.is_some_and(|it| {
                it.parts = it.next_frame().map(|frame| (frame, 0));
                it.parts.is_some()
            });
        }
        let now = self.now(cx);
        if let Some(neighbour) = self.neighbours.get_mut(&node)
            && let Some(name) = neighbour.push.pop()
            && let Some(held) = self.replica.held(&name.id)
            && held.name() == name
            && held.expires > now
        {
            neighbour.spreading.on_sent(name);
            neighbour.asked.push_front(name);
        }
        self.fill_asked(cx, node)
    }

    fn fill_asked(&mut self, cx: &mut Cx, node: NodeId) -> bool {
        if self.neighbours.get(&node).is_none_or(|it| it.asked.is_empty()) {
            return false;
        }
        let mut missing = Vec::new();
        let mut found = None;
        let mut done = 0;
        let now = self.now(cx);
        let Some(neighbour) = self.neighbours.get(&node) else { return false };
        for name in neighbour.asked.iter().take(READ_AHEAD) {
            match self.find(name, now) {
                Found::AtHand(bytes) => {
                    found = Some(bytes);
                    done += 1;
                    break;
                }
                Found::Stored => break,
                Found::Missing => {
                    missing.push(*name);
                    done += 1;
                }
            }
        }
        let Some(neighbour) = self.neighbours.get_mut(&node) else { return false };
        for _ in 0..done {
            neighbour.asked.pop();
        }
        neighbour.say_names(&missing, |names| GroupFrame::Missing { names });
        neighbour.parts = found.map(|bytes| (bytes, 0));
        if neighbour.parts.is_none() && !neighbour.asked.is_empty() && !neighbour.loading {
            neighbour.loading = true;
            let names = self.next_asked(node);
            self.read_bodies(cx, &names, Loading::Serve(node, names.clone()));
        }
        let neighbour = self.neighbours.get(&node);
        neighbour.is_some_and(|it| it.parts.is_some() || !it.frames.is_empty())
    }

    /// What a neighbour asked for and is read next: no more than stays at hand until it is sent, or
    /// the first would be gone when the last has come, and all be read again without end.
    fn next_asked(&self, node: NodeId) -> Vec<CopyName> {
        let mut place = limits::BODY_CACHE_BYTES;
        let asked = self.neighbours.get(&node).into_iter().flat_map(|it| it.asked.iter());
        let fits = |name: &&CopyName| {
            let length = self.replica.held(&name.id).map_or(0, |held| held.length);
            let left = place.checked_sub(weight(usize::try_from(length).unwrap_or(usize::MAX)));
            place = left.unwrap_or(0);
            left.is_some()
        };
        asked.take(READ_AHEAD).take_while(fits).copied().collect()
    }

    fn find(&self, name: &CopyName, now: Millis) -> Found {
        let Some(held) = self.replica.held(&name.id).filter(|held| held.name() == *name) else {
            return Found::Missing;
        };
        // Nobody takes it any more.
        if held.expires <= now {
            return Found::Missing;
        }
        self.at_hand(name).map_or(Found::Stored, |copy| Found::AtHand(bytes_of(&copy)))
    }

    fn send_part(&mut self, cx: &mut Cx, node: NodeId, room: RoomTag, link: &mut Link) {
        let Some(neighbour) = self.neighbours.get_mut(&node) else { return };
        let Some((bytes, at)) =
            neighbour.parts.take().or_else(|| neighbour.next_frame().map(|frame| (frame, 0)))
        else {
            return;
        };
        let rest = bytes.get(at..).unwrap_or_default();
        let most = link.payload_bytes().min(limits::CHUNK_BYTES);
        let data = rest.get(..most).unwrap_or(rest);
        let more = data.len() < rest.len();
        link.speak(cx, room, at == 0, (more, data));
        let next = at + data.len();
        if more {
            neighbour.parts = Some((bytes, next));
        }
    }
}

/// Where a copy is that somebody asks for.
enum Found {
    AtHand(Vec<u8>),
    Stored,
    Missing,
}

impl Group {
    /// Gives a member the header of what has ended, in the place of what it holds of it: nothing
    /// else of that is compared, and it would offer what it has for as long as that lasts. Once
    /// from one comparison to the next, however often it offers that.
    pub(in crate::group) fn give_end(&mut self, cx: &mut Cx, node: NodeId, name: CopyName) {
        if !self.serves(cx, node) || !Rule::EndsGiven.holds() {
            return;
        }
        let Some(neighbour) = self.neighbours.get_mut(&node) else { return };
        if neighbour.ends.len() >= READ_AHEAD || neighbour.ends.contains(&name) {
            return;
        }
        neighbour.ends.push(name);
        match self.at_hand(&name) {
            Some(copy) => self.say_end(node, copy.header.clone()),
            None => self.read_from(cx, StoreTable::Heads, &[name], Loading::End(node, name)),
        }
    }

    pub(in crate::group) fn say_end(&mut self, node: NodeId, header: Header) {
        if let Some(neighbour) = self.neighbours.get_mut(&node) {
            neighbour.say(&GroupFrame::Record { header, body: Vec::new() });
        }
    }

    /// A version at hand or one that the replica keeps whole.
    pub(in crate::group) fn at_hand(&self, name: &CopyName) -> Option<Arc<crate::graph::Copy>> {
        let system = || {
            let copy = self.replica.system(&name.id)?;
            (copy.header.name() == *name).then(|| Arc::clone(copy))
        };
        self.bodies.get(name).cloned().or_else(system)
    }
}
