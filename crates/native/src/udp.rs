//! The one UDP port of a peer.

use std::collections::VecDeque;
use std::io::{self, IoSliceMut};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use bytes::BytesMut;
use quinn_udp::{RecvMeta, Transmit, UdpSocketState};
use tokio::io::Interest;
use tokio::net::UdpSocket;

use crate::addresses::{self, Wanted};

/// A datagram, and between which addresses it travels.
#[derive(Debug)]
pub(crate) struct Datagram {
    /// The address of this machine.
    pub(crate) local: SocketAddr,
    /// The other one.
    pub(crate) peer: SocketAddr,
    pub(crate) bytes: BytesMut,
}

/// The one UDP port of a peer: every link of it sends and receives here.
pub(crate) struct Port {
    socket: UdpSocket,
    state: UdpSocketState,
    bound: SocketAddr,
    /// Which of the machine's addresses are told to others.
    wanted: Wanted,
    hosts: Vec<IpAddr>,
    /// Where the system puts what came.
    space: Vec<u8>,
    /// What the system could not take yet.
    waiting: VecDeque<Datagram>,
}

/// How many buffers are read at a time. The system may put many datagrams of one sender into each.
const BUFFERS: usize = 8;
const BUFFER_BYTES: usize = 65_536;

/// Whether one read takes as many datagrams as there are buffers, or all that came.
const READS_ALL: bool = cfg!(any(target_os = "linux", target_os = "android"));

/// So many datagrams wait for the system at most; one more is lost, as on a busy wire.
const WAITING_MAX: usize = 1_024;

/// What the system holds for this socket in either direction: a burst of every link's window.
const SYSTEM_BYTES: usize = 2 * 1024 * 1024;

impl std::fmt::Debug for Port {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { bound, hosts, .. } = self;
        f.debug_struct("Port").field("bound", bound).field("hosts", hosts).finish_non_exhaustive()
    }
}

impl Port {
    /// Binds to that address; without one to any free port of all addresses, of both versions where
    /// the system has both.
    pub(crate) fn bind(at: Option<SocketAddr>, loopback: bool) -> io::Result<Self> {
        let socket = match at {
            Some(at) => std::net::UdpSocket::bind(at)?,
            None => std::net::UdpSocket::bind((Ipv6Addr::UNSPECIFIED, 0))
                .or_else(|_| std::net::UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)))?,
        };
        socket.set_nonblocking(true)?;
        let state = UdpSocketState::new((&socket).into())?;
        // A system may grant less, and says so to nobody.
        let _ = state.set_recv_buffer_size((&socket).into(), SYSTEM_BYTES);
        let _ = state.set_send_buffer_size((&socket).into(), SYSTEM_BYTES);
        let bound = socket.local_addr()?;
        let wanted = Wanted { loopback, v6: bound.is_ipv6() };
        let socket = UdpSocket::from_std(socket)?;
        let space = vec![0; BUFFERS * BUFFER_BYTES];
        let (hosts, waiting) = (Vec::new(), VecDeque::new());
        let mut port = Self { socket, state, bound, wanted, hosts, space, waiting };
        port.look_around()?;
        Ok(port)
    }

    /// Looks which addresses the machine has now: it may have moved.
    pub(crate) fn look_around(&mut self) -> io::Result<()> {
        self.hosts = match self.bound.ip() {
            ip if ip.is_unspecified() => addresses::of_this_machine(self.wanted)?,
            ip => vec![ip],
        };
        Ok(())
    }

    /// Where it is bound.
    pub(crate) const fn bound(&self) -> SocketAddr {
        self.bound
    }

    /// Under which addresses of this machine it can be reached.
    pub(crate) fn hosts(&self) -> impl Iterator<Item = SocketAddr> {
        self.hosts.iter().map(|ip| SocketAddr::new(*ip, self.bound.port()))
    }

    /// Waits until there is something to read, or until what waits can be sent.
    pub(crate) async fn ready(&self) -> io::Result<()> {
        let interest = match self.waiting.is_empty() {
            true => Interest::READABLE,
            false => Interest::READABLE | Interest::WRITABLE,
        };
        self.socket.ready(interest).await.map(drop)
    }

    /// Reads what came; nothing if nothing did.
    pub(crate) fn receive(&mut self) -> Vec<Datagram> {
        let Self { socket, state, space, bound, hosts, .. } = self;
        // Systems that do not say where it came to have one address, mostly.
        let usual = hosts.first().copied().unwrap_or(bound.ip());
        let mut metas = [RecvMeta::default(); BUFFERS];
        let mut buffers: Vec<IoSliceMut<'_>> =
            space.chunks_exact_mut(BUFFER_BYTES).map(IoSliceMut::new).collect();
        let mut count = 0;
        // An error is about one that was sent earlier, or passes. Where a read that leaves buffers
        // empty says that nothing is left, nobody has to read again to hear it.
        let _ = socket.try_io(Interest::READABLE, || {
            count = state.recv((&*socket).into(), &mut buffers, &mut metas)?;
            let is_empty = READS_ALL && count < BUFFERS;
            if is_empty { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(()) }
        });
        let mut came = Vec::with_capacity(count);
        for (meta, buffer) in metas.iter().zip(space.chunks_exact(BUFFER_BYTES)).take(count) {
            let ip = meta.dst_ip.map_or(usual, |ip| ip.to_canonical());
            let local = SocketAddr::new(ip, bound.port());
            let peer = canonical(meta.addr);
            let all = buffer.get(..meta.len).unwrap_or_default();
            let datagrams = all.chunks(meta.stride.max(1)).map(BytesMut::from);
            came.extend(datagrams.map(|bytes| Datagram { local, peer, bytes }));
        }
        came
    }

    /// Sends what waits, as much as the system takes.
    pub(crate) fn flush(&mut self) {
        while let Some(datagram) = self.waiting.pop_front() {
            if self.try_send(&datagram) {
                continue;
            }
            self.waiting.push_front(datagram);
            return;
        }
    }

    /// Sends a datagram, now or as soon as the system takes it.
    pub(crate) fn send(&mut self, datagram: Datagram) {
        if self.waiting.is_empty() && self.try_send(&datagram) {
            return;
        }
        if self.waiting.len() < WAITING_MAX {
            self.waiting.push_back(datagram);
        }
    }

    /// Whether the system took it, or never would.
    fn try_send(&self, datagram: &Datagram) -> bool {
        let source = datagram.local.ip();
        let transmit = Transmit {
            destination: self.reach(datagram.peer),
            ecn: None,
            contents: &datagram.bytes,
            segment_size: None,
            src_ip: (self.bound.ip().is_unspecified() && !source.is_unspecified())
                .then_some(source),
        };
        let send = || self.state.try_send((&self.socket).into(), &transmit);
        match self.socket.try_io(Interest::WRITABLE, send) {
            Err(error) => error.kind() != io::ErrorKind::WouldBlock,
            Ok(()) => true,
        }
    }

    /// An address as a socket of version 6 takes it.
    fn reach(&self, peer: SocketAddr) -> SocketAddr {
        match peer.ip() {
            IpAddr::V4(ip) if self.bound.is_ipv6() => {
                SocketAddr::new(ip.to_ipv6_mapped().into(), peer.port())
            }
            _ => peer,
        }
    }
}

/// An address of version 4 that a socket of version 6 wrapped, as itself.
const fn canonical(at: SocketAddr) -> SocketAddr {
    SocketAddr::new(at.ip().to_canonical(), at.port())
}
