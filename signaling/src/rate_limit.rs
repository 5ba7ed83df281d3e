//! A limit on how much may be spent: a burst, and a steady rate behind it.

use core::time::Duration;

/// What may be spent: `burst` at once, refilled at `per_second`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// Tokens of a full bucket.
    pub burst: u32,
    /// Tokens that come back in a second.
    pub per_second: u32,
}

impl RateLimit {
    /// No limit that anybody reaches.
    pub const NONE: Self = Self { burst: u32::MAX, per_second: u32::MAX };

    /// That of many together.
    pub(crate) const fn times(self, count: u32) -> Self {
        let Self { burst, per_second } = self;
        Self { burst: burst.saturating_mul(count), per_second: per_second.saturating_mul(count) }
    }

    /// Time in which an empty bucket fills up.
    pub(crate) fn refill_time(self) -> Duration {
        Duration::from_secs(1)
            .saturating_mul(self.burst)
            .checked_div(self.per_second)
            .unwrap_or(Duration::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::{Duration, RateLimit};

    #[test]
    fn refill_times_are_exact_and_never_overflow() {
        const LIMIT: RateLimit = RateLimit { burst: 3, per_second: 2 };
        assert_eq!(LIMIT.refill_time(), Duration::from_millis(1500));
        assert_eq!(RateLimit::NONE.refill_time(), Duration::from_secs(1));
        assert_eq!(RateLimit { burst: 1, per_second: 0 }.refill_time(), Duration::MAX);
    }
}
