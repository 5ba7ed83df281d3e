//! What two neighbors say to each other about a group: who they are, what they hold, what they
//! lack.
//!
//! ```text
//! both:       Enter -> (proof checked) -> Keys, if the other may read
//! responder:  Sketch                                    (little differs)
//! initiator:  Told, Want, or More <-> Sketch
//! responder:  Summary                                   (much differs)
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
use lacis_wire::group::GroupFrame;
use lacis_wire::{Code, Millis, NodeId, PeerId, Roles, limits};

use crate::cx::Cx;
use crate::group::sync::neighbour::{Neighbour, names_of};
use crate::group::{Group, Seen};
use crate::ids::LinkId;
use crate::rule::Rule;
use crate::table::TableExt;

/// Frames that are kept while a group opens: who some neighbors are, and what they hold.
const EARLY_MAX: usize = 32;
/// Of them, those of one neighbor: it says who it is, and what it wants.
const EARLY_EACH: usize = 4;

impl Group {
    /// Links to members of the group's room, as they are now: with each new one we begin anew.
    pub(crate) fn on_links(&mut self, cx: &mut Cx, links: &[(NodeId, LinkId, PeerId, bool)]) {
        // What is stored comes first: by it the others are judged.
        if !self.is_open {
            return;
        }
        let gone = self.neighbours.take_where(|node, neighbour| {
            !links.iter().any(|(known, link, ..)| known == node && *link == neighbour.link)
        });
        for (node, neighbour) in &gone {
            if self.hidden.len() >= limits::LINKS_MAX {
                self.hidden.pop_front();
            }
            self.hidden.push_back((neighbour.link, neighbour.checks));
            self.clocks.forget(*node);
            self.visible.push((*node, Seen::Unlinked));
        }
        for &(node, link, peer, initiates) in links {
            if !self.neighbours.contains_key(&node) {
                let mut neighbour = Neighbour::new(link, peer, initiates, cx.now);
                // Whoever hides the group and shows it again has no more verified than before.
                let before = self.hidden.iter().find(|(known, _)| *known == link);
                neighbour.checks = before.map_or(neighbour.checks, |(_, checks)| *checks);
                self.hidden.retain(|(known, _)| *known != link);
                self.neighbours.insert(node, neighbour);
                self.enter(cx, node);
            }
        }
        for (_, neighbour) in &gone {
            self.tell_member_of(cx, neighbour.peer);
        }
        for (node, frame) in core::mem::take(&mut self.early) {
            self.on_frame(cx, node, &frame);
        }
    }

    /// Shows a neighbour who we are.
    pub(super) fn enter(&mut self, cx: &Cx, node: NodeId) {
        let chain = self.profile.chain.clone();
        self.say_enter(cx, node, chain);
    }

    /// Shows a neighbour a chain that it told us of.
    pub(in crate::group) fn enter_by(&mut self, cx: &mut Cx, node: NodeId, chain: Chain) {
        self.say_enter(cx, node, Some(chain));
        self.begin(cx, node);
    }

    fn say_enter(&mut self, cx: &Cx, node: NodeId, chain: Option<Chain>) {
        let (clock, first) = (cx.wall(), self.first.clone());
        let held = chain.as_ref().map(|_| self.replica.compared());
        let keys = chain.as_ref().map(|_| self.keys_held());
        let Some(neighbour) = self.neighbours.get_mut(&node) else { return };
        (neighbour.shown, neighbour.refused) = (chain.is_some(), false);
        neighbour.entered_at = cx.now;
        neighbour.say(&GroupFrame::Enter { clock, chain, first, held, keys });
    }

    /// Our chain is another one than before: whoever is linked is shown it.
    pub(in crate::group) fn introduce(&mut self, cx: &mut Cx) {
        for node in self.neighbours.keys().copied().collect::<Vec<_>>() {
            self.enter(cx, node);
            self.begin(cx, node);
        }
    }

    /// Whoever is linked already does not wait until what is stored is read; it says who it is at
    /// once, and again at the next comparison.
    fn keep_early(&mut self, node: NodeId, bytes: &[u8]) {
        let own = self.early.iter().filter(|(from, _)| *from == node).count();
        let is_place = own < EARLY_EACH && self.early.len() < EARLY_MAX;
        if is_place && bytes.len() <= limits::CHAIN_BYTES * 2 {
            self.early.push((node, bytes.to_vec()));
        }
    }

    /// A frame came over a link.
    pub(crate) fn on_frame(&mut self, cx: &mut Cx, node: NodeId, bytes: &[u8]) {
        if !self.is_open {
            return self.keep_early(node, bytes);
        }
        let Some(neighbour) = self.neighbours.get(&node) else { return };
        let Ok(frame) = decode::<GroupFrame>(bytes) else {
            cx.warn(Code::Protocol, node);
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
                | GroupFrame::Sketch { .. }
                | GroupFrame::More { .. }
                | GroupFrame::Want { .. }
        );
        if asks && neighbour.is_flooded() && Rule::Flooded.holds() {
            return cx.warn(Code::RateLimited, node);
        }
        if !matches!(frame, GroupFrame::Record { .. }) {
            self.take_arrived(cx);
        }
        match frame {
            GroupFrame::Enter { clock, chain, first, held, keys } => {
                if let Some(neighbour) = self.neighbours.get_mut(&node) {
                    neighbour.first = first;
                    neighbour.sketching.enter(held);
                    neighbour.keys = keys;
                }
                self.on_enter(cx, node, clock, chain);
            }
            GroupFrame::Refuse { code } => self.on_refuse(cx, node, code),
            GroupFrame::JoinRequest { invitation } => {
                self.on_join_request(cx, node, &invitation);
            }
            GroupFrame::JoinAccept { chain } => self.on_join_accept(cx, node, chain),
            GroupFrame::PreviewRequest { invitation } => {
                self.on_preview_request(cx, node, &invitation);
            }
            GroupFrame::Preview { chain, properties, invitation, used } => {
                self.on_preview(cx, node, &chain, [&properties, &invitation], used);
            }
            frame if self.serves(cx, node) => self.on_member_frame(cx, node, frame),
            // It does not know yet, or any more, that we do not take it for a member.
            _ => {}
        }
    }

    /// Whether a neighbor is a member now, and takes us for one. Whoever is none any more is told
    /// so, and nothing that waits for it is sent.
    pub(in crate::group) fn serves(&mut self, cx: &mut Cx, node: NodeId) -> bool {
        let now = self.rights_time(cx);
        let Some(neighbour) = self.neighbours.get(&node) else { return false };
        let Some(chain) = neighbour.chain.as_ref().filter(|_| neighbour.is_introduced()) else {
            return false;
        };
        if self.replica.members().accepts_chain(chain, now) || !Rule::ServesMembers.holds() {
            return true;
        }
        self.review_one(cx, node);
        self.neighbours.get(&node).is_some_and(Neighbour::is_introduced)
    }

    /// What a neighbor may do now.
    pub(in crate::group) fn roles_of(&self, cx: &Cx, node: NodeId) -> Option<Roles> {
        let neighbour = self.neighbours.get(&node).filter(|it| it.is_introduced())?;
        let chain = neighbour.chain.as_ref()?;
        let accepted = self.replica.members().accepts_chain(chain, self.rights_time(cx))
            || !Rule::ServesMembers.holds();
        chain.leaf().filter(|_| accepted).map(|leaf| leaf.roles)
    }

    /// Whether there is reason to verify a chain: it is known, or its sender has not asked for too
    /// much of that yet.
    fn may_check(&mut self, cx: &Cx, node: NodeId, chain: &Chain) -> bool {
        let members = self.replica.members();
        let unknown = chain.0.iter().filter(|it| members.credential(&it.id()).is_none()).count();
        let Some(neighbour) = self.neighbours.get_mut(&node) else { return false };
        neighbour.may_have_checked(cx.now, unknown) || !Rule::ChecksBounded.holds()
    }

    fn on_enter(&mut self, cx: &mut Cx, node: NodeId, clock: Millis, chain: Option<Chain>) {
        let Some(peer) = self.neighbours.get(&node).map(|neighbour| neighbour.peer) else { return };
        let Some(chain) = chain else { return };
        if !self.may_check(cx, node, &chain) {
            return cx.warn(Code::RateLimited, node);
        }
        match self.check_member(cx, peer, &chain) {
            Ok(()) => {
                self.hear_clock(cx, node, clock);
                let mut entered_at = cx.now;
                if let Some(neighbour) = self.neighbours.get_mut(&node) {
                    neighbour.chain = Some(chain);
                    neighbour.proven = false;
                    self.keeps_changed = true;
                    entered_at = neighbour.entered_at;
                }
                // It compares again, or its clock was set: it is told ours, too.
                if cx.now >= entered_at + limits::RECONCILE_INTERVAL / 2 {
                    self.enter(cx, node);
                }
                self.ask_to_join(cx, node);
                self.begin(cx, node);
            }
            Err(code) => {
                if let Some(neighbour) = self.neighbours.get_mut(&node) {
                    neighbour.chain = None;
                    self.keeps_changed = true;
                }
                self.refuse(cx, node, code);
                self.clocks.forget(node);
                self.door.look_again();
                self.visible.push((node, Seen::Stranger));
                self.offer_better(cx, node);
            }
        }
    }

    /// Somebody who was away while it was given other roles, or more time, is shown what it has.
    fn offer_better(&mut self, cx: &Cx, node: NodeId) {
        let now = self.rights_time(cx);
        let Some(neighbour) = self.neighbours.get_mut(&node) else { return };
        let members = self.replica.members();
        let best = members.best(&neighbour.peer, now).and_then(|id| members.chain(&id));
        if let Some(chain) = best {
            neighbour.say(&GroupFrame::JoinAccept { chain });
        }
    }

    fn check_member(&self, cx: &Cx, peer: PeerId, chain: &Chain) -> Result<(), Code> {
        let now = self.rights_time(cx);
        let members = self.replica.members();
        let is_its_own = chain.leaf().is_some_and(|leaf| leaf.subject == peer);
        let is_its_own = is_its_own || !Rule::OwnChain.holds();
        if !is_its_own || !members.verifies(chain) {
            return Err(Code::NotMember);
        }
        if members.accepts_chain(chain, now) {
            return Ok(());
        }
        Err(if members.is_shut_out(&peer) { Code::Revoked } else { Code::NotMember })
    }

    /// Both sides are members: keys are given, and the responder says what it holds.
    fn begin(&mut self, cx: &mut Cx, node: NodeId) {
        if !self.serves(cx, node) {
            return;
        }
        let roles = self.roles_of(cx, node);
        self.give_keys(cx, node);
        self.tell_held(node);
        let Some(neighbour) = self.neighbours.get_mut(&node) else { return };
        neighbour.compare_at = Some(cx.now + limits::RECONCILE_INTERVAL);
        let is_first = neighbour.compared_at.replace(cx.now).is_none();
        neighbour.await_comparison(cx.now);
        let reads = roles.is_some_and(Roles::may_write);
        self.visible.push((node, if reads { Seen::Member } else { Seen::Stranger }));
        let peer = neighbour.peer;
        if is_first && self.turn.at.is_none() {
            self.set_turn(cx);
        }
        self.renew_neighbour(cx, node);
        self.tell_member_of(cx, peer);
    }

    fn on_member_frame(&mut self, cx: &mut Cx, node: NodeId, frame: GroupFrame) {
        let reads = self.roles_of(cx, node).is_some_and(Roles::may_write);
        if let Some(neighbour) = self.neighbours.get_mut(&node)
            && !core::mem::replace(&mut neighbour.confirmed, true)
            && reads
        {
            self.visible.push((node, Seen::Hearing));
        }
        match frame {
            GroupFrame::Keys { keys, meetings } => self.on_keys(cx, keys, meetings),
            GroupFrame::Summary { buckets } => self.on_summary(cx, node, &buckets),
            GroupFrame::Query { bucket, message } => self.on_query(cx, node, bucket, &message),
            GroupFrame::Reply { bucket, message } => self.on_reply(cx, node, bucket, &message),
            GroupFrame::Have { names } => self.on_have(node, names_of(&names).collect()),
            GroupFrame::Want { names } => {
                let mut wanted = names_of(&names).collect();
                self.put_urgent_first(node, &mut wanted);
                let Some(neighbour) = self.neighbours.get_mut(&node) else { return };
                if neighbour.is_compared {
                    neighbour.spreading.on_needed();
                }
                for name in wanted {
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
            GroupFrame::Record { header, body } => self.on_record(cx, node, header, body),
            GroupFrame::Sketch { held, from, symbols } => {
                self.on_sketch(cx, node, held, (from, symbols));
            }
            GroupFrame::More { fingerprint, from } => self.on_more(node, fingerprint, from),
            GroupFrame::Told { unasked } => self.on_told(cx, node, &unasked),
            _ => {}
        }
        self.ask_for_more(cx);
        self.note_comparison(cx, node);
    }
}
