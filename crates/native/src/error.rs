//! What goes wrong.

use std::io;

use lacis_core::{ConfigError, JoinError, SendError};
use lacis_wire::Code;
use lacis_wire::room::RoomLinkError;

/// Why a store cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Another peer, of this process or another one, has it open.
    #[error("the store is in use by another peer")]
    InUse,
    /// It was written by a version that keeps it in another form.
    #[error("the store was written by another version")]
    Version,
    /// What is in the file is not a store, or no longer one.
    #[error("the file is not a store, or it is damaged: {0}")]
    Damaged(String),
    /// The file cannot be opened, read or written.
    #[error("the file of the store cannot be used: {0}")]
    Io(#[source] io::Error),
}

impl StoreError {
    /// The code that stands for it everywhere else.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::InUse => Code::StoreInUse,
            Self::Version => Code::StoreVersion,
            Self::Damaged(_) => Code::StoreDamaged,
            Self::Io(_) => Code::StoreUnavailable,
        }
    }
}

/// Why a peer does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The addresses of servers are too many, or one of them is none.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The UDP port cannot be used.
    #[error("the UDP port cannot be bound: {0}")]
    Port(#[source] io::Error),
    /// The store cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The system gives no randomness or no thread.
    #[error("the system gives no thread or no randomness: {0}")]
    System(#[source] io::Error),
}

/// Why something that was asked of a peer is not done.
///
/// Its [`Code`] is the one that pages see as `error.code`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.as_str())]
pub struct Error(Code);

impl Error {
    /// The reason, as a code that never changes its meaning.
    #[must_use]
    pub const fn code(self) -> Code {
        self.0
    }
}

impl From<Code> for Error {
    fn from(code: Code) -> Self {
        Self(code)
    }
}

impl From<JoinError> for Error {
    fn from(error: JoinError) -> Self {
        Self(error.into())
    }
}

impl From<SendError> for Error {
    fn from(error: SendError) -> Self {
        Self(error.into())
    }
}

impl From<RoomLinkError> for Error {
    fn from(error: RoomLinkError) -> Self {
        Self(match error {
            RoomLinkError::Damaged => Code::LinkDamaged,
            RoomLinkError::Version => Code::LinkVersion,
            _ => Code::LinkUnknown,
        })
    }
}
