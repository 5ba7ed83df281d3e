//! What waits for an application that reads when it likes: so much, and no more.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::Notify;

/// As many events wait as in a page, and as many bytes.
const EVENTS_MAX: usize = 1_024;
const BYTES_MAX: usize = 64 * 1024 * 1024;

/// Something that can wait.
pub(crate) trait Event: Clone {
    /// The bytes that it holds.
    fn bytes(&self) -> usize;

    /// Says that so many were lost, because nobody read them in time.
    fn missed(count: u64) -> Self;
}

#[derive(Debug)]
struct Waiting<T> {
    events: VecDeque<T>,
    bytes: usize,
    missed: u64,
    is_over: bool,
}

#[derive(Debug)]
struct Shared<T> {
    waiting: Mutex<Waiting<T>>,
    more: Notify,
}

impl<T> Shared<T> {
    fn lock(&self) -> MutexGuard<'_, Waiting<T>> {
        // Nothing in here is left half done.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Event> Shared<T> {
    fn take(&self) -> Option<T> {
        let mut waiting = self.lock();
        let missed = std::mem::take(&mut waiting.missed);
        if missed > 0 {
            return Some(T::missed(missed));
        }
        let event = waiting.events.pop_front()?;
        waiting.bytes -= event.bytes();
        Some(event)
    }
}

/// Where one reader reads.
#[derive(Debug)]
pub(crate) struct Reader<T>(Arc<Shared<T>>);

impl<T: Event> Reader<T> {
    /// What happened next; nothing once nothing more can.
    pub(crate) async fn next(&mut self) -> Option<T> {
        loop {
            let more = self.0.more.notified();
            if let Some(event) = self.0.take() {
                return Some(event);
            }
            if self.0.lock().is_over {
                // What was told between the two is the last.
                return self.0.take();
            }
            more.await;
        }
    }

    /// What has happened already, if it was not read yet.
    pub(crate) fn try_next(&mut self) -> Option<T> {
        self.0.take()
    }
}

/// Tells every reader.
#[derive(Debug)]
pub(crate) struct Feed<T>(Vec<Weak<Shared<T>>>);

impl<T> Default for Feed<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Event> Feed<T> {
    /// A reader of what happens from now on.
    pub(crate) fn reader(&mut self) -> Reader<T> {
        let waiting = Waiting { events: VecDeque::new(), bytes: 0, missed: 0, is_over: false };
        let shared = Arc::new(Shared { waiting: Mutex::new(waiting), more: Notify::new() });
        self.0.retain(|reader| reader.strong_count() > 0);
        self.0.push(Arc::downgrade(&shared));
        Reader(shared)
    }

    /// Tells it; says whether there is anybody to hear it.
    pub(crate) fn tell(&self, event: &T) -> bool {
        let mut heard = false;
        for shared in self.0.iter().filter_map(Weak::upgrade) {
            heard = true;
            let mut waiting = shared.lock();
            waiting.bytes += event.bytes();
            waiting.events.push_back(event.clone());
            while waiting.events.len() > EVENTS_MAX
                || (waiting.bytes > BYTES_MAX && waiting.events.len() > 1)
            {
                let Some(lost) = waiting.events.pop_front() else { break };
                waiting.bytes -= lost.bytes();
                waiting.missed += 1;
            }
            drop(waiting);
            shared.more.notify_one();
        }
        heard
    }
}

impl<T> Drop for Feed<T> {
    fn drop(&mut self) {
        for shared in self.0.iter().filter_map(Weak::upgrade) {
            shared.lock().is_over = true;
            shared.more.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{BYTES_MAX, EVENTS_MAX, Event, Feed};

    #[derive(Clone, Debug, PartialEq, Eq)]
    enum Told {
        Number(usize),
        Heavy,
        Missed(u64),
    }

    impl Event for Told {
        fn bytes(&self) -> usize {
            if *self == Self::Heavy { BYTES_MAX / 2 + 1 } else { 0 }
        }

        fn missed(count: u64) -> Self {
            Self::Missed(count)
        }
    }

    #[tokio::test]
    async fn who_reads_too_late_is_told_how_much_it_missed() {
        let mut feed = Feed::default();
        let mut reader = feed.reader();
        for number in 0..EVENTS_MAX + 2 {
            assert!(feed.tell(&Told::Number(number)));
        }
        assert_eq!(reader.next().await, Some(Told::Missed(2)));
        assert_eq!(reader.next().await, Some(Told::Number(2)));
        for _ in 0..2 {
            feed.tell(&Told::Heavy);
        }
        let missed = u64::try_from(EVENTS_MAX).unwrap();
        assert_eq!(reader.next().await, Some(Told::Missed(missed)));
        assert_eq!(reader.next().await, Some(Told::Heavy));
        drop(feed);
        assert_eq!(reader.next().await, None);
    }

    #[tokio::test]
    async fn nobody_hears_what_nobody_reads() {
        let mut feed = Feed::default();
        assert!(!feed.tell(&Told::Heavy));
        let reader = feed.reader();
        let mut other = feed.reader();
        drop(reader);
        assert!(feed.tell(&Told::Number(7)));
        assert_eq!(other.next().await, Some(Told::Number(7)));
    }
}
