//! What somebody asks.

use bytes::Bytes;
use lacis_core::RequestId;
use lacis_wire::{Code, NodeId};

use crate::handle::Handle;

/// What somebody asks. The first answer counts; without one the other side waits as long as it said
/// it would.
#[derive(Clone, Debug)]
pub struct Request {
    handle: Handle,
    id: RequestId,
    from: NodeId,
    label: String,
    data: Bytes,
}

impl Request {
    pub(crate) const fn new(
        handle: Handle,
        id: RequestId,
        from: NodeId,
        label: String,
        data: Bytes,
    ) -> Self {
        Self { handle, id, from, label, data }
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

    /// Answers.
    pub fn respond(self, data: impl Into<Vec<u8>>) {
        self.answer(Ok(data.into()));
    }

    /// Refuses to answer; the other side hears the code.
    pub fn refuse(self, code: Code) {
        self.answer(Err(code));
    }

    fn answer(self, answer: Result<Vec<u8>, Code>) {
        let Self { handle, id, .. } = self;
        handle.post(move |machine, _| machine.with(|node, now| node.respond(now, id, answer)));
    }
}
