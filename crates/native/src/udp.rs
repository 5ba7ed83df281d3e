//! The UDP socket under a port.

use std::collections::VecDeque;
use std::io::{self, IoSliceMut};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::rc::Rc;

use bytes::BytesMut;
use quinn_udp::{RecvMeta, Transmit, UdpSocketState};
use tokio::io::Interest;
use tokio::net::UdpSocket;

use crate::addresses::{self, Wanted};

/// A datagram, and between which addresses it travels.
#[derive(Debug)]
pub(crate) struct Datagram {
    /// The address of this machine, or of the relay.
    pub(crate) local: SocketAddr,
    /// The other one.
    pub(crate) peer: SocketAddr,
    pub(crate) bytes: BytesMut,
    /// Whether it travels over a relay of ours.
    pub(crate) is_relayed: bool,
}

/// A UDP socket, and what waits to be sent by it.
pub(crate) struct Udp {
    socket: Rc<UdpSocket>,
    state: UdpSocketState,
    bound: SocketAddr,
    /// Which of the machine's addresses are told to others.
    wanted: Wanted,
    hosts: Vec<IpAddr>,
    /// Where the system puts what came.
    space: Vec<u8>,
    /// What the system has not taken yet.
    waiting: VecDeque<Train>,
}

/// Datagrams of one size on one way: systems that can take them all in one call.
#[derive(Debug)]
struct Train {
    way: (SocketAddr, SocketAddr),
    /// The size of all but the last, which may be shorter.
    size: usize,
    bytes: BytesMut,
}

/// How many buffers are read at a time. The system may put many datagrams of one sender into each.
const BUFFERS: usize = 8;
const BUFFER_BYTES: usize = 65_536;

/// Whether one read takes as many datagrams as there are buffers, or all that came.
const READS_ALL: bool = cfg!(any(target_os = "linux", target_os = "android"));

/// So many trains wait for the system at most; one more is lost, as on a busy wire.
const WAITING_MAX: usize = 1_024;

/// Bytes of a train: what goes into one packet of the system, as it is before it is cut.
const TRAIN_BYTES: usize = 60_000;

/// What the system holds for this socket in either direction: a burst of every link's window.
const SYSTEM_BYTES: usize = 2 * 1024 * 1024;

impl std::fmt::Debug for Udp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { bound, hosts, .. } = self;
        f.debug_struct("Udp").field("bound", bound).field("hosts", hosts).finish_non_exhaustive()
    }
}

impl Udp {
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
        let socket = Rc::new(UdpSocket::from_std(socket)?);
        let space = vec![0; BUFFERS * BUFFER_BYTES];
        let (hosts, waiting) = (Vec::new(), VecDeque::new());
        let mut udp = Self { socket, state, bound, wanted, hosts, space, waiting };
        udp.look_around()?;
        Ok(udp)
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

    /// What is ready when something can be read, or when what waits can be sent.
    pub(crate) fn to_wait_for(&self) -> (Rc<UdpSocket>, Interest) {
        let interest = match self.is_blocked() {
            false => Interest::READABLE,
            true => Interest::READABLE | Interest::WRITABLE,
        };
        (Rc::clone(&self.socket), interest)
    }

    /// Whether something waits to be sent.
    pub(crate) fn is_blocked(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Reads what came, nothing if nothing did; says whether that was all.
    pub(crate) fn receive(&mut self) -> (Vec<Datagram>, bool) {
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
            let whole = |bytes| Datagram { local, peer, bytes, is_relayed: false };
            came.extend(datagrams.map(whole));
        }
        (came, count == 0 || (READS_ALL && count < BUFFERS))
    }

    /// Has a datagram sent by the next [`Udp::flush`], or as soon as the system takes it.
    pub(crate) fn send(&mut self, datagram: Datagram) {
        let Datagram { local, peer, bytes, .. } = datagram;
        let (way, size) = ((local, peer), bytes.len());
        let count_max = self.state.max_gso_segments();
        if let Some(last) = self.waiting.back_mut()
            && last.takes(way, size, count_max)
        {
            last.bytes.extend_from_slice(&bytes);
        } else if self.waiting.len() < WAITING_MAX {
            self.waiting.push_back(Train { way, size, bytes });
        }
    }

    /// Sends what waits, as much as the system takes.
    pub(crate) fn flush(&mut self) {
        while let Some(train) = self.waiting.pop_front() {
            match self.try_send(&train.bytes, &train) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.waiting.push_front(train);
                    return;
                }
                // A system that does not take trains says so when it gets the first, and is told no
                // more of them. Other errors are about one datagram, which is lost.
                Err(_) if train.bytes.len() > train.size => {
                    for bytes in train.bytes.chunks(train.size) {
                        let _ = self.try_send(bytes, &train);
                    }
                }
                Err(_) => {}
            }
        }
    }

    /// Sends these bytes of a train.
    fn try_send(&self, bytes: &[u8], train: &Train) -> io::Result<()> {
        let (local, peer) = train.way;
        let source = local.ip();
        let transmit = Transmit {
            destination: self.reach(peer),
            ecn: None,
            contents: bytes,
            segment_size: (bytes.len() > train.size).then_some(train.size),
            src_ip: (self.bound.ip().is_unspecified() && !source.is_unspecified())
                .then_some(source),
        };
        let send = || self.state.try_send((&*self.socket).into(), &transmit);
        self.socket.try_io(Interest::WRITABLE, send)
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

impl Train {
    /// Whether it takes one more datagram, if the system takes so many at once.
    fn takes(&self, way: (SocketAddr, SocketAddr), size: usize, count_max: usize) -> bool {
        self.way == way
            && size <= self.size
            && self.bytes.len().is_multiple_of(self.size)
            && self.bytes.len() + self.size <= TRAIN_BYTES.min(self.size * count_max)
    }
}

/// An address of version 4 that a socket of version 6 wrapped, as itself.
const fn canonical(at: SocketAddr) -> SocketAddr {
    SocketAddr::new(at.ip().to_canonical(), at.port())
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;

    use super::{Datagram, Udp};

    #[test]
    fn datagrams_of_one_way_leave_together_and_arrive_as_they_were() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let at = || "127.0.0.1:0".parse().ok();
            let (mut from, mut to) =
                (Udp::bind(at(), true).unwrap(), Udp::bind(at(), true).unwrap());
            let sizes: Vec<usize> = [vec![1_200; 50], vec![300], vec![1_200; 50], vec![2]].concat();
            let sent: Vec<Vec<u8>> =
                (0_u8..).zip(&sizes).map(|(at, size)| vec![at; *size]).collect();
            for bytes in &sent {
                let (local, peer) = (from.bound(), to.bound());
                let bytes = BytesMut::from(&bytes[..]);
                from.send(Datagram { local, peer, bytes, is_relayed: false });
            }
            let trains = from.waiting.len();
            assert_eq!(from.waiting.iter().map(|train| train.bytes.len()).sum::<usize>(), 120_302);
            let mut came = Vec::new();
            while came.len() < sent.len() {
                let (socket, interest) = from.to_wait_for();
                let (other, readable) = to.to_wait_for();
                tokio::select! {
                    _ = socket.ready(interest), if from.is_blocked() => from.flush(),
                    _ = other.ready(readable) => {
                        came.extend(to.receive().0.into_iter().map(|it| it.bytes.to_vec()));
                    }
                }
            }
            assert!(came == sent, "{} came", came.len());
            if from.state.max_gso_segments() > 1 {
                assert!(trains < 5, "{trains} calls for {} datagrams", sent.len());
            }
        });
    }
}
