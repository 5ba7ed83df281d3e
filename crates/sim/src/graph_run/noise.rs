//! What liars say of what they hold.

use lacis_wire::credential::Chain;
use lacis_wire::group::{GroupFrame, Holding};
use lacis_wire::record::CopyName;
use lacis_wire::symbol::{Symbol, SymbolKey};
use lacis_wire::{GroupId, Millis, limits};

use crate::random::Random;

/// A chain, at any time, by whoever holds what nobody does, or says nothing of it.
pub(super) fn enter(random: &mut Random, chain: Option<Chain>) -> GroupFrame {
    let held = if random.chance(500) { Some(holding(random)) } else { None };
    let keys = held.map(|_| random.bytes());
    let clock = Millis(random.below(u64::MAX));
    GroupFrame::Enter { clock, chain, first: Vec::new(), held, keys }
}

fn holding(random: &mut Random) -> Holding {
    Holding { count: random.below(300) as u32, fingerprint: random.bytes() }
}

/// Symbols that tell nothing, or names of what nobody holds.
pub(super) fn sketch(random: &mut Random, group: &GroupId, noise: &[u8]) -> GroupFrame {
    let held = holding(random);
    let count = random.index(limits::SYMBOLS_MAX);
    let from = random.index(limits::SYMBOLS_MAX - count);
    let from = if random.chance(500) { 0 } else { from as u16 };
    let key = SymbolKey::new(group);
    let mut symbols = Vec::new();
    for bytes in noise.as_chunks::<32>().0.iter().take(count) {
        let name = CopyName::from_bytes(bytes);
        let mut symbol = Symbol::default();
        symbol.toggle(&name, &key.mark(&name));
        symbol.write(&mut symbols);
    }
    if random.chance(500) {
        symbols.iter_mut().for_each(|byte| *byte ^= 0x55);
    }
    GroupFrame::Sketch { held, from, symbols }
}
