//! Two nodes, and drivers and a server that do the least that can be called working.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use lacis_core::{
    Completion, Config, Event, Input, LinkAction, LinkId, LinkInput, LinkState, Node, Output, Path,
    RemoteState, RequestId, RoomId, SocketId, StreamId, Ticket, Timestamp,
};
use lacis_wire::description::{Description, DtlsRole};
use lacis_wire::link::Channel;
use lacis_wire::room::RoomLink;
use lacis_wire::signal::{ClientFrame, ServerFrame};
use lacis_wire::{PROTOCOL, codec, limits};

use super::Reached;

/// Which of the two.
pub(super) type Side = usize;

/// What is on its way to a node.
pub(super) type Pending = VecDeque<(Side, Input<'static>)>;

/// One node and what its driver and its application hold.
#[derive(Debug)]
pub(super) struct End {
    pub(super) node: Node,
    pub(super) sockets: Vec<SocketId>,
    /// Open connections, and the other end of each once it is known.
    pub(super) links: BTreeMap<LinkId, Option<LinkId>>,
    closed: BTreeSet<LinkId>,
    pub(super) rooms: Vec<RoomId>,
    pub(super) requests: Vec<RequestId>,
    pub(super) streams: Vec<StreamId>,
    open: BTreeSet<Ticket>,
    settled: BTreeSet<Ticket>,
    last_ticket: Ticket,
    last_number: u32,
}

impl End {
    /// A number that was not used yet, unless a greater one was.
    pub(super) const fn next(&mut self) -> u32 {
        self.last_number += 1;
        self.last_number
    }
}

/// Two nodes and what is on its way between them.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) now: Timestamp,
    pub(super) ends: [End; 2],
    pub(super) pending: Pending,
    /// What was written to pair by hand, and answers to questions.
    pub(super) texts: Vec<String>,
    pub(super) reached: Reached,
}

impl Pair {
    pub(super) fn new(seed: u8) -> Self {
        let ends = [1, 2].map(|side| {
            let servers = vec!["ws://one.example/ws".into(), "ws://two.example/ws".into()];
            let config = Config { servers, identity: [side; 32], ..Config::default() };
            let node = Node::new(config, [seed ^ side; 32], Timestamp::ZERO);
            End {
                node: node.expect("the configuration is in order"),
                sockets: Vec::new(),
                links: BTreeMap::new(),
                closed: BTreeSet::new(),
                rooms: Vec::new(),
                requests: Vec::new(),
                streams: Vec::new(),
                open: BTreeSet::new(),
                settled: BTreeSet::new(),
                last_ticket: 0,
                last_number: 0,
            }
        });
        let reached = Reached::default();
        let (now, pending, texts) = (Timestamp::ZERO, Pending::new(), Vec::new());
        let mut pair = Self { now, ends, pending, texts, reached };
        pair.drain();
        pair
    }

    /// A new ticket, and what the node says to the call that uses it.
    pub(super) fn ask<E>(
        &mut self,
        side: Side,
        call: impl FnOnce(&mut Node, Timestamp, Ticket) -> Result<(), E>,
    ) {
        let now = self.now;
        let end = &mut self.ends[side];
        end.last_ticket += 1;
        let ticket = end.last_ticket;
        end.open.insert(ticket);
        self.reached.tickets += 1;
        if call(&mut end.node, now, ticket).is_err() {
            end.open.remove(&ticket);
        }
        self.drain();
    }

    pub(super) fn pair_by_hand(&mut self, side: Side, room: RoomId, text: Option<&str>) {
        let now = self.now;
        let end = &mut self.ends[side];
        let tickets = [end.last_ticket + 1, end.last_ticket + 2];
        end.last_ticket += 2;
        end.open.extend(tickets);
        self.reached.tickets += 2;
        let [written, linked] = tickets;
        if end.node.pair(now, written, linked, room, text).is_err() {
            end.open.retain(|ticket| !tickets.contains(ticket));
        }
        self.drain();
    }

    /// A call that uses no ticket.
    pub(super) fn tell_node(&mut self, side: Side, call: impl FnOnce(&mut Node, Timestamp)) {
        call(&mut self.ends[side].node, self.now);
        self.drain();
    }

    /// Joins a room, under that number or a new one.
    pub(super) fn join(&mut self, side: Side, room: u8, number: Option<u32>) {
        let link = RoomLink { secret: [room; 16], servers: Vec::new() };
        let end = &mut self.ends[side];
        let id = RoomId(number.unwrap_or_else(|| end.next()));
        end.rooms.push(id);
        self.ask(side, |node, now, ticket| {
            node.join(now, ticket, id, &link, Duration::from_secs(5))
        });
    }

    pub(super) fn hand(&mut self, side: Side, input: Input<'_>) {
        self.tell_node(side, |node, now| node.handle_input(now, input));
    }

    /// Hands over what was on its way first, if anything was.
    pub(super) fn step(&mut self) {
        if let Some((side, input)) = self.pending.pop_front() {
            self.hand(side, input);
        }
    }

    /// Time passes; what is on its way arrives, and timers fire when they are due.
    pub(super) fn pass(&mut self, time: Duration) {
        let until = self.now + time;
        // Bounded: a node that asks to be called at once for ever is caught at the end.
        for _ in 0..2_000 {
            if !self.pending.is_empty() {
                self.step();
                continue;
            }
            let due = self.ends.iter_mut().filter_map(|end| end.node.poll_timeout()).min();
            let Some((at, _)) = due.filter(|(at, _)| *at <= until) else { break };
            self.now = self.now.max(at);
            self.timeout();
        }
        self.now = self.now.max(until);
        self.timeout();
    }

    pub(super) fn timeout(&mut self) {
        for side in 0..2 {
            self.tell_node(side, Node::handle_timeout);
        }
    }

    /// Both leave; from now on nothing is lost or changed any more.
    pub(super) fn close(&mut self) {
        for side in 0..2 {
            self.ask(side, |node, now, ticket| {
                node.close(now, ticket);
                Ok::<(), ()>(())
            });
        }
    }

    fn drain(&mut self) {
        for side in 0..2 {
            while let Some(output) = self.ends[side].node.poll_output() {
                self.carry_out(side, output);
            }
        }
    }

    fn carry_out(&mut self, side: Side, output: Output) {
        match output {
            Output::Dial(socket, _) => {
                self.ends[side].sockets.push(socket);
                self.pending.push_back((side, Input::SocketOpened(socket)));
            }
            Output::Transmit(socket, bytes) => self.serve(side, socket, &bytes),
            Output::HangUp(socket) => self.ends[side].sockets.retain(|open| *open != socket),
            Output::Link(link, action) => self.act(side, link, action),
            Output::Event(event) => self.tell(side, event),
            // These nodes are told that there is no store.
            Output::Store(..) | Output::StorePart(..) => {}
        }
    }

    /// A server that knows both and nothing else.
    fn serve(&mut self, side: Side, socket: SocketId, bytes: &[u8]) {
        let frame = codec::decode::<ClientFrame<'_>>(bytes).expect("a node sends what it may");
        let (ours, theirs) = (self.ends[side].node.node_id(), self.ends[1 - side].node.node_id());
        let mut answer = |to: Side, socket: SocketId, frame: &ServerFrame<'_>| {
            self.pending.push_back((to, Input::SocketFrame(socket, codec::encode(frame).into())));
        };
        match frame {
            ClientFrame::Hello { .. } => {
                let version = PROTOCOL.max;
                answer(side, socket, &ServerFrame::Welcome { version, ice_servers: Vec::new() });
            }
            ClientFrame::Join { topic, .. } => {
                answer(side, socket, &ServerFrame::Joined { topic, members: vec![theirs] });
            }
            ClientFrame::Send { payload, .. } => {
                if let Some(socket) = self.ends[1 - side].sockets.last() {
                    answer(1 - side, *socket, &ServerFrame::Deliver { from: ours, payload });
                }
            }
            ClientFrame::Ping { nonce } => answer(side, socket, &ServerFrame::Pong { nonce }),
            _ => {}
        }
    }

    fn act(&mut self, side: Side, link: LinkId, action: LinkAction) {
        let end = &mut self.ends[side];
        assert!(!end.closed.contains(&link), "a closed connection is asked for {action:?}");
        let mut heard = Vec::new();
        match action {
            LinkAction::Create { .. } => {
                let known = end.links.insert(link, None);
                assert!(known.is_none(), "a connection is made twice");
            }
            LinkAction::Offer { op, .. } => {
                let sdp = describe(side, link, DtlsRole::ActPass);
                heard.push(LinkInput::Described(op, sdp));
                heard.push(LinkInput::Candidate(CANDIDATE.into()));
                heard.push(LinkInput::Gathered);
            }
            LinkAction::Accept { op, sdp } => {
                end.links.insert(link, other_end(1 - side, &sdp));
                let sdp = describe(side, link, DtlsRole::Active);
                heard.push(LinkInput::Described(op, sdp));
                heard.push(LinkInput::Candidate(CANDIDATE.into()));
            }
            LinkAction::SetAnswer { op, sdp } => {
                let other = other_end(1 - side, &sdp);
                end.links.insert(link, other);
                heard.push(LinkInput::Done(op));
                if let Some(other) = other.filter(|id| self.ends[1 - side].links.contains_key(id)) {
                    self.open(1 - side, other);
                    self.open(side, link);
                }
            }
            LinkAction::Send(channel, bytes) => {
                assert!(bytes.len() <= limits::FRAME_BYTES, "a frame of {} bytes", bytes.len());
                end.node.handle_sent(self.now, link, channel, Some(0));
                if let Some(other) = end.links.get(&link).copied().flatten() {
                    let data = LinkInput::Data(channel, bytes.into());
                    self.pending.push_back((1 - side, Input::Link(other, data)));
                }
            }
            LinkAction::Inspect(op) => {
                heard.push(LinkInput::Path(op, Path { local: None, remote: None }))
            }
            LinkAction::AddCandidate(_) => {}
            LinkAction::Close => self.close_link(side, link),
        }
        let heard = heard.into_iter().map(|input| (side, Input::Link(link, input)));
        self.pending.extend(heard);
    }

    fn open(&mut self, side: Side, link: LinkId) {
        let mut inputs = vec![LinkInput::State(LinkState::Connected)];
        inputs.extend(Channel::ALL.map(LinkInput::ChannelOpened));
        self.pending.extend(inputs.into_iter().map(|input| (side, Input::Link(link, input))));
    }

    fn close_link(&mut self, side: Side, link: LinkId) {
        let end = &mut self.ends[side];
        end.closed.insert(link);
        if let Some(Some(other)) = end.links.remove(&link) {
            let closed = LinkInput::ChannelClosed(Channel::Control);
            self.pending.push_back((1 - side, Input::Link(other, closed)));
        }
    }

    fn tell(&mut self, side: Side, event: Event) {
        let end = &mut self.ends[side];
        match event {
            Event::Completed { ticket, result } => {
                if let Ok(Completion::Answer(payload)) = result {
                    self.texts.push(String::from_utf8_lossy(&payload).into_owned());
                }
                assert!(end.open.remove(&ticket), "ticket {ticket} is not open");
                assert!(end.settled.insert(ticket), "ticket {ticket} is settled twice");
            }
            Event::Request { request, .. } => {
                end.requests.push(request);
                self.reached.received += 1;
            }
            Event::File { stream, .. } => {
                end.streams.push(stream);
                self.reached.received += 1;
            }
            Event::Message { .. } => self.reached.received += 1,
            Event::Remote { state: RemoteState::Direct, .. } => self.reached.linked += 1,
            _ => {}
        }
    }

    /// What holds at any time.
    pub(super) fn check(&self) {
        for end in &self.ends {
            let report = end.node.report();
            let most = limits::LINKS_MAX + limits::ATTEMPTS_MAX + 1;
            assert!(end.links.len() <= most, "{} connections", end.links.len());
            assert!(report.remotes.len() <= limits::REMOTES_MAX);
            for member in &report.remotes {
                assert!(member.waiting_bytes <= limits::OUTBOX_BYTES);
            }
        }
    }

    /// What holds when all is over.
    pub(super) fn check_settled(&self) {
        for end in &self.ends {
            assert!(end.open.is_empty(), "tickets {:?} never settled", end.open);
            assert!(end.links.is_empty(), "connections {:?} are left", end.links);
            assert!(end.sockets.is_empty(), "sockets {:?} are left", end.sockets);
        }
    }
}

const CANDIDATE: &str = "candidate:1 1 udp 2113937151 host.local 9 typ host";

/// A description that names its end in the user fragment.
fn describe(side: Side, link: LinkId, dtls_role: DtlsRole) -> String {
    let description = Description {
        ufrag: format!("side{side}link{}", link.0),
        pwd: "passwordpasswordpassword".into(),
        fingerprint: [u8::try_from(side).unwrap_or_default(); 32],
        dtls_role,
        message_bytes_max: 262_144,
        sctp_init: None,
        through: None,
    };
    description.to_sdp(1)
}

fn other_end(side: Side, sdp: &str) -> Option<LinkId> {
    let ufrag = Description::from_sdp(sdp).ok()?.ufrag;
    ufrag.strip_prefix(&format!("side{side}link"))?.parse().ok().map(LinkId)
}
