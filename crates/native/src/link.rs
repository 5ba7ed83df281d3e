//! One WebRTC connection with its three negotiated channels, without input or output.

mod engine;
mod flow;
mod pump;
mod relays;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use lacis_core::{CandidateKind, LinkAction, LinkInput, OpId, Path};
use lacis_wire::Code;
use lacis_wire::link::Channel;
use lacis_wire::signal::IceServer;
use rtc::data_channel::RTCDataChannelId;
use rtc::peer_connection::RTCPeerConnection;
use rtc::peer_connection::sdp::RTCSessionDescription;
use rtc::peer_connection::transport::{RTCIceCandidateInit, RTCIceCandidateType};
use rtc::shared::error::Result;
use rtc::shared::{TaggedBytesMut, TransportContext, TransportProtocol};

use self::flow::Flow;
use self::relays::Relays;
use crate::addresses::relayed;
use crate::demux::SHARED;
use crate::udp::Datagram;

/// Bytes that one channel buffers at most, as in Chromium. The core stops far below; whoever goes
/// on has a channel that nothing leaves by.
const BUFFERED_MAX: usize = 16 * 1024 * 1024;

/// How long a link that was closed goes on until the other side has all that was sent.
const LINGER: Duration = Duration::from_secs(1);

/// After that long whatever came has been acknowledged; what was sent is seen to be.
const USED_LATELY: Duration = Duration::from_millis(250);

/// How long after its last request on the path a connection that idles sends the next one. It does
/// nothing else until then, though it wants to be called five times a second.
const KEPT_ALIVE: Duration = Duration::from_secs(2);

/// So many packets are kept that came before there is a path: the first flight of a handshake,
/// which would be repeated a second later.
const EARLY_MAX: usize = 32;

/// One WebRTC connection.
pub(crate) struct Link {
    rtc: RTCPeerConnection,
    lanes: [Lane; 3],
    /// The lines that tell where this side is.
    candidates: Vec<String>,
    relays: Relays,
    /// Whether it has been said where this side is.
    is_located: bool,
    /// The user fragment of the other side.
    other: Option<String>,
    /// Whether the other side has one port for all of its links, too.
    is_shared: bool,
    /// Packets that came before there is a path.
    early: VecDeque<TaggedBytesMut>,
    /// Whether ICE has found a path.
    has_path: bool,
    /// Whether DTLS stands.
    is_secure: bool,
    /// Whether it stands as a whole, by what was told last.
    is_connected: bool,
    /// When a message was last sent, or something of one came.
    used: Instant,
    /// When a request was last sent that finds out whether the path works.
    asked: Instant,
    /// What is told of it, in its order.
    told: VecDeque<LinkInput<'static>>,
    /// When it was closed, it goes on until then at most, and nothing more is told.
    lingers: Option<Instant>,
    is_closed: bool,
}

/// One data channel.
#[derive(Debug)]
struct Lane {
    channel: Channel,
    id: RTCDataChannelId,
    state: LaneState,
    flow: Flow,
    /// Whether it buffers more than the mark below which that is told.
    above: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LaneState {
    Opening,
    Open,
    Closed,
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { lanes, has_path, is_secure, lingers, .. } = self;
        f.debug_struct("Link")
            .field("lanes", lanes)
            .field("has_path", has_path)
            .field("is_secure", is_secure)
            .field("lingers", lingers)
            .finish_non_exhaustive()
    }
}

impl Link {
    /// Makes a connection and its channels. Of those servers it may have relays, or nothing else.
    pub(crate) fn create(now: Instant, servers: Vec<IceServer>, relay_only: bool) -> Result<Self> {
        let mut rtc = engine::connection(now, relay_only)?;
        let [control, bulk, ephemeral] = Channel::ALL;
        let mut lane = |channel| -> Result<Lane> {
            let id = engine::channel(&mut rtc, channel)?;
            Ok(Lane { channel, id, state: LaneState::Opening, flow: Flow::default(), above: false })
        };
        let lanes = [lane(control)?, lane(bulk)?, lane(ephemeral)?];
        Ok(Self {
            rtc,
            lanes,
            candidates: Vec::new(),
            relays: Relays::new(servers, relay_only),
            is_located: false,
            other: None,
            is_shared: false,
            early: VecDeque::new(),
            has_path: false,
            is_secure: false,
            is_connected: false,
            used: now,
            asked: now,
            told: VecDeque::new(),
            lingers: None,
            is_closed: false,
        })
    }

    /// The servers that it may have relays of.
    pub(crate) fn servers(&self) -> &[IceServer] {
        self.relays.servers()
    }

    /// Says where this side is from now on: `hosts` are the candidates that packets leave from,
    /// `outside` others under which the same are reached, and relays.
    pub(crate) fn locate(&mut self, hosts: &[String], outside: &[String], relays: &[SocketAddr]) {
        self.candidates.clear();
        if !self.relays.are_only() {
            for line in hosts {
                // One that is there already stays, and one that cannot be used is one path fewer.
                let _ = self.rtc.add_local_candidate(candidate(plain(line)));
            }
            self.candidates.extend(hosts.iter().chain(outside).cloned());
        }
        self.relays.locate(relays);
        let lines = relays.iter().enumerate().map(|(place, at)| relayed(place, *at) + SHARED);
        self.candidates.extend(lines);
        self.is_located = true;
        self.use_relays();
    }

    /// Tells of one more candidate, if it has been described where this side is.
    pub(crate) fn tell_candidate(&mut self, line: &str) {
        if self.is_located && self.lingers.is_none() && !self.relays.are_only() {
            self.told.push_back(LinkInput::Candidate(line.to_owned()));
        }
    }

    /// Tells of one more relay.
    pub(crate) fn tell_relay(&mut self, at: SocketAddr) {
        if let Some(place) = self.relays.tell(at).filter(|_| self.lingers.is_none()) {
            self.told.push_back(LinkInput::Candidate(relayed(place, at) + SHARED));
            self.use_relays();
        }
    }

    /// Whether it has just turned out that it needs none of its relays.
    pub(crate) fn lets_go_of_relays(&mut self) -> bool {
        let is_news = self.is_connected && self.relays.settle();
        is_news && self.path().is_some_and(|path| path.local != Some(CandidateKind::Relay))
    }

    /// Has packets leave by the relays that may be used now.
    fn use_relays(&mut self) {
        while let Some(at) = self.relays.poll_use() {
            let _ = self.rtc.add_local_candidate(candidate(&relayed(0, at)));
        }
    }

    /// Does what does not take time here, though it does in a browser. Gives the user fragment by
    /// which the link is found from now on, if it is a new one.
    pub(crate) fn operate(&mut self, now: Instant, action: LinkAction) -> Option<String> {
        let (op, described) = match action {
            LinkAction::Offer { op, restart } => (op, self.offer(now, restart)),
            LinkAction::Accept { op, sdp } => (op, self.accept(now, sdp)),
            LinkAction::SetAnswer { op, sdp } => {
                self.other = fragment(&sdp);
                let answer = RTCSessionDescription::answer(sdp);
                let set = answer.and_then(|answer| self.rtc.set_remote_description(now, answer));
                self.relays.wait(now);
                self.told.push_back(set.map_or_else(|_| failed(op), |()| LinkInput::Done(op)));
                return None;
            }
            LinkAction::AddCandidate(line) => {
                self.is_shared |= line.ends_with(SHARED);
                self.relays.hear(&line);
                // One that cannot be used is one path fewer, not a failure.
                let _ = self.rtc.add_remote_candidate(candidate(plain(&line)));
                return None;
            }
            LinkAction::Inspect(op) => {
                let path = self.path();
                let told = path.map_or_else(|| failed(op), |path| LinkInput::Path(op, path));
                self.told.push_back(told);
                return None;
            }
            LinkAction::Create { .. } | LinkAction::Send(..) | LinkAction::Close => return None,
        };
        let Ok(sdp) = described else {
            self.told.push_back(failed(op));
            return None;
        };
        let fragment = fragment(&sdp);
        // In front, so that all of them travel in one message behind the description.
        self.told.extend(self.candidates.iter().cloned().map(LinkInput::Candidate));
        self.told.push_back(LinkInput::Described(op, sdp));
        self.told.push_back(LinkInput::Gathered);
        fragment
    }

    fn offer(&mut self, now: Instant, restart: bool) -> Result<String> {
        if restart {
            self.rtc.restart_ice();
        }
        let offer = self.rtc.create_offer(None)?;
        let sdp = offer.sdp.clone();
        self.rtc.set_local_description(now, offer)?;
        Ok(sdp)
    }

    fn accept(&mut self, now: Instant, sdp: String) -> Result<String> {
        self.other = fragment(&sdp);
        self.rtc.set_remote_description(now, RTCSessionDescription::offer(sdp)?)?;
        self.relays.wait(now);
        let answer = self.rtc.create_answer(None)?;
        let sdp = answer.sdp.clone();
        self.rtc.set_local_description(now, answer)?;
        Ok(sdp)
    }

    fn path(&self) -> Option<Path> {
        let pair = self.rtc.sctp()?.transport().ice_transport().get_selected_candidate_pair()?;
        let kind = |typ: RTCIceCandidateType| CandidateKind::named(&typ.to_string());
        let (local, remote) = (pair.local(), pair.remote());
        // Its checks may have come before it was told what it is.
        let is_relay = self.relays.are_theirs(&remote.address, remote.port);
        let remote = if is_relay { Some(CandidateKind::Relay) } else { kind(remote.typ) };
        Some(Path { local: kind(local.typ), remote })
    }

    /// Sends a message; gives what its channel buffers then, if that is open.
    pub(crate) fn send(&mut self, now: Instant, channel: Channel, bytes: &[u8]) -> Option<usize> {
        let Self { rtc, lanes, used, .. } = self;
        let is_it = |lane: &&mut Lane| lane.channel == channel && lane.state == LaneState::Open;
        let lane = lanes.iter_mut().find(is_it)?;
        if lane.unsent(rtc) >= BUFFERED_MAX {
            return None;
        }
        *used = now;
        lane.flow.push(BytesMut::from(bytes));
        lane.go_on(now, rtc).ok()?;
        let buffered = lane.flow.waiting();
        lane.above |= buffered > lacis_wire::limits::BUFFERED_LOW_BYTES;
        Some(buffered)
    }

    /// A packet came for this link, or may be for it.
    pub(crate) fn receive(&mut self, now: Instant, datagram: Datagram, is_stun: bool) {
        let Datagram { local, peer, bytes, is_relayed } = datagram;
        if self.relays.are_only() && !is_relayed {
            return;
        }
        let protocol = TransportProtocol::UDP;
        let transport = TransportContext {
            local_addr: local,
            peer_addr: peer,
            transport_protocol: protocol,
            ecn: None,
        };
        let message = TaggedBytesMut { now, transport, message: bytes };
        if !is_stun {
            self.used = now;
        }
        if is_stun || self.has_path {
            self.take(message);
        } else if self.early.len() < EARLY_MAX {
            self.early.push_back(message);
        }
    }

    /// Whether its handshake is over: whatever is still sent in the clear is for another.
    pub(crate) const fn is_secure(&self) -> bool {
        self.is_secure
    }

    /// Nothing more is told of it, but what was just sent leaves first.
    pub(crate) fn close(&mut self, now: Instant) {
        self.told.clear();
        self.lingers = Some(now + LINGER);
    }

    /// Whether it was closed.
    pub(crate) const fn is_lingering(&self) -> bool {
        self.lingers.is_some()
    }

    /// Until when it has nothing to do unless something comes: it stands, nothing was said on it
    /// lately, and the other side has all that was.
    pub(crate) fn idles_until(&mut self, now: Instant) -> Option<Instant> {
        let is_quiet = self.is_connected && self.lingers.is_none();
        let is_idle = is_quiet && now >= self.used + USED_LATELY && self.has_sent_all();
        is_idle.then(|| self.asked + KEPT_ALIVE)
    }

    /// Whether nothing is left to do.
    pub(crate) const fn is_done(&self) -> bool {
        self.is_closed
    }

    /// What is told of it next.
    pub(crate) fn poll_told(&mut self) -> Option<LinkInput<'static>> {
        self.told.pop_front()
    }
}

const fn failed(op: OpId) -> LinkInput<'static> {
    LinkInput::Failed(op, Code::Internal)
}

/// The user fragment in a description.
fn fragment(sdp: &str) -> Option<String> {
    let of = |line: &str| line.trim_end().strip_prefix("a=ice-ufrag:").map(String::from);
    sdp.lines().find_map(of)
}

/// A candidate without what `rtc` does not know.
fn plain(line: &str) -> &str {
    line.strip_suffix(SHARED).unwrap_or(line)
}

fn candidate(line: &str) -> RTCIceCandidateInit {
    RTCIceCandidateInit {
        candidate: line.to_owned(),
        sdp_mline_index: Some(0),
        ..RTCIceCandidateInit::default()
    }
}

#[cfg(test)]
mod tests;
