//! Keys on their way between members.

use alloc::vec::Vec;

use lacis_wire::credential::Chain;
use lacis_wire::group::{GivenKey, GroupFrame};
use lacis_wire::{KeyName, NodeId, limits};

use crate::cx::Cx;
use crate::group::Group;
use crate::rule::Rule;

impl Group {
    pub(in crate::group) fn on_keys(
        &mut self,
        cx: &mut Cx,
        keys: Vec<GivenKey>,
        meetings: Vec<GivenKey>,
    ) {
        let mut is_new = false;
        for given in keys {
            is_new |= self.keyring.insert(self.replica.keys(), given);
        }
        for given in meetings {
            is_new |= self.keep_meeting(given);
        }
        if is_new {
            self.unlocked(cx);
            self.keys_changed(cx);
        }
    }

    /// What tells which keys are here.
    pub(in crate::group) fn keys_held(&self) -> [u8; 8] {
        self.digest_of(|_| true)
    }

    fn digest_of(&self, fits: impl Fn(&KeyName) -> bool) -> [u8; 8] {
        let names = self.rotation.order.iter().map(|(_, name)| name).filter(|name| fits(name));
        names.filter(|name| self.keyring.get(name).is_some()).fold([0; 8], |mut all, name| {
            all.iter_mut().zip(name.0).for_each(|(sum, byte)| *sum ^= byte);
            all
        })
    }

    /// Gives the keys that a neighbor may have and was not given, each with its complete record.
    pub(in crate::group) fn give_keys(&mut self, cx: &mut Cx, node: NodeId) {
        let Some(roles) = self.roles_of(cx, node) else { return };
        let chain = self.neighbours.get(&node).and_then(|it| it.chain.as_ref());
        let Some(leaf) = chain.and_then(Chain::leaf) else { return };
        let ours = self.digest_of(|name| self.may_have(name, leaf));
        let names = self.rotation.order.iter().map(|(_, name)| *name);
        let names = names.filter(|name| self.may_have(name, leaf)).take(limits::GIVEN_KEYS_MAX);
        let names: Vec<KeyName> = names.collect();
        let Some(neighbour) = self.neighbours.get_mut(&node) else { return };
        let has_all = roles.may_write() && neighbour.keys == Some(ours);
        let mut keys = Vec::new();
        for name in names {
            let Some(key) = self.keyring.get(&name) else { continue };
            if neighbour.given.insert(name, ()).is_none() && !has_all {
                let whole = roles.may_write() || !Rule::KeepersReadNothing.holds();
                let key = if whole { key.clone() } else { key.meeting_key() };
                keys.push(GivenKey { name, key });
            }
        }
        if keys.is_empty() {
            return;
        }
        let none = Vec::new();
        let whole = roles.may_write() || !Rule::KeepersReadNothing.holds();
        let (keys, meetings) = if whole { (keys, none) } else { (none, keys) };
        neighbour.say(&GroupFrame::Keys { keys, meetings });
    }

    /// Gives every neighbor the keys that it may have and was not given.
    pub(in crate::group) fn spread_keys(&mut self, cx: &mut Cx) {
        for node in self.neighbours.keys().copied().collect::<Vec<_>>() {
            self.give_keys(cx, node);
        }
    }
}
