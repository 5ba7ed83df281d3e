//! Files that come from the remotes of a room.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use lacis_core::StreamId;
use lacis_wire::{Code, NodeId};
use tokio::sync::{mpsc, oneshot};

use crate::error::Error;

/// What is done with a file.
#[derive(Debug)]
pub(crate) enum Act {
    Accept(oneshot::Sender<Result<(), Code>>),
    Grant(u64),
    Cancel(Code),
}

/// The way on which that goes.
pub(crate) type Steer = Arc<dyn Fn(StreamId, Act) + Send + Sync>;

/// What comes of a file. Flow control bounds what waits: a sender has so much credit and no more.
#[derive(Debug)]
pub(crate) enum Part {
    Data(Vec<u8>),
    End,
    Failed(Code),
    Taken(u64),
}

/// What a file is, as its sender says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileInfo {
    /// Its name. A receiver takes nothing of it for a folder.
    pub name: String,
    /// Its media type; empty if there is none.
    pub media_type: String,
    /// Its size in bytes.
    pub size: u64,
}

/// A file that a remote offers. Nothing of it flows until it is accepted, and dropping all clones
/// refuses it.
#[derive(Clone)]
pub struct IncomingFile(Arc<Offer>);

struct Offer {
    steer: Steer,
    stream: StreamId,
    from: NodeId,
    info: FileInfo,
    /// Nothing once it was accepted.
    parts: Mutex<Option<mpsc::UnboundedReceiver<Part>>>,
}

impl fmt::Debug for IncomingFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Offer { from, info, .. } = &*self.0;
        f.debug_struct("IncomingFile").field("from", from).field("info", info).finish()
    }
}

impl IncomingFile {
    pub(crate) fn new(
        steer: Steer,
        stream: StreamId,
        from: NodeId,
        info: FileInfo,
        parts: mpsc::UnboundedReceiver<Part>,
    ) -> Self {
        Self(Arc::new(Offer { steer, stream, from, info, parts: Mutex::new(Some(parts)) }))
    }

    /// Who sends it.
    #[must_use]
    pub fn from(&self) -> NodeId {
        self.0.from
    }

    /// What it is.
    #[must_use]
    pub fn info(&self) -> &FileInfo {
        &self.0.info
    }

    /// Accepts it; its bytes come by [`FileReader::next`].
    ///
    /// # Errors
    /// [`Code::StreamUnknown`] if it was accepted already or its sender has given up,
    /// [`Code::Closed`].
    pub async fn accept(&self) -> Result<FileReader, Error> {
        let parts = self.0.parts.lock().unwrap_or_else(PoisonError::into_inner).take();
        let parts = parts.ok_or(Code::StreamUnknown)?;
        let (steer, stream) = (Arc::clone(&self.0.steer), self.0.stream);
        let (answer, given) = oneshot::channel();
        steer(stream, Act::Accept(answer));
        let reader = FileReader { steer, stream, parts, is_over: false };
        given.await.unwrap_or(Err(Code::Closed))?;
        Ok(reader)
    }
}

impl Drop for Offer {
    fn drop(&mut self) {
        let is_open = self.parts.lock().unwrap_or_else(PoisonError::into_inner).is_some();
        if is_open {
            (self.steer)(self.stream, Act::Cancel(Code::Rejected));
        }
    }
}

/// The bytes of a file that comes. Dropped before its end, it tells the sender to stop.
pub struct FileReader {
    steer: Steer,
    stream: StreamId,
    parts: mpsc::UnboundedReceiver<Part>,
    is_over: bool,
}

impl fmt::Debug for FileReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileReader").field("stream", &self.stream).finish_non_exhaustive()
    }
}

impl FileReader {
    /// The next bytes; `None` once every byte has come.
    ///
    /// More flow only when it is called again, so a reader that is slow has no more than a few MiB
    /// waiting.
    ///
    /// # Errors
    /// [`Code::RemoteLeft`], [`Code::Aborted`] and whatever else ended it, [`Code::Closed`].
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, Error> {
        if self.is_over {
            return Ok(None);
        }
        loop {
            match self.parts.recv().await {
                Some(Part::Data(data)) => {
                    (self.steer)(self.stream, Act::Grant(data.len() as u64));
                    return Ok(Some(data));
                }
                Some(Part::End) => {
                    self.is_over = true;
                    return Ok(None);
                }
                Some(Part::Failed(code)) => {
                    self.is_over = true;
                    return Err(code.into());
                }
                Some(Part::Taken(_)) => {}
                None => return Err(Code::Closed.into()),
            }
        }
    }
}

impl Drop for FileReader {
    fn drop(&mut self) {
        if !self.is_over {
            (self.steer)(self.stream, Act::Cancel(Code::Aborted));
        }
    }
}
