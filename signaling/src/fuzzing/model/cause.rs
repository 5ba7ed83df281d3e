//! What an operation means to the model, before the hub has answered.

use lacis_wire::codec::{decode, encode};
use lacis_wire::signal::{ClientFrame, ServerFrame};
use lacis_wire::{NodeId, PROTOCOL};

use super::Model;
use crate::fuzzing::Op;
use crate::hub::ConnId;

/// The operation as the model sees it.
#[derive(Debug)]
pub(super) enum Cause<'a> {
    Open { conn: ConnId },
    Frame { conn: ConnId, frame: ClientFrame<'a>, is_greeted: bool },
    Noise { conn: ConnId },
    Alive { conn: ConnId },
    Time,
    Nothing,
}

impl<'a> Cause<'a> {
    pub(super) fn of(op: &'a Op, model: &Model) -> Self {
        let of_peer = |conn: &ConnId| model.peers.get(conn);
        match op {
            Op::Open { conn, .. } => Self::Open { conn: *conn },
            Op::Frame { conn, bytes } => match (of_peer(conn), decode(bytes)) {
                (None, _) => Self::Nothing,
                (Some(peer), Ok(frame)) => {
                    // Frames are the only thing that both sides must read alike.
                    assert!(decode::<ClientFrame<'_>>(&encode(&frame)).is_ok());
                    Self::Frame { conn: *conn, frame, is_greeted: peer.mailbox.is_some() }
                }
                (Some(_), Err(_)) => Self::Noise { conn: *conn },
            },
            Op::Malformed { conn } if of_peer(conn).is_some() => Self::Noise { conn: *conn },
            Op::Alive { conn } if of_peer(conn).is_some() => Self::Alive { conn: *conn },
            Op::Pass(_) => Self::Time,
            Op::Malformed { .. }
            | Op::Alive { .. }
            | Op::Written { .. }
            | Op::Close { .. }
            | Op::Refused { .. }
            | Op::Shutdown => Self::Nothing,
        }
    }

    pub(super) fn conn(&self) -> Option<ConnId> {
        match self {
            Self::Open { conn }
            | Self::Frame { conn, .. }
            | Self::Noise { conn }
            | Self::Alive { conn } => Some(*conn),
            Self::Time | Self::Nothing => None,
        }
    }

    /// Connection and number of the payload that a frame delivers.
    pub(super) fn sender_of(&self, delivered: &ServerFrame<'_>) -> Option<(ConnId, u32)> {
        match (self, delivered) {
            (
                Self::Frame { conn, frame: ClientFrame::Send { seq, .. }, .. },
                ServerFrame::Deliver { .. },
            ) => Some((*conn, *seq)),
            _ => None,
        }
    }

    pub(super) fn is_time(&self) -> bool {
        matches!(self, Self::Time)
    }

    pub(super) fn hello(&self) -> Option<(NodeId, [u8; 16])> {
        match self {
            Self::Frame { frame: ClientFrame::Hello { versions, node, secret }, .. } => {
                PROTOCOL.agree(*versions).map(|_| (*node, *secret))
            }
            _ => None,
        }
    }

    pub(super) fn is_violation(&self, is_greeted: bool) -> bool {
        match self {
            Self::Noise { .. } => true,
            Self::Frame { frame, .. } => is_greeted == matches!(frame, ClientFrame::Hello { .. }),
            _ => false,
        }
    }

    pub(super) fn wants_answer(&self, exact: bool) -> bool {
        match self {
            Self::Noise { .. } => true,
            Self::Frame { frame, is_greeted, .. } => {
                exact && !(*is_greeted && matches!(frame, ClientFrame::Leave { .. }))
            }
            _ => false,
        }
    }
}
