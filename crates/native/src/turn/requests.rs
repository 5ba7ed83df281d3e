//! Requests that wait for their answers. Each is sent a few times, and given up at last.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::BytesMut;

use super::message::{Access, Id, Wish};
use crate::identity::random;

/// How long an answer is waited for after each time that a request was sent; after the last it is
/// given up.
const PATIENCE: [Duration; 4] = [
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_millis(1_000),
    Duration::from_millis(2_000),
];

/// A request that waits for its answer.
#[derive(Clone, Debug)]
pub(super) struct Request {
    id: Id,
    pub(super) wish: Wish,
    pub(super) to: SocketAddr,
    /// What it was signed with.
    pub(super) key: Option<Vec<u8>>,
    /// How often the same was asked, because the server wanted it signed in another way.
    pub(super) round: u8,
    bytes: BytesMut,
    sent: usize,
    next: Instant,
}

/// All requests that wait: one for each thing that can be wished for.
#[derive(Debug, Default)]
pub(super) struct Requests(Vec<Request>);

impl Requests {
    /// Has something asked at that time, of which [`Requests::poll`] tells.
    pub(super) fn ask(
        &mut self,
        at: Instant,
        wish: Wish,
        to: SocketAddr,
        access: Option<&Access>,
        round: u8,
    ) {
        // Without randomness nothing is asked for, as if it got lost.
        let Ok(id) = random() else { return };
        let Some(bytes) = wish.request(id, access) else { return };
        let key = access.map(|access| access.key().to_vec());
        self.0.push(Request { id, wish, to, key, round, bytes, sent: 0, next: at });
    }

    /// Whether something is asked for already.
    pub(super) fn asks(&self, is_it: impl Fn(Wish) -> bool) -> bool {
        self.0.iter().any(|request| is_it(request.wish))
    }

    /// Whether somebody there was asked.
    pub(super) fn is_to(&self, server: SocketAddr) -> bool {
        self.0.iter().any(|request| request.to == server)
    }

    /// The request that is answered from there.
    pub(super) fn find(&self, id: Id, from: SocketAddr) -> Option<&Request> {
        self.0.iter().find(|request| request.id == id && request.to == from)
    }

    /// It has been answered.
    pub(super) fn take(&mut self, id: Id) -> Option<Request> {
        let at = self.0.iter().position(|request| request.id == id)?;
        Some(self.0.swap_remove(at))
    }

    /// Nobody waits for those any more.
    pub(super) fn drop_all(&mut self, is_it: impl Fn(Wish) -> bool) {
        self.0.retain(|request| !is_it(request.wish));
    }

    /// What is to be sent now, or else what is given up.
    pub(super) fn poll(&mut self, now: Instant) -> Option<Result<(SocketAddr, BytesMut), Request>> {
        let at = self.0.iter().position(|request| request.next <= now)?;
        let request = self.0.get_mut(at)?;
        let Some(patience) = PATIENCE.get(request.sent) else {
            return Some(Err(self.0.swap_remove(at)));
        };
        request.sent += 1;
        request.next = now + *patience;
        Some(Ok((request.to, request.bytes.clone())))
    }

    /// When [`Requests::poll`] has something again.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.0.iter().map(|request| request.next).min()
    }
}
