//! How large the chunks of streams should be, from how fast the link takes them.

use core::time::Duration;

use lacis_wire::limits;

use crate::time::Timestamp;

/// The pace of one link's bulk channel.
#[derive(Debug)]
pub(crate) struct Pace {
    since: Timestamp,
    bytes: usize,
    chunk_bytes: usize,
}

/// Shorter spans measure the browser's buffer and not the network.
const SPAN_MIN: Duration = Duration::from_millis(50);

/// A longer span contains a pause, which says nothing of the network.
const SPAN_MAX: Duration = Duration::from_secs(1);

impl Default for Pace {
    fn default() -> Self {
        Self { since: Timestamp::ZERO, bytes: 0, chunk_bytes: limits::CHUNK_BYTES }
    }
}

impl Pace {
    /// Takes note of a chunk that was sent.
    pub(crate) fn on_sent(&mut self, now: Timestamp, bytes: usize) {
        let span = now.since(self.since);
        if span > SPAN_MAX {
            self.since = now;
            self.bytes = 0;
        } else if span >= SPAN_MIN {
            let micros = |span: Duration| u64::try_from(span.as_micros()).unwrap_or(u64::MAX);
            let per_turn = (self.bytes as u64).saturating_mul(micros(limits::CHUNK_TURN));
            let per_turn = usize::try_from(per_turn / micros(span)).unwrap_or(usize::MAX);
            self.chunk_bytes = per_turn.clamp(limits::CHUNK_BYTES_MIN, limits::FRAME_BYTES);
            self.since = now;
            self.bytes = 0;
        }
        self.bytes += bytes;
    }

    /// The size of the next chunk out of `rest` bytes, when a frame holds `frame_bytes`. What is
    /// left is divided evenly: a small remainder would cost as much as a whole chunk.
    pub(crate) fn chunk_bytes(&self, rest: usize, frame_bytes: usize) -> usize {
        let most = self.chunk_bytes.min(frame_bytes).max(1);
        let pieces = rest.div_ceil(most).max(1);
        rest.div_ceil(pieces)
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use lacis_wire::limits;

    use super::Pace;
    use crate::time::Timestamp;

    fn paced(bytes_per_second: usize) -> usize {
        let mut pace = Pace::default();
        let mut now = Timestamp::from_micros(5_000_000);
        for _ in 0..200 {
            let bytes = pace.chunk_bytes(1 << 20, limits::FRAME_BYTES);
            pace.on_sent(now, bytes);
            now = now + Duration::from_secs_f64(bytes as f64 / bytes_per_second as f64);
        }
        pace.chunk_bytes
    }

    #[test]
    fn chunks_take_one_turn_at_the_pace_of_the_link() {
        assert_eq!(paced(100_000), limits::CHUNK_BYTES_MIN);
        let one_turn = paced(2_000_000);
        assert!((40_000..=60_000).contains(&one_turn), "{one_turn}");
        assert_eq!(paced(50_000_000), limits::FRAME_BYTES);
    }

    #[test]
    fn the_rest_is_divided_evenly() {
        let pace = Pace::default();
        assert_eq!(pace.chunk_bytes(limits::CHUNK_BYTES + 2, usize::MAX), 32_769);
        assert_eq!(pace.chunk_bytes(10, usize::MAX), 10);
    }
}
