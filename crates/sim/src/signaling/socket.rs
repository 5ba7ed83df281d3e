//! One WebSocket, as both of its ends see it.

use std::collections::VecDeque;
use std::time::Duration;

use lacis_signaling::hub::ConnId;

use crate::happening::signaling::{Parcel, Way};
use crate::ids::ServerId;

/// A socket between a tab and a server.
#[derive(Debug)]
pub(super) struct Socket {
    pub(super) server: ServerId,
    pub(super) stage: Stage,
    /// Whether everything vanishes without anybody being told.
    pub(super) is_half_open: bool,
    up: Pipe,
    down: Pipe,
}

/// How far a socket is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Dialing,
    Open(ConnId),
    /// The tab has closed it.
    HungUp,
}

/// One direction; order is kept.
#[derive(Debug, Default)]
pub(super) struct Pipe {
    /// When the last parcel under way arrives.
    pub(super) clear_at: Duration,
    pub(super) stuck: VecDeque<Parcel>,
    pub(super) stuck_since: Duration,
}

impl Socket {
    pub(super) fn new(server: ServerId) -> Self {
        Self {
            server,
            stage: Stage::Dialing,
            is_half_open: false,
            up: Pipe::default(),
            down: Pipe::default(),
        }
    }

    pub(super) const fn pipe(&mut self, way: Way) -> &mut Pipe {
        match way {
            Way::Up => &mut self.up,
            Way::Down => &mut self.down,
        }
    }

    pub(super) const fn conn(&self) -> Option<ConnId> {
        match self.stage {
            Stage::Open(conn) => Some(conn),
            Stage::Dialing | Stage::HungUp => None,
        }
    }
}
