//! Arbitrary bytes as a history of two nodes and of everything between them.
//!
//! The fuzzer and the property tests share this. The world of the simulator is faithful; this one
//! is not: what is on its way may be lost, doubled, changed or overtaken, a driver may say what no
//! browser would, and frames appear that nobody sent. A node has to survive all of it: it never
//! panics, asks nothing of connections that it has closed, holds no more than its limits, and
//! settles every ticket exactly once.

mod dice;
mod pair;

use std::time::Duration;

use self::dice::Dice;
use self::pair::Pair;

/// How far a history came, to see that histories reach anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reached {
    /// Nodes that were linked at some time, counted at each step.
    pub linked: usize,
    /// Messages, requests and files that reached an application.
    pub received: usize,
    /// Tickets that were opened.
    pub tickets: usize,
}

/// Plays the history that `bytes` stand for.
///
/// # Panics
/// When a node does what it must not.
#[must_use]
pub fn play(bytes: &[u8]) -> Reached {
    let mut dice = Dice::new(bytes);
    let mut pair = Pair::new(dice.byte());
    while !dice.is_empty() {
        dice.act(&mut pair);
        pair.check();
    }
    pair.close();
    // Every wait has an end: the longest deadline there is, and then nothing may be left.
    for _ in 0..64 {
        pair.pass(Duration::from_secs(10));
    }
    pair.check_settled();
    pair.reached
}
