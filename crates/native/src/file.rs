//! Files to and from the remotes of a room.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use lacis_core::StreamId;
use lacis_wire::{Code, NodeId, limits};
use tokio::sync::mpsc;

use crate::error::Error;
use crate::handle::Handle;

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
    /// Its media type, may be empty.
    pub media_type: String,
    /// Its size in bytes.
    pub size: u64,
}

/// A file that a remote offers. Nothing of it flows until it is accepted, and dropping all clones
/// refuses it.
#[derive(Clone)]
pub struct IncomingFile(Arc<Offer>);

struct Offer {
    handle: Handle,
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
        handle: Handle,
        stream: StreamId,
        from: NodeId,
        info: FileInfo,
        parts: mpsc::UnboundedReceiver<Part>,
    ) -> Self {
        Self(Arc::new(Offer { handle, stream, from, info, parts: Mutex::new(Some(parts)) }))
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
        let (handle, stream) = (self.0.handle.clone(), self.0.stream);
        let reader = FileReader { handle: handle.clone(), stream, parts, is_over: false };
        let accepted = handle.call(move |machine, _| {
            machine.with(|node, now| node.accept_file(now, stream)).map_err(Code::from)
        });
        accepted.await??;
        Ok(reader)
    }
}

impl Drop for Offer {
    fn drop(&mut self) {
        let is_open = self.parts.lock().unwrap_or_else(PoisonError::into_inner).is_some();
        if is_open {
            cancel(&self.handle, self.stream, Code::Rejected);
        }
    }
}

/// The bytes of a file that comes. Dropped before its end, it tells the sender to stop.
#[derive(Debug)]
pub struct FileReader {
    handle: Handle,
    stream: StreamId,
    parts: mpsc::UnboundedReceiver<Part>,
    is_over: bool,
}

impl FileReader {
    /// The next bytes; nothing once every byte has come. More flow only when it is called again, so
    /// a reader that is slow has no more than a few MiB waiting.
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
                    let (stream, taken) = (self.stream, data.len() as u64);
                    self.handle.post(move |machine, _| {
                        machine.with(|node, now| node.grant(now, stream, taken));
                    });
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
            cancel(&self.handle, self.stream, Code::Aborted);
        }
    }
}

/// A file that goes to a remote, which has accepted it. Dropped before
/// [`FileWriter::finish`], it is given up.
#[derive(Debug)]
pub struct FileWriter {
    handle: Handle,
    stream: StreamId,
    parts: mpsc::UnboundedReceiver<Part>,
    taken: u64,
    is_over: bool,
}

impl FileWriter {
    pub(crate) const fn new(
        handle: Handle,
        stream: StreamId,
        parts: mpsc::UnboundedReceiver<Part>,
    ) -> Self {
        Self { handle, stream, parts, taken: 0, is_over: false }
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
            asked.await?.1.settled().await?;
        }
        Ok(())
    }

    /// Bytes that the receiving program has taken so far.
    pub fn taken(&mut self) -> u64 {
        while let Ok(part) = self.parts.try_recv() {
            if let Part::Taken(taken) = part {
                self.taken = taken;
            }
        }
        self.taken
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
        asked.await?.1.settled().await?;
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
