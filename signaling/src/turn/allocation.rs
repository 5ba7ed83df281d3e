//! One relay: whose it is, which peers it may talk with, and until when.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use rtc_stun::message::TransactionId;

use crate::hub::{Bucket, RateLimit};

/// For how long a peer may be talked with after the last word of it (RFC 8656, 9).
const PERMISSION_LIFETIME: Duration = Duration::from_secs(300);
/// For how long a channel is kept (RFC 8656, 12).
const CHANNEL_LIFETIME: Duration = Duration::from_secs(600);

#[derive(Debug)]
pub(super) struct Allocation {
    /// As the first request said; all others have to say the same.
    pub(super) username: String,
    /// Where peers reach it.
    pub(super) relayed: SocketAddr,
    /// Of the request that made it, which may come again over UDP.
    pub(super) transaction: TransactionId,
    pub(super) expires: Duration,
    permissions: HashMap<IpAddr, Duration>,
    channels: HashMap<u16, (SocketAddr, Duration)>,
    bytes: Bucket,
    requests: Bucket,
}

/// There are as many peers as one relay may have, or the channel is another one's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    Full,
    Conflict,
}

impl Allocation {
    pub(super) fn new(
        username: String,
        relayed: SocketAddr,
        transaction: TransactionId,
        (bytes, requests): (Bucket, Bucket),
        expires: Duration,
    ) -> Self {
        Self {
            username,
            relayed,
            transaction,
            expires,
            permissions: HashMap::new(),
            channels: HashMap::new(),
            bytes,
            requests,
        }
    }

    pub(super) fn permit(&mut self, peer: IpAddr, now: Duration, most: usize) -> Result<(), Taken> {
        self.permissions.retain(|_, until| *until > now);
        if self.permissions.len() >= most && !self.permissions.contains_key(&peer) {
            return Err(Taken::Full);
        }
        self.permissions.insert(peer, now + PERMISSION_LIFETIME);
        Ok(())
    }

    pub(super) fn permits(&self, peer: IpAddr, now: Duration) -> bool {
        self.permissions.get(&peer).is_some_and(|until| *until > now)
    }

    /// Binds a channel to a peer, or keeps it bound.
    pub(super) fn bind(
        &mut self,
        number: u16,
        peer: SocketAddr,
        now: Duration,
        most: usize,
    ) -> Result<(), Taken> {
        self.channels.retain(|_, (_, until)| *until > now);
        let conflicts = |(known, (other, _)): (&u16, &(SocketAddr, Duration))| {
            (*known == number) != (*other == peer)
        };
        if self.channels.iter().any(conflicts) {
            return Err(Taken::Conflict);
        }
        if self.channels.len() >= most && !self.channels.contains_key(&number) {
            return Err(Taken::Full);
        }
        self.permit(peer.ip(), now, most)?;
        self.channels.insert(number, (peer, now + CHANNEL_LIFETIME));
        Ok(())
    }

    /// To whom a channel leads.
    pub(super) fn peer_of(&self, number: u16, now: Duration) -> Option<SocketAddr> {
        self.channels.get(&number).filter(|(_, until)| *until > now).map(|(peer, _)| *peer)
    }

    /// The channel that leads to a peer.
    pub(super) fn channel_to(&self, peer: SocketAddr, now: Duration) -> Option<u16> {
        let mut all = self.channels.iter();
        all.find(|(_, (other, until))| *other == peer && *until > now).map(|(number, _)| *number)
    }

    /// Whether one more request is carried out.
    pub(super) fn hears(&mut self, limit: RateLimit, now: Duration) -> bool {
        self.requests.take(limit, now, 1)
    }

    /// Takes bytes off what it may pass on.
    pub(super) fn spend(&mut self, limit: RateLimit, now: Duration, bytes: usize) -> bool {
        self.bytes.take(limit, now, bytes)
    }
}
