//! How much of a channel is under way at once.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::BytesMut;

/// So much may always be under way. It fits into the socket of a browser, which holds some sixty
/// packets: of a burst that is larger the rest is lost whenever the browser is busy, and what is
/// lost twice is sent again a second later.
const LEAST: usize = 64 * 1024;

/// More than that only as long as no queue grows of it.
const USUAL: usize = 256 * 1024;

/// Never more than that.
const MOST: usize = 1024 * 1024;

/// So much is under way for each millisecond that it takes to be acknowledged: ten million bytes a
/// second on any way that carries so much.
const PER_MS: usize = 10_000;

/// So much of what is under way waits for the slowest part of the way, where there is one.
const QUEUE: usize = 32 * 1024;

/// Messages of that size at least are timed. Of small ones an acknowledgement may wait.
const TIMED_MIN: usize = 16 * 1024;

/// The packets at the end of a message, which may be acknowledged late.
const END: u64 = 2_400;

/// How long a message took at best is forgotten so much later, as soon as nothing is under way: the
/// way may be another one.
const FORGOTTEN: Duration = Duration::from_secs(10);

/// The messages of one channel that wait, and how much of others may be under way: handed to the
/// connection and not acknowledged.
#[derive(Debug)]
pub(super) struct Flow {
    waiting: VecDeque<BytesMut>,
    waiting_bytes: usize,
    /// How much may be under way.
    window: usize,
    /// All that has ever been handed over.
    given: u64,
    /// How long the fastest message took, and when that was seen.
    fastest: Option<(Duration, Instant)>,
    timed: Option<Timed>,
}

/// A message that is timed.
#[derive(Clone, Copy, Debug)]
struct Timed {
    since: Instant,
    /// It has arrived when so much has.
    end: u64,
    /// What was under way with it.
    flight: usize,
}

impl Default for Flow {
    fn default() -> Self {
        Self {
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            window: LEAST,
            given: 0,
            fastest: None,
            timed: None,
        }
    }
}

impl Flow {
    /// Has a message wait behind those that do.
    pub(super) fn push(&mut self, bytes: BytesMut) {
        self.waiting_bytes += bytes.len();
        self.waiting.push_back(bytes);
    }

    /// The bytes that wait.
    pub(super) const fn waiting(&self) -> usize {
        self.waiting_bytes
    }

    /// Whether a message waits or is timed.
    pub(super) fn is_in_use(&self) -> bool {
        self.timed.is_some() || !self.waiting.is_empty()
    }

    /// The next message, if it may go where so much is under way.
    pub(super) fn next(&mut self, now: Instant, under_way: usize) -> Option<BytesMut> {
        let window = self.window;
        let fits = |bytes: &mut BytesMut| under_way == 0 || under_way + bytes.len() <= window;
        let bytes = self.waiting.pop_front_if(fits)?;
        self.waiting_bytes -= bytes.len();
        self.given += bytes.len() as u64;
        if under_way == 0 && self.fastest.is_some_and(|(_, at)| now >= at + FORGOTTEN) {
            self.start_over();
        }
        if self.timed.is_none() && bytes.len() >= TIMED_MIN {
            let (since, flight) = (now, under_way + bytes.len());
            self.timed = Some(Timed { since, end: self.given.saturating_sub(END), flight });
        }
        Some(bytes)
    }

    /// So much is under way now.
    pub(super) fn on_under_way(&mut self, now: Instant, under_way: usize) {
        let arrived = self.given.saturating_sub(under_way as u64);
        let Some(Timed { since, flight, .. }) = self.timed.take_if(|timed| timed.end <= arrived)
        else {
            return;
        };
        let took = now.saturating_duration_since(since).max(Duration::from_micros(1));
        let (fastest, _) = match self.fastest {
            Some(known) if known.0 <= took => known,
            _ => *self.fastest.insert((took, now)),
        };
        self.window = window(fastest, took, flight);
    }

    /// The way is another one.
    pub(super) fn start_over(&mut self) {
        (self.window, self.fastest, self.timed) = (LEAST, None, None);
    }

    /// Nothing more will go.
    pub(super) fn clear(&mut self) {
        self.waiting.clear();
        (self.waiting_bytes, self.timed) = (0, None);
    }
}

/// How much may be under way where the fastest message took so long, and the last one that long
/// with so much under way.
fn window(fastest: Duration, took: Duration, flight: usize) -> usize {
    let micros = |span: Duration| usize::try_from(span.as_micros()).unwrap_or(usize::MAX);
    let usual = micros(fastest).saturating_mul(PER_MS) / 1_000;
    if usual <= LEAST {
        return LEAST;
    }
    // What the way itself holds is as much as arrives while a message travels that waits for none.
    let held = flight.saturating_mul(micros(fastest)) / micros(took);
    usual.min(USUAL).max(held + QUEUE).min(MOST)
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::time::{Duration, Instant};

    use bytes::BytesMut;

    use super::{Flow, LEAST, MOST, USUAL};

    const STEP: Duration = Duration::from_micros(100);
    const MESSAGE: usize = 32 * 1024;

    /// A way that carries so much a second, and after so long tells that it has.
    struct Way {
        per_step: usize,
        latency: Duration,
        /// Bytes that the slowest part has not taken.
        queue: usize,
        /// What it has taken, and when that is told.
        taken: VecDeque<(Instant, usize)>,
        under_way: usize,
        most: usize,
        arrived: usize,
    }

    impl Way {
        fn new(per_second: usize, latency: Duration) -> Self {
            let (per_step, taken) = (per_second / 10_000, VecDeque::new());
            Self { per_step, latency, queue: 0, taken, under_way: 0, most: 0, arrived: 0 }
        }

        /// Has something to send all the time, for so long.
        fn fill(&mut self, flow: &mut Flow, now: &mut Instant, span: Duration) {
            let end = *now + span;
            while *now < end {
                while let Some((_, bytes)) = self.taken.pop_front_if(|(at, _)| *at <= *now) {
                    self.under_way -= bytes;
                    self.arrived += bytes;
                }
                flow.on_under_way(*now, self.under_way);
                while flow.waiting() < USUAL {
                    flow.push(BytesMut::zeroed(MESSAGE));
                }
                while let Some(bytes) = flow.next(*now, self.under_way) {
                    self.under_way += bytes.len();
                    self.queue += bytes.len();
                }
                self.most = self.most.max(self.under_way);
                let passes = self.queue.min(self.per_step);
                self.queue -= passes;
                self.taken.push_back((*now + self.latency, passes));
                *now += STEP;
            }
        }
    }

    /// What was under way at most, and how much of what the way carries arrived.
    fn filled(per_second: usize, latency: u64, seconds: u64) -> (usize, f64) {
        let (mut flow, mut now) = (Flow::default(), Instant::now());
        let mut way = Way::new(per_second, Duration::from_millis(latency));
        way.fill(&mut flow, &mut now, Duration::from_secs(seconds));
        (way.most, way.arrived as f64 / (per_second as f64 * seconds as f64))
    }

    #[test]
    fn a_browser_nearby_gets_no_more_at_once_than_its_socket_takes() {
        for per_second in [10_000_000, 20_000_000, 40_000_000] {
            let (most, used) = filled(per_second, 1, 5);
            assert!(most <= LEAST, "{most} bytes at {per_second}");
            assert!(used > 0.9, "{used} of {per_second}");
        }
    }

    #[test]
    fn a_long_way_is_filled() {
        let (most, used) = filled(8_000_000, 100, 30);
        assert!(used > 0.9, "{used}");
        assert!(most > 800_000 && most <= MOST, "{most} bytes");
    }

    #[test]
    fn a_slow_way_gets_no_longer_queue() {
        let (most, used) = filled(1_000_000, 50, 10);
        assert!(used > 0.95, "{used}");
        assert!(most <= USUAL, "{most} bytes");
    }

    #[test]
    fn a_way_that_was_idle_is_measured_again() {
        let (mut flow, mut now) = (Flow::default(), Instant::now());
        Way::new(8_000_000, Duration::from_millis(1)).fill(&mut flow, &mut now, STEP * 10_000);
        flow.clear();
        now += Duration::from_secs(11);
        let mut way = Way::new(8_000_000, Duration::from_millis(100));
        way.fill(&mut flow, &mut now, Duration::from_secs(10));
        assert!(way.arrived > 60_000_000, "{} bytes", way.arrived);
    }

    #[test]
    fn the_acknowledgement_of_a_small_message_says_nothing_of_the_way() {
        let (mut flow, mut now) = (Flow::default(), Instant::now());
        flow.push(BytesMut::zeroed(100));
        assert!(flow.next(now, 0).is_some());
        now += Duration::from_millis(200);
        flow.on_under_way(now, 0);
        let mut way = Way::new(20_000_000, Duration::from_millis(1));
        way.fill(&mut flow, &mut now, Duration::from_secs(1));
        assert!(way.most <= LEAST, "{} bytes", way.most);
    }
}
