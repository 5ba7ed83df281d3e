//! Servers that lie, for tests: they read, change, drop and repeat what passes through them.

use lacis_wire::codec::{decode, encode};
use lacis_wire::room::RoomKeys;
use lacis_wire::seal;
use lacis_wire::setup::Setup;
use lacis_wire::signal::{ClientFrame, ServerFrame};
use lacis_wire::{NodeId, Topic};

use crate::signaling::{Meddler, Passing, Way};

/// A server that also knows the key of a room, and puts others in the place of setup messages.
pub fn rewrite_setups(
    keys: RoomKeys,
    mut change: impl FnMut(NodeId, NodeId, Setup) -> Vec<Setup> + 'static,
) -> Meddler {
    let mut nonces = 0_u64;
    Box::new(move |passing: Passing<'_>| {
        let (from, bytes) = (passing.node, passing.bytes);
        let unchanged = || vec![bytes.to_vec()];
        let Ok(ClientFrame::Send { to, seq, payload }) = decode(bytes) else { return unchanged() };
        if passing.way == Way::Down {
            return unchanged();
        }
        let Ok(plain) = seal::open(&keys, from, to, payload) else { return unchanged() };
        let Ok(setup) = decode::<Setup>(&plain) else { return unchanged() };
        let sealed = change(from, to, setup).into_iter().map(|setup| {
            nonces += 1;
            let mut nonce = [0xff; seal::NONCE_BYTES];
            nonce[..8].copy_from_slice(&nonces.to_be_bytes());
            let payload = seal::seal(&keys, from, to, nonce, &encode(&setup));
            encode(&ClientFrame::Send { to, seq, payload: &payload })
        });
        sealed.collect()
    })
}

/// A server without any key that changes the sealed payloads it delivers.
pub fn rewrite_payloads(
    mut change: impl FnMut(NodeId, NodeId, Vec<u8>) -> Vec<Vec<u8>> + 'static,
) -> Meddler {
    Box::new(move |passing: Passing<'_>| match decode(passing.bytes) {
        Ok(ServerFrame::Deliver { from, payload }) if passing.way == Way::Down => {
            let payloads = change(from, passing.node, payload.to_vec());
            let frames = payloads.iter().map(|payload| ServerFrame::Deliver { from, payload });
            frames.map(|frame| encode(&frame)).collect()
        }
        _ => vec![passing.bytes.to_vec()],
    })
}

/// A server that names others than those who announced themselves.
pub fn rewrite_samples(
    mut change: impl FnMut(NodeId, Topic, Vec<NodeId>) -> Vec<NodeId> + 'static,
) -> Meddler {
    Box::new(move |passing: Passing<'_>| match decode(passing.bytes) {
        Ok(ServerFrame::Joined { topic, members }) if passing.way == Way::Down => {
            let members = change(passing.node, topic, members);
            vec![encode(&ServerFrame::Joined { topic, members })]
        }
        _ => vec![passing.bytes.to_vec()],
    })
}
