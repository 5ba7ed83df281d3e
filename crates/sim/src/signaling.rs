//! Signaling servers and the sockets to them: the real hub behind a model of TCP.
//!
//! Frames of a socket keep their order and are never lost alone: a lost packet is a delay, a long
//! partition or a fault breaks the whole connection, and a half-open connection swallows
//! everything without a word.

mod faults;
mod server;
mod socket;

use std::collections::BTreeMap;
use std::time::Duration;

use lacis_core::Input;
use lacis_signaling::hub::{AddressKey, ConnId, HubConfig, Input as HubInput, Output as HubOutput};
use lacis_wire::NodeId;

use crate::fabric::Fabric;
use crate::happening::Happening;
use crate::happening::signaling::{Parcel, Step};
use crate::ids::{ServerId, TabId};
use server::Server;
use socket::{Socket, Stage};

pub(crate) use crate::happening::signaling::SocketKey;
pub use crate::happening::signaling::Way;

/// A frame that passes a server, for those who meddle with it.
#[derive(Debug)]
pub struct Passing<'a> {
    /// The server it passes.
    pub server: ServerId,
    /// The tab it comes from or goes to.
    pub tab: TabId,
    /// The node in that tab.
    pub node: NodeId,
    /// Which way.
    pub way: Way,
    /// Its bytes.
    pub bytes: &'a [u8],
}

/// Replaces a frame by others.
pub type Meddler = Box<dyn FnMut(Passing<'_>) -> Vec<Vec<u8>>>;

/// All servers and sockets.
#[derive(Default)]
pub(crate) struct Signaling {
    servers: Vec<Server>,
    sockets: BTreeMap<SocketKey, Socket>,
    tabs: BTreeMap<ConnId, SocketKey>,
    conns: u64,
    /// The nodes in the tabs.
    pub(crate) nodes: BTreeMap<TabId, NodeId>,
    pub(crate) meddler: Option<Meddler>,
    /// Whether nothing more is ever heard of a socket that was hung up.
    pub(crate) is_punctual: bool,
    /// Whether every tab has a network address of its own.
    pub(crate) is_spread: bool,
    /// Bytes of all frames, in either direction.
    pub(crate) bytes: u64,
}

impl std::fmt::Debug for Signaling {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signaling").field("sockets", &self.sockets).finish_non_exhaustive()
    }
}

impl Signaling {
    pub(crate) fn add_server(&mut self, config: HubConfig, seed: [u8; 32]) -> ServerId {
        self.servers.push(Server::new(config, seed));
        ServerId(self.servers.len() - 1)
    }

    pub(crate) fn server_of(url: &str) -> Option<ServerId> {
        let number = url.strip_prefix("wss://server-")?.strip_suffix("/ws")?;
        number.parse().ok().map(ServerId)
    }

    pub(crate) fn url(server: ServerId) -> String {
        format!("wss://server-{}/ws", server.0)
    }

    pub(crate) fn server_count(&self) -> usize {
        self.servers.len()
    }

    pub(crate) fn is_up(&self, server: ServerId) -> bool {
        self.servers.get(server.0).is_some_and(|server| server.hub.is_some())
    }

    pub(crate) fn hub_stats(&self, server: ServerId) -> Option<lacis_signaling::hub::Stats> {
        self.servers.get(server.0)?.hub.as_ref().map(|hub| hub.stats())
    }

    /// A tab dials.
    pub(crate) fn dial(&mut self, fabric: &mut Fabric, key: SocketKey, url: &str) {
        let known = Self::server_of(url).filter(|server| server.0 < self.servers.len());
        let Some(server) = known else {
            self.sockets.insert(key, Socket::new(ServerId(usize::MAX)));
            let step = Step::DialFailed(key);
            return fabric.after(Duration::from_millis(5), Happening::Signaling(step));
        };
        self.sockets.insert(key, Socket::new(server));
        // A connection takes a round trip for TCP and another for the upgrade.
        let there = fabric.segment(key.tab) + fabric.segment(key.tab) + fabric.segment(key.tab);
        fabric.after(there, Happening::Signaling(Step::Connect(key)));
    }

    /// A tab sends a frame.
    pub(crate) fn transmit(&mut self, fabric: &mut Fabric, key: SocketKey, bytes: Vec<u8>) {
        self.send(fabric, key, Way::Up, Parcel::Frame(bytes));
    }

    /// A tab closes its socket. Now and then something that was under way still reaches it.
    pub(crate) fn hang_up(&mut self, fabric: &mut Fabric, key: SocketKey) {
        if !self.is_punctual && fabric.random.chance(300) {
            let late = fabric.segment(key.tab);
            fabric.tell(key.tab, late, Input::SocketClosed(key.id, Some(1005)));
        }
        let Some(socket) = self.sockets.get_mut(&key) else { return };
        socket.stage = Stage::HungUp;
        self.send(fabric, key, Way::Up, Parcel::Close(None));
    }

    fn send(&mut self, fabric: &mut Fabric, key: SocketKey, way: Way, parcel: Parcel) {
        let Some(socket) = self.sockets.get_mut(&key) else { return };
        let is_frame = matches!(parcel, Parcel::Frame(_));
        if let Parcel::Frame(bytes) = &parcel {
            self.bytes += bytes.len() as u64;
        }
        let held = if is_frame { fabric.net.held(key.tab) } else { Duration::ZERO };
        let delay = fabric.segment(key.tab) + held;
        let pipe = socket.pipe(way);
        pipe.clear_at = pipe.clear_at.max(fabric.now + delay);
        let at = pipe.clear_at;
        fabric.at(at, Happening::Signaling(Step::Arrive(key, way, parcel)));
    }

    pub(crate) fn step(&mut self, fabric: &mut Fabric, step: Step) {
        match step {
            Step::Connect(key) => self.connect(fabric, key),
            Step::DialFailed(key) => self.dial_failed(fabric, key),
            Step::Arrive(key, way, parcel) => self.arrive(fabric, key, way, parcel),
            Step::Flush(key, way) => self.flush(fabric, key, way),
            Step::HubTimer(server, timer) => {
                if let Some(known) = self.servers.get_mut(server.0)
                    && known.timer == timer
                    && let Some(hub) = &mut known.hub
                {
                    hub.handle_timeout(fabric.now);
                    self.drain(fabric, server);
                }
            }
        }
    }

    fn connect(&mut self, fabric: &mut Fabric, key: SocketKey) {
        let Some(socket) = self.sockets.get_mut(&key) else { return };
        if socket.stage != Stage::Dialing {
            self.sockets.remove(&key);
            return;
        }
        let server = socket.server;
        if !fabric.net.serves(key.tab, server) {
            let patience = fabric.random.millis(15_000, 40_000);
            fabric.after(patience, Happening::Signaling(Step::DialFailed(key)));
            return;
        }
        let Some(hub) = self.servers.get_mut(server.0).and_then(|known| known.hub.as_mut()) else {
            return self.dial_failed(fabric, key);
        };
        self.conns += 1;
        let conn = ConnId(self.conns);
        socket.stage = Stage::Open(conn);
        self.tabs.insert(conn, key);
        let address = AddressKey(if self.is_spread { key.tab.0 as u64 } else { 0 });
        hub.handle_input(fabric.now, HubInput::Opened { conn, address, network: None });
        self.send(fabric, key, Way::Down, Parcel::Opened);
        self.drain(fabric, server);
    }

    fn dial_failed(&mut self, fabric: &mut Fabric, key: SocketKey) {
        if self.sockets.remove(&key).is_some_and(|socket| socket.stage == Stage::Dialing) {
            let back = fabric.segment(key.tab);
            fabric.tell(key.tab, back, Input::SocketClosed(key.id, Some(1006)));
        }
    }

    fn arrive(&mut self, fabric: &mut Fabric, key: SocketKey, way: Way, parcel: Parcel) {
        let Some(socket) = self.sockets.get_mut(&key) else { return };
        if socket.is_half_open {
            return;
        }
        let blocked = !fabric.net.serves(key.tab, socket.server);
        let pipe = socket.pipe(way);
        if blocked || !pipe.stuck.is_empty() {
            if pipe.stuck.is_empty() {
                pipe.stuck_since = fabric.now;
                fabric.after(RETRY, Happening::Signaling(Step::Flush(key, way)));
            }
            pipe.stuck.push_back(parcel);
            return;
        }
        self.deliver(fabric, key, way, parcel);
    }

    /// TCP tries again; after a long time, or because a translation on the way has forgotten the
    /// connection, it breaks.
    fn flush(&mut self, fabric: &mut Fabric, key: SocketKey, way: Way) {
        let Some(socket) = self.sockets.get_mut(&key) else { return };
        let blocked = !fabric.net.serves(key.tab, socket.server);
        let pipe = socket.pipe(way);
        let too_long = fabric.now > pipe.stuck_since + GIVE_UP;
        if too_long || (!blocked && fabric.random.chance(100)) {
            self.break_socket(fabric, key);
        } else if blocked {
            fabric.after(RETRY, Happening::Signaling(Step::Flush(key, way)));
        } else {
            for parcel in std::mem::take(&mut pipe.stuck) {
                self.deliver(fabric, key, way, parcel);
            }
        }
    }

    fn deliver(&mut self, fabric: &mut Fabric, key: SocketKey, way: Way, parcel: Parcel) {
        let Some(socket) = self.sockets.get(&key) else { return };
        let (server, stage) = (socket.server, socket.stage);
        match (way, parcel) {
            (_, Parcel::Frame(bytes)) => {
                let node = self.nodes.get(&key.tab).copied();
                let frames = match (&mut self.meddler, node) {
                    (Some(meddle), Some(node)) => {
                        meddle(Passing { server, tab: key.tab, node, way, bytes: &bytes })
                    }
                    _ => vec![bytes],
                };
                for bytes in frames {
                    self.hand_over(fabric, key, way, bytes);
                }
            }
            (Way::Up, Parcel::Pong) => {
                if let Some(conn) = self.sockets.get(&key).and_then(Socket::conn) {
                    self.input(fabric, server, HubInput::Alive { conn });
                }
            }
            (Way::Down, Parcel::Pong) => self.send(fabric, key, Way::Up, Parcel::Pong),
            (Way::Down, Parcel::Opened) if stage != Stage::HungUp => {
                fabric.tell(key.tab, Duration::ZERO, Input::SocketOpened(key.id));
            }
            (Way::Up, Parcel::Close(_)) => self.drop_socket(fabric, key),
            (Way::Down, Parcel::Close(code)) => {
                self.drop_socket(fabric, key);
                fabric.tell(key.tab, Duration::ZERO, Input::SocketClosed(key.id, code));
            }
            (_, Parcel::Opened) => {}
        }
    }

    fn hand_over(&mut self, fabric: &mut Fabric, key: SocketKey, way: Way, bytes: Vec<u8>) {
        let Some(socket) = self.sockets.get(&key) else { return };
        match way {
            Way::Up => {
                let server = socket.server;
                if let Some(conn) = socket.conn().or_else(|| self.conn_of(key)) {
                    self.input(fabric, server, HubInput::Frame { conn, bytes: &bytes });
                }
            }
            // What comes after the tab hung up is dropped by most browsers, but not by all tests.
            Way::Down if socket.stage != Stage::HungUp || fabric.random.chance(300) => {
                fabric.tell(key.tab, Duration::ZERO, Input::SocketFrame(key.id, bytes.into()));
            }
            Way::Down => {}
        }
    }

    fn conn_of(&self, key: SocketKey) -> Option<ConnId> {
        self.tabs.iter().find(|(_, known)| **known == key).map(|(conn, _)| *conn)
    }

    fn input(&mut self, fabric: &mut Fabric, server: ServerId, input: HubInput<'_>) {
        if let Some(hub) = self.servers.get_mut(server.0).and_then(|known| known.hub.as_mut()) {
            hub.handle_input(fabric.now, input);
            self.drain(fabric, server);
        }
    }

    /// Carries out what the hub wants.
    fn drain(&mut self, fabric: &mut Fabric, server: ServerId) {
        while let Some(hub) = self.servers.get_mut(server.0).and_then(|known| known.hub.as_mut()) {
            let Some(output) = hub.poll_output() else { break };
            match output {
                HubOutput::Send { conn, frame } => {
                    let key = self.tabs.get(&conn).copied();
                    let socket = key.and_then(|key| self.sockets.get_mut(&key));
                    // What is stuck fills the buffers of the operating system first.
                    if socket.is_none_or(|socket| socket.pipe(Way::Down).stuck.len() < 8) {
                        hub.handle_input(fabric.now, HubInput::Written { conn, frames: 1 });
                    }
                    if let Some(key) = key {
                        self.send(fabric, key, Way::Down, Parcel::Frame(frame.to_vec()));
                    }
                }
                HubOutput::Ping { conn } => {
                    if let Some(key) = self.tabs.get(&conn).copied() {
                        self.send(fabric, key, Way::Down, Parcel::Pong);
                    }
                }
                HubOutput::Tell(_) => {}
                HubOutput::Close { conn, reason } => {
                    if let Some(key) = self.tabs.get(&conn).copied() {
                        let close = Parcel::Close(Some(reason.close_code()));
                        self.send(fabric, key, Way::Down, close);
                    }
                }
            }
        }
        self.arm(fabric, server);
    }

    fn arm(&mut self, fabric: &mut Fabric, server: ServerId) {
        let Some(known) = self.servers.get_mut(server.0) else { return };
        let Some(at) = known.hub.as_ref().and_then(|hub| hub.poll_timeout()) else { return };
        if known.armed != Some(at) {
            known.armed = Some(at);
            known.timer += 1;
            fabric.at(at, Happening::Signaling(Step::HubTimer(server, known.timer)));
        }
    }

    /// Forgets a socket and tells the hub.
    fn drop_socket(&mut self, fabric: &mut Fabric, key: SocketKey) {
        let conn = self.conn_of(key);
        let Some(socket) = self.sockets.remove(&key) else { return };
        if let Some(conn) = conn {
            self.tabs.remove(&conn);
            self.input(fabric, socket.server, HubInput::Closed { conn });
        }
    }
}

/// How often TCP tries a blocked path again, about.
const RETRY: Duration = Duration::from_millis(400);

/// How long it does.
const GIVE_UP: Duration = Duration::from_secs(50);
