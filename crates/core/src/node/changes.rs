//! What has changed since it was last looked at, so that an input costs what it concerns.

use alloc::vec::Vec;

use lacis_wire::NodeId;

use crate::ids::RoomId;

/// What has changed, and was not looked at since.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// Everything may have: time has passed, or the page was put aside.
    pub(super) all: bool,
    /// Servers, rooms or pairings.
    pub(super) signaling: bool,
    /// Which connections there are, or when one is wanted.
    pub(super) connections: bool,
    /// Which links there are, or which rooms are shared over them.
    pub(super) neighbours: bool,
    /// To whom something can be said.
    pub(super) presence: bool,
    /// With whom a group keeps a link.
    pub(super) keeps: bool,
    /// Remotes whose links take more than before.
    pub(super) writable: Vec<NodeId>,
    /// Groups in which something happened.
    pub(super) groups: Vec<RoomId>,
    pub(super) timers: ChangedTimers,
}

/// What may want to be called at another time than it said last.
#[derive(Debug, Default)]
pub(super) struct ChangedTimers {
    pub(super) all: bool,
    pub(super) signaling: bool,
    pub(super) connections: bool,
    pub(super) mesh: bool,
    pub(super) presence: bool,
    pub(super) remotes: Vec<NodeId>,
    pub(super) groups: Vec<RoomId>,
}

/// Adds one that may be there already; the lists are short.
fn add<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}

impl Changes {
    /// Something was done with a remote.
    pub(super) fn remote(&mut self, node: NodeId) {
        add(&mut self.timers.remotes, node);
    }

    /// A link may be wanted that was not, by a command after which nothing else happens.
    pub(super) const fn wants(&mut self) {
        (self.connections, self.timers.connections) = (true, true);
    }

    /// Something is to be done in a large room.
    pub(super) const fn mesh(&mut self) {
        self.timers.mesh = true;
    }

    /// The link of a remote takes more than before.
    pub(super) fn writable(&mut self, node: NodeId) {
        add(&mut self.writable, node);
    }

    /// Something happened in a group.
    pub(super) fn group(&mut self, group: RoomId) {
        add(&mut self.groups, group);
        add(&mut self.timers.groups, group);
    }

    /// A group has sent something.
    pub(super) fn group_timer(&mut self, group: RoomId) {
        add(&mut self.timers.groups, group);
    }

    /// Everything is to be looked at.
    pub(super) const fn everything(&mut self) {
        self.all = true;
        self.signaling = true;
        self.connections = true;
        self.neighbours = true;
        self.keeps = true;
        self.timers.all = true;
    }

    pub(super) const fn take_signaling(&mut self) -> bool {
        self.timers.signaling |= self.signaling;
        core::mem::replace(&mut self.signaling, false)
    }

    pub(super) const fn take_connections(&mut self) -> bool {
        self.timers.connections |= self.connections;
        core::mem::replace(&mut self.connections, false)
    }

    pub(super) const fn take_neighbours(&mut self) -> bool {
        self.timers.connections |= self.neighbours;
        self.keeps |= self.neighbours;
        core::mem::replace(&mut self.neighbours, false)
    }

    pub(super) const fn take_keeps(&mut self) -> bool {
        self.timers.connections |= self.keeps;
        core::mem::replace(&mut self.keeps, false)
    }

    /// Whether groups have something to do.
    pub(super) const fn is_of_groups(&self) -> bool {
        self.all || self.neighbours || !self.groups.is_empty() || !self.writable.is_empty()
    }
}
