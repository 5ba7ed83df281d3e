//! What is heard of a remote is put where the node looks for it.

use alloc::vec::Vec;

use lacis_wire::{Code, NodeId};

use super::Node;
use super::carrying::Carried;
use crate::ids::RoomId;
use crate::remote::Heard;
use crate::session::Aside;

impl Node {
    /// Takes note of something that was heard of a remote.
    pub(super) fn note(
        &mut self,
        node: NodeId,
        heard: Heard,
        parted: &mut Vec<(RoomId, bool, Code)>,
    ) {
        match heard {
            Heard::Parted(room, code) => parted.push((room, false, code)),
            Heard::GroupFrame(room, frame) => self.group_frames.push_back((room, node, frame)),
            Heard::Aside(Aside::Gossip(room, bytes)) => self.gossip.push_back((room, node, bytes)),
            Heard::Aside(Aside::Presence(room, words)) => self.said.push_back((room, node, words)),
            Heard::Carried(from, to, hops, payload) => {
                self.carried.push_back((node, Carried { from, to, hops, payload }));
            }
            Heard::Relayed(relayed) => self.pairs.heard.push_back((node, relayed)),
            Heard::Names(room, lacks, names) => self.names.push((room, node, (lacks, names))),
            Heard::Started => self.started.push(node),
            Heard::Lost => {
                self.link_lost = true;
                self.paths.forget(node);
            }
            Heard::Writable => self.changes.writable(node),
            Heard::Neighbours => {
                self.changes.neighbours = true;
                self.changes.presence = true;
                // Whoever has just shown that it is in a room is told who is there.
                self.changes.connections = true;
            }
        }
    }
}
