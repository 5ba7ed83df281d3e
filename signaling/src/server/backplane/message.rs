//! What servers say to each other over Redis, as CBOR. All servers behind one Redis are of the same
//! major version; what one does not understand it leaves alone.

use bytes::Bytes;
use lacis_derive::{Decode, Encode};
use lacis_wire::NodeId;
use lacis_wire::signal::Undelivered;

use crate::hub::{ConnId, Event, Origin, Proof, ServerId};

/// One message on a channel: that of a mailbox for the first two, that of a server for the others.
#[derive(Debug, Encode, Decode)]
#[cbor(open)]
pub(super) enum Message<'a> {
    /// A server has this mailbox now.
    #[n(0)]
    Claim {
        #[n(0)]
        node: NodeId,
        #[cbor(n(1), bytes)]
        proof: [u8; 32],
        #[n(2)]
        by: u64,
    },
    /// A payload for it.
    #[n(1)]
    Pass {
        #[n(0)]
        from: NodeId,
        #[n(1)]
        to: NodeId,
        #[cbor(b(2), bytes)]
        payload: &'a [u8],
        #[n(3)]
        by: u64,
        /// Connection and number of the payload.
        #[n(4)]
        origin: Option<(u64, u32)>,
    },
    /// A mailbox that this server claimed is somebody else's.
    #[n(2)]
    Contest {
        #[n(0)]
        node: NodeId,
        #[cbor(n(1), bytes)]
        proof: [u8; 32],
    },
    /// A payload that this server passed on was not delivered.
    #[n(3)]
    Return {
        #[n(0)]
        node: NodeId,
        #[n(1)]
        origin: (u64, u32),
        #[n(2)]
        reason: Undelivered,
    },
}

impl Message<'_> {
    pub(super) fn encode(&self) -> Vec<u8> {
        lacis_wire::codec::encode(self)
    }

    /// What it is to the server `me`; nothing, if it is that server's own.
    pub(super) fn read(bytes: &[u8], me: ServerId) -> Option<Event> {
        match lacis_wire::codec::read(bytes).ok()? {
            Message::Claim { by, .. } | Message::Pass { by, .. } if by == me.0 => None,
            Message::Claim { node, proof, by } => {
                Some(Event::Claimed { node, proof: Proof(proof), by: ServerId(by) })
            }
            Message::Pass { from, to, payload, by, origin } => Some(Event::Passed {
                from,
                to,
                payload: Bytes::copy_from_slice(payload),
                by: ServerId(by),
                origin: origin.map(origin_of),
            }),
            Message::Contest { node, proof } => {
                Some(Event::Contested { node, proof: Proof(proof) })
            }
            Message::Return { node, origin, reason } => {
                Some(Event::Returned { node, origin: origin_of(origin), reason })
            }
        }
    }
}

fn origin_of((conn, seq): (u64, u32)) -> Origin {
    Origin { conn: ConnId(conn), seq }
}
