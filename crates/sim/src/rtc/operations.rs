//! Asynchronous operations, one after the other, and the gathering that follows them.

use lacis_core::{LinkInput, OpId};
use lacis_wire::Code;
use lacis_wire::description::{Description, DtlsRole};

use super::connection::{Connection, Remote};
use super::texts::{self, CandidateKind, Credentials};
use super::{ConnectionId, Rtc, Step, tell};
use crate::fabric::{Fabric, Happening};

/// What a driver asked for.
#[derive(Debug)]
pub(super) enum Operation {
    Offer { op: OpId, restart: bool },
    Accept { op: OpId, sdp: String },
    SetAnswer { op: OpId, sdp: String },
    AddCandidate(String),
}

impl Operation {
    pub(super) const fn op(&self) -> Option<OpId> {
        match self {
            Self::Offer { op, .. } | Self::Accept { op, .. } | Self::SetAnswer { op, .. } => {
                Some(*op)
            }
            Self::AddCandidate(_) => None,
        }
    }
}

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
        let Some(connection) = self.connections.get(&id) else { return };
        for credentials in [&connection.local, &connection.pending].into_iter().flatten() {
            self.users.insert(credentials.ufrag.clone(), id);
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

impl Connection {
    fn begin(&mut self, fabric: &mut Fabric) {
        let delay = match self.chain.front() {
            Some(Operation::AddCandidate(_)) => fabric.random.millis(0, 1),
            _ if fabric.random.chance(20) => fabric.random.millis(100, 800),
            _ => fabric.random.millis(1, 15),
        };
        fabric.after(delay, Happening::Rtc(self.id, Step::Operate));
    }

    /// `createOffer` and `setLocalDescription`.
    fn offer(&mut self, fabric: &mut Fabric, restart: bool) -> Option<String> {
        let fresh = match &self.local {
            Some(credentials) if !restart => credentials.clone(),
            _ => Credentials::new(&mut fabric.random),
        };
        let gather = self.local.as_ref() != Some(&fresh);
        self.pending = Some(fresh.clone());
        if gather {
            self.gather(fabric, &fresh.ufrag);
        }
        Some(self.describe(&fresh, DtlsRole::ActPass))
    }

    /// `setRemoteDescription` of an offer, `createAnswer` and `setLocalDescription`. An offer of
    /// our own that is still open is rolled back.
    fn accept(&mut self, fabric: &mut Fabric, sdp: &str) -> Option<String> {
        let description = Description::from_sdp(sdp).ok()?;
        self.pending = None;
        let restarted = self.set_remote(&description);
        if self.local.is_none() || restarted {
            let fresh = Credentials::new(&mut fabric.random);
            self.gather(fabric, &fresh.ufrag);
            self.local = Some(fresh);
        }
        let local = self.local.clone()?;
        self.restart_checks(fabric);
        Some(self.describe(&local, DtlsRole::Active))
    }

    /// `setRemoteDescription` of an answer.
    fn set_answer(&mut self, fabric: &mut Fabric, sdp: &str) -> Option<()> {
        let description = Description::from_sdp(sdp).ok()?;
        self.local = Some(self.pending.take()?);
        self.set_remote(&description);
        self.restart_checks(fabric);
        Some(())
    }

    /// Says whether the credentials are new.
    fn set_remote(&mut self, description: &Description) -> bool {
        let credentials = Credentials::of(description);
        if let Some(remote) = &mut self.remote
            && remote.credentials == credentials
        {
            return false;
        }
        self.remote = Some(Remote {
            credentials,
            fingerprint: description.fingerprint,
            message_limit: description.message_limit(),
            knows_direct: false,
            knows_relay: false,
        });
        true
    }

    fn add_candidate(&mut self, line: &str) {
        let Some(remote) = &mut self.remote else { return };
        match texts::read_candidate(line) {
            // One of another generation is of no use, and browsers drop it.
            Some((Some(ufrag), _)) if ufrag != remote.credentials.ufrag => {}
            Some((_, CandidateKind::Relay)) => remote.knows_relay = true,
            Some(_) => remote.knows_direct = true,
            None => {}
        }
    }

    fn gather(&self, fabric: &mut Fabric, ufrag: &str) {
        for kind in self.gathers() {
            let delay = match kind {
                CandidateKind::Host => fabric.random.millis(0, 20),
                CandidateKind::Reflexive => fabric.segment(self.id.tab) * 2,
                CandidateKind::Relay => fabric.segment(self.id.tab) * 4,
            };
            let step = Step::Gathered(ufrag.to_owned(), kind);
            fabric.after(delay, Happening::Rtc(self.id, step));
        }
    }

    fn describe(&mut self, credentials: &Credentials, dtls_role: DtlsRole) -> String {
        self.revision += 1;
        let description = Description {
            ufrag: credentials.ufrag.clone(),
            pwd: credentials.pwd.clone(),
            fingerprint: self.certificate,
            dtls_role,
            message_bytes_max: self.browser.message_bytes_max,
            sctp_init: None,
        };
        texts::sdp(&description, self.revision)
    }
}
