//! Reading bodies when they are wanted, and what comes of damage.

use alloc::sync::Arc;
use alloc::vec::Vec;

use lacis_wire::NodeId;
use lacis_wire::group::GroupFrame;
use lacis_wire::record::CopyName;

use crate::cx::Cx;
use crate::graph::Copy;
use crate::group::copies::{copy_of, key_of};
use crate::group::{Group, GroupEvent, Loading};
use crate::io::Output;
use crate::store::{StoreReply, StoreRequest, StoreTable};

impl Group {
    /// Asks the store for versions.
    pub(in crate::group) fn read_bodies(&mut self, cx: &mut Cx, names: &[CopyName], what: Loading) {
        self.read_from(cx, StoreTable::Bodies, names, what);
    }

    pub(in crate::group) fn read_from(
        &mut self,
        cx: &mut Cx,
        table: StoreTable,
        names: &[CopyName],
        what: Loading,
    ) {
        let op = cx.op_id();
        let keys = names.iter().map(|name| key_of(&self.profile.group, name)).collect();
        let request = StoreRequest::Read { table, keys };
        cx.outputs.push_back(Output::Store(op, request));
        self.ops.insert(op, what);
    }

    /// The copies that the store gave back, where they are what this node holds. One that is not is
    /// dropped, so that the next comparison fetches it; one that is over was erased, where a group
    /// that defers expiration shows it again.
    pub(in crate::group) fn check_read(
        &mut self,
        cx: &mut Cx,
        names: &[CopyName],
        reply: StoreReply,
    ) -> Vec<Option<Arc<Copy>>> {
        let StoreReply::Values(values) = reply else {
            return names.iter().map(|_| None).collect();
        };
        let ended = self.rights_time(cx);
        let mut damaged = 0;
        let mut copies = Vec::with_capacity(names.len());
        for (name, stored) in names.iter().zip(values) {
            let held = self.replica.held(&name.id);
            let is_held = held.is_some_and(|held| held.name() == *name && !held.has_ended)
                || self.replica.held_aside(name).is_some();
            let key = key_of(&self.profile.group, name);
            let value = stored.as_deref();
            let value = value.and_then(|it| cx.me.vault.check(StoreTable::Bodies, &key, it));
            let copy = value.and_then(copy_of).filter(|copy| copy.header.name() == *name);
            let copy = copy.map(Arc::new).or_else(|| self.at_hand(name));
            // It may have been replaced while it was read; then the newer one is at hand.
            let copy = copy.filter(|_| is_held).or_else(|| {
                let newer = self.replica.held(&name.id).map(|held| held.name());
                newer.filter(|_| !is_held).and_then(|newer| self.at_hand(&newer))
            });
            if copy.is_none() && is_held {
                damaged += usize::from(self.replica.lose(name, ended));
                self.replica.settle();
                self.tell_changes(cx, None);
            }
            if let Some(copy) = &copy {
                self.bodies.cache(*name, Arc::clone(copy));
            }
            copies.push(copy);
        }
        if damaged > 0 {
            self.event(cx, GroupEvent::Damaged { count: damaged });
            self.compare_soon(cx);
        }
        copies
    }

    pub(in crate::group) fn on_serving(
        &mut self,
        cx: &mut Cx,
        node: NodeId,
        names: &[CopyName],
        reply: StoreReply,
    ) {
        let has_failed = !matches!(reply, StoreReply::Values(_));
        self.check_read(cx, names, reply);
        if let Some(neighbour) = self.neighbours.get_mut(&node) {
            neighbour.loading = false;
            // Others may give it; who asks the same again would be answered as this time.
            if has_failed {
                names.iter().for_each(|name| _ = neighbour.asked.remove(name));
                neighbour.say_names(names, |names| GroupFrame::Missing { names });
            }
        }
    }
}
