//! Two people who carry texts between their tabs.

use lacis_core::{PairError, Ticket};
use lacis_wire::limits;

use super::World;
use crate::ids::TabId;
use crate::truth::Purpose;

/// One side of a pairing.
#[derive(Clone, Copy, Debug)]
pub struct Pairing {
    /// Settles with the text.
    pub written: Ticket,
    /// Settles with the link.
    pub linked: Ticket,
}

impl World {
    /// Writes an offer, or the answer to one.
    ///
    /// # Errors
    /// What the node says.
    pub fn pair(
        &mut self,
        tab: TabId,
        room: usize,
        offer: Option<&str>,
    ) -> Result<Pairing, PairError> {
        let id = *self.tabs[tab.0].rooms.get(&room).ok_or(PairError::NotInRoom)?;
        let patience = Some(limits::GATHER_DEADLINE * 2);
        let written = self.ticket(tab, Purpose::Pairing, patience);
        let linked = self.ticket(tab, Purpose::Paired, Some(limits::PAIRING_DEADLINE));
        let asked = self.command(tab, |node, now| node.pair(now, written, linked, id, offer));
        let result = asked.unwrap_or(Err(PairError::Closed));
        self.refused(tab, written, result)?;
        self.refused(tab, linked, result)?;
        Ok(Pairing { written, linked })
    }

    /// The text that is ready, if it is.
    #[must_use]
    pub fn text(&self, tab: TabId, pairing: Pairing) -> Option<String> {
        self.truth.texts.get(&(tab, pairing.written)).cloned()
    }

    /// Waits for the text.
    ///
    /// # Panics
    /// If it is not written in time.
    pub fn expect_text(&mut self, tab: TabId, pairing: Pairing) -> String {
        let limit = limits::GATHER_DEADLINE * 2;
        self.expect(limit, "the text is written", |world| world.text(tab, pairing).is_some());
        self.text(tab, pairing).unwrap_or_default()
    }

    /// Hands the answer over.
    ///
    /// # Errors
    /// What the node says.
    pub fn complete_pairing(
        &mut self,
        tab: TabId,
        pairing: Pairing,
        answer: &str,
    ) -> Result<(), PairError> {
        let linked = pairing.linked;
        let done = self.command(tab, |node, now| node.complete_pairing(now, linked, answer));
        done.unwrap_or(Err(PairError::Closed))
    }
}
