//! Relays on our own server, and on worse ones, without a network or a clock.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use bytes::BytesMut;
use lacis_core::LinkId;
use lacis_signaling::hub::Relays;
use lacis_signaling::turn::{Client, Effects, Machine, Packet, TurnConfig};
use lacis_wire::signal::IceServer;
use rtc::stun::attributes::{ATTR_LIFETIME, ATTR_XOR_RELAYED_ADDRESS};
use rtc::stun::message::{
    CLASS_SUCCESS_RESPONSE, METHOD_ALLOCATE, Message, MessageType, TransactionId,
};
use rtc::stun::xoraddr::XorMappedAddress;

use super::{Turn, place};
use crate::demux::Whose;
use crate::udp::Datagram;

const SECRET: &[u8] = b"north";
const EPOCH: Duration = Duration::from_secs(1_000_000);
const HOUR: Duration = Duration::from_secs(3_600);
const WE: Whose = Whose { machine: 1, link: LinkId(1) };
const CHECK: &[u8] = &[0, 1];
const DATA: &[u8] = &[23, 254, 253, 0, 1, 7];

/// Relays that are numbers.
#[derive(Debug, Default)]
struct Ports {
    open: BTreeMap<Client, u16>,
    next: u16,
}

impl Effects for Ports {
    fn open(&mut self, client: Client) -> Option<u16> {
        self.next += 1;
        self.open.insert(client, 50_000 + self.next);
        Some(50_000 + self.next)
    }

    fn close(&mut self, client: Client) {
        self.open.remove(&client).expect("it was open");
    }

    fn is_own(&mut self, _: IpAddr) -> bool {
        false
    }

    fn random(&mut self) -> [u8; 12] {
        [9; 12]
    }
}

struct World {
    turn: Turn,
    server: Option<Machine>,
    ports: Ports,
    began: Instant,
    passed: Duration,
    /// What relays have sent to peers, and got from them.
    sent: Vec<(SocketAddr, Vec<u8>)>,
    got: Vec<Datagram>,
    /// How many packets went to the server.
    packets: usize,
}

fn at(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn machine(address: &str) -> Machine {
    Machine::new(TurnConfig::new(SECRET.to_vec(), address.parse().unwrap(), EPOCH), [1; 32])
}

/// What a client is told whose credentials are good for so long.
fn servers(client: u64, good: Duration) -> Vec<IceServer> {
    let turn = vec!["turn:relay.test?transport=tcp".into(), "turn:relay.test".into()];
    let (stun, secret) = (vec!["stun:relay.test".into()], SECRET.to_vec());
    let lifetime = HOUR;
    Relays { stun, turn, secret, lifetime }.grant(client, (EPOCH + good).as_secs())
}

impl World {
    fn new(server: Option<Machine>) -> Self {
        Self {
            turn: Turn::default(),
            server,
            ports: Ports::default(),
            began: Instant::now(),
            passed: Duration::ZERO,
            sent: Vec::new(),
            got: Vec::new(),
            packets: 0,
        }
    }

    fn now(&self) -> Instant {
        self.began + self.passed
    }

    fn want(&mut self, servers: &[IceServer]) {
        self.turn.want(self.now(), WE, servers);
        while let Some(name) = self.turn.poll_sought() {
            assert_eq!(name, "relay.test:3478");
            self.turn.found(self.now(), &name, &[at("9.9.9.9:3478"), at("[2001:db9::9]:3478")]);
        }
        self.carry();
    }

    /// Carries packets until there are none.
    fn carry(&mut self) {
        while let Some(datagram) = self.turn.poll_send() {
            self.carry_one(&datagram);
        }
    }

    fn carry_one(&mut self, datagram: &Datagram) {
        self.packets += 1;
        assert!(!datagram.is_relayed && datagram.local.ip().is_unspecified());
        let v4 = datagram.peer.is_ipv4();
        let us = at(if v4 { "10.0.0.1:4" } else { "[2001:db9::1]:4" });
        let client = Client { address: us, stream: None };
        let Some(server) = &mut self.server else { return };
        match server.handle_client(self.passed, client, &datagram.bytes, &mut self.ports) {
            Some(Packet::ToClient(bytes)) => self.come(datagram.peer, &bytes),
            Some(Packet::ToPeer(peer, bytes)) => self.sent.push((peer, bytes)),
            None => {}
        }
    }

    fn come(&mut self, from: SocketAddr, bytes: &[u8]) {
        let (local, bytes) = (at("10.0.0.1:4"), BytesMut::from(bytes));
        let came = Datagram { local, peer: from, bytes, is_relayed: false };
        self.got.extend(self.turn.receive(self.now(), came));
    }

    /// A peer sends something to the relay.
    fn answer(&mut self, peer: SocketAddr, bytes: &[u8]) {
        let client = Client { address: at("10.0.0.1:4"), stream: None };
        let server = self.server.as_mut().unwrap();
        match server.handle_peer(self.passed, client, peer, bytes, &mut self.ports) {
            Some(Packet::ToClient(bytes)) => self.come(at("9.9.9.9:3478"), &bytes),
            Some(Packet::ToPeer(..)) => unreachable!(),
            None => {}
        }
    }

    fn relay(&self) -> SocketAddr {
        let all = self.turn.of(WE);
        assert_eq!(all.len(), 1, "{:?}", self.turn);
        all[0]
    }

    fn send(&mut self, peer: SocketAddr, bytes: &[u8]) {
        let local = self.relay();
        let bytes = BytesMut::from(bytes);
        self.turn.send(self.now(), Datagram { local, peer, bytes, is_relayed: true });
        self.carry();
    }

    /// Lets time pass, and whatever is due happen.
    fn pass(&mut self, time: Duration) {
        let end = self.passed + time;
        while let Some(due) = self.turn.deadline().filter(|due| *due <= self.began + end) {
            self.passed = self.passed.max(due - self.began);
            self.turn.on_time(self.now());
            self.carry();
            let again = self.turn.deadline();
            assert!(again.is_none_or(|again| again > self.now()), "it is due at once again");
        }
        self.passed = end;
    }

    fn news(&mut self) -> Vec<SocketAddr> {
        std::iter::from_fn(|| self.turn.poll_news()).map(|(_, at)| at).collect()
    }
}

#[test]
fn only_servers_over_udp_are_asked() {
    assert_eq!(place("turn:a.b:7?transport=udp").as_deref(), Some("a.b:7"));
    assert_eq!(place("turn:a.b").as_deref(), Some("a.b:3478"));
    for other in ["turn:a.b?transport=tcp", "turns:a.b", "stun:a.b", "turn:a.b?x"] {
        assert_eq!(place(other), None, "{other}");
    }
}

#[test]
fn a_relay_stands_for_hours_and_ends_when_nobody_wants_it() {
    let mut world = World::new(Some(machine("9.9.9.9")));
    world.want(&servers(1, HOUR));
    assert_eq!(world.news(), [at("9.9.9.9:50001")]);
    let (peer, other) = (at("8.8.8.8:5"), at("8.8.4.4:6"));
    world.send(peer, CHECK);
    assert_eq!(std::mem::take(&mut world.sent), [(peer, CHECK.to_vec())]);
    // Nobody comes in whom nothing was sent to.
    world.answer(other, DATA);
    assert_eq!(world.got.len(), 0);
    for _ in 0..3 * 3_600 / 2 {
        world.send(peer, DATA);
        world.answer(peer, CHECK);
        world.answer(at("8.8.8.8:9"), CHECK);
        world.pass(Duration::from_secs(2));
    }
    assert_eq!(world.sent.len(), 3 * 3_600 / 2);
    assert!(world.sent.iter().all(|it| *it == (peer, DATA.to_vec())));
    assert_eq!(world.got.len(), 2 * 3 * 3_600 / 2);
    let relay = world.relay();
    assert!(world.got.iter().all(|it| it.local == relay && it.is_relayed));
    assert!(world.got.iter().all(|it| it.bytes == CHECK && it.peer.ip() == peer.ip()));
    // One that idles is kept as well.
    world.pass(2 * HOUR);
    assert_eq!((world.relay(), world.news()), (relay, vec![]));
    world.turn.leave(world.now(), |_| true);
    world.pass(Duration::from_secs(3));
    assert!(world.turn.is_over() && world.ports.open.is_empty());
    assert_eq!(world.turn.deadline(), None);
}

#[test]
fn what_a_link_says_travels_in_a_channel() {
    let mut world = World::new(Some(machine("9.9.9.9")));
    world.want(&servers(1, HOUR));
    for _ in 0..2 {
        world.send(at("8.8.8.8:5"), DATA);
    }
    world.send(at("8.8.8.8:6"), CHECK);
    let local = world.relay();
    let send = |world: &mut World, peer| {
        let bytes = BytesMut::from(DATA);
        world.turn.send(world.now(), Datagram { local, peer, bytes, is_relayed: true });
        let sent = world.turn.poll_send().unwrap();
        ((sent.local, sent.peer), sent.bytes.len())
    };
    // All of them leave the same way, so those of one size leave together.
    let way = (at("0.0.0.0:0"), at("9.9.9.9:3478"));
    assert_eq!(send(&mut world, at("8.8.8.8:5")), (way, 4 + DATA.len()));
    assert_eq!(send(&mut world, at("8.8.8.8:5")), (way, 4 + DATA.len()));
    assert!(send(&mut world, at("8.8.8.8:6")).1 > 36);
}

#[test]
fn a_relay_outlives_its_credentials_and_the_next_one_has_the_newest() {
    let mut world = World::new(Some(machine("9.9.9.9")));
    world.want(&servers(1, Duration::from_secs(60)));
    let relay = world.relay();
    world.pass(HOUR);
    world.send(at("8.8.8.8:5"), DATA);
    assert_eq!((world.relay(), world.sent.len()), (relay, 1));
    // A server that started anew knows no relay, and does not take credentials that have ended.
    world.server = Some(machine("9.9.9.9"));
    world.ports.open.clear();
    world.pass(Duration::from_secs(11));
    world.want(&servers(2, 2 * HOUR));
    assert_eq!(world.news(), [relay, at("9.9.9.9:50002")]);
    world.send(at("8.8.8.8:5"), DATA);
    assert_eq!(world.sent.len(), 2);
}

#[test]
fn credentials_that_are_not_taken_are_not_asked_with_again() {
    let mut world = World::new(Some(machine("9.9.9.9")));
    world.pass(Duration::from_secs(1));
    world.want(&servers(1, Duration::ZERO));
    world.pass(HOUR);
    assert!(world.turn.of(WE).is_empty());
    let packets = world.packets;
    world.want(&servers(1, Duration::ZERO));
    world.pass(Duration::from_secs(1));
    world.want(&servers(1, Duration::ZERO));
    assert!(world.packets <= packets + 3, "{} after {packets}", world.packets);
    world.want(&servers(1, 2 * HOUR));
    assert_eq!(world.turn.of(WE), [at("9.9.9.9:50001")]);
}

#[test]
fn credentials_that_come_meanwhile_are_tried_at_once() {
    let mut world = World::new(Some(machine("9.9.9.9")));
    world.pass(Duration::from_secs(1));
    world.turn.want(world.now(), WE, &servers(1, Duration::ZERO));
    let name = world.turn.poll_sought().unwrap();
    world.turn.found(world.now(), &name, &[at("9.9.9.9:3478")]);
    let unsigned = world.turn.poll_send().unwrap();
    world.carry_one(&unsigned);
    // What is under way now is signed with the ones that have ended.
    world.want(&servers(1, HOUR));
    assert_eq!(world.news(), [at("9.9.9.9:50001")]);
}

#[test]
fn a_server_that_is_silent_is_given_up_and_asked_again_later() {
    let mut world = World::new(None);
    world.want(&servers(1, HOUR));
    world.pass(Duration::from_secs(5));
    // Both of its addresses were asked four times.
    assert_eq!((world.packets, world.turn.deadline()), (8, None));
    world.want(&servers(1, HOUR));
    assert_eq!(world.packets, 8);
    world.pass(Duration::from_secs(30));
    world.server = Some(machine("9.9.9.9"));
    world.want(&servers(1, HOUR));
    assert_eq!(world.news(), [at("9.9.9.9:50001")]);
    // One that falls silent has no relay from its end on.
    world.server = None;
    world.pass(HOUR);
    assert_eq!((world.turn.of(WE), world.turn.deadline()), (vec![], None));
    world.turn.end(world.now());
    assert!(world.turn.is_over());
}

#[test]
fn a_refusal_is_remembered_when_the_link_that_asked_is_gone() {
    let mut world = World::new(None);
    world.want(&servers(1, HOUR));
    world.pass(Duration::from_secs(5));
    world.turn.leave(world.now(), |_| true);
    world.pass(Duration::from_secs(5));
    world.want(&servers(1, HOUR));
    assert_eq!(world.packets, 8);
    world.turn.leave(world.now(), |_| true);
    world.pass(Duration::from_secs(30));
    world.want(&servers(1, HOUR));
    assert_eq!(world.packets, 9);
}

#[test]
fn servers_that_refuse_make_room_for_others() {
    let mut world = World::new(Some(machine("9.9.9.9")));
    let named = |name: String| {
        let urls = vec![format!("turn:{name}"), format!("turn:{name}-too")];
        IceServer { urls, username: Some("a".into()), credential: Some("b".into()) }
    };
    let bad: Vec<IceServer> = (0..9).map(|number| named(format!("bad{number}"))).collect();
    world.turn.want(world.now(), WE, &bad);
    let sought: Vec<String> = std::iter::from_fn(|| world.turn.poll_sought()).collect();
    assert_eq!(sought, ["bad3:3478", "bad2:3478", "bad1:3478", "bad0:3478"]);
    for name in sought {
        world.turn.found(world.now(), &name, &[]);
    }
    world.want(&servers(1, HOUR));
    assert_eq!(world.turn.of(WE), [at("9.9.9.9:50001")]);
}

#[test]
fn one_that_ends_while_it_is_asked_for_is_not_left_behind() {
    let mut world = World::new(Some(machine("9.9.9.9")));
    world.turn.want(world.now(), WE, &servers(1, HOUR));
    let name = world.turn.poll_sought().unwrap();
    world.turn.found(world.now(), &name, &[at("9.9.9.9:3478")]);
    let unsigned = world.turn.poll_send().unwrap();
    world.carry_one(&unsigned);
    world.turn.end(world.now());
    world.carry();
    assert!(world.turn.is_over() && world.ports.open.is_empty());
    assert_eq!(world.ports.next, 1, "it was there for a moment");
}

#[test]
fn a_server_that_is_silent_at_the_end_is_not_waited_for_long() {
    let mut world = World::new(Some(machine("9.9.9.9")));
    world.want(&servers(1, HOUR));
    world.server = None;
    world.turn.leave(world.now(), |_| true);
    world.pass(Duration::from_secs(10));
    assert!(world.turn.is_over());
}

#[test]
fn a_relay_of_the_other_version_is_taken() {
    let mut world = World::new(Some(machine("2001:db9::9")));
    world.want(&servers(1, HOUR));
    assert_eq!(world.news(), [at("[2001:db9::9]:50001")]);
    world.send(at("8.8.8.8:5"), CHECK);
    world.send(at("[2a00::1]:5"), CHECK);
    assert_eq!(world.sent, [(at("[2a00::1]:5"), CHECK.to_vec())]);
}

#[test]
fn one_that_is_wanted_while_it_ends_is_made_anew() {
    let mut world = World::new(Some(machine("9.9.9.9")));
    world.want(&servers(1, HOUR));
    world.turn.leave(world.now(), |_| true);
    world.pass(Duration::from_secs(1));
    // Within that time the old one goes on.
    world.want(&servers(1, HOUR));
    world.pass(Duration::from_secs(10));
    assert_eq!(world.news(), [at("9.9.9.9:50001")]);
    let server = world.server.take();
    world.turn.leave(world.now(), |_| true);
    world.pass(Duration::from_millis(2_100));
    world.server = server;
    world.want(&servers(1, HOUR));
    world.pass(Duration::from_secs(10));
    assert_eq!((world.news(), world.ports.open.len()), (vec![at("9.9.9.9:50002")], 1));
}

#[test]
fn what_an_earlier_life_left_is_ended_first() {
    let mut world = World::new(Some(machine("9.9.9.9")));
    world.want(&servers(1, HOUR));
    world.turn = Turn::default();
    world.want(&servers(1, HOUR));
    assert_eq!((world.relay(), world.ports.open.len()), (at("9.9.9.9:50002"), 1));
}

#[test]
fn nobody_else_can_say_that_there_is_a_relay_or_send_by_it() {
    let mut world = World::new(None);
    world.want(&servers(1, HOUR));
    world.turn.want(world.now(), WE, &servers(1, HOUR));
    world.pass(Duration::from_secs(5));
    world.pass(Duration::from_secs(30));
    world.turn.want(world.now(), WE, &servers(1, HOUR));
    let name = world.turn.poll_sought().unwrap();
    world.turn.found(world.now(), &name, &[at("9.9.9.9:3478")]);
    let asked = world.turn.poll_send().unwrap();
    let id = *asked.bytes[8..20].first_chunk().unwrap();
    let mut forged = Message::new();
    let at_evil = XorMappedAddress { ip: [6, 6, 6, 6].into(), port: 6 };
    let typ = MessageType { method: METHOD_ALLOCATE, class: CLASS_SUCCESS_RESPONSE };
    forged.build(&[Box::new(typ), Box::new(TransactionId(id))]).unwrap();
    at_evil.add_to_as(&mut forged, ATTR_XOR_RELAYED_ADDRESS).unwrap();
    forged.add(ATTR_LIFETIME, &[0, 0, 255, 255]);
    for from in ["9.9.9.9:3478", "6.6.6.6:6"] {
        world.come(at(from), &forged.raw);
    }
    assert!(world.turn.of(WE).is_empty());
    // What is no answer of a server that was asked is somebody else's.
    assert_eq!(world.got.len(), 1);
    assert_eq!(world.got[0].peer, at("6.6.6.6:6"));
    // Channels that nobody asked for lead nowhere, and what is too short is dropped.
    world.got.clear();
    world.server = Some(machine("9.9.9.9"));
    world.pass(Duration::from_millis(300));
    world.send(at("8.8.8.8:5"), DATA);
    for bytes in [&[0x40, 99, 0, 2, 1, 1][..], &[0x40, 0, 0, 9, 1], &[0x40], &[0x7f; 40]] {
        world.come(at("9.9.9.9:3478"), bytes);
    }
    assert!(world.got.iter().all(|it| !it.is_relayed), "{:?}", world.got);
}
