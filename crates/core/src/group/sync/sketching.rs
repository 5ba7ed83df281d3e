//! What two neighbors lack of each other, found by symbols of all that they hold where that is
//! little.
//!
//! ```text
//! initiator                             responder
//! Enter{held} ------------------------> equal? a Sketch without symbols; little? with some
//!      <------------------ Sketch{held}
//! Told{unasked}, Want, Record.. ------> or More, until symbols tell, or ranges have to
//! ```
//! The responder remembers nothing between the frames. What the initiator remembers is bounded by
//! [`limits::SYMBOLS_MAX`], how often it asks by [`ASKED_MAX`]; and names that symbols tell count
//! only if with them the two sets have equal fingerprints.

use alloc::vec::Vec;

use lacis_wire::group::{GroupFrame, Holding};
use lacis_wire::record::CopyName;
use lacis_wire::symbol::SYMBOL_BYTES;
use lacis_wire::{NodeId, limits};

use super::buckets::Buckets;
use super::compare::summary_of;
use super::heard::{Heard, Sketching};
use super::neighbour::{Neighbour, names_of};
use crate::cx::Cx;
use crate::graph::Replica;
use crate::group::Group;

/// Times that an initiator asks for symbols before it asks for ranges. Three lead to the last
/// symbol; another may be lost to a set that changes meanwhile.
const ASKED_MAX: u8 = 4;

/// How many symbols are likely to tell what differs between two sets; nothing, if ranges tell it
/// for less.
fn needed(ours: &Holding, theirs: &Holding) -> Option<usize> {
    let least = usize::try_from(ours.count.abs_diff(theirs.count)).ok()?;
    let count = least.saturating_mul(2).max(limits::SYMBOLS_FIRST);
    (count <= limits::SYMBOLS_MAX).then_some(count)
}

impl Group {
    /// A responder says what it holds: at the beginning, or as time passed.
    pub(in crate::group) fn tell_held(&mut self, node: NodeId) {
        let ours = self.replica.compared();
        let Some(neighbour) = self.neighbours.get_mut(&node).filter(|it| !it.initiates) else {
            return;
        };
        let Sketching { is_understood, theirs, .. } = &mut neighbour.sketching;
        let count = match theirs.take() {
            Some(theirs) if theirs != ours => needed(&ours, &theirs),
            // What it says next may be something else than what it said last.
            _ => Some(0),
        };
        match count.filter(|_| *is_understood) {
            Some(count) => say_symbols(neighbour, &self.replica, (0, count)),
            None => neighbour.say(&GroupFrame::Summary { buckets: summary_of(&self.replica) }),
        }
    }

    pub(in crate::group) fn on_sketch(
        &mut self,
        cx: &Cx,
        node: NodeId,
        held: Holding,
        (from, symbols): (u16, Vec<u8>),
    ) {
        let ours = self.replica.compared();
        let Some(neighbour) = self.neighbours.get_mut(&node).filter(|it| it.initiates) else {
            return;
        };
        if neighbour.querying.is_some_and(|(_, until)| cx.now < until) {
            return;
        }
        neighbour.querying = None;
        neighbour.buckets.clear();
        if ours == held {
            neighbour.sketching.heard = None;
            return neighbour.tell_all(&[]);
        }
        neighbour.whole = Buckets::NONE;
        let joined = neighbour.sketching.join(&held, usize::from(from), symbols);
        let Some((symbols, asked)) = joined else { return };
        if let Some((have, need)) = self.replica.differs(&held, &symbols) {
            return self.on_difference(node, have, need);
        }
        let place = symbols.len() / SYMBOL_BYTES;
        let is_little = asked < ASKED_MAX && needed(&ours, &held).is_some();
        let place = if is_little { place } else { limits::SYMBOLS_MAX };
        if place < limits::SYMBOLS_MAX {
            neighbour.sketching.heard = Some(Heard { held, symbols, asked: asked + 1 });
        }
        let from = u16::try_from(place).unwrap_or(u16::MAX);
        neighbour.say(&GroupFrame::More { fingerprint: held.fingerprint, from });
    }

    /// All that differs is known. What the other side lacks follows at once if that is little: to
    /// be asked for takes a round trip. But only at the beginning, since what it does not want
    /// would follow every time.
    fn on_difference(&mut self, node: NodeId, mut have: Vec<CopyName>, need: Vec<CopyName>) {
        self.put_urgent_first(node, &mut have);
        let held = have.iter().filter_map(|name| self.replica.held(&name.id));
        let bytes: usize = held.map(|held| usize::try_from(held.length).unwrap_or_default()).sum();
        let Some(neighbour) = self.neighbours.get_mut(&node) else { return };
        let is_little = have.len() <= limits::UNASKED_MAX && bytes <= limits::UNASKED_BYTES;
        if is_little && !neighbour.is_compared {
            neighbour.tell_all(&have);
            for name in have {
                neighbour.asked.push(name);
            }
        } else {
            neighbour.say_names(&have, |names| GroupFrame::Have { names });
            neighbour.tell_all(&[]);
        }
        self.lack(node, need);
    }

    pub(in crate::group) fn on_more(&mut self, node: NodeId, fingerprint: [u8; 16], from: u16) {
        let Some(neighbour) = self.neighbours.get_mut(&node).filter(|it| !it.initiates) else {
            return;
        };
        // What it has and we lack is told until it says that this is all.
        neighbour.whole = Buckets::NONE;
        let from = usize::from(from);
        if from >= limits::SYMBOLS_MAX {
            let buckets = summary_of(&self.replica);
            return neighbour.say(&GroupFrame::Summary { buckets });
        }
        let to = (2 * from).clamp(limits::SYMBOLS_FIRST, limits::SYMBOLS_MAX);
        let is_same = self.replica.compared().fingerprint == fingerprint;
        say_symbols(neighbour, &self.replica, (if is_same { from } else { 0 }, to));
    }

    /// All is told, and some of it comes without being asked for. That is waited for as if it were.
    pub(in crate::group) fn on_told(&mut self, cx: &Cx, node: NodeId, unasked: &[u8]) {
        let deadline = cx.now + limits::WANT_DEADLINE;
        let coming: Vec<CopyName> = names_of(unasked).filter(|name| self.lacks(name)).collect();
        let Some(neighbour) = self.neighbours.get_mut(&node) else { return };
        neighbour.told_all();
        let mut later = Vec::new();
        for name in coming {
            // Whoever promises it once more gets no more time for it.
            if neighbour.in_flight.contains_key(&name) {
                continue;
            }
            if neighbour.late.contains(&name) || neighbour.in_flight.len() >= limits::WANTED_MAX {
                later.push(name);
                continue;
            }
            neighbour.missing.remove(&name);
            neighbour.await_versions(cx.now, &[name], deadline);
        }
        self.lack(node, later);
    }

    /// Puts what rights depend on ahead of what a neighbor wants first, and that ahead of the rest.
    pub(in crate::group) fn put_urgent_first(&self, node: NodeId, names: &mut Vec<CopyName>) {
        let wanted = self.neighbours.get(&node).map_or(&[][..], |it| &it.first);
        let level = |name: &CopyName| match self.replica.held(&name.id) {
            Some(held) if held.kind.is_system() => 0,
            held => {
                let wants = held.and_then(|held| wanted.iter().position(|it| it == held.kind));
                wants.map_or(wanted.len() + 1, |place| place + 1)
            }
        };
        let levels: Vec<usize> = names.iter().map(level).collect();
        let all = core::mem::take(names);
        for level in 0..=wanted.len() + 1 {
            let of_level = all.iter().zip(&levels).filter(|(_, it)| **it == level);
            names.extend(of_level.map(|(name, _)| *name));
        }
    }
}

fn say_symbols(neighbour: &mut Neighbour, replica: &Replica, (from, to): (usize, usize)) {
    neighbour.say(&GroupFrame::Sketch {
        held: replica.compared(),
        from: u16::try_from(from).unwrap_or(u16::MAX),
        symbols: replica.symbols(from, to),
    });
}
