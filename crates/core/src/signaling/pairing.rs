//! Links that people set up by hand: what a server would carry is written as a text.
//!
//! ```text
//! pair(no text) --> text --(carried)--> pair(text) --> answer --(carried)--> complete_pairing
//! ```
//! The offerer does not know who will answer. Until it does, its attempt stands under a random node
//! id, which also is whom the sealed offer goes to.

use alloc::string::String;
use alloc::vec::Vec;

use lacis_wire::description::DtlsRole;
use lacis_wire::pairing::{Handover, PairingText, PairingTextError};
use lacis_wire::setup::Setup;
use lacis_wire::{Code, NodeId, codec, limits, seal};

use super::Signaling;
use crate::cx::Cx;
use crate::error::PairError;
use crate::event::Completion;
use crate::ids::{RoomId, Ticket};
use crate::time::{Earliest, Timer, Timestamp};

/// One side of a pairing.
#[derive(Debug)]
pub(crate) struct Pairing {
    /// The other side, or what stands for it.
    pub(crate) node: NodeId,
    pub(crate) room: RoomId,
    /// Settles with our text.
    pub(crate) written: Ticket,
    /// Settles with the link.
    pub(crate) linked: Ticket,
    /// Our offer or answer, once it is made.
    setup: Option<Setup>,
    candidates: Vec<String>,
    /// Whether the browser has found all of its candidates.
    gathered: bool,
    /// When the text is written with what there is.
    due: Option<Timestamp>,
}

impl Pairing {
    pub(crate) const fn new(node: NodeId, room: RoomId, [written, linked]: [Ticket; 2]) -> Self {
        Self {
            node,
            room,
            written,
            linked,
            setup: None,
            candidates: Vec::new(),
            gathered: false,
            due: None,
        }
    }

    /// Takes note of what is to reach the other side.
    fn collect(&mut self, now: Timestamp, setup: &Setup) {
        match setup {
            Setup::Offer { .. } | Setup::Answer { .. } => {
                self.due = Some(now + limits::GATHER_DEADLINE);
                self.setup = Some(waiting(setup.clone()));
            }
            Setup::Candidates { list, .. } => {
                let place = limits::PAIRING_CANDIDATES_MAX - self.candidates.len();
                let useful = list.iter().filter_map(|line| essential(line));
                self.candidates.extend(useful.take(place).map(String::from));
            }
            Setup::Refuse { .. }
            | Setup::Restart { .. }
            | Setup::Restarted { .. }
            | Setup::RestartWanted { .. } => {}
        }
    }
}

/// Until a person has carried the answer, the offerer hears no DTLS. So it is the one to open the
/// handshake: an answerer that did would give up, or pause for up to a minute between its tries.
fn waiting(mut setup: Setup) -> Setup {
    if let Setup::Offer { description, .. } = &mut setup {
        description.dtls_role = DtlsRole::Active;
    }
    setup
}

/// A candidate without what nobody needs, if it is of any use: browsers listen on no TCP port.
fn essential(line: &str) -> Option<&str> {
    let is_udp = line.as_bytes().split(|byte| *byte == b' ').nth(2)?.eq_ignore_ascii_case(b"udp");
    let rest = b" generation ";
    let end = line.as_bytes().windows(rest.len()).position(|part| part == rest);
    line.get(..end.unwrap_or(line.len())).filter(|_| is_udp)
}

impl From<PairingTextError> for PairError {
    fn from(error: PairingTextError) -> Self {
        match error {
            PairingTextError::Damaged => Self::PairingDamaged,
            PairingTextError::Version => Self::PairingVersion,
            _ => Self::PairingUnknown,
        }
    }
}

impl Signaling {
    /// The pairing with a node.
    pub(crate) fn pairing(&mut self, node: NodeId) -> Option<&mut Pairing> {
        self.pairings.iter_mut().find(|pairing| pairing.node == node)
    }

    pub(crate) fn pairings(&self) -> &[Pairing] {
        &self.pairings
    }

    pub(crate) fn add_pairing(&mut self, pairing: Pairing) {
        self.pairings.push(pairing);
    }

    /// Keeps for the text what would go through a server; says whether there is a text to write.
    pub(super) fn collect(&mut self, now: Timestamp, to: NodeId, setup: &Setup) -> bool {
        self.pairing(to).map(|pairing| pairing.collect(now, setup)).is_some()
    }

    /// The browser has found all candidates for a connection that is set up by hand.
    pub(crate) fn on_gathered(&mut self, node: NodeId) {
        if let Some(pairing) = self.pairing(node) {
            pairing.gathered = true;
        }
    }

    /// Writes the texts that are ready.
    pub(crate) fn write_pairings(&mut self, cx: &mut Cx) {
        let now = cx.now;
        for pairing in &mut self.pairings {
            let is_due = pairing.due.is_some_and(|at| pairing.gathered || now >= at);
            let Some(setup) = pairing.setup.take_if(|_| is_due) else { continue };
            let Some(room) = self.rooms.get(&pairing.room) else { continue };
            pairing.due = None;
            let (node, ticket) = (pairing.node, pairing.written);
            let handover = Handover { setup, candidates: core::mem::take(&mut pairing.candidates) };
            let (plain, nonce) = (codec::encode(&handover), cx.random());
            let payload = seal::seal(&room.keys, cx.me.node, node, nonce, &plain);
            let text = PairingText { from: cx.me.node, to: node, payload }.to_text();
            cx.complete(ticket, Completion::Answer(text.into_bytes()));
        }
    }

    /// Ends a pairing, if there is one with that node.
    pub(crate) fn end_pairing(
        &mut self,
        cx: &mut Cx,
        node: NodeId,
        result: Result<(), Code>,
    ) -> bool {
        let place = self.pairings.iter().position(|pairing| pairing.node == node);
        let Some(pairing) = place.map(|at| self.pairings.remove(at)) else { return false };
        cx.settle(pairing.written, result.and(Err(Code::Replaced)));
        cx.settle(pairing.linked, result);
        true
    }

    pub(crate) fn pairing_deadlines(&self, earliest: &mut Earliest) {
        earliest.see(self.pairings.iter().filter_map(|pairing| pairing.due).min(), Timer::Pairing);
    }

    /// Opens what somebody wrote in that room.
    pub(crate) fn open_pairing(
        &self,
        room: RoomId,
        text: &PairingText,
    ) -> Result<Handover, PairError> {
        let keys = self.rooms.get(&room).map(|room| &room.keys).ok_or(PairError::NotInRoom)?;
        let plain = seal::open(keys, text.from, text.to, &text.payload)
            .map_err(|_| PairError::PairingMismatch)?;
        codec::decode(&plain).map_err(|_| PairError::PairingDamaged)
    }
}
