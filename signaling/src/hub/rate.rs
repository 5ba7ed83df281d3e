//! Token buckets: a burst at once, then a steady rate.

use core::time::Duration;

use crate::rate_limit::RateLimit;

/// The tokens left to somebody. The limit itself is kept once, in the configuration.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bucket {
    /// In billionths of a token, so that refilling for a nanosecond is exact.
    level: u64,
    updated: Duration,
}

impl Bucket {
    pub(crate) fn full(limit: RateLimit, now: Duration) -> Self {
        Self { level: capacity(limit), updated: now }
    }

    /// Refills up to `now` and says whether `cost` tokens are there.
    pub(super) fn has(&mut self, limit: RateLimit, now: Duration, cost: usize) -> bool {
        let elapsed = now.saturating_sub(self.updated).as_nanos();
        let refill = elapsed.saturating_mul(u128::from(limit.per_second));
        let refill = u64::try_from(refill).unwrap_or(u64::MAX);
        self.level = self.level.saturating_add(refill).min(capacity(limit));
        self.updated = self.updated.max(now);
        price(cost) <= self.level
    }

    /// Takes tokens that [`Bucket::has`] found to be there.
    pub(super) fn spend(&mut self, cost: usize) {
        self.level = self.level.saturating_sub(price(cost));
    }

    pub(crate) fn take(&mut self, limit: RateLimit, now: Duration, cost: usize) -> bool {
        let enough = self.has(limit, now, cost);
        if enough {
            self.spend(cost);
        }
        enough
    }
}

/// Limits on what is sent, by kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rates {
    /// Frames of any kind.
    pub frames: RateLimit,
    /// Their bytes.
    pub bytes: RateLimit,
    /// Joins, which cost more than other frames.
    pub joins: RateLimit,
}

impl Rates {
    /// That of many together.
    pub(super) fn times(&self, count: u32) -> Self {
        let Self { frames, bytes, joins } = self;
        Self { frames: frames.times(count), bytes: bytes.times(count), joins: joins.times(count) }
    }

    /// Time after which every bucket is full, whatever was taken.
    pub(super) fn refill_time(&self) -> Duration {
        let Self { frames, bytes, joins } = self;
        frames.refill_time().max(bytes.refill_time()).max(joins.refill_time())
    }
}

/// One bucket for each kind of [`Rates`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Buckets {
    frames: Bucket,
    bytes: Bucket,
    joins: Bucket,
}

/// What a frame takes out of [`Buckets`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Cost {
    pub(super) bytes: usize,
    pub(super) joins: usize,
}

impl Buckets {
    pub(super) fn full(rates: &Rates, now: Duration) -> Self {
        Self {
            frames: Bucket::full(rates.frames, now),
            bytes: Bucket::full(rates.bytes, now),
            joins: Bucket::full(rates.joins, now),
        }
    }

    /// Whether one frame of this cost may pass.
    pub(super) fn have(&mut self, rates: &Rates, now: Duration, cost: Cost) -> bool {
        self.frames.has(rates.frames, now, 1)
            & self.bytes.has(rates.bytes, now, cost.bytes)
            & self.joins.has(rates.joins, now, cost.joins)
    }

    pub(super) fn spend(&mut self, cost: Cost) {
        self.frames.spend(1);
        self.bytes.spend(cost.bytes);
        self.joins.spend(cost.joins);
    }
}

/// The refill time of all of an address's buckets.
pub(super) fn refill_time(rates: &Rates, opens: RateLimit) -> Duration {
    rates.refill_time().max(opens.refill_time()).min(REFILL_TIME_MAX)
}

fn capacity(limit: RateLimit) -> u64 {
    price(usize::try_from(limit.burst).unwrap_or(usize::MAX))
}

fn price(tokens: usize) -> u64 {
    u64::try_from(tokens).unwrap_or(u64::MAX).saturating_mul(TOKEN)
}

const TOKEN: u64 = 1_000_000_000;

/// A limit that never refills must not keep an address for ever.
const REFILL_TIME_MAX: Duration = Duration::from_secs(300);

#[cfg(test)]
mod tests {
    use super::{Bucket, Duration, RateLimit};

    const LIMIT: RateLimit = RateLimit { burst: 3, per_second: 2 };

    fn taken(bucket: &mut Bucket, now: Duration) -> usize {
        (0..100).filter(|_| bucket.take(LIMIT, now, 1)).count()
    }

    #[test]
    fn a_burst_passes_and_then_the_steady_rate() {
        let mut bucket = Bucket::full(LIMIT, Duration::ZERO);
        assert_eq!(taken(&mut bucket, Duration::ZERO), 3);
        assert_eq!(taken(&mut bucket, Duration::from_millis(499)), 0);
        assert_eq!(taken(&mut bucket, Duration::from_millis(500)), 1);
        assert_eq!(taken(&mut bucket, Duration::from_millis(1500)), 2);
        assert_eq!(taken(&mut bucket, Duration::from_secs(3600)), 3);
    }

    #[test]
    fn a_clock_that_stands_still_or_goes_back_refills_nothing() {
        let mut bucket = Bucket::full(LIMIT, Duration::from_secs(5));
        assert_eq!(taken(&mut bucket, Duration::from_secs(5)), 3);
        assert_eq!(taken(&mut bucket, Duration::ZERO), 0);
        assert_eq!(taken(&mut bucket, Duration::from_secs(5)), 0);
    }

    #[test]
    fn what_costs_more_than_the_burst_never_passes() {
        let mut bucket = Bucket::full(LIMIT, Duration::ZERO);
        assert!(!bucket.take(LIMIT, Duration::MAX, 4));
        assert!(bucket.take(LIMIT, Duration::MAX, 3));
    }
}
