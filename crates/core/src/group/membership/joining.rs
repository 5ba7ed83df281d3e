//! Being let in: who is asked, what it answers, and until when somebody waits for that.

use alloc::vec::Vec;
use core::time::Duration;

use lacis_wire::credential::{Chain, InvitationUse};
use lacis_wire::group::GroupFrame;
use lacis_wire::invitation::InvitationLink;
use lacis_wire::{Code, NodeId, limits};

use crate::cx::Cx;
use crate::group::membership::admission::{AnyInvitation, Patience};
use crate::group::sync::neighbour::{Question, Seed};
use crate::group::{Group, GroupEvent};
use crate::ids::Ticket;
use crate::time::Timestamp;

/// How long an answer is waited for before the same is asked once more.
const PATIENCE: Duration = Duration::from_secs(10);

/// A request to be let in, or only to be told what is offered, which waits for somebody who may.
#[derive(Debug)]
pub(in crate::group) struct Joining {
    /// Who waits, until when, and by which invitation. Being let in by one is being let in.
    waiting: Vec<(Ticket, Timestamp, Seed)>,
    /// Why the last one who was asked did not let us in, for each invitation.
    refused: Vec<(Seed, Code)>,
}

impl Joining {
    /// One more waits.
    pub(in crate::group) fn add(slot: &mut Option<Self>, seed: Seed, one: (Ticket, Timestamp)) {
        let fresh = || Self { waiting: Vec::new(), refused: Vec::new() };
        slot.get_or_insert_with(fresh).waiting.push((one.0, one.1, seed));
    }

    /// Takes out those who wait by an invitation.
    pub(in crate::group) fn take(slot: &mut Option<Self>, seed: Seed) -> Vec<Ticket> {
        let Some(it) = slot else { return Vec::new() };
        let theirs = it.waiting.extract_if(.., |(.., own)| *own == seed);
        let theirs = theirs.map(|(ticket, ..)| ticket).collect();
        it.refused.retain(|(own, _)| *own != seed);
        slot.take_if(|it| it.waiting.is_empty());
        theirs
    }

    /// One who was asked refuses; whether that is final.
    fn is_refused(&mut self, seed: Seed, code: Code) -> bool {
        // Whoever just came back may not know an invitation yet that another one made.
        let is_unknown = code == Code::RecordUnknown;
        self.refused.retain(|(own, _)| *own != seed);
        self.refused.push((seed, if is_unknown { Code::InvitationEnded } else { code }));
        let waits = [
            Code::RateLimited,
            Code::NotAllowed,
            Code::ChainTooLong,
            Code::InvitationNotTrusted,
            Code::RecordUnknown,
        ];
        !waits.contains(&code)
    }

    /// Fails those who have waited for long enough; says why, if there are any.
    pub(in crate::group) fn time_out(slot: &mut Option<Self>, cx: &mut Cx) -> Option<Code> {
        let now = cx.now;
        let it = slot.as_mut()?;
        let over = it.waiting.extract_if(.., |(_, deadline, _)| now >= *deadline);
        let over: Vec<(Ticket, _, Seed)> = over.collect();
        let mut last = None;
        for (ticket, _, seed) in over {
            let refused = it.refused.iter().find(|(own, _)| *own == seed);
            let code = refused.map_or(Code::NoIssuer, |(_, code)| *code);
            cx.settle(ticket, Err(code));
            last = Some(code);
        }
        slot.take_if(|it| it.waiting.is_empty());
        last
    }

    pub(in crate::group) fn deadline(&self) -> Option<Timestamp> {
        self.waiting.iter().map(|(_, deadline, _)| *deadline).min()
    }

    /// All who wait.
    pub(in crate::group) fn into_tickets(self) -> impl Iterator<Item = Ticket> {
        self.waiting.into_iter().map(|(ticket, ..)| ticket)
    }

    /// One of them gives up; says whether nobody is left.
    pub(in crate::group) fn cancel(&mut self, ticket: Ticket) -> bool {
        self.waiting.retain(|(waiting, ..)| *waiting != ticket);
        self.waiting.is_empty()
    }
}

impl Group {
    /// Takes an invitation, in a group whose stored records are here.
    pub(in crate::group) fn use_invitation(
        &mut self,
        cx: &mut Cx,
        ticket: Ticket,
        invitation: AnyInvitation,
        patience: Patience,
    ) {
        match invitation {
            AnyInvitation::Bound(bound) => {
                match self.publish_chain(cx, None, &bound.chain) {
                    Ok(()) => self.saves.ticket(ticket),
                    Err(code) => cx.settle(ticket, Err(code)),
                }
                self.choose_chain(cx);
            }
            // Whoever is a member is one, by whatever invitation. Without the key it may have been
            // let in by somebody who might not any more.
            AnyInvitation::Open(link) if self.own_roles(cx).is_some() => {
                let deadline = cx.now + patience.min(limits::DEADLINE_MAX);
                self.came_by = Some(link.seed);
                self.admitted.push((ticket, deadline));
                self.settle_admitted(cx);
                if self.came_by.is_some() {
                    self.introduce(cx);
                }
            }
            AnyInvitation::Open(link) => {
                let deadline = cx.now + patience.min(limits::DEADLINE_MAX);
                Joining::add(&mut self.joining, link.seed, (ticket, deadline));
                self.arrival.begin(ticket);
                self.profile.chain = None;
                self.profile.invitation = Some(link.seed);
                self.keep_profile(cx);
                self.introduce(cx);
                self.ask_all(cx);
            }
        }
    }

    /// A neighbor has shown who it is, and is asked to let us in if it may, or what is offered.
    pub(in crate::group) fn ask_to_join(&mut self, cx: &Cx, node: NodeId) {
        let Some(neighbour) = self.neighbours.get_mut(&node).filter(|it| it.may_invite()) else {
            return;
        };
        match &mut neighbour.question {
            // An answer does not say to what, so all of it is asked from the beginning then.
            Some((_, at, anew)) if cx.now < *at + PATIENCE => *anew = true,
            _ => self.ask_next(cx, node, None),
        }
    }

    /// Asks a neighbor what comes after a question that it has answered.
    pub(in crate::group) fn ask_next(&mut self, cx: &Cx, node: NodeId, last: Option<Question>) {
        let mut next: Option<Question> = None;
        for (looks, slot) in [(false, &self.joining), (true, &self.looking)] {
            for (.., seed) in slot.iter().flat_map(|it| &it.waiting) {
                let one = (looks, *seed);
                let is_next = last.is_none_or(|last| one > last);
                if is_next && next.is_none_or(|next| one < next) {
                    next = Some(one);
                }
            }
        }
        if let Some(neighbour) = self.neighbours.get_mut(&node) {
            neighbour.question = next.map(|next| (next, cx.now, false));
        }
        match next {
            Some((false, seed)) => self.ask_by(cx, node, seed),
            Some((true, seed)) => {
                let (key, group) = (self.link_of(seed).key(), self.profile.group);
                let invitation = InvitationUse::prove_look(&key, &group, &cx.me.peer);
                self.say_to(node, &GroupFrame::PreviewRequest { invitation });
            }
            None => {}
        }
    }

    /// What a neighbor was asked, if this answers it, and after what it is asked the next one.
    pub(in crate::group) fn take_question(
        &mut self,
        node: NodeId,
    ) -> Option<(Question, Option<Question>)> {
        let (asked, _, anew) = self.neighbours.get_mut(&node)?.question.take()?;
        Some((asked, Some(asked).filter(|_| !anew)))
    }

    /// Asks those who have shown already that they may let us in.
    pub(in crate::group) fn ask_all(&mut self, cx: &Cx) {
        for node in self.neighbours.keys().copied().collect::<Vec<_>>() {
            self.ask_to_join(cx, node);
        }
    }

    /// Somebody who may let us in does not know us, though another one has let us in: that one may
    /// have been shut out before.
    pub(in crate::group) fn ask_again(&mut self, cx: &Cx, node: NodeId) {
        if let Some(seed) = self.came_by {
            self.ask_by(cx, node, seed);
        }
    }

    pub(in crate::group) fn ask_by(&mut self, cx: &Cx, node: NodeId, seed: [u8; 16]) {
        let (key, group) = (self.link_of(seed).key(), self.profile.group);
        let invitation = InvitationUse::prove(&key, &group, &cx.me.peer);
        self.say_to(node, &GroupFrame::JoinRequest { invitation });
    }

    /// A link with that seed.
    pub(in crate::group) fn link_of(&self, seed: [u8; 16]) -> InvitationLink {
        let (group, door) = (self.profile.group, self.profile.door.clone());
        InvitationLink { group, door, seed, servers: Vec::new() }
    }

    pub(in crate::group) fn say_to(&mut self, node: NodeId, frame: &GroupFrame) {
        if let Some(neighbour) = self.neighbours.get_mut(&node) {
            neighbour.say(frame);
        }
    }

    /// Somebody has let us in, by the first of the invitations that it was asked by.
    pub(in crate::group) fn joined(&mut self, cx: &mut Cx, chain: Chain, seed: Option<Seed>) {
        let Some(joining) = self.joining.take() else { return };
        self.profile.invitation = None;
        self.profile.chain = Some(chain.clone());
        self.keep_profile(cx);
        match self.publish_chain(cx, None, &chain) {
            Ok(()) => {
                self.came_by = seed.or(self.came_by);
                let waiting = joining.waiting.into_iter();
                self.admitted.extend(waiting.map(|(ticket, deadline, _)| (ticket, deadline)));
            }
            Err(code) => joining.into_tickets().for_each(|it| cx.settle(it, Err(code))),
        }
        self.introduce(cx);
        self.settle_admitted(cx);
    }

    /// Whoever was let in can write as soon as the key is here, and is told then. A keeper needs
    /// none.
    pub(in crate::group) fn settle_admitted(&mut self, cx: &Cx) {
        // By what is known here it may not be in: then another one lets it in.
        let Some(roles) = self.own_roles(cx) else { return };
        if roles.may_write() && self.sealing_key().is_none() {
            return;
        }
        self.came_by = None;
        for (ticket, _) in core::mem::take(&mut self.admitted) {
            self.saves.ticket(ticket);
        }
    }

    /// One who might have let us in does not. Another one may, or the same by another invitation.
    pub(in crate::group) fn join_refused(&mut self, cx: &mut Cx, node: NodeId, code: Code) {
        if code == Code::NotMember {
            // That is what we are not yet.
            return;
        }
        let Some(((looks, seed), last)) = self.take_question(node) else { return };
        let slot = if looks { &mut self.looking } else { &mut self.joining };
        if slot.as_mut().is_some_and(|it| it.is_refused(seed, code)) {
            let over = Joining::take(slot, seed);
            over.into_iter().for_each(|ticket| cx.settle(ticket, Err(code)));
        }
        self.ask_next(cx, node, last);
    }

    pub(in crate::group) fn join_timeout(&mut self, cx: &mut Cx) {
        let now = cx.now;
        // It is a member, whether or not the key has come.
        for (ticket, _) in self.admitted.extract_if(.., |(_, deadline)| now >= *deadline) {
            self.saves.ticket(ticket);
        }
        Joining::time_out(&mut self.looking, cx);
        if let Some(code) = Joining::time_out(&mut self.joining, cx) {
            self.event(cx, GroupEvent::Refused { code });
        }
    }
}
