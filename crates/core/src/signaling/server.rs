//! The session with one signaling server.
//!
//! ```text
//! Waiting --(time)--> Dialing --(opened)--> Greeting --(Welcome)--> Open
//!    ^                   |                     |                     |
//!    +---- closed, or silent beyond a deadline, or Bye --------------+
//! ```
//! A node that is suspended has paused its sessions, which wait for nothing.
//! It decides when to dial, when a server counts as dead and how long to wait. What frames mean for
//! rooms and remotes is the node's affair. Joins are sent right behind the greeting, without
//! waiting for its answer: that saves a round trip.

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use lacis_wire::signal::{ByeReason, ClientFrame, IceServer};
use lacis_wire::{Code, PROTOCOL, Topic, codec, limits};

use crate::cx::Cx;
use crate::event::{Event, ServerState};
use crate::ids::SocketId;
use crate::io::Output;
use crate::signaling::goodbye::{bye_code, least_wait};
use crate::time::{Earliest, Timer, Timestamp};

/// The session with one server.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) url: String,
    ice_servers: Vec<IceServer>,
    /// Those whose credentials end, and when.
    relays: Option<(Vec<IceServer>, Timestamp)>,
    /// What renews the announcements of the session before, and which those are.
    resume: Option<(Vec<u8>, Vec<Topic>)>,
    /// Known to this server only, so that no server can take our mailbox at another.
    secret: [u8; 16],
    state: State,
    failures: u32,
    /// How long the answer to a greeting or a question may take: twice what the last one took, and
    /// twice as long again each time that it did not come.
    patience: Duration,
    /// Why the last session ended, if it was the server's wish.
    bye: Option<(ByeReason, Duration)>,
    /// Why it was not reached last time.
    pub(crate) trouble: Option<Code>,
    /// Whether it is only one where groups have met before, and may be gone for good.
    is_before: bool,
}

#[derive(Debug)]
enum State {
    /// To be dialled, not before the time that the server has named.
    Waiting {
        until: Timestamp,
        not_before: Timestamp,
    },
    /// Put aside until the node is back; the time that the server has named counts then too.
    Paused {
        not_before: Timestamp,
    },
    Dialing {
        socket: SocketId,
        deadline: Timestamp,
    },
    Greeting {
        socket: SocketId,
        since: Timestamp,
        deadline: Timestamp,
    },
    Open {
        socket: SocketId,
        heard: Timestamp,
        asked: Option<Timestamp>,
    },
    Stopped,
}

impl Server {
    pub(crate) fn new(cx: &mut Cx, url: String) -> Self {
        let secret = cx.random();
        let mut server = Self {
            url,
            ice_servers: Vec::new(),
            relays: None,
            resume: None,
            secret,
            state: State::Waiting { until: cx.now, not_before: cx.now },
            failures: 0,
            patience: limits::DIAL_DEADLINE,
            bye: None,
            trouble: None,
            is_before: false,
        };
        server.dial(cx);
        server
    }

    /// The socket, once it is open.
    pub(crate) const fn socket(&self) -> Option<SocketId> {
        match self.state {
            State::Greeting { socket, .. } | State::Open { socket, .. } => Some(socket),
            State::Waiting { .. }
            | State::Paused { .. }
            | State::Dialing { .. }
            | State::Stopped => None,
        }
    }

    /// Whether the socket belongs to this session.
    pub(crate) fn owns(&self, id: SocketId) -> bool {
        match self.state {
            State::Dialing { socket, .. } => socket == id,
            State::Greeting { .. } | State::Open { .. } => self.socket() == Some(id),
            State::Waiting { .. } | State::Paused { .. } | State::Stopped => false,
        }
    }

    /// Takes an announcement back, also one that the next session would renew by itself.
    pub(crate) fn leave(&mut self, cx: &mut Cx, topic: Topic) {
        self.resume.take_if(|(_, topics)| topics.contains(&topic));
        self.transmit(cx, &ClientFrame::Leave { topic });
    }

    pub(crate) fn transmit(&self, cx: &mut Cx, frame: &ClientFrame<'_>) {
        if let Some(socket) = self.socket() {
            cx.outputs.push_back(Output::Transmit(socket, codec::encode(frame)));
        }
    }

    /// When it is dialled again, while nothing is under way.
    pub(crate) const fn retry_at(&self) -> Option<Timestamp> {
        match self.state {
            State::Waiting { until, .. } => Some(until),
            _ => None,
        }
    }

    fn dial(&mut self, cx: &mut Cx) {
        let socket = cx.socket_id();
        self.state = State::Dialing { socket, deadline: cx.now + limits::DIAL_DEADLINE };
        cx.outputs.push_back(Output::Dial(socket, self.url.clone()));
        self.tell(cx, ServerState::Dialing, None);
    }

    /// Says who it is. The announcements that this renews by itself need no `Join`.
    pub(crate) fn on_opened(&mut self, cx: &mut Cx) -> Vec<Topic> {
        if let State::Dialing { socket, .. } = self.state {
            let (since, deadline) = (cx.now, cx.now + self.patience);
            self.state = State::Greeting { socket, since, deadline };
            let node = cx.me.node;
            let hello = ClientFrame::Hello { versions: PROTOCOL, node, secret: self.secret };
            self.transmit(cx, &hello);
        }
        let Some((token, topics)) = self.resume.take() else { return Vec::new() };
        self.transmit(cx, &ClientFrame::Resume { token: &token });
        topics
    }

    /// The server answered the greeting; says whether it is acceptable.
    pub(crate) fn on_welcome(&mut self, cx: &mut Cx, version: u16, ice: Vec<IceServer>) -> bool {
        let State::Greeting { socket, since, .. } = self.state else { return false };
        if version < PROTOCOL.min || version > PROTOCOL.max {
            self.trouble = Some(Code::VersionMismatch);
            return false;
        }
        self.ice_servers = usable(cx, &ice);
        self.failures = 0;
        self.wait_for(cx.now.since(since) * 2);
        self.trouble = None;
        self.state = State::Open { socket, heard: cx.now, asked: None };
        self.tell(cx, ServerState::Open, None);
        true
    }

    /// Whether it is only one where groups have met before. One that counts again is dialled soon.
    pub(crate) fn set_before(&mut self, cx: &Cx, is_before: bool) {
        let counts_again = core::mem::replace(&mut self.is_before, is_before) && !is_before;
        if counts_again && let State::Waiting { until, not_before } = &mut self.state {
            self.failures = 0;
            *until = (*until).min(cx.now + limits::REDIAL_MIN).max(*not_before);
        }
    }

    /// Any frame is a sign of life.
    pub(crate) const fn on_heard(&mut self, at: Timestamp) {
        if let State::Open { heard, asked, .. } = &mut self.state {
            *heard = at;
            *asked = None;
        }
    }

    /// The server names relays, for so long.
    pub(crate) fn on_relays(&mut self, cx: &mut Cx, relays: &[IceServer], lifetime_ms: u32) {
        let relays = usable(cx, relays);
        self.relays = Some((relays, cx.now + Duration::from_millis(lifetime_ms.into())));
    }

    /// The ICE servers that it has named, without those that have ended.
    pub(crate) fn ice_servers(&self, now: Timestamp) -> impl Iterator<Item = &IceServer> {
        let relays = self.relays.iter().filter(move |(_, until)| now < *until);
        self.ice_servers.iter().chain(relays.flat_map(|(relays, _)| relays))
    }

    /// What renews the announcements of these topics at the next session.
    pub(crate) fn on_resume(&mut self, token: &[u8], topics: Vec<Topic>) {
        self.resume = Some((token.to_vec(), topics));
    }

    /// The server says that it will close, and why.
    pub(crate) const fn on_bye(&mut self, reason: ByeReason, retry_after: Duration) {
        self.bye = Some((reason, retry_after));
    }

    /// The socket closed or is to be closed; dial again later.
    pub(crate) fn lose(&mut self, cx: &mut Cx, close_code: Option<u16>) {
        let was_open = self.socket().is_some();
        let said = self.bye.take();
        let reason =
            said.map(|(reason, _)| reason).or(close_code.and_then(ByeReason::from_close_code));
        let code = match reason {
            Some(reason) => bye_code(reason),
            None if self.trouble == Some(Code::VersionMismatch) => Code::VersionMismatch,
            None if was_open => Code::SignalingLost,
            None => Code::SignalingUnreachable,
        };
        let wish = said.map_or(Duration::ZERO, |(_, wait)| wait.min(limits::RETRY_AFTER_MAX));
        let wish = wish.max(reason.map_or(Duration::ZERO, least_wait));
        let most = if self.is_before { limits::REDIAL_BEFORE_MAX } else { limits::REDIAL_MAX };
        let delay = cx.backoff(self.failures, limits::REDIAL_MIN, most).max(wish);
        self.failures = self.failures.saturating_add(1);
        self.trouble = Some(code);
        self.state = State::Waiting { until: cx.now + delay, not_before: cx.now + wish };
        cx.event(Event::Server {
            url: self.url.clone(),
            state: ServerState::Waiting,
            code: Some(code),
            retry: Some(delay),
        });
    }

    /// The device woke up or is online again: dial as soon as the server lets us, or ask for a sign
    /// of life.
    pub(crate) fn wake(&mut self, cx: &mut Cx) {
        match self.state {
            State::Waiting { not_before, .. } | State::Paused { not_before }
                if cx.now < not_before =>
            {
                self.state = State::Waiting { until: not_before, not_before };
            }
            State::Waiting { .. } | State::Paused { .. } => self.dial(cx),
            State::Open { asked: None, .. } => self.ask(cx),
            _ => {}
        }
    }

    /// Ends the session for good.
    pub(crate) fn stop(&mut self, cx: &mut Cx) {
        self.hang_up(cx);
        (self.ice_servers, self.relays) = (Vec::new(), None);
        self.state = State::Stopped;
        self.tell(cx, ServerState::Closed, None);
    }

    /// Ends the session until the node is back.
    pub(crate) fn pause(&mut self, cx: &mut Cx) {
        if self.state() == ServerState::Closed {
            return;
        }
        self.hang_up(cx);
        self.resume = None;
        self.failures = 0;
        let not_before = match self.state {
            State::Waiting { not_before, .. } | State::Paused { not_before } => not_before,
            State::Dialing { .. }
            | State::Greeting { .. }
            | State::Open { .. }
            | State::Stopped => cx.now,
        };
        self.state = State::Paused { not_before };
        self.tell(cx, ServerState::Waiting, Some(Code::Suspended));
    }

    fn hang_up(&self, cx: &mut Cx) {
        if let State::Dialing { socket, .. }
        | State::Greeting { socket, .. }
        | State::Open { socket, .. } = self.state
        {
            cx.outputs.push_back(Output::HangUp(socket));
        }
    }

    /// Does what is due; says whether an open session was given up.
    pub(crate) fn on_timeout(&mut self, cx: &mut Cx) -> bool {
        match self.state {
            State::Waiting { until, .. } if cx.now >= until => self.dial(cx),
            State::Dialing { socket, deadline } | State::Greeting { socket, deadline, .. }
                if cx.now >= deadline =>
            {
                if matches!(self.state, State::Greeting { .. }) {
                    self.wait_for(self.patience * 2);
                }
                cx.outputs.push_back(Output::HangUp(socket));
                self.lose(cx, None);
                return true;
            }
            State::Open { socket, asked: Some(asked), .. }
                if cx.now >= asked + self.pong_deadline() =>
            {
                cx.outputs.push_back(Output::HangUp(socket));
                self.lose(cx, None);
                return true;
            }
            State::Open { heard, asked: None, .. }
                if cx.now >= heard + limits::SERVER_PING_INTERVAL =>
            {
                self.ask(cx);
            }
            _ => {}
        }
        false
    }

    pub(crate) fn deadlines(&self, earliest: &mut Earliest) {
        match self.state {
            State::Waiting { until, .. } => earliest.see(Some(until), Timer::Redial),
            State::Dialing { deadline, .. } | State::Greeting { deadline, .. } => {
                earliest.see(Some(deadline), Timer::Dial);
            }
            State::Open { heard, asked, .. } => {
                let due = asked.map_or(heard + limits::SERVER_PING_INTERVAL, |asked| {
                    asked + self.pong_deadline()
                });
                earliest.see(Some(due), Timer::ServerPing);
            }
            State::Paused { .. } | State::Stopped => {}
        }
    }

    fn pong_deadline(&self) -> Duration {
        self.patience.max(limits::SERVER_PONG_DEADLINE)
    }

    fn wait_for(&mut self, time: Duration) {
        self.patience = time.clamp(limits::DIAL_DEADLINE, limits::GREETING_DEADLINE_MAX);
    }

    fn ask(&mut self, cx: &mut Cx) {
        let nonce = cx.nonce();
        if let State::Open { asked, .. } = &mut self.state {
            *asked = Some(cx.now);
        }
        self.transmit(cx, &ClientFrame::Ping { nonce });
    }

    fn tell(&self, cx: &mut Cx, state: ServerState, code: Option<Code>) {
        cx.event(Event::Server { url: self.url.clone(), state, code, retry: None });
    }

    pub(crate) const fn state(&self) -> ServerState {
        match self.state {
            State::Waiting { .. } | State::Paused { .. } => ServerState::Waiting,
            State::Dialing { .. } | State::Greeting { .. } => ServerState::Dialing,
            State::Open { .. } => ServerState::Open,
            State::Stopped => ServerState::Closed,
        }
    }
}

/// What of these a browser takes. A server that names others is wrong, and told of, but must not
/// keep the good ones from being used.
fn usable(cx: &mut Cx, servers: &[IceServer]) -> Vec<IceServer> {
    let usable: Vec<IceServer> = servers.iter().filter_map(IceServer::usable).collect();
    if usable != servers {
        cx.event(Event::Warning { code: Code::Protocol, node: None });
    }
    usable
}
