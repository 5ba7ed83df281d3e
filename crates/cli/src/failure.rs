//! What goes wrong, in plain words, and what may help.

use std::fmt;
use std::io;
use std::path::Path;
use std::process::ExitCode;

use lacis_native::{Code, Error, StartError, StoreError};

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: u8,
    /// The stable code, where there is one.
    code: Option<&'static str>,
    text: String,
    hint: Option<String>,
}

const FAILED: u8 = 1;
const MISUSED: u8 = 2;
const UNREACHED: u8 = 3;
const INTERRUPTED: u8 = 130;

impl Failure {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self { exit: FAILED, code: None, text: text.into(), hint: None }
    }

    /// An argument makes no sense.
    pub(crate) fn misused(text: impl Into<String>) -> Self {
        Self { exit: MISUSED, ..Self::new(text) }
    }

    /// Nobody was reached in time.
    pub(crate) fn unreached(text: impl Into<String>) -> Self {
        Self { exit: UNREACHED, ..Self::new(text) }
    }

    /// Ctrl-C came before it was done.
    pub(crate) fn interrupted() -> Self {
        Self { exit: INTERRUPTED, ..Self::new("ended before it was done") }
    }

    pub(crate) fn system(what: &str, error: impl fmt::Display) -> Self {
        Self::new(format!("{what}: {error}"))
    }

    pub(crate) fn file(path: &Path, error: &io::Error) -> Self {
        Self::new(format!("{}: {error}", path.display()))
    }

    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Names it for programs, where no code of the peer does.
    #[must_use]
    pub(crate) const fn coded(mut self, code: &'static str) -> Self {
        self.code = Some(code);
        self
    }

    pub(crate) const fn code(&self) -> Option<&'static str> {
        self.code
    }

    pub(crate) fn help(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.exit)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let code = error.code();
        let exit = match code {
            Code::NoIssuer
            | Code::Timeout
            | Code::SignalingUnreachable
            | Code::NotConnected
            | Code::NoAnswer => UNREACHED,
            _ => FAILED,
        };
        let (text, hint) = words_of(code);
        let hint = (!hint.is_empty()).then(|| hint.to_owned());
        Self { exit, code: Some(code.as_str()), text: text.to_owned(), hint }
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        let failure = Self::new(error.to_string());
        match &error {
            StartError::Store(StoreError::InUse) => Self {
                text: "another lacis is running with the same data".into(),
                code: Some(Code::StoreInUse.as_str()),
                ..failure
            }
            .hint("end it first, or use another folder by --data"),
            StartError::Store(store) => Self { code: Some(store.code().as_str()), ..failure },
            StartError::Config(_) => {
                Self { exit: MISUSED, ..failure }.hint("a server looks like wss://example.org/ws")
            }
            _ => failure,
        }
    }
}

/// What a code means to whoever typed the command, and what may help.
const fn words_of(code: Code) -> (&'static str, &'static str) {
    match code {
        Code::InvitationUnknown => ("that is not an invitation", "copy all of it, without spaces"),
        Code::InvitationDamaged => {
            ("characters of the invitation are missing or changed", "copy it once more")
        }
        Code::InvitationVersion => ("the invitation is of a newer version", "update lacis"),
        Code::InvitationExpired => ("the invitation has expired", "ask for a new one"),
        Code::InvitationNotYetValid => {
            ("the invitation is not valid yet", "see whether the clock of this machine is right")
        }
        Code::InvitationNotTrusted => ("whoever made the invitation may not invite", ""),
        Code::InvitationNotForYou => {
            ("the invitation is for another identity", "lacis identity show prints yours")
        }
        Code::InvitationUsedUp => ("the invitation is used up", "ask for a new one"),
        Code::InvitationEnded => ("the invitation was ended", "ask for a new one"),
        Code::NoIssuer => (
            "nobody is there who may let you in",
            "it needs a member who may invite, online; --wait goes on trying",
        ),
        Code::SignalingUnreachable => {
            ("no server answers", "see --server, and whether the server is up")
        }
        Code::Timeout => ("that took too long", "--timeout waits for longer"),
        Code::GroupUnknown => ("there is no such group here", "lacis group list shows them"),
        Code::TooManyGroups => ("as many groups are open as there may be", ""),
        Code::NotAllowed => ("your role in the group does not allow that", ""),
        Code::NotMember => ("that is no member of the group", "lacis group members lists them"),
        Code::Revoked => ("the membership was taken back", ""),
        Code::RecordUnknown => ("there is no such record here", ""),
        Code::NoKey => {
            ("the key of the group has not come yet", "be online while another member is")
        }
        Code::TooLarge => ("that is too large for one record", ""),
        Code::OverBudget => ("your budget in the group is used up", ""),
        Code::StoreFull => ("the disk is full", ""),
        Code::StoreFailed => ("the disk failed", ""),
        Code::ExportDamaged => ("the file is not an exported group, or was changed", ""),
        Code::LinkUnknown => ("that is not a link of a room", "copy all of it"),
        Code::LinkDamaged => ("characters of the link are missing or changed", "copy it once more"),
        Code::LinkVersion => ("the link is of a newer version", "update lacis"),
        Code::AlreadyJoined => ("you are a member already", ""),
        Code::Rejected | Code::NoHandler => ("the other side does not want it", ""),
        Code::RemoteLeft | Code::LinkLost => ("the other side left before it was done", ""),
        Code::Aborted => ("the other side gave up", ""),
        other => (other.as_str(), ""),
    }
}
