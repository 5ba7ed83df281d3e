//! What two neighbors say to each other about a group: who they are, what they hold, what they
//! lack.
//!
//! ```text
//! both:       Enter -> (proof checked) -> Keys, if the other may read
//! responder:  Summary
//! initiator:  for each bucket that differs, in order: Query <-> Reply, Have, Want, Done
//! both:       Record, for what was wanted and for what is new
//! ```
//! Whoever lacks versions asks for them, a bounded number at once, and not for one that another
//! neighbor is sending already. So a version travels once to each node, and a newcomer with many
//! neighbors gets from each of them a part. Whether a neighbor is a member is asked whenever
//! something is sent to it or taken from it.

use alloc::vec::Vec;

use lacis_wire::codec::decode;
use lacis_wire::credential::Chain;
use lacis_wire::group::{GivenKey, GroupFrame};
use lacis_wire::record::{CopyName, RecordType};
use lacis_wire::{Code, Millis, NodeId, PeerId, Roles, limits};

use super::Group;
use super::comparison::summary_of;
use super::neighbour::{Neighbour, names_of};
use crate::io::LinkId;
use crate::rule::Rule;
use crate::shared::Shared;
use crate::table::TableExt;

/// Frames that are kept while a group opens: who some neighbors are, and what they hold.
const EARLY_MAX: usize = 32;

impl Group {
    /// Links to members of the group's room, as they are now: with each new one we begin anew.
    pub(crate) fn on_links(
        &mut self,
        shared: &mut Shared,
        links: &[(NodeId, LinkId, PeerId, bool)],
    ) {
        // What is stored comes first: by it the others are judged.
        if !self.is_open {
            return;
        }
        let gone = self.neighbours.take_where(|node, neighbour| {
            !links.iter().any(|(known, link, ..)| known == node && *link == neighbour.link)
        });
        for (node, _) in &gone {
            self.clocks.forget(*node);
            shared.admit(self.number, *node, false);
        }
        for &(node, link, peer, initiates) in links {
            if !self.neighbours.contains_key(&node) {
                let neighbour = Neighbour::new(link, peer, initiates, shared.io.now);
                self.neighbours.insert(node, neighbour);
                self.enter(shared, node);
            }
        }
        for (_, neighbour) in &gone {
            self.tell_member_of(shared, neighbour.peer);
        }
        for (node, frame) in core::mem::take(&mut self.early) {
            self.on_frame(shared, node, &frame);
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
        if !self.is_open {
            // Whoever is linked already does not wait until what is stored is read; it says who it
            // is at once, and again at the next comparison.
            if self.early.len() < EARLY_MAX && bytes.len() <= limits::CHAIN_BYTES * 2 {
                self.early.push((node, bytes.to_vec()));
            }
            return;
        }
        let Some(neighbour) = self.neighbours.get(&node) else { return };
        let Ok(frame) = decode::<GroupFrame>(bytes) else {
            shared.warn(Code::Protocol, node);
            return;
        };
        let asks = matches!(
            frame,
            GroupFrame::Enter { .. }
                | GroupFrame::JoinRequest { .. }
                | GroupFrame::JoinAccept { .. }
                | GroupFrame::PreviewRequest { .. }
                | GroupFrame::Query { .. }
                | GroupFrame::Summary { .. }
                | GroupFrame::Want { .. }
        );
        if asks && neighbour.is_flooded() && Rule::Flooded.holds() {
            return shared.warn(Code::RateLimited, node);
        }
        if !matches!(frame, GroupFrame::Record { .. }) {
            self.take_arrived(shared);
        }
        match frame {
            GroupFrame::Enter { clock, chain, first } => {
                if let Some(neighbour) = self.neighbours.get_mut(&node) {
                    neighbour.first = first;
                }
                self.on_enter(shared, node, clock, chain);
            }
            GroupFrame::Refuse { code } => self.on_refuse(shared, node, code),
            GroupFrame::JoinRequest { invitation } => {
                self.on_join_request(shared, node, &invitation);
            }
            GroupFrame::JoinAccept { chain } => self.on_join_accept(shared, node, chain),
            GroupFrame::PreviewRequest { invitation } => {
                self.on_preview_request(shared, node, &invitation);
            }
            GroupFrame::Preview { chain, properties, invitation, used } => {
                self.on_preview(shared, node, &chain, [&properties, &invitation], used);
            }
            frame if self.serves(shared, node) => self.on_member_frame(shared, node, frame),
            // It does not know yet, or any more, that we do not take it for a member.
            _ => {}
        }
    }

    /// Whether a neighbor is a member now, and takes us for one. Whoever is none any more is told
    /// so, and nothing that waits for it is sent.
    pub(super) fn serves(&mut self, shared: &mut Shared, node: NodeId) -> bool {
        let now = self.rights_time(shared);
        let Some(neighbour) = self.neighbours.get(&node) else { return false };
        let Some(chain) = neighbour.chain.as_ref().filter(|_| neighbour.is_introduced()) else {
            return false;
        };
        if self.replica.members().accepts_chain(chain, now) || !Rule::ServesMembers.holds() {
            return true;
        }
        self.review_one(shared, node);
        self.neighbours.get(&node).is_some_and(Neighbour::is_introduced)
    }

    /// What a neighbor may do now.
    pub(super) fn roles_of(&self, shared: &Shared, node: NodeId) -> Option<Roles> {
        let neighbour = self.neighbours.get(&node).filter(|it| it.is_introduced())?;
        let chain = neighbour.chain.as_ref()?;
        let accepted = self.replica.members().accepts_chain(chain, self.rights_time(shared))
            || !Rule::ServesMembers.holds();
        chain.leaf().filter(|_| accepted).map(|leaf| leaf.roles)
    }

    /// Whether there is reason to verify a chain: it is known, or its sender has not asked for too
    /// much of that yet.
    fn may_check(&mut self, shared: &Shared, node: NodeId, chain: &Chain) -> bool {
        let members = self.replica.members();
        let unknown = chain.0.iter().filter(|it| members.credential(&it.id()).is_none()).count();
        let Some(neighbour) = self.neighbours.get_mut(&node) else { return false };
        neighbour.may_have_checked(shared.io.now, unknown) || !Rule::ChecksBounded.holds()
    }

    fn on_enter(&mut self, shared: &mut Shared, node: NodeId, clock: Millis, chain: Option<Chain>) {
        let Some(peer) = self.neighbours.get(&node).map(|neighbour| neighbour.peer) else { return };
        let Some(chain) = chain else { return };
        if !self.may_check(shared, node, &chain) {
            return shared.warn(Code::RateLimited, node);
        }
        match self.check_member(shared, peer, &chain) {
            Ok(()) => {
                self.hear_clock(shared, node, clock);
                if let Some(neighbour) = self.neighbours.get_mut(&node) {
                    neighbour.chain = Some(chain);
                }
                self.ask_to_join(shared, node);
                self.begin(shared, node);
            }
            Err(code) => {
                if let Some(neighbour) = self.neighbours.get_mut(&node) {
                    neighbour.chain = None;
                }
                self.refuse(node, code);
                self.clocks.forget(node);
                self.door.look_again();
                shared.admit(self.number, node, false);
                self.offer_better(shared, node);
            }
        }
    }

    /// Somebody who was away while it was given other roles, or more time, is shown what it has.
    fn offer_better(&mut self, shared: &Shared, node: NodeId) {
        let now = self.rights_time(shared);
        let Some(neighbour) = self.neighbours.get_mut(&node) else { return };
        let members = self.replica.members();
        let best = members.best(&neighbour.peer, now).and_then(|id| members.chain(&id));
        if let Some(chain) = best {
            neighbour.say(&GroupFrame::JoinAccept { chain });
        }
    }

    fn check_member(&self, shared: &Shared, peer: PeerId, chain: &Chain) -> Result<(), Code> {
        let now = self.rights_time(shared);
        let members = self.replica.members();
        let is_its_own = chain.leaf().is_some_and(|leaf| leaf.subject == peer);
        let is_its_own = is_its_own || !Rule::OwnChain.holds();
        if !is_its_own || !members.verifies(chain) {
            return Err(Code::NotMember);
        }
        if members.accepts_chain(chain, now) {
            return Ok(());
        }
        Err(if members.is_shut_out(&peer, now) { Code::Revoked } else { Code::NotMember })
    }

    /// Both sides are members: keys are given, and the responder says what it holds.
    fn begin(&mut self, shared: &mut Shared, node: NodeId) {
        if !self.serves(shared, node) {
            return;
        }
        let roles = self.roles_of(shared, node);
        let summary = summary_of(&self.replica);
        self.give_keys(shared, node);
        let Some(neighbour) = self.neighbours.get_mut(&node) else { return };
        if !neighbour.initiates {
            neighbour.say(&GroupFrame::Summary { buckets: summary });
        }
        neighbour.compare_at = Some(shared.io.now + limits::RECONCILE_INTERVAL);
        neighbour.await_comparison(shared.io.now);
        let reads = roles.is_some_and(Roles::may_write);
        shared.admit(self.number, node, reads);
        let peer = neighbour.peer;
        self.renew_neighbour(shared, node);
        self.tell_member_of(shared, peer);
    }

    fn on_member_frame(&mut self, shared: &mut Shared, node: NodeId, frame: GroupFrame) {
        if let Some(neighbour) = self.neighbours.get_mut(&node) {
            neighbour.confirmed = true;
        }
        match frame {
            GroupFrame::Keys { keys, meetings } => self.on_keys(shared, keys, meetings),
            GroupFrame::Summary { buckets } => self.on_summary(shared, node, &buckets),
            GroupFrame::Query { bucket, message } => self.on_query(shared, node, bucket, &message),
            GroupFrame::Reply { bucket, message } => self.on_reply(shared, node, bucket, &message),
            GroupFrame::Have { names } => {
                let missing: Vec<CopyName> = names_of(&names).collect();
                self.lack(node, missing);
            }
            GroupFrame::Want { names } => {
                let Some(neighbour) = self.neighbours.get_mut(&node) else { return };
                for name in names_of(&names) {
                    neighbour.asked.push(name);
                }
            }
            GroupFrame::Missing { names } => {
                if let Some(neighbour) = self.neighbours.get_mut(&node) {
                    for name in names_of(&names) {
                        neighbour.in_flight.remove(&name);
                    }
                }
            }
            GroupFrame::Done { bucket } => {
                if let Some(neighbour) = self.neighbours.get_mut(&node) {
                    neighbour.told_all_of(bucket);
                }
            }
            GroupFrame::Record { header, body } => self.on_record(shared, node, header, body),
            _ => {}
        }
        self.ask_for_more(shared);
        self.note_comparison(shared, node);
    }

    pub(super) fn on_keys(
        &mut self,
        shared: &mut Shared,
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
            self.unlocked(shared);
            self.spread_keys(shared);
            self.write_drafts(shared);
            self.settle_admitted(shared);
        }
    }

    /// Gives the keys that a neighbor may have and was not given, each with its complete record.
    pub(super) fn give_keys(&mut self, shared: &mut Shared, node: NodeId) {
        let Some(roles) = self.roles_of(shared, node) else { return };
        let chain = self.neighbours.get(&node).and_then(|it| it.chain.as_ref());
        let Some(leaf) = chain.and_then(Chain::leaf) else { return };
        let mut order = self.replica.keys().ordered(self.replica.members());
        order.retain(|(_, name)| self.may_have(name, leaf));
        let Some(neighbour) = self.neighbours.get_mut(&node) else { return };
        let mut keys = Vec::new();
        for (_, name) in order.into_iter().take(limits::GIVEN_KEYS_MAX) {
            let Some(key) = self.keyring.get(&name) else { continue };
            if neighbour.given.insert(name, ()).is_none() {
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
    pub(super) fn spread_keys(&mut self, shared: &mut Shared) {
        for node in self.neighbours.keys().copied().collect::<Vec<_>>() {
            self.give_keys(shared, node);
        }
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
        let is_due = |it: &Neighbour| it.compare_at.is_some_and(|at| now >= at);
        let summary = self.neighbours.values().any(is_due).then(|| summary_of(&self.replica));
        for node in self.neighbours.keys().copied().collect::<Vec<_>>() {
            let Some(neighbour) = self.neighbours.get_mut(&node) else { continue };
            let asked = neighbour.in_flight.len();
            neighbour.in_flight.retain(|_, deadline| now < *deadline);
            if neighbour.in_flight.len() < asked {
                // What it did not give in time is not here, and the next comparison tells so.
                neighbour.forget_told();
            }
            if neighbour.compare_at.take_if(|at| now >= *at).is_none() {
                continue;
            }
            neighbour.compare_at = Some(now + limits::RECONCILE_INTERVAL);
            neighbour.ends.clear();
            // Clocks are told again too: machines sleep, and people set them.
            self.enter(shared, node);
            if self.serves(shared, node)
                && let Some(neighbour) = self.neighbours.get_mut(&node)
                && !neighbour.initiates
                && let Some(buckets) = summary.clone()
            {
                neighbour.say(&GroupFrame::Summary { buckets });
            }
        }
        self.review(shared);
        self.ask_for_more(shared);
    }

    /// When the right of a neighbor, or our own, ends or begins next.
    pub(super) fn next_right(&self, shared: &Shared) -> Option<Millis> {
        let now = self.now(shared);
        let peers = self.neighbours.values().map(|it| &it.peer).chain([&shared.peer]);
        let shown = self.neighbours.values().filter_map(|it| it.chain.as_ref()?.leaf());
        let ends = shown.map(|leaf| leaf.not_after).filter(|at| *at > now && *at != Millis::MAX);
        peers.filter_map(|peer| self.replica.members().next_change(peer, now)).chain(ends).min()
    }

    /// Rights changed, or time passed: neighbors who have lost theirs are told so.
    pub(super) fn review(&mut self, shared: &mut Shared) {
        for node in self.neighbours.keys().copied().collect::<Vec<_>>() {
            self.review_one(shared, node);
        }
    }

    fn review_one(&mut self, shared: &mut Shared, node: NodeId) {
        let now = self.rights_time(shared);
        let members = self.replica.members();
        if !Rule::ServesMembers.holds() {
            return;
        }
        let Some(neighbour) = self.neighbours.get_mut(&node) else { return };
        // Its own membership was taken back, or that of somebody who brought it in, or it is over.
        if neighbour.chain.take_if(|chain| !members.accepts_chain(chain, now)).is_none() {
            return;
        }
        neighbour.chain = members.best(&neighbour.peer, now).and_then(|id| members.chain(&id));
        if neighbour.chain.is_none() {
            let code = if members.is_shut_out(&neighbour.peer, now) {
                Code::Revoked
            } else {
                Code::NotMember
            };
            neighbour.forget_all();
            self.refuse(node, code);
            self.clocks.forget(node);
            shared.admit(self.number, node, false);
            self.members_changed = true;
        }
    }
}
