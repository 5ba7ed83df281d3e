//! What operations do to a connection: descriptions of both ends, candidates, gathering.

use lacis_wire::description::{Description, DtlsRole};

use super::{Connection, Remote};
use crate::fabric::Fabric;
use crate::happening::Happening;
use crate::happening::rtc::{CandidateKind, Step};
use crate::rtc::operation::Operation;
use crate::rtc::texts::{self, Credentials};

impl Connection {
    /// The operation at the head of the chain takes its time.
    pub(in crate::rtc) fn begin(&mut self, fabric: &mut Fabric) {
        let delay = match self.chain.front() {
            Some(Operation::AddCandidate(_)) => fabric.random.millis(0, 1),
            _ if fabric.random.chance(20) => fabric.random.millis(100, 800),
            _ => fabric.random.millis(1, 15),
        };
        fabric.after(delay, Happening::Rtc(self.id, Step::Operate));
    }

    /// `createOffer` and `setLocalDescription`.
    pub(in crate::rtc) fn offer(&mut self, fabric: &mut Fabric, restart: bool) -> Option<String> {
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
    pub(in crate::rtc) fn accept(&mut self, fabric: &mut Fabric, sdp: &str) -> Option<String> {
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
    pub(in crate::rtc) fn set_answer(&mut self, fabric: &mut Fabric, sdp: &str) -> Option<()> {
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

    pub(in crate::rtc) fn add_candidate(&mut self, line: &str) {
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
            through: None,
        };
        texts::sdp(&description, self.revision)
    }
}
