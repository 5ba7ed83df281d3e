//! Clients by the thousand that cost next to nothing, so that one core of load can busy one core of
//! a server: no task and no buffer for each, and every frame written as the server would read it
//! from a browser, only masked with zeros.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use lacis_wire::codec::{decode, encode_with_capacity};
use lacis_wire::limits::SIGNAL_FRAME_BYTES;
use lacis_wire::signal::{ClientFrame, ServerFrame};
use lacis_wire::{NodeId, PROTOCOL};
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token, Waker};

/// The example of RFC 6455, 1.3: what the server has to make of a key, if it is one.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPTED: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
const READ_BYTES: usize = 64 * 1024;
const EVENTS_AT_ONCE: usize = 256;
const BOTH: Interest = Interest::READABLE.add(Interest::WRITABLE);
/// Not the number of a client.
const WAKE: Token = Token(usize::MAX);

pub(crate) const PING: u8 = 0x89;
pub(crate) const PONG: u8 = 0x8a;
pub(crate) const BINARY: u8 = 0x82;
const CLOSE: u8 = 0x88;

/// Many clients on one thread.
#[derive(Debug)]
pub(crate) struct Crowd {
    poll: Poll,
    events: Events,
    server: SocketAddr,
    clients: Vec<Option<Client>>,
    space: Vec<u8>,
}

/// One of them.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) node: NodeId,
    stream: TcpStream,
    is_open: bool,
    /// The beginning of what has not come whole.
    partial: Vec<u8>,
    /// What could not be written yet.
    out: Vec<u8>,
}

/// What a client has seen.
#[derive(Debug)]
pub(crate) enum Seen<'a> {
    /// It has sent its greeting; what is sent now goes with it, as nodes do it.
    Greeting,
    /// The server has let it in.
    Welcome,
    Frame(ServerFrame<'a>),
    /// The answer to a ping of its WebSocket.
    Pong(&'a [u8]),
    /// It is gone, and why.
    Gone(anyhow::Error),
}

impl Crowd {
    pub(crate) fn new(server: SocketAddr) -> Result<Self> {
        Ok(Self {
            poll: Poll::new()?,
            events: Events::with_capacity(EVENTS_AT_ONCE),
            server,
            clients: Vec::new(),
            space: vec![0; READ_BYTES],
        })
    }

    /// Ends a turn from another thread.
    pub(crate) fn waker(&self) -> Result<Waker> {
        Ok(Waker::new(self.poll.registry(), WAKE)?)
    }

    /// Begins to connect as one more; its number gives its address.
    pub(crate) fn dial(&mut self) -> Result<usize> {
        let number = self.clients.len();
        let stream = TcpStream::connect(self.server)?;
        let mut node = [0; 16];
        getrandom::fill(&mut node).context("no randomness")?;
        let out = request(self.server, u32::try_from(number)?).into_bytes();
        let (node, partial) = (NodeId(node), Vec::new());
        let mut client = Client { node, stream, is_open: false, partial, out };
        // On one machine a connection is there before the call returns, and one event less is
        // waited for.
        client.flush()?;
        let interest = if client.out.is_empty() { Interest::READABLE } else { BOTH };
        self.poll.registry().register(&mut client.stream, Token(number), interest)?;
        self.clients.push(Some(client));
        Ok(number)
    }

    pub(crate) fn client(&mut self, number: usize) -> Option<&mut Client> {
        self.clients.get_mut(number)?.as_mut()
    }

    /// Waits for something to happen, no longer than that, and tells what did. Says whether it was
    /// woken.
    pub(crate) fn turn(
        &mut self,
        wait: Duration,
        mut tell: impl FnMut(usize, &mut Client, Seen<'_>) -> Result<()>,
    ) -> Result<bool> {
        self.poll.poll(&mut self.events, Some(wait))?;
        let mut is_woken = false;
        for event in &self.events {
            if event.token() == WAKE {
                is_woken = true;
                continue;
            }
            let number = event.token().0;
            let Some(place) = self.clients.get_mut(number) else { continue };
            let Some(client) = place else { continue };
            let done = client.advance(&mut self.space, |client, seen| tell(number, client, seen));
            if done.is_ok() && !client.out.is_empty() {
                self.poll.registry().reregister(&mut client.stream, event.token(), BOTH)?;
            }
            if let Err(reason) = done {
                tell(number, client, Seen::Gone(reason))?;
                *place = None;
            }
        }
        Ok(is_woken)
    }
}

impl Client {
    /// Queues a frame; it is written by [`Client::flush`], or at the end of a turn.
    pub(crate) fn send(&mut self, frame: &ClientFrame<'_>) {
        let payload = if let ClientFrame::Send { payload, .. } = frame { payload.len() } else { 0 };
        let bytes = encode_with_capacity(frame, payload + 64);
        self.put(BINARY, &bytes);
    }

    /// Queues a ping of the WebSocket, of at most 125 bytes.
    pub(crate) fn ping(&mut self, payload: &[u8]) {
        self.put(PING, payload);
    }

    pub(crate) fn flush(&mut self) -> Result<()> {
        let mut written = 0;
        while written < self.out.len() {
            match self.stream.write(&self.out[written..]) {
                Ok(0) => bail!("nothing can be written any more"),
                Ok(count) => written += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::NotConnected => break,
                Err(error) => return Err(error.into()),
            }
        }
        self.out.drain(..written);
        if self.out.is_empty() && self.out.capacity() > SIGNAL_FRAME_BYTES {
            self.out = Vec::new();
        }
        Ok(())
    }

    fn put(&mut self, opcode: u8, payload: &[u8]) {
        put(&mut self.out, opcode, payload);
    }

    /// Writes what waits, reads what is there, and writes what that led to.
    fn advance(
        &mut self,
        space: &mut [u8],
        mut tell: impl FnMut(&mut Self, Seen<'_>) -> Result<()>,
    ) -> Result<()> {
        self.flush()?;
        loop {
            let count = match self.stream.read(space) {
                Ok(0) => bail!("the connection has ended"),
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::NotConnected => break,
                Err(error) => return Err(error.into()),
            };
            if self.partial.is_empty() {
                let used = self.take(&space[..count], &mut tell)?;
                self.partial.extend_from_slice(&space[used..count]);
            } else {
                let mut whole = std::mem::take(&mut self.partial);
                whole.extend_from_slice(&space[..count]);
                let used = self.take(&whole, &mut tell)?;
                whole.drain(..used);
                self.partial = whole;
            }
            // A short read has emptied the socket; the next bytes are an event of their own.
            if count < space.len() {
                break;
            }
        }
        self.flush()
    }

    /// Takes what is whole; says how many bytes that is.
    fn take(
        &mut self,
        bytes: &[u8],
        tell: &mut impl FnMut(&mut Self, Seen<'_>) -> Result<()>,
    ) -> Result<usize> {
        let mut used = 0;
        if !self.is_open {
            let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
                return Ok(0);
            };
            let answer = String::from_utf8_lossy(&bytes[..end]);
            let first = answer.lines().next().unwrap_or_default();
            ensure!(first.contains(" 101 "), "the server answered {first}");
            ensure!(answer.contains(ACCEPTED), "the server does not speak WebSocket");
            (self.is_open, used) = (true, end + 4);
            let node = self.node;
            self.send(&ClientFrame::Hello { versions: PROTOCOL, node, secret: node.0 });
            tell(self, Seen::Greeting)?;
        }
        while let Some((opcode, payload, length)) = frame_in(&bytes[used..]) {
            match opcode {
                BINARY => match decode(payload)? {
                    ServerFrame::Welcome { .. } => tell(self, Seen::Welcome)?,
                    ServerFrame::Bye { reason, .. } => bail!("the server said {reason:?}"),
                    frame => tell(self, Seen::Frame(frame))?,
                },
                PING => self.put(PONG, payload),
                PONG => tell(self, Seen::Pong(payload))?,
                CLOSE => bail!("the server closed"),
                _ => bail!("a frame of kind {opcode:#x}"),
            }
            used += length;
        }
        Ok(used)
    }
}

/// A frame as a client writes it.
pub(crate) fn frame_of(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    put(&mut out, opcode, payload);
    out
}

fn put(out: &mut Vec<u8>, opcode: u8, payload: &[u8]) {
    out.push(opcode);
    match u8::try_from(payload.len()) {
        Ok(length @ 0..=125) => out.push(0x80 | length),
        _ => {
            // No frame of a client is longer than 64 KiB.
            let length = u16::try_from(payload.len()).unwrap_or(u16::MAX);
            out.push(0x80 | 126);
            out.extend_from_slice(&length.to_be_bytes());
        }
    }
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(payload);
}

/// Opcode, payload and length of the first frame, if it is there whole.
fn frame_in(bytes: &[u8]) -> Option<(u8, &[u8], usize)> {
    let (&[opcode, length], rest) = bytes.split_first_chunk()?;
    let (head, length) = match length {
        0..=125 => (2, usize::from(length)),
        126 => (4, usize::from(u16::from_be_bytes(*rest.first_chunk()?))),
        _ => (10, usize::try_from(u64::from_be_bytes(*rest.first_chunk()?)).ok()?),
    };
    let end = head + length;
    Some((opcode, bytes.get(head..end)?, end))
}

pub(crate) fn request(server: SocketAddr, number: u32) -> String {
    let address = address_of(number);
    format!(
        "GET /ws HTTP/1.1\r\nHost: {server}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n\
         X-Forwarded-For: {address}\r\n\r\n"
    )
}

/// Every client has an address of its own, out of those that are kept for tests of networks (RFC
/// 2544).
pub(crate) fn address_of(number: u32) -> Ipv4Addr {
    let [_, high, middle, low] = number.to_be_bytes();
    Ipv4Addr::new(198, 18 + (high & 1), middle, low)
}
