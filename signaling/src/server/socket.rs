//! A WebSocket (RFC 6455) of the server's side that owns no memory while nothing is under way:
//! libraries keep a read buffer for every connection, which is most of what an idle client costs.
//! Frame headers are read and written by tungstenite; what fills a frame is bounded here.

use std::future::poll_fn;
use std::io::{self, Cursor};
use std::mem::{self, MaybeUninit};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use lacis_wire::limits::SIGNAL_FRAME_BYTES;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tungstenite::protocol::frame::FrameHeader;
use tungstenite::protocol::frame::coding::{Control, Data, OpCode};

use super::batch::{Batch, Received};
use crate::limits;

/// The longest payload of a control frame.
const CONTROL_BYTES_MAX: usize = 125;
/// More than the head of any frame.
const HEAD_BYTES_MAX: usize = 14;

/// One connection. `S` is what carries it.
#[derive(Debug)]
pub(super) struct Socket<S> {
    stream: S,
    /// The beginning of a frame that has not come whole.
    partial: Vec<u8>,
    /// The message so far, if it comes in several frames.
    message: Option<Vec<u8>>,
    /// What the last ping asked for.
    pong: Option<Vec<u8>>,
    /// What is being written, and how much of it has been. Whoever gives up waiting leaves it here.
    out: Vec<u8>,
    written: usize,
}

/// How reading ended, if it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// More may come.
    Open,
    /// The client has said goodbye, or the connection is lost.
    Ended,
    /// What came cannot be read, and nothing behind it can.
    Broken,
}

/// Something breaks the rules of the transport.
struct Broken;

impl<S: AsyncRead + AsyncWrite + Unpin> Socket<S> {
    /// A connection that has been upgraded; `early` came right behind the request.
    pub(super) fn new(stream: S, early: &[u8]) -> Self {
        let (partial, out) = (early.to_vec(), Vec::new());
        Self { stream, partial, message: None, pong: None, out, written: 0 }
    }

    /// Takes what is there, or waits for something.
    pub(super) fn poll_receive(
        &mut self,
        context: &mut Context<'_>,
        received: &mut Vec<Received>,
    ) -> Poll<Reading> {
        loop {
            // On the stack, so that it belongs to nobody in between.
            let mut space = [MaybeUninit::uninit(); limits::READ_BYTES];
            let mut buffer = ReadBuf::uninit(&mut space);
            match Pin::new(&mut self.stream).poll_read(context, &mut buffer) {
                Poll::Pending if received.is_empty() && self.pong.is_none() => {
                    return Poll::Pending;
                }
                Poll::Pending => return Poll::Ready(Reading::Open),
                Poll::Ready(Err(_)) => return Poll::Ready(Reading::Ended),
                Poll::Ready(Ok(())) if buffer.filled().is_empty() => {
                    return Poll::Ready(Reading::Ended);
                }
                Poll::Ready(Ok(())) => {}
            }
            let reading = self.take(buffer.filled_mut(), received);
            if reading != Reading::Open || received.len() >= limits::READ_BATCH_FRAMES {
                return Poll::Ready(reading);
            }
        }
    }

    /// Whether a ping waits for its answer.
    pub(super) const fn owes_pong(&self) -> bool {
        self.pong.is_some()
    }

    /// Writes frames, and the pong that is owed, in one go. They are copied and let go before they
    /// are written: whoever does not read must not hold them twice. `progressed` is told whenever
    /// some of it has left and more is to come.
    pub(super) async fn write(
        &mut self,
        batch: &mut Batch,
        progressed: impl Fn(),
    ) -> io::Result<()> {
        let bytes: usize = batch.frames.iter().map(|frame| frame.len() + HEAD_BYTES_MAX).sum();
        self.out.reserve(bytes);
        if let Some(payload) = self.pong.take() {
            self.put(OpCode::Control(Control::Pong), &payload);
        }
        if batch.ping {
            self.put(OpCode::Control(Control::Ping), &[]);
        }
        for frame in mem::take(&mut batch.frames) {
            self.put(OpCode::Data(Data::Binary), &frame);
        }
        self.flush(progressed).await
    }

    /// Writes a close frame, and ends. What still comes until the client has ended too is thrown
    /// away as it comes: to close with data in the socket would destroy on its way what was just
    /// written.
    pub(super) async fn close(&mut self, code: u16, reason: &str) -> io::Result<()> {
        self.put(
            OpCode::Control(Control::Close),
            &[&code.to_be_bytes(), reason.as_bytes()].concat(),
        );
        self.flush(|| ()).await?;
        // What was not whole is of no use any more.
        (self.partial, self.message, self.pong) = (Vec::new(), None, None);
        self.stream.shutdown().await?;
        let mut left = limits::CLOSE_BYTES_MAX;
        while let count @ 1.. = poll_fn(|context| self.poll_discard(context)).await?
            && count < left
        {
            left -= count;
        }
        Ok(())
    }

    /// Takes bytes out of the socket and forgets them; says how many.
    fn poll_discard(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut space = [MaybeUninit::uninit(); limits::READ_BYTES];
        let mut buffer = ReadBuf::uninit(&mut space);
        let read = Pin::new(&mut self.stream).poll_read(context, &mut buffer);
        read.map_ok(|()| buffer.filled().len())
    }

    /// Answers the goodbye of the client.
    pub(super) async fn answer_close(&mut self) -> io::Result<()> {
        self.put(OpCode::Control(Control::Close), &[]);
        self.flush(|| ()).await?;
        self.stream.shutdown().await
    }

    fn put(&mut self, opcode: OpCode, payload: &[u8]) {
        let header = FrameHeader { opcode, ..FrameHeader::default() };
        // Writing to memory does not fail.
        let length = u64::try_from(payload.len()).unwrap_or(u64::MAX);
        let _ = header.format(length, &mut self.out);
        self.out.extend_from_slice(payload);
    }

    async fn flush(&mut self, progressed: impl Fn()) -> io::Result<()> {
        while let Some(rest) = self.out.get(self.written..).filter(|rest| !rest.is_empty()) {
            match self.stream.write(rest).await? {
                0 => return Err(io::ErrorKind::WriteZero.into()),
                written => self.written += written,
            }
            if self.written < self.out.len() {
                progressed();
            }
        }
        // An idle client keeps no buffer.
        (self.out, self.written) = (Vec::new(), 0);
        self.stream.flush().await
    }

    /// Reads the frames in what came.
    fn take(&mut self, bytes: &mut [u8], received: &mut Vec<Received>) -> Reading {
        if self.partial.is_empty() {
            let (reading, used) = self.frames(bytes, received);
            self.partial.extend_from_slice(bytes.get(used..).unwrap_or_default());
            return reading;
        }
        let mut whole = mem::take(&mut self.partial);
        whole.extend_from_slice(bytes);
        let (reading, used) = self.frames(&mut whole, received);
        // In a place of its own size: the one it came in may be many times larger, and stays as
        // long as the rest does not come.
        self.partial = whole.get(used..).unwrap_or_default().to_vec();
        reading
    }

    /// Reads all frames that are there whole; says how many bytes they have.
    fn frames(&mut self, bytes: &mut [u8], received: &mut Vec<Received>) -> (Reading, usize) {
        let mut used = 0;
        loop {
            let rest = bytes.get_mut(used..).unwrap_or_default();
            match self.frame(rest, received) {
                Ok(Some((Reading::Open, length))) => used += length,
                Ok(Some((reading, _))) => return (reading, bytes.len()),
                Ok(None) => return (Reading::Open, used),
                Err(Broken) => {
                    received.push(Received::Malformed);
                    return (Reading::Broken, bytes.len());
                }
            }
        }
    }

    /// Reads one frame; nothing if it is not there whole.
    fn frame(
        &mut self,
        bytes: &mut [u8],
        received: &mut Vec<Received>,
    ) -> Result<Option<(Reading, usize)>, Broken> {
        let mut cursor = Cursor::new(&*bytes);
        let Some((header, length)) = FrameHeader::parse(&mut cursor).map_err(|_| Broken)? else {
            return Ok(None);
        };
        let start = usize::try_from(cursor.position()).map_err(|_| Broken)?;
        let length = usize::try_from(length).map_err(|_| Broken)?;
        let is_control = matches!(header.opcode, OpCode::Control(_));
        let most = if is_control { CONTROL_BYTES_MAX } else { SIGNAL_FRAME_BYTES };
        let is_plain = !header.rsv1 && !header.rsv2 && !header.rsv3;
        let (Some(mask), true) = (header.mask, is_plain && length <= most) else {
            return Err(Broken);
        };
        if is_control && !header.is_final {
            return Err(Broken);
        }
        let Some(payload) = bytes.get_mut(start..start + length) else { return Ok(None) };
        unmask(payload, mask);
        let reading = self.understand(&header, payload, received)?;
        Ok(Some((reading, start + length)))
    }

    fn understand(
        &mut self,
        header: &FrameHeader,
        payload: &[u8],
        received: &mut Vec<Received>,
    ) -> Result<Reading, Broken> {
        match (header.opcode, self.message.take()) {
            (OpCode::Control(control), message) => {
                self.message = message;
                match control {
                    Control::Close => return Ok(Reading::Ended),
                    Control::Ping => self.pong = Some(payload.to_vec()),
                    Control::Pong => {}
                    Control::Reserved(_) => return Err(Broken),
                }
                received.push(Received::Alive);
            }
            (OpCode::Data(Data::Text), None) => received.push(Received::Malformed),
            (OpCode::Data(Data::Binary), None) if header.is_final => {
                received.push(Received::Frame(Bytes::copy_from_slice(payload)));
            }
            (OpCode::Data(Data::Binary), None) => {
                self.message = Some(payload.to_vec());
                received.push(Received::Alive);
            }
            (OpCode::Data(Data::Continue), Some(mut message)) => {
                if message.len() + payload.len() > SIGNAL_FRAME_BYTES {
                    return Err(Broken);
                }
                message.extend_from_slice(payload);
                if header.is_final {
                    received.push(Received::Frame(message.into()));
                } else {
                    self.message = Some(message);
                    // Pieces count as well, or a message of empty ones could go on for ever.
                    received.push(Received::Alive);
                }
            }
            (OpCode::Data(_), _) => return Err(Broken),
        }
        Ok(Reading::Open)
    }
}

fn unmask(payload: &mut [u8], mask: [u8; 4]) {
    let mut chunks = payload.chunks_exact_mut(4);
    for chunk in &mut chunks {
        for (byte, key) in chunk.iter_mut().zip(mask) {
            *byte ^= key;
        }
    }
    for (byte, key) in chunks.into_remainder().iter_mut().zip(mask) {
        *byte ^= key;
    }
}

/// What the server answers to the key of a request, if that asks for a WebSocket as it must.
pub(super) fn accept_key(headers: &axum::http::HeaderMap) -> Option<String> {
    let has = |name: &str, word: &str| {
        headers
            .get_all(name)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .any(|value| value.split(',').any(|part| part.trim().eq_ignore_ascii_case(word)))
    };
    let asks = has("connection", "upgrade")
        && has("upgrade", "websocket")
        && has("sec-websocket-version", "13");
    let key = headers.get("sec-websocket-key").filter(|_| asks)?;
    Some(tungstenite::handshake::derive_accept_key(key.as_bytes()))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use tokio::io::{AsyncReadExt, duplex};

    use super::{Batch, Bytes, Socket};

    #[tokio::test]
    async fn of_a_batch_that_leaves_in_pieces_each_shows() {
        let (near, mut far) = duplex(1_024);
        let mut socket = Socket::new(near, &[]);
        let frames = vec![Bytes::from_static(&[0; 16_000])];
        let mut batch = Batch { frames, ..Batch::default() };
        let pieces = Cell::new(0);
        let mut read = vec![0; 16_004];
        let writing = socket.write(&mut batch, || pieces.set(pieces.get() + 1));
        let (written, read) = tokio::join!(writing, far.read_exact(&mut read));
        assert!(written.is_ok() && read.is_ok());
        assert!(pieces.get() >= 15, "{}", pieces.get());
    }
}
