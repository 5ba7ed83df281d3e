//! Links that people set up by hand, as the application asks for them.

use alloc::vec::Vec;

use lacis_wire::pairing::{Handover, PairingText};
use lacis_wire::setup::Setup;
use lacis_wire::{Code, NodeId, limits};

use super::Node;
use crate::connect::{Answer, Env, Offer, Seen};
use crate::error::PairError;
use crate::ids::{RoomId, Ticket};
use crate::remote::Remote;
use crate::session::RoomProof;
use crate::signaling::{Pairing, Route};
use crate::time::Timestamp;

impl Node {
    /// Sets up a link to somebody who is in the same room, with no server between: `written` is
    /// settled by a [`crate::Event::Response`] with a text that people carry to the other side,
    /// `linked` when there is a link. Without `offer` the text is an offer, whose answer goes to
    /// [`Node::complete_pairing`]; with the offer of the other side it is that answer.
    ///
    /// # Errors
    /// See [`PairError`]; the tickets are not used then.
    pub fn pair(
        &mut self,
        now: Timestamp,
        written: Ticket,
        linked: Ticket,
        room: RoomId,
        offer: Option<&str>,
    ) -> Result<(), PairError> {
        self.set_time(now);
        if self.closing.is_some() {
            return Err(PairError::Closed);
        }
        if !self.signaling.rooms.contains_key(&room) {
            return Err(PairError::NotInRoom);
        }
        let has_place = self.make_place() || self.give_up_one();
        if !has_place || !self.place_for(self.cx.me.node) {
            return Err(PairError::Busy);
        }
        match offer {
            None => self.offer_by_hand(room, [written, linked]),
            Some(text) => self.answer_by_hand(room, [written, linked], text)?,
        }
        self.signaling.write_pairings(&mut self.cx);
        self.changes.everything();
        Ok(())
    }

    /// What may come to nothing makes place for a link that people make: an attempt of ours that
    /// nobody has answered, then a link that is lost, for whoever reaches nobody has as many of
    /// both as there may be. Says whether there is place now.
    fn give_up_one(&mut self) -> bool {
        while self.is_busy() {
            // Those who were linked come last, and of them whoever was lost last.
            let waiting = self.remotes.values().filter(|it| it.connection.may_make_way());
            let first = waiting.min_by_key(|remote| remote.connection.lost_since());
            let Some(node) = first.map(Remote::node) else { break };
            self.with_remote(node, |remote, env| remote.connection.make_way(env));
        }
        !self.is_busy()
    }

    fn begin_pairing(&mut self, node: NodeId, room: RoomId, tickets: [Ticket; 2]) {
        self.signaling.end_pairing(&mut self.cx, node, Err(Code::Replaced));
        for ticket in tickets {
            self.cx.tickets.open(ticket);
        }
        self.changes.everything();
        self.signaling.add_pairing(Pairing::new(node, room, tickets));
        let cx = &mut self.cx;
        self.remotes.entry(node).or_insert_with(|| Remote::new(cx, node));
    }

    fn offer_by_hand(&mut self, room: RoomId, tickets: [Ticket; 2]) {
        let node = NodeId(self.cx.random());
        self.begin_pairing(node, room, tickets);
        self.with_remote(node, |remote, env| {
            remote.connection.offer(env, room, Some(Route::Manual));
            remote.connection.give_time(env.cx.now + limits::PAIRING_DEADLINE);
        });
    }

    fn answer_by_hand(
        &mut self,
        room: RoomId,
        tickets: [Ticket; 2],
        text: &str,
    ) -> Result<(), PairError> {
        let text = PairingText::parse(text)?;
        let node = text.from;
        let Handover { setup, candidates } = self.signaling.open_pairing(room, &text)?;
        let print = Seen::print(&setup);
        let Setup::Offer { attempt, introduction, versions, description, .. } = setup else {
            return Err(PairError::PairingMismatch);
        };
        if node == self.cx.me.node || self.pool.seen.contains(node, print) {
            return Err(PairError::PairingMismatch);
        }
        self.begin_pairing(node, room, tickets);
        let offer = Offer {
            by: None,
            room,
            route: Route::Manual,
            handed_by: None,
            print,
            attempt,
            introduction,
            versions,
            description,
            is_newcomer: false,
        };
        self.with_remote(node, |remote, env| match remote.connection.judge(env, &offer) {
            Ok(version) => {
                remote.on_offer(env, offer, version);
                remote.connection.on_candidates(env, attempt, None, candidates);
                remote.connection.give_time(env.cx.now + limits::PAIRING_DEADLINE);
            }
            Err(code) => {
                env.signaling.end_pairing(env.cx, node, Err(code.unwrap_or(Code::Busy)));
                remote.forget_if_idle(env);
            }
        });
        Ok(())
    }

    /// Takes the answer to an offer that [`Node::pair`] wrote; `linked` is the ticket that it was
    /// given. A text that does not fit changes nothing: the right one may follow.
    ///
    /// # Errors
    /// See [`PairError`].
    pub fn complete_pairing(
        &mut self,
        now: Timestamp,
        linked: Ticket,
        answer: &str,
    ) -> Result<(), PairError> {
        self.set_time(now);
        let text = PairingText::parse(answer)?;
        let mut pairings = self.signaling.pairings().iter();
        let waits = pairings.find(|pairing| pairing.linked == linked);
        let Some(&Pairing { node: stand_in, room, .. }) = waits else {
            return Err(PairError::PairingMismatch);
        };
        if text.to != self.cx.me.node {
            return Err(PairError::PairingMismatch);
        }
        let Handover { setup, candidates } = self.signaling.open_pairing(room, &text)?;
        let Setup::Answer { attempt, introduction, version, description, signature } = setup else {
            return Err(PairError::PairingMismatch);
        };
        let remote = self.remotes.get(&stand_in);
        let Some(id) = remote.and_then(|it| it.connection.open_attempt(attempt)) else {
            return Err(PairError::PairingMismatch);
        };
        if self.remotes.get(&text.from).is_some_and(|it| it.connection.is_linked()) {
            // They have found each other meanwhile.
            self.signaling.end_pairing(&mut self.cx, stand_in, Ok(()));
            self.with_remote(stand_in, |remote, env| {
                remote.connection.fail_attempt(env, id, Code::Replaced);
            });
            return Ok(());
        }
        self.changes.everything();
        self.name_member(stand_in, text.from, room);
        self.with_remote(text.from, |remote, env| {
            remote.connection.give_time(env.cx.now + limits::ATTEMPT_DEADLINE);
            remote.tell(env);
            let answer = Answer { attempt, introduction, version, description, signature };
            remote.connection.on_answer(env, &answer, Route::Manual);
            remote.connection.on_candidates(env, attempt, None, candidates);
        });
        Ok(())
    }

    /// The node that an attempt is with has become known. What waited for it there is given up,
    /// because our offer has named a new sequence of messages.
    fn name_member(&mut self, stand_in: NodeId, node: NodeId, room: RoomId) {
        if let Some(mut former) = self.remotes.remove(&node) {
            let Self { cx, signaling, pool, .. } = self;
            former.dissolve(&mut Env { cx, signaling, pool }, Code::Replaced);
        }
        if let Some(mut remote) = self.remotes.remove(&stand_in) {
            remote.rename(node);
            remote.rooms.set(room, RoomProof::Claimed);
            self.remotes.insert(node, remote);
        }
        if let Some(pairing) = self.signaling.pairing(stand_in) {
            pairing.node = node;
        }
    }

    /// Gives up the pairings that fit.
    pub(crate) fn cancel_pairings(&mut self, fits: impl Fn(&Pairing) -> bool) {
        let pairings = self.signaling.pairings().iter().filter(|pairing| fits(pairing));
        for node in pairings.map(|pairing| pairing.node).collect::<Vec<_>>() {
            self.changes.everything();
            self.signaling.end_pairing(&mut self.cx, node, Err(Code::Aborted));
            self.with_remote(node, |remote, env| {
                if let Some(id) = remote.connection.manual_attempt() {
                    remote.connection.fail_attempt(env, id, Code::Aborted);
                }
            });
        }
    }

    pub(crate) fn cancel_pairing(&mut self, ticket: Ticket) {
        self.cancel_pairings(|pairing| pairing.written == ticket || pairing.linked == ticket);
    }
}
