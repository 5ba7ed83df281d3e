//! Rules of the hub, one by one.

use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;

use bytes::Bytes;
use lacis_wire::codec::{decode, encode};
use lacis_wire::signal::{ByeReason, ClientFrame, IceServer, Refusal, ServerFrame, Undelivered};
use lacis_wire::{NodeId, PROTOCOL, Topic, VersionRange};

use super::{
    AddressKey, Command, ConnId, Event, Hub, HubConfig, Input, Origin, Output, RateLimit, Relays,
    ServerId,
};
use crate::limits;

mod shares;

const A: ConnId = ConnId(1);
const B: ConnId = ConnId(2);
const C: ConnId = ConnId(3);
const TOPIC: Topic = Topic([7; 32]);

/// A hub, its clock, and what came out and was not looked at yet.
struct World {
    hub: Hub,
    now: Duration,
    outputs: Vec<Output>,
    /// Whether everything sent is written at once.
    writes: bool,
}

impl World {
    fn new(config: HubConfig) -> Self {
        let hub = Hub::new(config, [1; 32]);
        Self { hub, now: Duration::ZERO, outputs: Vec::new(), writes: true }
    }

    /// With these connections, all of them past their greeting and each from its own address.
    fn with(config: HubConfig, conns: &[ConnId]) -> Self {
        let mut world = Self::new(config);
        for conn in conns {
            world.open(*conn, conn.0);
            world.hello(*conn);
        }
        world.outputs.clear();
        world
    }

    fn input(&mut self, input: Input<'_>) {
        self.hub.handle_input(self.now, input);
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(output) = self.hub.poll_output() {
            if let Output::Send { conn, .. } = &output
                && self.writes
            {
                let written = Input::Written { conn: *conn, frames: 1 };
                self.hub.handle_input(self.now, written);
            }
            self.outputs.push(output);
        }
    }

    fn pass(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
        self.hub.handle_timeout(self.now);
        self.drain();
    }

    fn open(&mut self, conn: ConnId, address: u64) {
        self.input(Input::Opened { conn, address: AddressKey(address), network: None });
    }

    fn frame(&mut self, conn: ConnId, frame: &ClientFrame<'_>) {
        let bytes = encode(frame);
        self.input(Input::Frame { conn, bytes: &bytes });
    }

    fn hello(&mut self, conn: ConnId) {
        self.hello_as(conn, node(conn), [9; 16]);
    }

    fn hello_as(&mut self, conn: ConnId, node: NodeId, secret: [u8; 16]) {
        self.frame(conn, &ClientFrame::Hello { versions: PROTOCOL, node, secret });
    }

    fn join(&mut self, conn: ConnId, topic: Topic) {
        self.frame(conn, &ClientFrame::Join { topic, want: 16 });
    }

    fn send(&mut self, from: ConnId, to: ConnId, payload: &[u8]) {
        self.frame(from, &ClientFrame::Send { to: node(to), seq: 5, payload });
    }

    /// The frames sent to a connection since the last look, outputs of others left alone.
    fn take(&mut self, wanted: ConnId) -> Vec<Bytes> {
        let mut frames = Vec::new();
        self.outputs.retain(|output| match output {
            Output::Send { conn, frame } if *conn == wanted => {
                frames.push(frame.clone());
                false
            }
            _ => true,
        });
        frames
    }

    /// The only frame sent to a connection since the last look.
    fn take_one(&mut self, conn: ConnId) -> Bytes {
        let mut frames = self.take(conn);
        assert_eq!(frames.len(), 1, "one frame for {conn:?}");
        frames.remove(0)
    }

    fn closed(&self, wanted: ConnId) -> Option<ByeReason> {
        self.outputs.iter().find_map(|output| match output {
            Output::Close { conn, reason } if *conn == wanted => Some(*reason),
            _ => None,
        })
    }

    fn pings(&mut self) -> usize {
        let before = self.outputs.len();
        self.outputs.retain(|output| !matches!(output, Output::Ping { .. }));
        before - self.outputs.len()
    }
}

fn node(conn: ConnId) -> NodeId {
    NodeId([u8::try_from(conn.0).unwrap(); 16])
}

fn read(bytes: &Bytes) -> ServerFrame<'_> {
    decode(bytes).unwrap()
}

fn undelivered(to: ConnId, reason: Undelivered) -> ServerFrame<'static> {
    ServerFrame::Undelivered { to: node(to), seq: 5, reason }
}

#[test]
fn a_greeting_is_answered_with_the_version_and_the_ice_servers() {
    let ice_servers =
        vec![IceServer { urls: vec!["stun:x".into()], username: None, credential: None }];
    let mut world =
        World::new(HubConfig { ice_servers: ice_servers.clone(), ..HubConfig::default() });
    world.open(A, 1);
    world.hello(A);
    let version = PROTOCOL.max;
    assert_eq!(read(&world.take_one(A)), ServerFrame::Welcome { version, ice_servers });
}

#[test]
fn a_client_of_another_age_is_told_so() {
    let mut world = World::new(HubConfig::default());
    world.open(A, 1);
    let versions = VersionRange { min: PROTOCOL.max + 1, max: PROTOCOL.max + 1 };
    world.frame(A, &ClientFrame::Hello { versions, node: node(A), secret: [0; 16] });
    assert_eq!(world.closed(A), Some(ByeReason::Version));
}

#[test]
fn who_does_not_greet_first_or_greets_twice_breaks_the_protocol() {
    let mut world = World::new(HubConfig::default());
    world.open(A, 1);
    world.join(A, TOPIC);
    assert_eq!(world.closed(A), Some(ByeReason::Protocol));
    world.open(B, 1);
    world.hello(B);
    world.hello(B);
    assert_eq!(world.closed(B), Some(ByeReason::Protocol));
    assert_eq!(world.hub.stats().nodes, 0);
}

#[test]
fn who_does_not_greet_in_time_is_sent_away() {
    let mut world = World::new(HubConfig::default());
    world.open(A, 1);
    world.pass(9);
    assert_eq!(world.closed(A), None);
    world.pass(1);
    assert_eq!(world.closed(A), Some(ByeReason::Timeout));
}

#[test]
fn a_payload_reaches_the_mailbox_it_is_for_and_no_other() {
    let mut world = World::with(HubConfig::default(), &[A, B, C]);
    world.send(A, B, b"sealed");
    let delivered = ServerFrame::Deliver { from: node(A), payload: b"sealed" };
    assert_eq!(read(&world.take_one(B)), delivered);
    assert!(world.outputs.is_empty());
    world.input(Input::Closed { conn: B });
    world.send(A, B, b"sealed");
    assert_eq!(read(&world.take_one(A)), undelivered(B, Undelivered::Unknown));
}

#[test]
fn the_same_secret_takes_a_mailbox_over_and_another_does_not() {
    let mut world = World::with(HubConfig::default(), &[A, B]);
    world.join(A, TOPIC);
    world.open(C, 3);
    world.hello_as(C, node(A), [8; 16]);
    assert_eq!(world.closed(C), Some(ByeReason::NodeTaken));
    let again = ConnId(4);
    world.open(again, 3);
    world.hello_as(again, node(A), [9; 16]);
    assert_eq!(world.closed(A), Some(ByeReason::Replaced));
    assert_eq!(world.hub.stats().members, 0);
    world.take(again);
    world.send(B, A, b"to the new one");
    let delivered = ServerFrame::Deliver { from: node(B), payload: b"to the new one" };
    assert_eq!(read(&world.take_one(again)), delivered);
    // The end of the old connection, noticed late, must not take the mailbox away.
    world.input(Input::Closed { conn: A });
    world.send(B, A, b"still there");
    assert_eq!(world.take(again).len(), 1);
}

#[test]
fn members_of_a_topic_hear_of_each_other_until_they_leave() {
    let mut world = World::with(HubConfig::default(), &[A, B]);
    let joined = |members| ServerFrame::Joined { topic: TOPIC, members };
    world.join(A, TOPIC);
    assert_eq!(read(&world.take_one(A)), joined(vec![]));
    world.join(B, TOPIC);
    assert_eq!(read(&world.take_one(B)), joined(vec![node(A)]));
    world.join(A, TOPIC);
    assert_eq!(read(&world.take_one(A)), joined(vec![node(B)]));
    world.frame(B, &ClientFrame::Leave { topic: TOPIC });
    world.join(A, TOPIC);
    assert_eq!(read(&world.take_one(A)), joined(vec![]));
}

#[test]
fn an_announcement_ends_unless_it_is_refreshed() {
    let mut world = World::with(HubConfig::default(), &[A, B]);
    world.join(A, TOPIC);
    world.join(B, TOPIC);
    for _ in 0..5 {
        world.pass(30);
        world.input(Input::Alive { conn: A });
        world.input(Input::Alive { conn: B });
        if world.now == Duration::from_secs(60) {
            world.join(B, TOPIC);
        }
    }
    let stats = world.hub.stats();
    assert_eq!((stats.connections, stats.members, stats.expired), (2, 1, 1));
    world.take(A);
    world.join(A, TOPIC);
    let members = vec![node(B)];
    assert_eq!(read(&world.take_one(A)), ServerFrame::Joined { topic: TOPIC, members });
}

#[test]
fn a_silent_client_is_asked_and_then_given_up() {
    let mut world = World::with(HubConfig::default(), &[A, B]);
    world.pass(25);
    assert_eq!(world.pings(), 2);
    world.input(Input::Alive { conn: B });
    world.pass(24);
    assert_eq!(world.pings(), 0);
    world.pass(1);
    assert_eq!(world.pings(), 2);
    world.pass(10);
    assert_eq!(world.closed(A), Some(ByeReason::Timeout));
    assert_eq!(world.closed(B), None);
    assert_eq!(world.hub.stats().connections, 1);
}

#[test]
fn a_newcomer_to_a_large_room_may_send_a_burst() {
    let mut world = World::with(HubConfig::default(), &[A, B]);
    // The greeting was the first frame.
    for _ in 1..limits::CONNECTION_FRAMES.burst {
        world.send(A, B, &[0; 3_000]);
    }
    assert_eq!(world.take(B).len(), 599);
    for _ in 0..60 {
        world.pass(1);
        world.input(Input::Alive { conn: B });
        for _ in 0..99 {
            world.send(A, B, &[0; 2_900]);
        }
    }
    assert_eq!(world.take(B).len(), 60 * 99);
    assert_eq!(world.hub.stats().undelivered_rate_limited, 0);
}

#[test]
fn who_sends_a_little_too_much_is_told_and_who_floods_is_cut_off() {
    let rates = HubConfig::default().connection_rates;
    let frames = RateLimit { burst: 3, per_second: 1 };
    let mut world = World::with(
        HubConfig {
            connection_rates: crate::hub::Rates { frames, ..rates },
            connection_refusals: RateLimit { burst: 2, per_second: 1 },
            ..HubConfig::default()
        },
        &[A, B],
    );
    world.send(A, B, b"1");
    world.send(A, B, b"2");
    world.send(A, B, b"too much");
    assert_eq!(world.take(B).len(), 2);
    assert_eq!(read(&world.take_one(A)), undelivered(B, Undelivered::RateLimited));
    world.join(A, TOPIC);
    let reason = Refusal::RateLimited;
    assert_eq!(read(&world.take_one(A)), ServerFrame::Refused { topic: TOPIC, reason });
    assert_eq!(world.closed(A), None);
    world.send(A, B, b"a flood");
    assert_eq!(world.closed(A), Some(ByeReason::RateLimited));
    assert_eq!(world.closed(B), None);
}

#[test]
fn connections_of_one_address_share_its_limits() {
    let rates = HubConfig::default().address_rates;
    let frames = RateLimit { burst: 5, per_second: 1 };
    let address_rates = crate::hub::Rates { frames, ..rates };
    let mut world = World::new(HubConfig { address_rates, ..HubConfig::default() });
    for (conn, address) in [(A, 1), (B, 1), (C, 2)] {
        world.open(conn, address);
        world.hello(conn);
        world.take(conn);
    }
    for _ in 0..3 {
        world.send(A, C, b"all that the address had left");
    }
    world.send(B, C, b"of the same address");
    assert_eq!(read(&world.take_one(B)), undelivered(C, Undelivered::RateLimited));
    world.send(C, A, b"of another");
    assert_eq!(world.take(A).len(), 1);
}

#[test]
fn what_waits_for_a_mailbox_that_is_taken_over_is_told_to_its_senders() {
    let mut world = World::with(HubConfig::default(), &[A, B]);
    world.writes = false;
    world.send(A, B, b"left");
    world.input(Input::Written { conn: B, frames: 1 });
    world.send(A, B, b"waits");
    world.open(C, 3);
    world.hello_as(C, node(B), [9; 16]);
    assert_eq!(world.closed(B), Some(ByeReason::Replaced));
    // Whoever takes the mailbox over can be reached, so it is not unknown.
    assert_eq!(read(&world.take_one(A)), undelivered(B, Undelivered::Full));
}

#[test]
fn a_sender_at_another_server_hears_of_what_waited_too() {
    let mut world = World::with(HubConfig::default(), &[B]);
    world.writes = false;
    world.input(Input::Event(&Event::Linked));
    let (by, origin) = (ServerId(7), Origin { conn: A, seq: 3 });
    let payload = Bytes::from_static(b"waits");
    let (from, to) = (node(A), node(B));
    let passed = Event::Passed { from, to, payload, by, origin: Some(origin) };
    world.input(Input::Event(&passed));
    world.outputs.clear();
    world.input(Input::Closed { conn: B });
    let reason = Undelivered::Unknown;
    let told = Output::Tell(Command::Return { to: by, node: to, origin, reason });
    assert!(world.outputs.contains(&told), "{:?}", world.outputs);
}

#[test]
fn senders_of_what_waits_in_a_chain_of_mailboxes_are_told_without_an_end_of_the_stack() {
    let count = 3_000;
    let limit = HubConfig { queue_bytes_max: 720, ..HubConfig::default() };
    let mut world = World::new(HubConfig { connections_max: count, ..limit });
    let name = |number: usize| {
        let mut node = [0; 16];
        node[..8].copy_from_slice(&(number as u64).to_be_bytes());
        NodeId(node)
    };
    let conn = |number: usize| ConnId(number as u64);
    for number in 0..count {
        world.open(conn(number), number as u64);
        world.hello_as(conn(number), name(number), [9; 16]);
    }
    world.writes = false;
    // Each has a payload of the one before in a queue, and answers that leave no room for a word.
    for number in 1..count {
        let send = ClientFrame::Send { to: name(number), seq: 1, payload: &[0; 10] };
        world.frame(conn(number - 1), &send);
        for _ in 0..4 {
            world.frame(conn(number), &ClientFrame::Ping { nonce: 1 });
        }
    }
    world.outputs.clear();
    world.input(Input::Closed { conn: conn(count - 1) });
    assert_eq!(world.hub.stats().connections, 1, "each of them falls with the one behind it");
}

#[test]
fn a_queue_that_moves_may_be_slow_and_one_that_stands_still_may_not() {
    let mut world = World::with(HubConfig::default(), &[A, B, C]);
    world.writes = false;
    for _ in 0..10 {
        world.send(A, B, &[0; 1_000]);
        world.send(A, C, &[0; 1_000]);
    }
    for _ in 0..3 {
        world.pass(15);
        world.input(Input::Alive { conn: C });
        world.input(Input::Written { conn: C, frames: 1 });
    }
    assert_eq!(world.closed(B), Some(ByeReason::SlowReader));
    assert_eq!(world.closed(C), None);
}

#[test]
fn when_all_queues_together_are_full_payloads_are_refused_and_nobody_is_dropped() {
    let config = HubConfig { queues_bytes_max: 3_000, ..HubConfig::default() };
    let conns: Vec<ConnId> = (1..=20).map(ConnId).collect();
    let mut world = World::with(config, &conns);
    world.writes = false;
    for conn in &conns[1..] {
        world.send(A, *conn, &[0; 20]);
    }
    let delivered = conns[1..].iter().map(|conn| world.take(*conn).len()).sum::<usize>();
    assert_eq!(delivered, 17, "as many as fit");
    let refused = world.take(A);
    assert_eq!(read(&refused[0]), undelivered(ConnId(19), Undelivered::Full));
    assert!(conns.iter().all(|conn| world.closed(*conn).is_none()));
}

#[test]
fn there_are_so_many_places_and_a_place_comes_free() {
    let config =
        HubConfig { connections_max: 3, connections_per_address_max: 2, ..HubConfig::default() };
    let mut world = World::with(config, &[A]);
    for conn in 10..13 {
        world.open(ConnId(conn), 5);
    }
    assert_eq!(world.closed(ConnId(12)), Some(ByeReason::Full));
    world.open(ConnId(13), 6);
    assert_eq!(world.closed(ConnId(13)), Some(ByeReason::Full));
    world.input(Input::Closed { conn: A });
    world.open(ConnId(14), 6);
    assert_eq!(world.closed(ConnId(14)), None);
    assert_eq!(world.hub.stats().connections, 3);
}

#[test]
fn a_join_beyond_a_limit_is_refused_and_the_session_goes_on() {
    let config = HubConfig {
        topics_max: 3,
        topics_per_connection_max: 2,
        members_per_topic_max: 1,
        ..HubConfig::default()
    };
    let mut world = World::with(config, &[A, B]);
    let topics = [1, 2, 3, 4].map(|name| Topic([name; 32]));
    let [one, two, three, four] = topics;
    let mut ask = |conn, topic| {
        world.join(conn, topic);
        match read(&world.take_one(conn)) {
            ServerFrame::Joined { .. } => None,
            ServerFrame::Refused { reason, .. } => Some(reason),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!((ask(A, one), ask(A, two)), (None, None));
    assert_eq!(ask(A, three), Some(Refusal::TooManyTopics));
    assert_eq!(ask(A, one), None);
    assert_eq!(ask(B, one), Some(Refusal::ServerFull));
    assert_eq!(ask(B, three), None);
    assert_eq!(ask(B, four), Some(Refusal::ServerFull));
}

#[test]
fn at_a_shutdown_everybody_is_told_when_to_come_back_and_not_all_at_once() {
    let conns: Vec<ConnId> = (1..=20).map(ConnId).collect();
    let mut world = World::with(HubConfig::default(), &conns);
    world.input(Input::Shutdown);
    let mut times = Vec::new();
    for conn in conns {
        let ServerFrame::Bye { reason: ByeReason::Shutdown, retry_after_ms } =
            read(&world.take_one(conn))
        else {
            panic!("no good-bye for {conn:?}");
        };
        assert!((1_000..=5_000).contains(&retry_after_ms));
        times.push(retry_after_ms);
        assert_eq!(world.closed(conn), Some(ByeReason::Shutdown));
    }
    times.sort_unstable();
    assert!(times[19] - times[0] > 2_000, "{times:?}");
    world.open(ConnId(30), 1);
    assert_eq!(world.closed(ConnId(30)), Some(ByeReason::Shutdown));
    assert!(world.hub.is_shutting_down());
}

#[test]
fn the_same_history_has_the_same_outputs() {
    let run = || {
        let conns: Vec<ConnId> = (1..=40).map(ConnId).collect();
        let mut world = World::with(HubConfig::default(), &conns);
        conns.iter().for_each(|conn| world.join(*conn, TOPIC));
        world.pass(30);
        world.input(Input::Shutdown);
        world.outputs
    };
    assert_eq!(run(), run());
}

#[test]
fn credentials_end_by_the_clock_of_the_world_whenever_that_is_set() {
    let relays = Relays {
        stun: vec![],
        turn: (0..5).map(|it| format!("turn:{it}")).collect(),
        secret: vec![1; 32],
        lifetime: Duration::from_secs(3_600),
    };
    let mut world = World::new(HubConfig { relays: Some(relays), ..HubConfig::default() });
    world.open(A, 1);
    world.hello(A);
    let granted = |bytes: &Bytes| match read(bytes) {
        ServerFrame::IceServers { servers, .. } => {
            assert_eq!(servers.iter().map(|it| it.urls.len()).collect::<Vec<_>>(), [4, 1]);
            let ends = crate::hub::end_of(servers[0].username.as_deref().unwrap());
            Duration::from_secs(ends.unwrap())
        }
        other => panic!("{other:?}"),
    };
    let hour = Duration::from_secs(3_600);
    assert_eq!(granted(&world.take(A)[1]), hour);
    // A machine without a clock of its own hears what time it is.
    let wall = Duration::from_secs(1_800_000_000);
    world.hub.handle_wall(world.now, wall);
    world.pass(1);
    assert_eq!(granted(&world.take_one(A)), wall + hour + Duration::from_secs(1));
    // A little is no reason to tell everybody anew.
    world.hub.handle_wall(world.now, wall + Duration::from_secs(60));
    world.pass(1);
    assert!(world.take(A).is_empty());
}
