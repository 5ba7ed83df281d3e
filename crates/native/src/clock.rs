//! The two clocks of a machine.

use std::sync::LazyLock;
use std::time::{Duration, Instant, SystemTime};

use lacis_core::Timestamp;
use lacis_wire::Millis;

/// A monotonic clock that began with the peer, and the one on the wall.
#[derive(Debug)]
pub(crate) struct Clock {
    start: Instant,
    /// By how many milliseconds the clock on the wall is to be corrected.
    pub(crate) offset: i64,
}

impl Clock {
    pub(crate) fn new(offset: i64) -> Self {
        Self { start: Instant::now(), offset }
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_micros(u64::try_from(self.start.elapsed().as_micros()).unwrap_or(u64::MAX))
    }

    /// When it is that time. Rounded up by less than a microsecond, so that nothing is early.
    pub(crate) fn instant(&self, at: Timestamp) -> Instant {
        self.start + Duration::from_micros(at.as_micros())
    }

    pub(crate) fn wall(&self) -> Millis {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let millis = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
        Millis(millis.saturating_add_signed(self.offset))
    }
}

/// The next moment, from that on, that is whole ticks after this program began to count: all of its
/// peers then do together what need not be done at once.
pub(crate) fn next_tick(at: Instant, tick: Duration) -> Instant {
    static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);
    let past = at.saturating_duration_since(*BEGAN).as_nanos() % tick.as_nanos().max(1);
    let past = Duration::from_nanos(u64::try_from(past).unwrap_or_default());
    if past.is_zero() { at } else { at + (tick - past) }
}
