//! The time of day, as the driver read it last.
//!
//! A monotonic clock stands still while a machine sleeps, and people set the time of day while a
//! page runs. So the driver hands in what the clock on the wall says, again and again, and between
//! two readings the monotonic clock counts on from the last.

use lacis_wire::{Millis, limits};

use crate::time::Timestamp;

/// What the clock on the wall said, and when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WallClock {
    read_at: Timestamp,
    reading: Millis,
    /// When it is looked at again at the latest.
    due: Timestamp,
}

impl WallClock {
    pub(crate) fn new(now: Timestamp, reading: Millis) -> Self {
        Self { read_at: now, reading, due: now + limits::WALL_INTERVAL }
    }

    /// The time of day, counted on from the last reading.
    pub(crate) fn at(&self, now: Timestamp) -> Millis {
        let since = u64::try_from(now.since(self.read_at).as_millis()).unwrap_or(u64::MAX);
        Millis(self.reading.0.saturating_add(since))
    }

    /// Takes a reading. If it is a jump, says what would have been expected.
    pub(crate) fn read(&mut self, now: Timestamp, reading: Millis) -> Option<Millis> {
        let expected = self.at(now);
        *self = Self::new(now, reading);
        let off = u128::from(expected.0.abs_diff(reading.0));
        (off > limits::WALL_JUMP.as_millis()).then_some(expected)
    }

    /// A driver that was called without a reading is called again an interval later.
    pub(crate) fn on_timeout(&mut self, now: Timestamp) {
        if now >= self.due {
            self.due = now + limits::WALL_INTERVAL;
        }
    }

    pub(crate) const fn due(&self) -> Timestamp {
        self.due
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use lacis_wire::{Millis, limits};

    use super::WallClock;
    use crate::time::Timestamp;

    const NOON: Millis = Millis(1_800_000_000_000);

    #[test]
    fn between_readings_the_monotonic_clock_counts() {
        let clock = WallClock::new(Timestamp::ZERO, NOON);
        let later = Timestamp::ZERO + Duration::from_millis(1_500);
        assert_eq!(clock.at(later), Millis(NOON.0 + 1_500));
    }

    #[test]
    fn what_drifts_is_followed_and_what_jumps_is_told() {
        let mut clock = WallClock::new(Timestamp::ZERO, NOON);
        let later = Timestamp::ZERO + Duration::from_secs(1);
        assert_eq!(clock.read(later, Millis(NOON.0 + 2_000)), None);
        assert_eq!(clock.at(later), Millis(NOON.0 + 2_000));
        let back = Millis(NOON.0 - 3_600_000);
        assert_eq!(clock.read(later, back), Some(Millis(NOON.0 + 2_000)));
        assert_eq!(clock.at(later), back);
        let hour = Millis(NOON.0 + 3_600_000);
        assert_eq!(clock.read(later, hour), Some(back));
    }

    #[test]
    fn a_driver_that_never_reads_is_not_called_without_end() {
        let mut clock = WallClock::new(Timestamp::ZERO, NOON);
        let due = clock.due();
        clock.on_timeout(due);
        assert_eq!(clock.due(), due + limits::WALL_INTERVAL);
    }
}
