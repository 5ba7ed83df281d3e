//! A harness at work: what has passed at its ends and was not looked at yet.

use alloc::collections::VecDeque;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use lacis_core::{Input, LinkAction, LinkId, LinkInput, OpId, Output, SocketId, Timestamp};
use lacis_wire::description::Description;
use lacis_wire::limits;
use lacis_wire::link::Channel;

use super::harness::{Harness, Logged, Side};
use crate::driver::{Driver, Platform};

/// Far from what a node calls its own.
const FIRST: u64 = 1_000_000;

/// The link of each end.
pub(super) const LINKS: [LinkId; 2] = [LinkId(FIRST), LinkId(FIRST + 1)];

/// The socket of the first end.
pub(super) const SOCKET: SocketId = SocketId(FIRST);

/// How long at a time is waited for something, and how often.
const PAUSE: Duration = Duration::from_millis(10);
const PATIENCE: usize = 1_500;

/// A harness at work.
#[derive(Debug)]
pub(super) struct Bench<'h, H> {
    pub(super) harness: &'h mut H,
    passed: [VecDeque<Logged>; 2],
    ops: u64,
}

impl<'h, H: Harness> Bench<'h, H> {
    pub(super) fn new(harness: &'h mut H) -> Self {
        Self { harness, passed: [VecDeque::new(), VecDeque::new()], ops: FIRST }
    }

    /// Carries an output out as if the node had wanted it, and what follows from it.
    pub(super) fn want(&mut self, side: Side, output: Output) {
        Driver::carry_out(&mut self.harness.platform(side), output);
    }

    pub(super) fn ask(&mut self, side: Side, action: LinkAction) {
        self.want(side, Output::Link(LINKS[side], action));
    }

    pub(super) fn create(&mut self, side: Side) {
        self.ask(side, LinkAction::Create { ice_servers: Vec::new(), relay_only: false });
    }

    pub(super) fn send(&mut self, side: Side, channel: Channel, bytes: &[u8]) -> Option<usize> {
        self.harness.platform(side).send(LINKS[side], channel, bytes.to_vec())
    }

    pub(super) const fn op(&mut self) -> OpId {
        self.ops += 1;
        OpId(self.ops)
    }

    pub(super) fn now(&mut self, side: Side) -> Timestamp {
        self.harness.platform(side).now()
    }

    /// What passed next at an end, if anything did.
    pub(super) fn next(&mut self, side: Side) -> Option<Logged> {
        if self.passed[side].is_empty() {
            let more = self.harness.log(side);
            self.passed[side].extend(more);
        }
        self.passed[side].pop_front()
    }

    pub(super) async fn pause(&mut self) {
        self.harness.pass(PAUSE).await;
    }

    /// What passes at an end within some time.
    pub(super) async fn within(&mut self, side: Side, time: Duration) -> Vec<Logged> {
        self.harness.pass(time).await;
        core::iter::from_fn(|| self.next(side)).collect()
    }

    /// What is told of an end's link within some time.
    pub(super) async fn told_within(
        &mut self,
        side: Side,
        time: Duration,
    ) -> Vec<LinkInput<'static>> {
        let passed = self.within(side, time).await;
        passed.into_iter().filter_map(|logged| about(logged, LINKS[side])).collect()
    }

    /// Lets time pass until something is found at an end in what passed there.
    ///
    /// # Panics
    /// If it is not found for a long time.
    pub(super) async fn expect<T>(
        &mut self,
        side: Side,
        what: &str,
        mut find: impl FnMut(Logged) -> Option<T>,
    ) -> T {
        let mut passed = Vec::new();
        for _ in 0..PATIENCE {
            while let Some(logged) = self.next(side) {
                passed.push(shorten(format!("{logged:?}")));
                if let Some(found) = find(logged) {
                    return found;
                }
            }
            self.pause().await;
        }
        panic!("end {side} does not hear {what}, but {passed:#?}");
    }

    /// Lets time pass until something is told of an end's link.
    pub(super) async fn hear<T>(
        &mut self,
        side: Side,
        what: &str,
        mut find: impl FnMut(LinkInput<'static>) -> Option<T>,
    ) -> T {
        self.expect(side, what, |logged| about(logged, LINKS[side]).and_then(&mut find)).await
    }

    /// Has the first end make an offer and the second accept it. Gives the answer, and the
    /// candidates that the second has found meanwhile.
    pub(super) async fn offer(&mut self) -> (String, Vec<String>) {
        self.create(0);
        self.create(1);
        let op = self.op();
        self.ask(0, LinkAction::Offer { op, restart: false });
        let mut candidates = Vec::new();
        let sdp = self.hear(0, "its offer", described(op, &mut candidates)).await;
        let op = self.op();
        self.ask(1, LinkAction::Accept { op, sdp });
        for line in candidates {
            self.ask(1, LinkAction::AddCandidate(line));
        }
        let mut candidates = Vec::new();
        let sdp = self.hear(1, "its answer", described(op, &mut candidates)).await;
        (sdp, candidates)
    }

    /// Links both ends. Gives the bytes of the largest message that a node sends there: what the
    /// answer says, as both ends are alike.
    pub(super) async fn link(&mut self) -> usize {
        let (sdp, candidates) = self.offer().await;
        let limit = Description::from_sdp(&sdp).map(|description| description.message_limit());
        let limit = limit.unwrap_or_else(|error| panic!("its answer says {error}"));
        let op = self.op();
        self.ask(0, LinkAction::SetAnswer { op, sdp });
        for line in candidates {
            self.ask(0, LinkAction::AddCandidate(line));
        }
        self.open().await;
        limit.min(limits::FRAME_BYTES)
    }

    /// Passes candidates on until all channels are open at both ends.
    ///
    /// # Panics
    /// If that takes very long.
    pub(super) async fn open(&mut self) {
        let mut missing = [Channel::ALL.len(); 2];
        for _ in 0..PATIENCE {
            for side in 0..2 {
                while let Some(logged) = self.next(side) {
                    match about(logged, LINKS[side]) {
                        Some(LinkInput::Candidate(line)) => {
                            self.ask(1 - side, LinkAction::AddCandidate(line));
                        }
                        Some(LinkInput::ChannelOpened(_)) => missing[side] -= 1,
                        _ => {}
                    }
                }
            }
            if missing == [0, 0] {
                return;
            }
            self.pause().await;
        }
        panic!("channels do not open: {missing:?}");
    }

    /// Waits for so many messages on a channel.
    pub(super) async fn messages(
        &mut self,
        side: Side,
        channel: Channel,
        count: usize,
    ) -> Vec<Vec<u8>> {
        let mut came = Vec::new();
        while came.len() < count {
            let next = |told| match told {
                LinkInput::Data(on, bytes) if on == channel => Some(bytes.into_owned()),
                _ => None,
            };
            came.push(self.hear(side, "a message", next).await);
        }
        came
    }
}

/// What is told of a link, if it is that one.
pub(super) fn about(logged: Logged, link: LinkId) -> Option<LinkInput<'static>> {
    match logged {
        Logged::Input(Input::Link(of, input)) if of == link => Some(input),
        _ => None,
    }
}

/// Looks for a description, and keeps the candidates that come before it.
fn described(
    op: OpId,
    candidates: &mut Vec<String>,
) -> impl FnMut(LinkInput<'static>) -> Option<String> {
    move |told| match told {
        LinkInput::Described(of, sdp) if of == op => Some(sdp),
        LinkInput::Candidate(line) => {
            candidates.push(line);
            None
        }
        LinkInput::Failed(of, code) if of == op => panic!("it fails: {code:?}"),
        _ => None,
    }
}

fn shorten(mut text: String) -> String {
    let end = text.char_indices().nth(200).map_or(text.len(), |(at, _)| at);
    text.truncate(end);
    text
}
