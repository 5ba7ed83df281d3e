//! Files that go to the remotes of a room.

use lacis_core::StreamId;
use lacis_wire::{Code, limits};
use tokio::sync::mpsc;

use crate::error::Error;
use crate::file::Part;
use crate::handle::Handle;

/// A file that goes to a remote, which has accepted it. Dropped before
/// [`FileWriter::finish`], it is given up.
#[derive(Debug)]
pub struct FileWriter {
    handle: Handle,
    stream: StreamId,
    parts: mpsc::UnboundedReceiver<Part>,
    taken: u64,
    /// Why it ended early, once it did.
    failed: Option<Code>,
    is_over: bool,
}

impl FileWriter {
    pub(crate) const fn new(
        handle: Handle,
        stream: StreamId,
        parts: mpsc::UnboundedReceiver<Part>,
    ) -> Self {
        Self { handle, stream, parts, taken: 0, failed: None, is_over: false }
    }

    /// Sends the next bytes, and waits until more may follow.
    ///
    /// # Errors
    /// [`Code::RemoteLeft`], [`Code::Rejected`] and whatever else ended it, [`Code::Closed`].
    pub async fn write(&mut self, data: &[u8]) -> Result<(), Error> {
        let stream = self.stream;
        for piece in data.chunks(limits::WRITE_AHEAD_BYTES) {
            let piece = piece.to_vec();
            let asked = self.handle.clone().ask_node(move |node, now, ticket| {
                node.write(now, ticket, stream, piece).map_err(Code::from)
            });
            let written = async { asked.await?.1.settled().await };
            written.await.map_err(|error| self.why(error))?;
        }
        Ok(())
    }

    /// Bytes that the receiving program has taken so far.
    pub fn taken(&mut self) -> u64 {
        self.hear();
        self.taken
    }

    fn hear(&mut self) {
        while let Ok(part) = self.parts.try_recv() {
            match part {
                Part::Taken(taken) => self.taken = taken,
                Part::Failed(code) => self.failed = Some(code),
                Part::Data(_) | Part::End => {}
            }
        }
    }

    /// Between two calls it may have ended, and is not known any more: then why it did.
    fn why(&mut self, error: Error) -> Error {
        self.hear();
        let is_gone = error.code() == Code::StreamUnknown;
        self.failed.filter(|_| is_gone).map_or(error, Error::from)
    }

    /// Says that this was all, and waits until the receiver has every byte.
    ///
    /// # Errors
    /// As of [`FileWriter::write`].
    pub async fn finish(mut self) -> Result<(), Error> {
        let stream = self.stream;
        let asked = self.handle.clone().ask_node(move |node, now, ticket| {
            node.finish(now, ticket, stream).map_err(Code::from)
        });
        let finished = async { asked.await?.1.settled().await };
        finished.await.map_err(|error| self.why(error))?;
        self.is_over = true;
        self.handle.post(move |_, desk| {
            desk.streams.remove(&stream);
        });
        Ok(())
    }
}

impl Drop for FileWriter {
    fn drop(&mut self) {
        if !self.is_over {
            cancel(&self.handle, self.stream, Code::Aborted);
        }
    }
}

fn cancel(handle: &Handle, stream: StreamId, code: Code) {
    handle.post(move |machine, desk| {
        desk.streams.remove(&stream);
        machine.with(|node, now| node.cancel_stream(now, stream, code));
    });
}
