//! What somebody asks.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use lacis_core::RequestId;
use lacis_wire::{Code, NodeId};

/// The way on which answers go.
pub(crate) type Respond = Arc<dyn Fn(RequestId, Result<Vec<u8>, Code>) + Send + Sync>;

/// What somebody asks. The first answer counts; without one the other side waits as long as it said
/// it would.
#[derive(Clone)]
pub struct Request {
    respond: Respond,
    id: RequestId,
    from: NodeId,
    label: String,
    data: Bytes,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, from, label, data, .. } = self;
        f.debug_struct("Request")
            .field("id", id)
            .field("from", from)
            .field("label", label)
            .field("data", data)
            .finish_non_exhaustive()
    }
}

impl Request {
    pub(crate) const fn new(
        respond: Respond,
        id: RequestId,
        from: NodeId,
        label: String,
        data: Bytes,
    ) -> Self {
        Self { respond, id, from, label, data }
    }

    /// Who asks.
    #[must_use]
    pub const fn from(&self) -> NodeId {
        self.from
    }

    /// The application's name for the sort of request.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// What is asked.
    #[must_use]
    pub const fn data(&self) -> &Bytes {
        &self.data
    }

    /// Answers the request.
    pub fn respond(self, data: impl Into<Vec<u8>>) {
        self.answer(Ok(data.into()));
    }

    /// Refuses the request, for a reason that its sender hears.
    pub fn refuse(self, code: Code) {
        self.answer(Err(code));
    }

    fn answer(self, answer: Result<Vec<u8>, Code>) {
        (self.respond)(self.id, answer);
    }
}
