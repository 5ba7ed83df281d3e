//! What an initiator has heard of what a neighbor holds, until that is compared.

use alloc::vec::Vec;

use lacis_wire::group::Holding;
use lacis_wire::symbol::SYMBOL_BYTES;

/// Where two neighbors stand with the symbols of what they hold.
#[derive(Debug)]
pub(in crate::group) struct Sketching {
    /// Whether the other side understands symbols.
    pub(super) is_understood: bool,
    /// What it said that it holds, until that is answered.
    pub(super) theirs: Option<Holding>,
    /// The symbols of what it holds, if they do not tell yet.
    pub(super) heard: Option<Heard>,
}

/// Symbols that do not tell yet, and how often they were asked for.
#[derive(Debug)]
pub(super) struct Heard {
    pub(super) held: Holding,
    pub(super) symbols: Vec<u8>,
    pub(super) asked: u8,
}

impl Sketching {
    pub(in crate::group) const fn new() -> Self {
        Self { is_understood: false, theirs: None, heard: None }
    }

    /// The other side shows who it is, and what it holds.
    pub(in crate::group) fn enter(&mut self, held: Option<Holding>) {
        self.is_understood = held.is_some();
        self.theirs = held;
    }

    /// Ranges are to tell what symbols do not.
    pub(in crate::group) fn give_up(&mut self) {
        self.heard = None;
    }

    /// The first symbols of a set, with those that came before; and how often they were asked for.
    pub(super) fn join(
        &mut self,
        held: &Holding,
        from: usize,
        more: Vec<u8>,
    ) -> Option<(Vec<u8>, u8)> {
        let heard = self.heard.take();
        let asked = heard.as_ref().map_or(0, |heard| heard.asked);
        if from == 0 {
            return Some((more, asked));
        }
        let follows = |heard: &Heard| {
            heard.held == *held && heard.symbols.len() == from.saturating_mul(SYMBOL_BYTES)
        };
        let mut symbols = heard.filter(follows)?.symbols;
        symbols.extend_from_slice(&more);
        Some((symbols, asked))
    }
}
