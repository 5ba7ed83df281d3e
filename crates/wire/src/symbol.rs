//! Symbols, by which two members find what differs between their sets of copies at a cost that
//! grows with the difference alone.
//!
//! Rateless set reconciliation (Yang, Gilad and Alizadeh, "Practical Rateless Set Reconciliation",
//! 2024): of the endless sequence of symbols of a set, each name is in the first and, by chance
//! that both sides draw alike, in ever fewer of the others. Symbols of two sets that are taken from
//! each other leave those of the difference; one with a single name in it gives that away, and
//! whoever takes it out of the others finds the next.
//!
//! A symbol has no count: what its checksum fits is one name, and whether it is ours or theirs says
//! our own set.

use alloc::vec::Vec;

use crate::ids::GroupId;
use crate::limits;
use crate::record::CopyName;

const KEY: &str = "lacis 2026 symbol 1";

/// Bytes of a symbol on its way.
pub const SYMBOL_BYTES: usize = 40;

/// Multiplies the state of a draw: a multiplier of the table by L'Ecuyer (1999).
const STEP: u64 = 0xda94_2042_e4dd_58b5;

/// Under which the names of a group are hashed: what was chosen so that hashes fall together does
/// so in one group only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SymbolKey([u8; 32]);

/// What is derived of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Its part in the fingerprint of a set, which is the sum over all modulo 2^128.
    pub fingerprint: u128,
    /// Its part in the checksum of a symbol.
    pub check: u64,
    /// Begins the draw of the symbols that it is in.
    draw: u64,
}

/// The names of some copies, and their checksums, each combined by exclusive or.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Symbol {
    sum: [u8; 32],
    check: u64,
}

impl SymbolKey {
    /// The key of a group.
    #[must_use]
    pub fn new(group: &GroupId) -> Self {
        Self(blake3::derive_key(KEY, group.as_bytes()))
    }

    /// Hashes a name.
    #[must_use]
    pub fn mark(&self, name: &CopyName) -> Mark {
        let hash = blake3::keyed_hash(&self.0, &name.to_bytes());
        let (fingerprint, rest) = hash.as_bytes().split_first_chunk().unwrap_or((&[0; 16], &[]));
        let (check, draw) = rest.split_first_chunk().unwrap_or((&[0; 8], &[]));
        Mark {
            fingerprint: u128::from_le_bytes(*fingerprint),
            check: u64::from_le_bytes(*check),
            // Odd, or the draw could run into 0.
            draw: u64::from_le_bytes(draw.first_chunk().copied().unwrap_or_default()) | 1,
        }
    }
}

impl Mark {
    /// The symbols that the name is in, of the first [`limits::SYMBOLS_MAX`]: all have the first,
    /// and the one at place `i` some `1 / (1 + i / 2)` of the names.
    pub fn places(&self) -> impl Iterator<Item = usize> + use<> {
        let mut draw = self.draw;
        let next = move |place: &usize| {
            draw = draw.wrapping_mul(STEP);
            Some(following(*place, draw >> 32))
        };
        let places = core::iter::successors(Some(0), next);
        places.take_while(|place| *place < limits::SYMBOLS_MAX)
    }
}

/// The least place behind `place` with `(2 next + 3)^2 (chance + 1) >= (2 place + 3)^2 2^32`, for a
/// chance of 32 bits: in integers, so that all machines agree.
fn following(place: usize, chance: u64) -> usize {
    let base = 2 * place as u64 + 3;
    let root = ((base * base) << 32).div_ceil(chance + 1);
    let floor = root.isqrt();
    let root = if floor * floor < root { floor + 1 } else { floor };
    let next = usize::try_from((root - 2) / 2).unwrap_or(usize::MAX);
    next.max(place + 1)
}

impl Symbol {
    /// The symbol of one name alone.
    #[must_use]
    pub fn of(name: &CopyName, mark: &Mark) -> Self {
        Self { sum: name.to_bytes(), check: mark.check }
    }

    /// Adds a name, or takes it out.
    pub fn toggle(&mut self, name: &CopyName, mark: &Mark) {
        self.toggle_all(&Self::of(name, mark));
    }

    /// Adds all that is in another one, or takes it out.
    pub fn toggle_all(&mut self, other: &Self) {
        // Eight bytes at once: each name goes into some dozen symbols.
        let (sum, others) = (self.sum.as_chunks_mut::<8>().0, other.sum.as_chunks().0);
        for (bytes, other) in sum.iter_mut().zip(others) {
            *bytes = (u64::from_ne_bytes(*bytes) ^ u64::from_ne_bytes(*other)).to_ne_bytes();
        }
        self.check ^= other.check;
    }

    /// Whether no name is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The name in it, if that is one, or by a chance of 2^-64.
    #[must_use]
    pub fn only(&self, key: &SymbolKey) -> Option<(CopyName, Mark)> {
        if self.is_empty() {
            return None;
        }
        let name = CopyName::from_bytes(&self.sum);
        let mark = key.mark(&name);
        (mark.check == self.check).then_some((name, mark))
    }

    /// It as it travels: the names, then the checksum.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.sum);
        out.extend_from_slice(&self.check.to_le_bytes());
    }

    /// Reads one.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; SYMBOL_BYTES]) -> Self {
        let (sum, check) = bytes.split_first_chunk().unwrap_or((&[0; 32], &[]));
        let check = check.first_chunk().copied().unwrap_or_default();
        Self { sum: *sum, check: u64::from_le_bytes(check) }
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::{SYMBOL_BYTES, Symbol, SymbolKey, following};
    use crate::ids::GroupId;
    use crate::limits;
    use crate::record::CopyName;

    fn key() -> SymbolKey {
        SymbolKey::new(&GroupId([7; 32]))
    }

    fn name(number: u32) -> CopyName {
        CopyName::from_bytes(blake3::hash(&number.to_le_bytes()).as_bytes())
    }

    #[test]
    fn a_name_is_in_ever_fewer_symbols() {
        let mut held = [0_u32; limits::SYMBOLS_MAX];
        let mut most = 0;
        for number in 0..20_000 {
            let places: Vec<usize> = key().mark(&name(number)).places().collect();
            assert!(places.is_sorted_by(|one, next| one < next) && places[0] == 0);
            most = most.max(places.len());
            places.iter().for_each(|place| held[*place] += 1);
        }
        for (place, held) in held.iter().enumerate() {
            let expected = 20_000.0 / (1.0 + place as f64 / 2.0);
            let error = (f64::from(*held) - expected).abs();
            // Four times the deviation, and what the draw rounds.
            assert!(error < 4.0 * expected.sqrt() + expected * 0.06, "{place}: {held}");
        }
        let all: u32 = held.iter().sum();
        assert!((10.0..12.0).contains(&(f64::from(all) / 20_000.0)), "{all}");
        assert!(most < 32, "{most}");
    }

    #[test]
    fn the_next_place_is_the_least_that_fits() {
        for place in [0, 1, 2, 9, 100, 255] {
            for chance in [0, 1, 2, 77, 1 << 16, 1 << 20, 1 << 31, (1 << 32) - 2, (1 << 32) - 1] {
                let base = 2 * place as u128 + 3;
                let fits = |next: u128| (2 * next + 3).pow(2) * (chance + 1) >= (base * base) << 32;
                let next = following(place, chance as u64) as u128;
                assert!(fits(next) && next > place as u128, "{place} {chance}");
                assert!(next == place as u128 + 1 || !fits(next - 1), "{place} {chance}");
            }
        }
    }

    #[test]
    fn a_symbol_tells_the_only_name_in_it() {
        let (one, other) = (name(1), name(2));
        let mut symbol = Symbol::default();
        assert!(symbol.is_empty() && symbol.only(&key()).is_none());
        symbol.toggle(&one, &key().mark(&one));
        assert_eq!(symbol.only(&key()), Some((one, key().mark(&one))));
        assert_eq!(symbol.only(&SymbolKey::new(&GroupId([8; 32]))), None);
        symbol.toggle(&other, &key().mark(&other));
        assert_eq!(symbol.only(&key()), None);
        let mut bytes = Vec::new();
        symbol.write(&mut bytes);
        let read = Symbol::from_bytes(bytes.first_chunk().expect("a symbol"));
        assert_eq!((read, bytes.len()), (symbol, SYMBOL_BYTES));
        symbol.toggle(&one, &key().mark(&one));
        symbol.toggle_all(&read);
        assert_eq!(symbol.only(&key()), Some((one, key().mark(&one))));
    }
}
