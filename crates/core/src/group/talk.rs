//! What two neighbours say to each other about a group: who they are, what they hold, what they
//! lack.
//!
//! ```text
//! both:      Enter -> (proof checked) -> Keys, if the other may read
//! follower:  Summary
//! leader:    for each shelf that differs, in order: Ask <-> Answer, Have, Want, Done
//! both:      Record, for what was wanted and for what is new
//! ```
//! Whoever lacks copies asks for them, a bounded number at once, and not for one that another
//! neighbour is sending already. So a copy travels once to each node, and a newcomer with many
//! neighbours gets from each of them a part.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use lacis_wire::codec::decode;
use lacis_wire::credential::Chain;
use lacis_wire::group::{GivenKey, GroupFrame, Shelf};
use lacis_wire::record::{CopyName, Header, RecordType};
use lacis_wire::{Code, Millis, NodeId, PeerId, limits};

use super::neighbour::{Neighbour, names_of};
use super::{Group, GroupEvent};
use crate::graph::{Copy, Outcome, Replica, reconcile};
use crate::io::LinkId;
use crate::shared::Shared;
use crate::table::TableExt;

impl Group {
    /// Links to members of the group's room, as they are now: with each new one we begin anew.
    pub(crate) fn on_links(
        &mut self,
        shared: &mut Shared,
        links: &[(NodeId, LinkId, PeerId, bool)],
    ) {
        let gone = self.neighbours.take_where(|node, neighbour| {
            !links.iter().any(|(known, link, ..)| known == node && *link == neighbour.link)
        });
        for (node, _) in &gone {
            shared.clocks.forget(*node);
            shared.admit(self.number, *node, false);
        }
        for &(node, link, peer, leads) in links {
            if !self.neighbours.contains_key(&node) {
                self.neighbours.insert(node, Neighbour::new(link, peer, leads));
                self.enter(shared, node);
            }
        }
        if !gone.is_empty() {
            self.tell_members(shared);
        }
    }

    /// Shows a neighbour who we are.
    fn enter(&mut self, shared: &Shared, node: NodeId) {
        let chain = self.profile.chain.clone();
        self.say_enter(shared, node, chain);
    }

    /// Shows a neighbour a chain that it told us of.
    pub(super) fn enter_by(&mut self, shared: &mut Shared, node: NodeId, chain: Chain) {
        self.say_enter(shared, node, Some(chain));
        self.begin(shared, node);
    }

    fn say_enter(&mut self, shared: &Shared, node: NodeId, chain: Option<Chain>) {
        let (clock, first) = (shared.wall(), self.first.clone());
        let Some(neighbour) = self.neighbours.get_mut(&node) else { return };
        (neighbour.shown, neighbour.refused) = (chain.is_some(), false);
        neighbour.say(&GroupFrame::Enter { clock, chain, first });
    }

    /// Our chain is another one than before: whoever is linked is shown it.
    pub(super) fn introduce(&mut self, shared: &mut Shared) {
        for node in self.neighbours.keys().copied().collect::<Vec<_>>() {
            self.enter(shared, node);
            self.begin(shared, node);
        }
    }

    /// A frame came over a link.
    pub(crate) fn on_frame(&mut self, shared: &mut Shared, node: NodeId, bytes: &[u8]) {
        let Some(neighbour) = self.neighbours.get(&node) else { return };
        let Ok(frame) = decode::<GroupFrame>(bytes) else {
            shared.warn(Code::Protocol, node);
            return;
        };
        let asks = matches!(
            frame,
            GroupFrame::Enter { .. }
                | GroupFrame::Apply { .. }
                | GroupFrame::Ask { .. }
                | GroupFrame::Summary { .. }
                | GroupFrame::Want { .. }
        );
        if asks && neighbour.is_flooded() {
            return shared.warn(Code::RateLimited, node);
        }
        match frame {
            GroupFrame::Enter { clock, chain, first } => {
                if let Some(neighbour) = self.neighbours.get_mut(&node) {
                    neighbour.first = first;
                }
                self.on_enter(shared, node, clock, chain);
            }
            GroupFrame::Refuse { code } => self.on_refuse(shared, node, code),
            GroupFrame::Apply { invitation } => self.on_apply(shared, node, &invitation),
            GroupFrame::Admit { chain, keys } => self.on_admit(shared, node, chain, keys),
            frame if neighbour.is_admitted() => self.on_member_frame(shared, node, frame),
            // It does not know yet, or any more, that we do not take it for a member.
            _ => {}
        }
    }

    fn on_enter(&mut self, shared: &mut Shared, node: NodeId, clock: Millis, chain: Option<Chain>) {
        let Some(peer) = self.neighbours.get(&node).map(|neighbour| neighbour.peer) else { return };
        let Some(chain) = chain else { return };
        match self.check_member(shared, peer, &chain) {
            Ok(()) => {
                shared.clocks.hear(node, peer, clock, shared.wall());
                self.apply_at(shared, node, &chain);
                if let Some(neighbour) = self.neighbours.get_mut(&node) {
                    neighbour.chain = Some(chain);
                }
                self.begin(shared, node);
            }
            Err(code) => {
                if let Some(neighbour) = self.neighbours.get_mut(&node) {
                    neighbour.chain = None;
                    neighbour.say(&GroupFrame::Refuse { code });
                }
                shared.clocks.forget(node);
                shared.admit(self.number, node, false);
                self.offer_better(shared, node);
            }
        }
    }

    /// Somebody who was away while it was given other roles, or more time, is shown what it has.
    fn offer_better(&mut self, shared: &Shared, node: NodeId) {
        let Some(neighbour) = self.neighbours.get_mut(&node) else { return };
        let best = self.replica.members().best(&neighbour.peer, shared.group_time());
        if let Some(chain) = best.cloned() {
            neighbour.say(&GroupFrame::Admit { chain, keys: Vec::new() });
        }
    }

    fn check_member(&self, shared: &Shared, peer: PeerId, chain: &Chain) -> Result<(), Code> {
        let leaf = chain.verify(&self.profile.group).map_err(|_| Code::NotMember)?;
        if leaf.subject != peer {
            return Err(Code::NotMember);
        }
        let now = shared.group_time();
        if self.replica.members().accepts(chain, now) {
            return Ok(());
        }
        let revoked = self.replica.members().revoked_from(&peer).is_some();
        Err(if revoked { Code::Revoked } else { Code::NotMember })
    }

    fn on_refuse(&mut self, shared: &mut Shared, node: NodeId, code: Code) {
        if let Some(neighbour) = self.neighbours.get_mut(&node) {
            neighbour.refused = self.profile.chain.is_some();
        }
        shared.admit(self.number, node, false);
        if self.applying.is_some() {
            self.application_refused(shared, code);
        } else {
            self.event(shared, GroupEvent::Refused { code });
        }
        self.tell_members(shared);
    }

    /// Both sides are members: keys are given, and the follower says what it holds.
    fn begin(&mut self, shared: &mut Shared, node: NodeId) {
        let keys = self.keyring.to_give();
        let summary = summary_of(&self.replica);
        let Some(neighbour) = self.neighbours.get_mut(&node).filter(|it| it.is_admitted()) else {
            return;
        };
        if neighbour.may_read() && !keys.is_empty() {
            neighbour.say(&GroupFrame::Keys { keys });
        }
        if !neighbour.leads {
            neighbour.say(&GroupFrame::Summary { shelves: summary });
        }
        neighbour.compare_at = Some(shared.io.now + limits::RECONCILE_INTERVAL);
        neighbour.await_comparison(shared.io.now);
        shared.admit(self.number, node, neighbour.may_read());
        self.renew_neighbour(shared, node);
        self.tell_members(shared);
    }

    fn on_member_frame(&mut self, shared: &mut Shared, node: NodeId, frame: GroupFrame) {
        if let Some(neighbour) = self.neighbours.get_mut(&node) {
            neighbour.confirmed = true;
        }
        match frame {
            GroupFrame::Keys { keys } => self.on_keys(shared, keys),
            GroupFrame::Summary { shelves } => self.on_summary(shared, node, &shelves),
            GroupFrame::Ask { shelf, message } => self.on_ask(shared, node, shelf, &message),
            GroupFrame::Answer { shelf, message } => self.on_answer(shared, node, shelf, &message),
            GroupFrame::Have { names } => {
                let lacking: Vec<CopyName> = names_of(&names).collect();
                self.lack(node, lacking);
            }
            GroupFrame::Want { names } => {
                let Some(neighbour) = self.neighbours.get_mut(&node) else { return };
                for name in names_of(&names) {
                    // More than it may want at once it has to ask for later.
                    if neighbour.asked.len() < limits::NAMES_MAX {
                        neighbour.asked.push_back(name);
                    }
                }
            }
            GroupFrame::Missing { names } => {
                if let Some(neighbour) = self.neighbours.get_mut(&node) {
                    for name in names_of(&names) {
                        neighbour.wanted.remove(&name);
                    }
                }
            }
            GroupFrame::Done { shelf } => {
                if let Some(neighbour) = self.neighbours.get_mut(&node) {
                    neighbour.told_all_of(shelf);
                }
            }
            GroupFrame::Record { header, body } => self.on_record(shared, node, header, body),
            _ => {}
        }
        self.ask_for_more(shared);
        self.tell_synced(shared, node);
        self.note_comparison(node);
    }

    pub(super) fn on_keys(&mut self, shared: &mut Shared, keys: Vec<GivenKey>) {
        let mut is_new = false;
        for given in keys {
            is_new |= self.keyring.insert(given.epoch, given.key);
        }
        if is_new {
            self.keep_profile(shared);
            self.event(shared, GroupEvent::Unlocked);
            self.spread_keys(|_| true);
        }
    }

    /// Gives the keys to neighbours who may lack them, as soon as there is a new one.
    pub(super) fn spread_keys(&mut self, lacks: impl Fn(&PeerId) -> bool) {
        let keys = self.keyring.to_give();
        for neighbour in self.neighbours.values_mut() {
            if neighbour.is_admitted() && neighbour.may_read() && lacks(&neighbour.peer) {
                neighbour.say(&GroupFrame::Keys { keys: keys.clone() });
            }
        }
    }

    /// The follower tells what it holds; the leader works through what differs.
    fn on_summary(&mut self, shared: &Shared, node: NodeId, theirs: &[Shelf]) {
        let ours = summary_of(&self.replica);
        let of = |shelves: &[Shelf], number| {
            let found = shelves.binary_search_by_key(&number, |it| it.number);
            found.ok().and_then(|at| shelves.get(at)).copied()
        };
        let Some(neighbour) = self.neighbours.get_mut(&node).filter(|it| it.leads) else { return };
        if neighbour.asking.is_some_and(|(_, until)| shared.io.now < until) {
            return;
        }
        neighbour.asking = None;
        // The system first, then what either side asks for first, then the rest.
        let first = self.first.iter().chain(&neighbour.first).map(Replica::shelf_of);
        let mut order: Vec<u8> = Vec::new();
        for shelf in core::iter::once(0).chain(first).chain(0..=limits::SHELVES) {
            if !order.contains(&shelf) {
                order.push(shelf);
            }
        }
        neighbour.shelves = VecDeque::new();
        for shelf in order {
            let differ = of(&ours, shelf) != of(theirs, shelf);
            if differ {
                neighbour.shelves.push_back(shelf);
            } else {
                neighbour.told_all_of(shelf);
                neighbour.say(&GroupFrame::Done { shelf });
            }
        }
        self.ask_next(shared, node);
    }

    fn ask_next(&mut self, shared: &Shared, node: NodeId) {
        let Some(neighbour) = self.neighbours.get_mut(&node) else { return };
        if neighbour.asking.is_some() {
            return;
        }
        let Some(shelf) = neighbour.shelves.pop_front() else { return };
        if let Ok(message) = reconcile::begin(self.replica.shelf(shelf)) {
            neighbour.asking = Some((shelf, shared.io.now + limits::RECONCILE_INTERVAL));
            neighbour.say(&GroupFrame::Ask { shelf, message });
        }
    }

    fn on_ask(&mut self, shared: &mut Shared, node: NodeId, shelf: u8, message: &[u8]) {
        let answer = reconcile::answer(self.replica.shelf(shelf), message);
        let Some(neighbour) = self.neighbours.get_mut(&node) else { return };
        match answer {
            Ok(message) => neighbour.say(&GroupFrame::Answer { shelf, message }),
            Err(_) => shared.warn(Code::Protocol, node),
        }
    }

    fn on_answer(&mut self, shared: &mut Shared, node: NodeId, shelf: u8, message: &[u8]) {
        let Some(neighbour) = self.neighbours.get_mut(&node) else { return };
        if neighbour.asking.is_none_or(|(asked, _)| asked != shelf) {
            return;
        }
        let Ok(findings) = reconcile::advance(self.replica.shelf(shelf), message) else {
            shared.warn(Code::Protocol, node);
            neighbour.asking = None;
            return;
        };
        neighbour.say_names(&findings.have, |names| GroupFrame::Have { names });
        match findings.next {
            Some(message) => {
                neighbour.asking = Some((shelf, shared.io.now + limits::RECONCILE_INTERVAL));
                neighbour.say(&GroupFrame::Ask { shelf, message });
            }
            None => {
                neighbour.asking = None;
                neighbour.told_all_of(shelf);
                neighbour.say(&GroupFrame::Done { shelf });
            }
        }
        self.lack(node, findings.need);
        self.ask_next(shared, node);
    }

    fn lack(&mut self, node: NodeId, names: Vec<CopyName>) {
        let Some(neighbour) = self.neighbours.get_mut(&node) else { return };
        for name in names {
            // The next comparison finds what there is no place for.
            if neighbour.lacking.len() >= limits::LACKING_MAX {
                neighbour.forget_told();
                break;
            }
            let is_new = self.replica.held(&name.id).is_none_or(|held| held.name() != name);
            if is_new && !self.approvals.has_refused(&name) {
                neighbour.lacking.push_back(name);
            }
        }
    }

    /// Asks neighbours for what we lack, as far as there is place for it.
    pub(super) fn ask_for_more(&mut self, shared: &Shared) {
        if self.saves.bytes() > limits::UNSAVED_BYTES {
            return;
        }
        let deadline = shared.io.now + limits::WANT_DEADLINE;
        for node in self.neighbours.keys().copied().collect::<Vec<_>>() {
            let mut names = Vec::new();
            let mut later = VecDeque::new();
            while let Some(neighbour) = self.neighbours.get_mut(&node) {
                let full = neighbour.wanted.len() >= limits::WANTED_MAX;
                let Some(name) = (!full).then(|| neighbour.lacking.pop_front()).flatten() else {
                    break;
                };
                if self.replica.held(&name.id).is_some_and(|held| held.name() == name) {
                    continue;
                }
                let coming = self.neighbours.values().any(|it| it.wanted.contains_key(&name));
                if coming {
                    later.push_back(name);
                } else if let Some(neighbour) = self.neighbours.get_mut(&node) {
                    neighbour.wanted.insert(name, deadline);
                    names.push(name);
                }
            }
            if let Some(neighbour) = self.neighbours.get_mut(&node) {
                neighbour.lacking.append(&mut later);
                neighbour.say_names(&names, |names| GroupFrame::Want { names });
            }
        }
    }

    fn on_record(&mut self, shared: &mut Shared, node: NodeId, header: Header, body: Vec<u8>) {
        let (id, name) = (header.id, header.name());
        if let Some(neighbour) = self.neighbours.get_mut(&node) {
            neighbour.wanted.remove(&name);
            neighbour.live.retain(|waiting| *waiting != id);
        }
        let outcome = self.take(shared, Copy { header, body }, Some(node));
        // It has an older copy than we do.
        if outcome == Outcome::Older
            && let Some(neighbour) = self.neighbours.get_mut(&node)
            && !neighbour.live.contains(&id)
        {
            neighbour.live.push_back(id);
        }
    }

    /// Says which types are complete, as far as a neighbour knows.
    fn tell_synced(&mut self, shared: &mut Shared, node: NodeId) {
        let Some(neighbour) = self.neighbours.get_mut(&node) else { return };
        if neighbour.told.is_empty()
            || !neighbour.lacking.is_empty()
            || !neighbour.wanted.is_empty()
        {
            return;
        }
        let told = core::mem::take(&mut neighbour.told);
        let all = told.len() > usize::from(limits::SHELVES);
        let kinds = self.replica.kinds().filter(|kind| told.contains_key(&Replica::shelf_of(kind)));
        let kinds = kinds.cloned().chain(self.first.iter().cloned()).collect();
        self.event(shared, GroupEvent::Synced { kinds, all });
    }

    /// The types to have first, from those who are linked and those who will be.
    pub(crate) fn prefer(
        &mut self,
        shared: &mut Shared,
        kinds: Vec<RecordType>,
    ) -> Result<(), Code> {
        if kinds.len() > limits::PRIORITIES_MAX {
            return Err(Code::InvalidArgument);
        }
        self.first = kinds;
        self.introduce(shared);
        Ok(())
    }

    /// Compares with all neighbours at the next opportunity.
    pub(super) fn compare_soon(&mut self, shared: &Shared) {
        for neighbour in self.neighbours.values_mut() {
            neighbour.compare_at = Some(shared.io.now);
        }
    }

    pub(super) fn on_link_timeouts(&mut self, shared: &mut Shared) {
        let now = shared.io.now;
        let (summary, keys) = (summary_of(&self.replica), self.keyring.to_give());
        for neighbour in self.neighbours.values_mut() {
            neighbour.wanted.retain(|_, deadline| now < *deadline);
            if neighbour.compare_at.take_if(|at| now >= *at).is_some() {
                neighbour.compare_at = Some(now + limits::RECONCILE_INTERVAL);
                if neighbour.may_read() && !keys.is_empty() {
                    neighbour.say(&GroupFrame::Keys { keys: keys.clone() });
                }
                if neighbour.is_admitted() && !neighbour.leads {
                    neighbour.say(&GroupFrame::Summary { shelves: summary.clone() });
                }
            }
        }
        self.ask_for_more(shared);
    }

    /// Rights changed: neighbours who have lost theirs are told so.
    pub(super) fn review(&mut self, shared: &mut Shared) {
        let now: Millis = Self::now(shared);
        for node in self.neighbours.keys().copied().collect::<Vec<_>>() {
            let Some(neighbour) = self.neighbours.get_mut(&node) else { continue };
            let members = self.replica.members();
            // Its own membership was taken back, or that of somebody who brought it in.
            if neighbour.chain.take_if(|chain| !members.accepts(chain, now)).is_none() {
                continue;
            }
            neighbour.chain = members.best(&neighbour.peer, now).cloned();
            if neighbour.chain.is_none() {
                neighbour.say(&GroupFrame::Refuse { code: Code::Revoked });
                shared.clocks.forget(node);
                shared.admit(self.number, node, false);
            }
        }
    }
}

pub(super) fn summary_of(replica: &Replica) -> Vec<Shelf> {
    let summary = replica.summary().into_iter();
    let shelf = |it: crate::graph::ShelfSummary| Shelf {
        number: it.shelf,
        count: it.count,
        fingerprint: it.fingerprint,
    };
    summary.map(shelf).collect()
}
