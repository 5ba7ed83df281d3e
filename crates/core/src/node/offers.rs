//! Offers of others: what one says is judged before anything makes place for it.

use lacis_wire::{Code, NodeId};

use super::Node;
use crate::connect::{Connection, Env, Offer};
use crate::remote::Remote;

impl Node {
    /// Another node offers a link.
    pub(super) fn on_offer(&mut self, from: NodeId, mut offer: Offer) {
        let unknown = Connection::new(from, 0);
        let known = self.remotes.get(&from).map_or(&unknown, |remote| &remote.connection);
        let Self { cx, signaling, pool, .. } = self;
        let verdict = known.judge(&Env { cx, signaling, pool }, &offer);
        if verdict == Err(None) || !self.place_for(from) {
            return;
        }
        let taken = verdict.and_then(|version| {
            self.find_place(from, &mut offer)?;
            Ok(version)
        });
        match taken {
            Ok(version) => {
                let cx = &mut self.cx;
                self.remotes.entry(from).or_insert_with(|| Remote::new(cx, from));
                self.with_remote(from, |remote, env| remote.on_offer(env, offer, version));
            }
            Err(code) => {
                self.pool.seen.insert(from, offer.attempt);
                let code = code.unwrap_or(Code::Busy);
                self.refuse_offer(offer.route, offer.room, from, offer.attempt, code);
            }
        }
    }

    /// Finds a place for what an offer asks for, or makes it.
    fn find_place(&mut self, from: NodeId, offer: &mut Offer) -> Result<(), Option<Code>> {
        if let Some(through) = &offer.description.through {
            // It takes no place of a link.
            offer.by = self.choose_between(offer.room, from, through);
            // Nobody may be here over whom it may go.
            offer.by.ok_or(Code::IceFailed)?;
            return if self.pool.relays.is_full() { Err(Some(Code::Busy)) } else { Ok(()) };
        }
        let known = self.remotes.get(&from).map(|remote| &remote.connection);
        let is_found = if known.is_some_and(|it| it.same_mailbox(offer.route).is_some()) {
            true
        } else if known.is_some_and(|it| !it.attempts().is_empty()) {
            !self.is_crowded()
        } else if known.is_some_and(Connection::is_linked) {
            true
        } else if self.make_place_in(offer.room) {
            true
        } else {
            self.give_up_unanswered();
            !self.is_busy()
        };
        if is_found { Ok(()) } else { Err(Some(Code::Busy)) }
    }
}
