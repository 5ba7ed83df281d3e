//! What befalls a group in one seed.

use std::time::Duration;

use crate::random::Random;

/// Who reaches the server while there are islands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Apart {
    /// Everybody.
    All,
    /// Those of some islands.
    Some,
    /// Nobody.
    None,
}

/// What brings islands together that nobody reached a server from: where no link is left across
/// and no server, nothing can.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Back {
    /// Everybody reaches the server again.
    All,
    /// One of each island does.
    Few,
    /// Nobody does, and people carry texts from one of an island to one of another.
    Hands,
}

/// What befalls a group.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) nodes: usize,
    /// Whether all are in a room by link too.
    pub(super) has_room: bool,
    pub(super) has_keeper: bool,
    pub(super) islands: u8,
    /// Whether somebody is on an island alone.
    pub(super) is_lonely: bool,
    pub(super) apart: Apart,
    pub(super) back: Back,
    pub(super) lasts: Duration,
    /// Whether one island after the other comes back.
    pub(super) in_stages: bool,
    /// Whether anything is written meanwhile.
    pub(super) writes: bool,
    /// How many are shut out meanwhile, each in another island.
    pub(super) revokes: u8,
}

impl Plan {
    pub(super) fn new(random: &mut Random) -> Self {
        let nodes = 12 + random.index(29).min(random.index(29));
        let writes = random.chance(750);
        let revokes = u8::try_from(random.below(4)).unwrap_or(0).min(2);
        // Links that are only just lost; those that are given up; what was known is too.
        let lasts = match random.below(4) {
            0 => random.millis(2_000, 30_000),
            1 => random.millis(40_000, 100_000),
            2 => random.millis(100_000, 200_000),
            _ => random.millis(200_000, 420_000),
        };
        Self {
            nodes,
            has_room: random.chance(600),
            has_keeper: random.chance(250),
            islands: u8::try_from(random.between(2, 4)).unwrap_or(2),
            is_lonely: random.chance(250),
            apart: [Apart::All, Apart::Some, Apart::None][random.index(3)],
            back: [Back::All, Back::Few, Back::Hands][random.index(3)],
            lasts,
            in_stages: random.chance(400),
            writes,
            revokes: if writes { revokes } else { 0 },
        }
    }

    /// On which island each is.
    pub(super) fn places(&self, random: &mut Random) -> Vec<u8> {
        // Some islands are larger than others.
        let sizes: Vec<u64> = (0..self.islands).map(|_| random.between(1, 4)).collect();
        let all = sizes.iter().sum();
        let mut places: Vec<u8> = (0..self.nodes)
            .map(|_| {
                let mut at = random.below(all);
                let island = sizes.iter().position(|size| {
                    let is_here = at < *size;
                    at = at.saturating_sub(*size);
                    is_here
                });
                u8::try_from(island.unwrap_or(0)).unwrap_or(0)
            })
            .collect();
        if self.is_lonely {
            let lonely = self.islands - 1;
            places.iter_mut().for_each(|place| *place = (*place).min(lonely.saturating_sub(1)));
            places[random.index(self.nodes)] = lonely;
        }
        places
    }

    /// Which islands are one after each stage, and whether it is the last.
    pub(super) fn stages(&self) -> Vec<(bool, u8)> {
        let last = self.islands - 1;
        let first = if self.in_stages { 1 } else { last };
        (first..=last).map(|merged| (merged == last, merged)).collect()
    }
}
