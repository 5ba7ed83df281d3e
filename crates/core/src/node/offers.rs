//! Offers of others: what one says is judged before anything makes place for it.

use lacis_wire::proof::Role;
use lacis_wire::{Code, NodeId, limits};

use super::Node;
use crate::connect::{Attempt, Connection, Env, Offer};
use crate::remote::Remote;
use crate::signaling::Route;

impl Node {
    /// Another node offers a link.
    pub(super) fn on_offer(&mut self, from: NodeId, mut offer: Offer) {
        let unknown = Connection::new(from, 0, self.cx.now);
        let known = self.remotes.get(&from).map_or(&unknown, |remote| &remote.connection);
        let Self { cx, signaling, pool, .. } = self;
        let verdict = known.judge(&Env { cx, signaling, pool }, &offer);
        // As if it had been lost: it is made once more, and its like are not answered without end.
        let is_overrun = offer.handed_by.is_some_and(|by| self.is_overrun(by));
        if verdict == Err(None) || is_overrun || (verdict.is_ok() && !self.place_for(from)) {
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
                // Members tell nobody that there is no place, and hand it on once more.
                if offer.route != Route::Mesh || code != Some(Code::Busy) {
                    self.pool.seen.insert(from, offer.print);
                }
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
            let is_theirs = |own: &&Attempt| own.id().is_relayed() && own.role() == Role::Answerer;
            let is_full = self.attempts().filter(is_theirs).count() >= limits::RELAYS_MAX / 2;
            let is_full = is_full || self.pool.relays.is_full();
            return if is_full { Err(Some(Code::Busy)) } else { Ok(()) };
        }
        let known = self.remotes.get(&from).map(|remote| &remote.connection);
        let has_place = match known {
            Some(it) if it.same_mailbox(offer.route).is_some_and(|it| !it.is_relayed()) => true,
            Some(it) if it.attempts().iter().any(|own| !own.id().is_relayed()) => {
                !self.is_crowded()
            }
            Some(it) if it.is_near() => true,
            _ => {
                self.make_place_in(offer.room) || {
                    self.give_up_unanswered();
                    !self.is_busy()
                }
            }
        };
        if has_place { Ok(()) } else { Err(Some(Code::Busy)) }
    }

    /// All links that are being set up.
    fn attempts(&self) -> impl Iterator<Item = &Attempt> {
        self.remotes.values().flat_map(|remote| remote.connection.attempts())
    }

    /// Whether members have handed over as many offers as may be under way, or this one has.
    fn is_overrun(&self, by: NodeId) -> bool {
        let (mut all, mut same) = (0, 0);
        for neighbor in self.attempts().filter_map(Attempt::handed_by) {
            all += 1;
            same += usize::from(neighbor == by);
        }
        all >= limits::CARRIED_ATTEMPTS || same >= limits::CARRIED_ATTEMPTS / 2
    }
}
