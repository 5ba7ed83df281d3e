//! The first symbols of a set of copies, kept up with it, and what those of another set tell.
//!
//! ```text
//! theirs, less ours --> one name in a symbol --> taken out of the others --> .. --> all empty
//! ```

use alloc::vec::Vec;

use lacis_wire::limits;
use lacis_wire::record::CopyName;
use lacis_wire::symbol::{Mark, SYMBOL_BYTES, Symbol, SymbolKey};

/// The symbols of a set.
#[derive(Clone, Debug)]
pub struct Sketch {
    key: SymbolKey,
    symbols: Vec<Symbol>,
}

/// What the symbols of two sets tell of the difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decoded {
    /// These are the names that one set has and the other lacks.
    All(Vec<CopyName>),
    /// There are not enough symbols, or they are none of any set.
    Open,
}

impl Sketch {
    /// Of the empty set.
    #[must_use]
    pub fn new(key: SymbolKey) -> Self {
        Self { key, symbols: alloc::vec![Symbol::default(); limits::SYMBOLS_MAX] }
    }

    /// Hashes a name as the symbols do.
    #[must_use]
    pub fn mark(&self, name: &CopyName) -> Mark {
        self.key.mark(name)
    }

    /// Adds a name that is not in the set, or takes out one that is; gives its part in the
    /// fingerprint.
    pub fn toggle(&mut self, name: &CopyName) -> u128 {
        let mark = self.key.mark(name);
        toggle(&mut self.symbols, name, &mark);
        mark.fingerprint
    }

    /// Symbols from one place to another as they travel.
    #[must_use]
    pub fn packed(&self, from: usize, to: usize) -> Vec<u8> {
        let symbols = self.symbols.get(from..to).unwrap_or_default();
        let mut bytes = Vec::with_capacity(symbols.len() * SYMBOL_BYTES);
        symbols.iter().for_each(|symbol| symbol.write(&mut bytes));
        bytes
    }

    /// Finds the difference to a set of which some first symbols are known, as they travel.
    ///
    /// Whatever they are, no more names come of it than there are symbols, and no name twice.
    #[must_use]
    pub fn compare(&self, theirs: &[u8]) -> Decoded {
        let theirs = theirs.as_chunks::<SYMBOL_BYTES>().0.iter().take(limits::SYMBOLS_MAX);
        let mut left: Vec<Symbol> = theirs.map(Symbol::from_bytes).collect();
        for (symbol, ours) in left.iter_mut().zip(&self.symbols) {
            symbol.toggle_all(ours);
        }
        let mut names = Vec::new();
        let mut places: Vec<usize> = (0..left.len()).rev().collect();
        while let Some(place) = places.pop() {
            let Some((name, mark)) = left.get(place).and_then(|it| it.only(&self.key)) else {
                continue;
            };
            let fits = mark.places().any(|it| it == place);
            if !fits || names.len() >= left.len() || names.contains(&name) {
                return Decoded::Open;
            }
            toggle(&mut left, &name, &mark);
            places.extend(mark.places().take_while(|place| *place < left.len()));
            names.push(name);
        }
        // No symbol tells nothing.
        let is_whole = !left.is_empty() && left.iter().all(Symbol::is_empty);
        if is_whole { Decoded::All(names) } else { Decoded::Open }
    }
}

fn toggle(symbols: &mut [Symbol], name: &CopyName, mark: &Mark) {
    let own = Symbol::of(name, mark);
    for place in mark.places() {
        let Some(symbol) = symbols.get_mut(place) else { break };
        symbol.toggle_all(&own);
    }
}
