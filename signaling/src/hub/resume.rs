//! Tokens by which a session goes on at another time, or at another server with the same secret:
//! which mailbox it was and what it had announced, under a keyed hash. Nobody else can make one,
//! and what is in it concerns its bearer alone.

use alloc::vec::Vec;
use core::time::Duration;

use lacis_wire::{NodeId, Topic};

const MAC_BYTES: usize = 32;
const NODE_BYTES: usize = 16;
const TIME_BYTES: usize = 8;
const TOPIC_BYTES: usize = 32;

/// Makes and reads tokens.
pub(super) struct Tokens([u8; 32]);

impl Tokens {
    pub(super) fn new(secret: &[u8]) -> Self {
        Self(blake3::derive_key("lacis 2026 signaling 1 resume", secret))
    }

    /// `until` is by the clock of the world.
    pub(super) fn make(&self, node: NodeId, until: Duration, topics: &[Topic]) -> Vec<u8> {
        let mut token =
            Vec::with_capacity(MAC_BYTES + NODE_BYTES + TIME_BYTES + TOPIC_BYTES * topics.len());
        token.extend_from_slice(&node.0);
        token.extend_from_slice(&until.as_secs().to_be_bytes());
        for topic in topics {
            token.extend_from_slice(&topic.0);
        }
        let mac = blake3::keyed_hash(&self.0, &token);
        token.extend_from_slice(mac.as_bytes());
        token
    }

    /// The topics of a token that is good for this mailbox now.
    pub(super) fn read(&self, token: &[u8], node: NodeId, now: Duration) -> Option<Vec<Topic>> {
        let (said, mac) = token.split_last_chunk::<MAC_BYTES>()?;
        // Compares in constant time.
        if blake3::keyed_hash(&self.0, said) != blake3::Hash::from_bytes(*mac) {
            return None;
        }
        let (whose, rest) = said.split_first_chunk::<NODE_BYTES>()?;
        let (until, rest) = rest.split_first_chunk::<TIME_BYTES>()?;
        if *whose != node.0 || u64::from_be_bytes(*until) < now.as_secs() {
            return None;
        }
        let (topics, odd) = rest.as_chunks::<TOPIC_BYTES>();
        odd.is_empty().then(|| topics.iter().map(|topic| Topic(*topic)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::{Duration, NodeId, Tokens, Topic};

    #[test]
    fn a_token_is_good_for_its_mailbox_until_its_end() {
        let tokens = Tokens::new(b"secret");
        let (node, topics) = (NodeId([1; 16]), [Topic([2; 32]), Topic([3; 32])]);
        let end = Duration::from_secs(100);
        let token = tokens.make(node, end, &topics);
        assert_eq!(tokens.read(&token, node, end).as_deref(), Some(&topics[..]));
        assert_eq!(tokens.read(&token, node, end + Duration::from_secs(1)), None);
        assert_eq!(tokens.read(&token, NodeId([4; 16]), end), None);
        assert_eq!(Tokens::new(b"other").read(&token, node, end), None);
        for at in 0..token.len() {
            let mut damaged = token.clone();
            damaged[at] ^= 1;
            assert_eq!(tokens.read(&damaged, node, Duration::ZERO), None, "{at}");
            assert_eq!(tokens.read(&token[..at], node, Duration::ZERO), None, "{at}");
        }
    }
}
