//! What two members lack of each other, found at a cost that grows with the difference.
//!
//! Range-based set reconciliation (A. Meyer, 2023) in the form of the Negentropy protocol, version
//! 1: one side names fingerprints of ranges, the other splits those that differ, until a range is
//! short enough to list. When both hold the same, one message each way says so. Names hold hashes
//! of signed headers, so an outsider cannot choose them; a member who grinds for equal fingerprints
//! can hide copies of its own from a round, and the next round, with other ranges, finds them.

use alloc::vec::Vec;

use lacis_wire::limits;
use lacis_wire::record::CopyName;
use negentropy::{Error, Id, Negentropy};

use super::index::Index;

/// What a side learned from one answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// Names of copies that we hold and the other side does not.
    pub have: Vec<CopyName>,
    /// Names of copies that the other side holds and we do not.
    pub need: Vec<CopyName>,
    /// What to ask next; nothing when all is found.
    pub next: Option<Vec<u8>>,
}

/// A message of the other side that breaks the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a message of the reconciliation")]
pub struct ReconcileError;

impl From<Error> for ReconcileError {
    fn from(_: Error) -> Self {
        Self
    }
}

/// The first question.
///
/// # Errors
/// [`ReconcileError`] when the index cannot be read, which is a fault of ours.
pub fn begin(index: &Index) -> Result<Vec<u8>, ReconcileError> {
    Ok(Negentropy::borrowed(index, limits::RECONCILE_BYTES)?.initiate()?)
}

/// Answers a question. Nothing is remembered between questions.
///
/// # Errors
/// [`ReconcileError`] when the question breaks the protocol.
pub fn answer(index: &Index, question: &[u8]) -> Result<Vec<u8>, ReconcileError> {
    Ok(Negentropy::borrowed(index, limits::RECONCILE_BYTES)?.reconcile(question)?)
}

/// Reads an answer to our question.
///
/// # Errors
/// [`ReconcileError`] when the answer breaks the protocol.
pub fn advance(index: &Index, answer: &[u8]) -> Result<Findings, ReconcileError> {
    let mut session = Negentropy::borrowed(index, limits::RECONCILE_BYTES)?;
    session.set_initiator();
    let (mut have, mut need) = (Vec::new(), Vec::new());
    let next = session.reconcile_with_ids(answer, &mut have, &mut need)?;
    let names = |ids: Vec<Id>| ids.iter().map(|id| CopyName::from_bytes(id)).collect();
    Ok(Findings { have: names(have), need: names(need), next })
}
