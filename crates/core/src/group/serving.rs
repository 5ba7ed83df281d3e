//! What is sent to neighbours, in which order, and how it is cut into frames of the link.
//!
//! New copies go first, so that a chat line does not wait behind the history that somebody catches
//! up with; then frames in their order; then what was asked for.

use alloc::sync::Arc;
use alloc::vec::Vec;

use lacis_wire::group::GroupFrame;
use lacis_wire::link::{Channel, LinkFrame};
use lacis_wire::record::CopyName;
use lacis_wire::{Millis, NodeId, RecordId, RoomTag, limits};

use super::keeping::bytes_of;
use super::{Group, Loading};
use crate::link::Link;
use crate::shared::Shared;

/// New copies up to this size go ahead of everything else.
const AHEAD_BYTES: usize = 8 * 1024;

/// Copies read from the store at once for a neighbour.
const READ_AHEAD: usize = 64;

impl Group {
    /// Sends what waits for a neighbour, as far as the link takes it.
    pub(crate) fn pump(
        &mut self,
        shared: &mut Shared,
        node: NodeId,
        room: RoomTag,
        link: &mut Link,
    ) {
        self.pump_live(shared, node, room, link);
        while link.accepted && link.has_room(Channel::Bulk) {
            if !self.fill(shared, node) {
                break;
            }
            self.send_part(shared, node, room, link);
        }
    }

    /// Small copies that are new go on the control channel, whole.
    fn pump_live(&mut self, shared: &mut Shared, node: NodeId, room: RoomTag, link: &mut Link) {
        let most = AHEAD_BYTES.min(link.payload_bytes());
        if !self.neighbours.get(&node).is_some_and(|it| it.confirmed) {
            return;
        }
        while link.accepted && link.has_room(Channel::Control) {
            let Some(neighbour) = self.neighbours.get_mut(&node) else { return };
            let Some(id) = neighbour.live.front() else { return };
            let Some(copy) = self.bodies.get(id) else { return };
            if copy.body.len() + limits::HEADER_BYTES > most {
                return;
            }
            if copy.header.expires <= shared.group_time() {
                neighbour.live.pop_front();
                continue;
            }
            let data = bytes_of(copy);
            neighbour.live.pop_front();
            let frame = LinkFrame::Group { room, more: false, data: &data };
            link.send(&mut shared.io, Channel::Control, &frame);
        }
    }

    /// Chooses what is sent next; says whether there is anything.
    fn fill(&mut self, shared: &mut Shared, node: NodeId) -> bool {
        let Some(neighbour) = self.neighbours.get_mut(&node) else { return false };
        if neighbour.parts.is_some() {
            return true;
        }
        if let Some(frame) = neighbour.frames.pop_front() {
            neighbour.parts = Some((frame, 0));
            return true;
        }
        if let Some(id) = neighbour.live.front().copied().filter(|_| neighbour.is_admitted()) {
            let now = shared.group_time();
            let held = self.replica.held(&id).filter(|held| held.expires > now);
            if let Some(held) = held {
                neighbour.asked.push_front(held.name());
            }
            neighbour.live.pop_front();
        }
        self.fill_asked(shared, node)
    }

    fn fill_asked(&mut self, shared: &mut Shared, node: NodeId) -> bool {
        if self.neighbours.get(&node).is_none_or(|it| it.asked.is_empty()) {
            return false;
        }
        let mut missing = Vec::new();
        let mut found = None;
        let mut done = 0;
        let now = shared.group_time();
        for name in self.neighbours.get(&node).into_iter().flat_map(|it| &it.asked) {
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
        neighbour.asked.drain(..done);
        neighbour.say_names(&missing, |names| GroupFrame::Missing { names });
        neighbour.parts = found.map(|bytes| (bytes, 0));
        if neighbour.parts.is_none() && !neighbour.asked.is_empty() && !neighbour.loading {
            neighbour.loading = true;
            let ids: Vec<RecordId> =
                neighbour.asked.iter().take(READ_AHEAD).map(|name| name.id).collect();
            self.read_bodies(shared, &ids, Loading::Serve(node, ids.clone()));
        }
        let neighbour = self.neighbours.get(&node);
        neighbour.is_some_and(|it| it.parts.is_some() || !it.frames.is_empty())
    }

    fn find(&self, name: &CopyName, now: Millis) -> Found {
        // Nobody takes it any more.
        if self.has_outlived(&name.id, now) {
            return Found::Missing;
        }
        if let Some(copy) = self.bodies.get(&name.id)
            && copy.header.name() == *name
        {
            return Found::AtHand(bytes_of(copy));
        }
        if let Some(copy) = self.replica.system(&name.id)
            && copy.header.name() == *name
        {
            return Found::AtHand(bytes_of(copy));
        }
        match self.replica.held(&name.id) {
            Some(held) if held.name() == *name => Found::Stored,
            _ => Found::Missing,
        }
    }

    fn send_part(&mut self, shared: &mut Shared, node: NodeId, room: RoomTag, link: &mut Link) {
        let Some(neighbour) = self.neighbours.get_mut(&node) else { return };
        let Some((bytes, at)) =
            neighbour.parts.take().or_else(|| neighbour.frames.pop_front().map(|frame| (frame, 0)))
        else {
            return;
        };
        let rest = bytes.get(at..).unwrap_or_default();
        let data = rest.get(..link.payload_bytes()).unwrap_or(rest);
        let more = data.len() < rest.len();
        link.send(&mut shared.io, Channel::Bulk, &LinkFrame::Group { room, more, data });
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
    /// A copy at hand or one that the replica keeps whole.
    pub(super) fn at_hand(&self, id: &RecordId) -> Option<Arc<crate::graph::Copy>> {
        let system = || self.replica.system(id).cloned().map(Arc::new);
        self.bodies.get(id).cloned().or_else(system)
    }
}
