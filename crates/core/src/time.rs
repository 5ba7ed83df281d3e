//! Time as the core sees it: microseconds since the driver started, handed in with every call.

use core::ops::Add;
use core::time::Duration;

/// A point in time. Only differences mean anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u64);

impl Timestamp {
    /// The driver's start.
    pub const ZERO: Self = Self(0);

    /// A point given in microseconds since the driver's start.
    #[must_use]
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    /// Microseconds since the driver's start.
    #[must_use]
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// Time since `earlier`; zero if that is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, delay: Duration) -> Self {
        let micros = u64::try_from(delay.as_micros()).unwrap_or(u64::MAX);
        Self(self.0.saturating_add(micros))
    }
}

/// Why the node wants to be called at a certain time; for traces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Timer {
    /// A dial or greeting of a server takes too long.
    Dial,
    /// A server is dialled again.
    Redial,
    /// A silent server is asked for a sign of life, or has not given it.
    ServerPing,
    /// Topics are announced again.
    Refresh,
    /// A join has waited long enough.
    Join,
    /// An attempt to link takes too long.
    Attempt,
    /// A pairing is written with the candidates that were found.
    Pairing,
    /// A connection is made ahead of need, or was not needed.
    Spare,
    /// A link is tried again.
    Retry,
    /// A link is asked for a sign of life, or has been silent for too long.
    KeepAlive,
    /// A broken path is restarted, or the restart takes too long.
    Restart,
    /// A lost member counts as gone.
    Gone,
    /// An acknowledgement is due.
    Ack,
    /// A request has waited long enough.
    Request,
    /// A stream has been idle for too long.
    Stream,
    /// A link with somebody who has shown no membership has stood for long enough.
    Stranger,
    /// A large room is told that this node is there, or has more links than it needs.
    Mesh,
    /// This node says again what it says of itself, or what others said does not hold any more.
    Presence,
    /// A clean leave has waited long enough.
    Close,
    /// What has no deadline of its own is looked at.
    Look,
    /// A write that failed is tried again.
    Store,
    /// A record ends, or something that was dated ahead can be judged.
    Expiry,
    /// A neighbor's right ends, or begins.
    Rights,
    /// A key is made, or is not waited for any longer.
    Rotation,
    /// Others wait at the door of a group than before.
    Door,
    /// Two members compare what they hold.
    Compare,
    /// A record that was asked for has not come.
    Want,
    /// The application has not said whether a record is taken.
    Approval,
    /// The clock on the wall is looked at again.
    Wall,
}

/// Keeps the earliest of the deadlines it is shown.
#[derive(Debug, Default)]
pub(crate) struct Earliest(Option<(Timestamp, Timer)>);

impl Earliest {
    pub(crate) fn see(&mut self, at: Option<Timestamp>, timer: Timer) {
        if let Some(at) = at
            && self.0.is_none_or(|(earliest, _)| at < earliest)
        {
            self.0 = Some((at, timer));
        }
    }

    pub(crate) const fn get(&self) -> Option<(Timestamp, Timer)> {
        self.0
    }
}
