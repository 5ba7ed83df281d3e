//! Members who are in the group's room without a link to this node: others pass on what they tell.

use lacis_wire::roles::Roles;
use lacis_wire::{NodeId, PeerId};

use crate::broadcast::Hearing;
use crate::cx::Cx;
use crate::group::{Group, Neighbour};

impl Group {
    /// Whether what somebody tells is heard, as far as is known by now.
    pub(crate) fn hears(&self, cx: &Cx, peer: &PeerId) -> Hearing {
        let members = self.replica.members();
        match members.roles(peer, self.rights_time(cx)) {
            Some(roles) if roles.may_write() => Hearing::Heard,
            None if !members.knows(peer) => Hearing::Unknown,
            _ => Hearing::Ignored,
        }
    }

    /// Whether this node speaks and is heard in the room of the group.
    pub(crate) fn speaks(&self, cx: &Cx) -> bool {
        self.own_roles(cx).is_some_and(Roles::may_write)
    }

    /// A member is in the room without a link to this node, or is not any more.
    pub(crate) fn note_far(&mut self, cx: &mut Cx, node: NodeId, peer: Option<PeerId>) {
        let before = match peer {
            Some(peer) => self.far.insert(node, peer),
            None => self.far.remove(&node),
        };
        if let Some(peer) = before.or(peer).filter(|_| before != peer) {
            self.tell_member_of(cx, peer);
        }
    }

    /// Whether nothing is under way between a node and this one that a new link would have to
    /// begin again.
    pub(crate) fn is_idle_with(&self, node: NodeId) -> bool {
        self.neighbours.get(&node).is_none_or(Neighbour::is_idle)
    }
}
