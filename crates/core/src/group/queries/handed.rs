//! How far what is here has been given to others, for whoever is about to leave.

use crate::group::{Group, Neighbour};

impl Group {
    /// How many neighbors take this node for a member, and how many of those have been given all
    /// that is here: both have compared what they hold, and nothing waits to be sent.
    ///
    /// What a neighbor was told of and has not asked for yet is not seen, so whoever is to be sure
    /// looks again after a round trip.
    pub(crate) fn handed(&self) -> (usize, usize) {
        let present = self.neighbours.values().filter(|it| it.is_introduced() && it.confirmed);
        let handed = present.clone().filter(|it| has_been_given_all(it));
        (present.count(), handed.count())
    }
}

fn has_been_given_all(it: &Neighbour) -> bool {
    let announces = !it.spreading.is_empty();
    let sends = !it.push.is_empty() || !it.asked.is_empty() || it.parts.is_some();
    it.has_compared() && !announces && !sends && it.waiting_bytes() == 0
}
