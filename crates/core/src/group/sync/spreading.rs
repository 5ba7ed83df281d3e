//! How a version that is new reaches everybody: whole over some links, by its name over the others.
//!
//! ```text
//! the links that bring what is new first are a tree, over which it travels whole
//! over every other one its name follows a little later: who lacks it then asks for it
//! a version that is here already ---> its name goes back, and the link carries names from now on
//! a name that is not here -----------> it is asked for, and the link carries versions again
//! ```
//! Source: J. Leitao, J. Pereira, L. Rodrigues, Epidemic Broadcast Trees, 2007. Where all members
//! are linked, who writes sends to all, and the tree is only for those that it does not reach.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use lacis_wire::group::GroupFrame;
use lacis_wire::record::CopyName;
use lacis_wire::{NodeId, limits};

use crate::cx::Cx;
use crate::group::Group;
use crate::group::sync::queue::Queue;
use crate::time::Timestamp;

/// Versions sent last over a link, of which the other side may say that it has them.
const SENT_MAX: usize = 64;

/// How what is new travels over a link.
#[derive(Debug)]
pub(in crate::group) struct Spreading {
    /// Whether only names do: versions came over another link first.
    is_lazy: bool,
    /// Names that follow.
    names: Queue<CopyName>,
    /// When.
    due: Option<Timestamp>,
    /// Versions that were sent last without being asked for.
    sent: VecDeque<CopyName>,
}

impl Spreading {
    pub(in crate::group) const fn new() -> Self {
        let names = Queue::new(limits::MISSING_MAX);
        Self { is_lazy: false, names, due: None, sent: VecDeque::new() }
    }

    /// A version was sent that was not asked for.
    pub(in crate::group) fn on_sent(&mut self, name: CopyName) {
        if self.sent.len() >= SENT_MAX {
            self.sent.pop_front();
        }
        self.sent.push_back(name);
    }

    /// The other side says that it has a version.
    pub(in crate::group) fn on_has(&mut self, name: &CopyName) {
        self.names.remove(name);
        // It had it when we sent it: what we send comes over another link as soon.
        self.is_lazy |= self.sent.contains(name);
    }

    /// What is new here is new there too, or the other way round.
    pub(in crate::group) const fn on_needed(&mut self) {
        self.is_lazy = false;
    }

    /// What came over the link was here.
    pub(in crate::group) const fn on_spare(&mut self) {
        self.is_lazy = true;
    }

    pub(in crate::group) const fn is_lazy(&self) -> bool {
        self.is_lazy
    }

    pub(in crate::group) const fn due(&self) -> Option<Timestamp> {
        self.due
    }

    pub(in crate::group) fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    fn announce(&mut self, now: Timestamp, name: CopyName) {
        // What finds no place the next comparison tells.
        self.names.push(name);
        self.due.get_or_insert(now + limits::ANNOUNCE_AFTER);
    }
}

impl Group {
    /// Passes on a version that was just taken.
    pub(in crate::group) fn spread(
        &mut self,
        cx: &Cx,
        name: CopyName,
        (from, is_own, is_system): (Option<NodeId>, bool, bool),
    ) {
        // What comes while two compare is news to nobody else, most likely.
        let source = from.and_then(|node| self.neighbours.get(&node));
        let is_live = source.is_none_or(|source| source.is_compared);
        let to_all = is_system || (is_own && self.far.is_empty());
        for (node, neighbour) in &mut self.neighbours {
            let has_it = Some(*node) == from || neighbour.missing.contains(&name);
            if has_it || !neighbour.is_introduced() {
                continue;
            }
            // Whoever is between passes it on.
            let is_near = !neighbour.link.is_relayed();
            if is_near && (to_all || (is_live && !neighbour.spreading.is_lazy)) {
                neighbour.push.push(name);
            } else {
                neighbour.spreading.announce(cx.now, name);
            }
        }
    }

    /// A version came that was not asked for, and is here.
    pub(in crate::group) fn on_spare(&mut self, node: NodeId, name: CopyName) {
        if let Some(neighbour) = self.neighbours.get_mut(&node) {
            neighbour.spreading.on_spare();
            // Who sends the same without end, and does not listen, is not answered without end.
            if neighbour.is_flooded() {
                return;
            }
            neighbour.say_names(&[name], |names| GroupFrame::Have { names });
        }
    }

    /// A neighbour has versions.
    pub(in crate::group) fn on_have(&mut self, node: NodeId, names: Vec<CopyName>) {
        let lacks = names.iter().any(|name| self.lacks(name));
        let Some(neighbour) = self.neighbours.get_mut(&node) else { return };
        for name in &names {
            neighbour.push.remove(name);
            neighbour.spreading.on_has(name);
        }
        if lacks && neighbour.is_compared {
            neighbour.spreading.on_needed();
        }
        self.lack(node, names);
    }

    /// Tells names whose time has come, of what is still held and was not shown to be there.
    pub(in crate::group) fn announce_due(&mut self, cx: &mut Cx) {
        let is_due = |due: Option<Timestamp>| due.is_some_and(|due| cx.now >= due);
        let nodes = self.neighbours.iter().filter(|(_, it)| is_due(it.spreading.due));
        for node in nodes.map(|(node, _)| *node).collect::<Vec<_>>() {
            let is_member = self.serves(cx, node);
            let Some(neighbour) = self.neighbours.get_mut(&node) else { continue };
            neighbour.spreading.due = None;
            let mut names: Vec<CopyName> = Vec::new();
            while let Some(name) = neighbour.spreading.names.pop() {
                let is_live = self.replica.held(&name.id).is_some_and(|held| held.name() == name);
                if is_member && is_live && !neighbour.missing.contains(&name) {
                    names.push(name);
                }
            }
            neighbour.say_names(&names, |names| GroupFrame::Have { names });
        }
    }
}
