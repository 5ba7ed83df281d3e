//! Asynchronous operations, one after the other, and the gathering that follows them.

use lacis_core::LinkInput;
use lacis_wire::Code;

use super::operation::Operation;
use super::{Rtc, tell, texts};
use crate::fabric::Fabric;
use crate::happening::rtc::{CandidateKind, ConnectionId};

impl Rtc {
    /// Appends an operation; it begins when those before it are done.
    pub(super) fn chain(&mut self, fabric: &mut Fabric, id: ConnectionId, operation: Operation) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        connection.chain.push_back(operation);
        if connection.chain.len() == 1 {
            connection.begin(fabric);
        }
    }

    pub(super) fn operate(&mut self, fabric: &mut Fabric, id: ConnectionId) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        let Some(operation) = connection.chain.pop_front() else { return };
        if !connection.chain.is_empty() {
            connection.begin(fabric);
        }
        match operation {
            Operation::Offer { op, restart } => {
                let told = match connection.offer(fabric, restart) {
                    Some(sdp) => LinkInput::Described(op, sdp),
                    None => LinkInput::Failed(op, Code::Internal),
                };
                tell(fabric, id, told);
            }
            Operation::Accept { op, sdp } => {
                let told = match connection.accept(fabric, &sdp) {
                    Some(sdp) => LinkInput::Described(op, sdp),
                    None => LinkInput::Failed(op, Code::Internal),
                };
                tell(fabric, id, told);
            }
            Operation::SetAnswer { op, sdp } => {
                let told = match connection.set_answer(fabric, &sdp) {
                    Some(()) => LinkInput::Done(op),
                    None => LinkInput::Failed(op, Code::Internal),
                };
                tell(fabric, id, told);
            }
            Operation::AddCandidate(line) => {
                if connection.remote.is_none() {
                    self.fault(id, "a candidate before the remote description");
                } else {
                    connection.add_candidate(&line);
                }
            }
        }
        self.note_user(id);
    }

    fn note_user(&mut self, id: ConnectionId) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        for credentials in [&connection.local, &connection.pending].into_iter().flatten() {
            if !connection.users.contains(&credentials.ufrag) {
                connection.users.push(credentials.ufrag.clone());
                self.users.insert(credentials.ufrag.clone(), id);
            }
        }
    }

    pub(super) fn gathered(
        &mut self,
        fabric: &mut Fabric,
        id: ConnectionId,
        ufrag: &str,
        kind: CandidateKind,
    ) {
        let Some(connection) = self.connections.get(&id) else { return };
        let current = connection.pending.as_ref().or(connection.local.as_ref());
        if current.is_some_and(|credentials| credentials.ufrag == ufrag) {
            let line = texts::candidate(id.tab, kind, ufrag, &mut fabric.random);
            tell(fabric, id, LinkInput::Candidate(line));
        }
    }
}
