//! The sockets of STUN and TURN: one for UDP at the port of the server, connections over TCP that
//! come in where HTTP does, and one for each relay.

use std::collections::{HashMap, HashSet};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::io::{AsyncReadExt, AsyncWriteExt, split};
use tokio::net::UdpSocket;
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, interval, timeout, timeout_at};
use tracing::{debug, warn};

use super::addresses;
use super::stream::Stream;
use crate::hub::Relays;
use crate::limits;
use crate::turn::{Client, Effects, Machine, Packet, TurnConfig, length_in_stream};

/// How relays are offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TurnOptions {
    /// The address under which relays are reached from outside.
    pub address: IpAddr,
    /// What clients are told as the name of the server; the address, if none is given.
    pub host: Option<String>,
    /// Ports for relays.
    pub ports: RangeInclusive<u16>,
    /// Whether peers may be in private networks and on this machine.
    pub allow_private: bool,
    /// How long credentials are good.
    pub lifetime: Duration,
}

/// The relays of a server.
#[derive(Debug)]
pub(super) struct Turn {
    udp: UdpSocket,
    start: Instant,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    machine: Machine,
    sockets: Sockets,
    next_stream: u64,
}

/// What the machine has opened.
#[derive(Debug)]
struct Sockets {
    relays: HashMap<Client, Relay>,
    streams: HashMap<u64, Sender<Vec<u8>>>,
    ports: RangeInclusive<u16>,
    bind: IpAddr,
    /// The addresses of this machine, as they were listed last.
    own: HashSet<IpAddr>,
    turn: Weak<Turn>,
    /// When it was last said that no port is free.
    warned: Option<Instant>,
}

#[derive(Debug)]
struct Relay {
    socket: Arc<UdpSocket>,
    task: AbortHandle,
}

impl Turn {
    /// Opens the socket at the server's own port.
    pub(super) async fn open(
        at: SocketAddr,
        options: &TurnOptions,
        secret: Vec<u8>,
        epoch: Duration,
    ) -> io::Result<Arc<Self>> {
        let udp = UdpSocket::bind(at).await?;
        let mut key = [0; 32];
        getrandom::fill(&mut key).map_err(io::Error::other)?;
        let mut config = TurnConfig::new(secret, options.address, epoch);
        config.allow_private = options.allow_private;
        // Where all ports are taken, nobody needs to look for one.
        config.allocations_max = config.allocations_max.min(options.ports.len());
        let any: IpAddr = match options.address {
            IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
            IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
        };
        // Behind address translation the outer address is none of this machine.
        let bind = if at.ip().is_unspecified() { any } else { at.ip() };
        let ports = options.ports.clone();
        let own = addresses::list()?;
        Ok(Arc::new_cyclic(|turn| Self {
            udp,
            start: Instant::now(),
            inner: Mutex::new(Inner {
                machine: Machine::new(config, key),
                sockets: Sockets {
                    relays: HashMap::new(),
                    streams: HashMap::new(),
                    ports,
                    bind,
                    own,
                    turn: Weak::clone(turn),
                    warned: None,
                },
                next_stream: 0,
            }),
        }))
    }

    /// Serves UDP and closes what has ended, until the tasks are dropped.
    pub(super) fn serve(self: &Arc<Self>, tasks: &mut JoinSet<()>) {
        tasks.spawn(Arc::clone(self).read());
        tasks.spawn(Arc::clone(self).keep_time());
    }

    /// Relays that are open, and bytes that were passed on.
    pub(super) fn figures(&self) -> (usize, u64) {
        let inner = self.lock();
        (inner.machine.allocations(), inner.machine.relayed_bytes())
    }

    /// Closes every relay.
    pub(super) fn close(&self) {
        self.lock().sockets.relays.clear();
    }

    async fn read(self: Arc<Self>) {
        let mut space = [0; limits::TURN_PACKET_BYTES];
        loop {
            match self.udp.recv_from(&mut space).await {
                Ok((length, address)) => {
                    let client = Client { address, stream: None };
                    self.on_client(client, space.get(..length).unwrap_or_default());
                }
                // Of a packet before, that could not be delivered: that is the client's affair.
                Err(error) => debug!(%error, "UDP"),
            }
        }
    }

    async fn keep_time(self: Arc<Self>) {
        let mut clock = interval(limits::TURN_CLOCK);
        let mut listed = Instant::now();
        loop {
            clock.tick().await;
            // Not under the lock, and not for every peer that somebody names.
            if listed.elapsed() >= limits::TURN_ADDRESSES_LISTED {
                listed = Instant::now();
                match addresses::list() {
                    Ok(own) => self.lock().sockets.own = own,
                    Err(error) => warn!(%error, "the addresses of this machine stay the old ones"),
                }
            }
            let now = self.start.elapsed();
            let Inner { machine, sockets, .. } = &mut *self.lock();
            let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            machine.handle_wall(now, wall);
            machine.handle_timeout(now, sockets);
        }
    }

    fn on_client(&self, client: Client, bytes: &[u8]) {
        let now = self.start.elapsed();
        let inner = &mut *self.lock();
        if let Some(packet) = inner.machine.handle_client(now, client, bytes, &mut inner.sockets) {
            self.send(&inner.sockets, client, &packet);
        }
    }

    fn on_peer(&self, client: Client, peer: SocketAddr, data: &[u8]) {
        let now = self.start.elapsed();
        let inner = &mut *self.lock();
        let Inner { machine, sockets, .. } = inner;
        if let Some(packet) = machine.handle_peer(now, client, peer, data, sockets) {
            self.send(sockets, client, &packet);
        }
    }

    /// Sends at once or not at all, as the network does.
    fn send(&self, sockets: &Sockets, client: Client, packet: &Packet) {
        let lost = match packet {
            Packet::ToPeer(peer, data) => sockets
                .relays
                .get(&client)
                .is_some_and(|relay| relay.socket.try_send_to(data, *peer).is_err()),
            Packet::ToClient(bytes) => match client.stream {
                None => self.udp.try_send_to(bytes, client.address).is_err(),
                Some(number) => sockets
                    .streams
                    .get(&number)
                    .is_some_and(|stream| stream.try_send(bytes.clone()).is_err()),
            },
        };
        if lost {
            debug!("a packet was lost");
        }
    }

    /// Serves a client over TCP until it closes, breaks the rules, falls silent, or has had no
    /// relay for as long as `deadline`: its place is one of those that handshakes need. As soon as
    /// the server is ending, only who has a relay stays.
    pub(super) async fn serve_stream(
        &self,
        stream: Stream,
        address: SocketAddr,
        deadline: Duration,
        mut ending: watch::Receiver<bool>,
    ) {
        let (sender, receiver) = mpsc::channel(limits::TURN_STREAM_PACKETS);
        let client = {
            let mut inner = self.lock();
            let number = inner.next_stream;
            inner.next_stream += 1;
            inner.sockets.streams.insert(number, sender);
            Client { address, stream: Some(number) }
        };
        let (mut from, mut to) = split(stream);
        let reading = async {
            let mut bytes = Vec::new();
            let mut until = Instant::now() + deadline;
            // Ends with an error when it closes, and with none when it breaks the rules.
            while let Ok(Ok(1..)) = timeout_at(until, from.read_buf(&mut bytes)).await {
                if !self.take_messages(client, &mut bytes) {
                    break;
                }
                if self.lock().machine.has_relay(client) {
                    until = Instant::now() + limits::TURN_STREAM_IDLE;
                }
            }
        };
        let ends = async {
            // Without anybody to tell, it has ended.
            let _ = ending.wait_for(|ending| *ending).await;
            if self.lock().machine.has_relay(client) {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            () = reading => {}
            () = write(&mut to, receiver) => {}
            () = ends => {}
        }
        let Inner { machine, sockets, .. } = &mut *self.lock();
        machine.handle_closed(client, sockets);
        sockets.streams.retain(|number, _| Some(*number) != client.stream);
    }

    /// Takes the messages that are there whole; says whether the stream can be read on.
    fn take_messages(&self, client: Client, bytes: &mut Vec<u8>) -> bool {
        let mut used = 0;
        while let Some(rest) = bytes.get(used..)
            && let Some(length) = length_in_stream(rest)
        {
            if length > limits::TURN_PACKET_BYTES {
                return false;
            }
            let Some(message) = rest.get(..length) else { break };
            self.on_client(client, message);
            used += length;
        }
        bytes.drain(..used);
        true
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn write(to: &mut (impl AsyncWriteExt + Unpin), mut packets: Receiver<Vec<u8>>) {
    while let Some(packet) = packets.recv().await {
        let sent = timeout(limits::STALL_MAX, to.write_all(&packet)).await;
        if !matches!(sent, Ok(Ok(()))) {
            return;
        }
    }
}

impl Effects for Sockets {
    fn open(&mut self, client: Client) -> Option<u16> {
        let turn = self.turn.upgrade()?;
        let socket = Arc::new(self.bind()?);
        let port = socket.local_addr().ok()?.port();
        let task = tokio::spawn(relay(turn, client, Arc::clone(&socket))).abort_handle();
        self.relays.insert(client, Relay { socket, task });
        Some(port)
    }

    fn close(&mut self, client: Client) {
        self.relays.remove(&client);
    }

    fn is_own(&mut self, address: IpAddr) -> bool {
        self.own.contains(&address)
    }

    fn random(&mut self) -> [u8; 12] {
        let mut bytes = [0; 12];
        // It numbers indications, which nobody answers: at worst they look alike.
        let _ = getrandom::fill(&mut bytes);
        bytes
    }
}

impl Sockets {
    /// A socket at a port that is free. Ports are taken at random, so that nobody foresees them.
    fn bind(&mut self) -> Option<UdpSocket> {
        let (first, last) = (u32::from(*self.ports.start()), u32::from(*self.ports.end()));
        for _ in 0..limits::TURN_PORT_TRIES {
            let mut random = [0; 4];
            getrandom::fill(&mut random).ok()?;
            let port = first + u32::from_be_bytes(random) % (last.saturating_sub(first) + 1);
            let at = SocketAddr::new(self.bind, u16::try_from(port).ok()?);
            if let Ok(socket) = std::net::UdpSocket::bind(at)
                && socket.set_nonblocking(true).is_ok()
            {
                return UdpSocket::from_std(socket).ok();
            }
        }
        // Said now and then: whoever has credentials may ask as often as it likes.
        if self.warned.is_none_or(|warned| warned.elapsed() >= limits::TURN_ADDRESSES_LISTED) {
            self.warned = Some(Instant::now());
            warn!("no port is free for a relay");
        }
        None
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Takes what peers send to one relay.
async fn relay(turn: Arc<Turn>, client: Client, socket: Arc<UdpSocket>) {
    let mut space = [0; limits::TURN_PACKET_BYTES];
    loop {
        match socket.recv_from(&mut space).await {
            Ok((length, peer)) => {
                turn.on_peer(client, peer, space.get(..length).unwrap_or_default());
            }
            Err(error) => debug!(%error, "a relay"),
        }
    }
}

/// What clients are told: addresses, and what their credentials are made with.
pub(super) fn offered(port: u16, options: &TurnOptions, secret: Vec<u8>) -> Relays {
    let host = options.host.clone().unwrap_or_else(|| match options.address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("[{address}]"),
    });
    Relays {
        stun: vec![format!("stun:{host}:{port}")],
        turn: vec![
            format!("turn:{host}:{port}?transport=udp"),
            format!("turn:{host}:{port}?transport=tcp"),
        ],
        secret,
        lifetime: options.lifetime,
    }
}
