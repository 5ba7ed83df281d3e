//! The machine against clients that know the secret and strangers who do not.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use data_encoding::HEXLOWER;
use proptest::collection::vec;
use proptest::prelude::{ProptestConfig, any, prop_assert, prop_assert_eq, proptest};
use rtc_stun::attributes::{
    ATTR_CHANNEL_NUMBER, ATTR_DATA, ATTR_ERROR_CODE, ATTR_LIFETIME, ATTR_NONCE, ATTR_REALM,
    ATTR_REQUESTED_TRANSPORT, ATTR_USERNAME, ATTR_XOR_PEER_ADDRESS, ATTR_XOR_RELAYED_ADDRESS,
    ATTR_XORMAPPED_ADDRESS, AttrType,
};
use rtc_stun::message::{
    CLASS_INDICATION, CLASS_REQUEST, CLASS_SUCCESS_RESPONSE, METHOD_ALLOCATE, METHOD_BINDING,
    METHOD_CHANNEL_BIND, METHOD_CREATE_PERMISSION, METHOD_REFRESH, METHOD_SEND, Message, Method,
};
use rtc_stun::xoraddr::XorMappedAddress;

use super::auth::key_of;
use super::message::{Reply, Request, channel_data};
use super::{Client, Effects, Machine, Packet, TurnConfig, is_public};

mod floods;
use crate::hub::RateLimit;

const SECRET: &[u8] = b"north";
const EPOCH: Duration = Duration::from_secs(1_000_000);
const GOOD: &str = "1000600:anna";
const PEER: &str = "8.8.8.8:5000";

/// Relays that are numbers.
#[derive(Debug, Default)]
struct Ports {
    open: BTreeMap<Client, u16>,
    next: u16,
    are_none_left: bool,
    /// How often it was asked for an address.
    looked: usize,
}

impl Effects for Ports {
    fn open(&mut self, client: Client) -> Option<u16> {
        if self.are_none_left {
            return None;
        }
        self.next += 1;
        self.open.insert(client, 50_000 + self.next);
        Some(50_000 + self.next)
    }

    fn close(&mut self, client: Client) {
        self.open.remove(&client).expect("it was open");
    }

    /// A second address of the machine, on the open Internet as well.
    fn is_own(&mut self, address: IpAddr) -> bool {
        self.looked += 1;
        address == IpAddr::from([9, 9, 9, 10])
    }

    fn random(&mut self) -> [u8; 12] {
        [9; 12]
    }
}

struct World {
    machine: Machine,
    ports: Ports,
    now: Duration,
    transaction: u8,
}

impl World {
    fn new() -> Self {
        Self::with(|_| {})
    }

    fn with(change: impl FnOnce(&mut TurnConfig)) -> Self {
        let mut config = TurnConfig::new(SECRET.to_vec(), "9.9.9.9".parse().unwrap(), EPOCH);
        change(&mut config);
        let machine = Machine::new(config, [1; 32]);
        Self { machine, ports: Ports::default(), now: Duration::ZERO, transaction: 0 }
    }

    fn tell(&mut self, client: Client, bytes: &[u8]) -> Option<Packet> {
        self.machine.handle_client(self.now, client, bytes, &mut self.ports)
    }

    fn answer(&mut self, client: Client, bytes: &[u8]) -> Answer {
        match self.tell(client, bytes) {
            Some(Packet::ToClient(bytes)) => Answer::read(bytes),
            other => panic!("no answer but {other:?}"),
        }
    }

    /// A request with credentials, as agents make it: first without, then with what they are told.
    fn request(&mut self, client: Client, username: &str, method: Method, body: Body) -> Answer {
        self.transaction += 1;
        let first = ask(self.transaction, method, body);
        let told = self.answer(client, &first.bytes());
        assert_eq!(told.error, Some(401));
        let signed = signed(self.transaction, method, body, username, &told);
        self.answer(client, &signed)
    }

    fn allocate(&mut self, client: Client, username: &str) -> Answer {
        self.request(client, username, METHOD_ALLOCATE, UDP)
    }
}

type Body<'a> = &'a [(AttrType, &'a [u8])];
const UDP: Body<'static> = &[(ATTR_REQUESTED_TRANSPORT, &[17, 0, 0, 0])];

#[derive(Debug)]
struct Answer {
    message: Message,
    error: Option<u16>,
    nonce: String,
}

impl Answer {
    fn read(bytes: Vec<u8>) -> Self {
        let mut message = Message { raw: bytes, ..Message::default() };
        message.decode().unwrap();
        let error = message.get(ATTR_ERROR_CODE).ok();
        let error = error.map(|value| u16::from(value[2]) * 100 + u16::from(value[3]));
        let nonce = message.get(ATTR_NONCE).unwrap_or_default();
        let nonce = String::from_utf8(nonce).unwrap();
        assert_eq!(error.is_none(), message.typ.class == CLASS_SUCCESS_RESPONSE);
        Self { message, error, nonce }
    }

    fn address(&self, kind: AttrType) -> SocketAddr {
        let mut address = XorMappedAddress::default();
        address.get_from_as(&self.message, kind).unwrap();
        SocketAddr::new(address.ip, address.port)
    }

    fn lifetime(&self) -> u32 {
        let value = self.message.get(ATTR_LIFETIME).unwrap();
        u32::from_be_bytes(value.try_into().unwrap())
    }
}

fn ask(transaction: u8, method: Method, body: Body) -> Reply {
    let reply = Reply::request(method, CLASS_REQUEST, [transaction; 12]);
    body.iter().fold(reply, |reply, (kind, value)| reply.with(*kind, value))
}

fn signed(transaction: u8, method: Method, body: Body, user: &str, told: &Answer) -> Vec<u8> {
    ask(transaction, method, body)
        .with(ATTR_USERNAME, user.as_bytes())
        .with(ATTR_REALM, b"lacis")
        .with(ATTR_NONCE, told.nonce.as_bytes())
        .signed(&key_of(SECRET, user))
        .bytes()
}

fn client(port: u16) -> Client {
    Client { address: SocketAddr::new("7.7.7.7".parse().unwrap(), port), stream: None }
}

/// A peer as a request of that transaction names it.
fn xored(transaction: u8, peer: &str) -> Vec<u8> {
    let peer: SocketAddr = peer.parse().unwrap();
    let mut message = Message::new();
    message.transaction_id.0 = [transaction; 12];
    let address = XorMappedAddress { ip: peer.ip(), port: peer.port() };
    address.add_to_as(&mut message, ATTR_XOR_PEER_ADDRESS).unwrap();
    message.get(ATTR_XOR_PEER_ADDRESS).unwrap()
}

impl World {
    fn permit(&mut self, who: Client, peer: &str) -> Option<u16> {
        let peer = xored(self.transaction + 1, peer);
        let body: Body = &[(ATTR_XOR_PEER_ADDRESS, &peer)];
        self.request(who, GOOD, METHOD_CREATE_PERMISSION, body).error
    }

    fn bind(&mut self, who: Client, number: u16, peer: &str) -> Option<u16> {
        let peer = xored(self.transaction + 1, peer);
        let number = [number.to_be_bytes(), [0, 0]].concat();
        let body: Body = &[(ATTR_CHANNEL_NUMBER, &number), (ATTR_XOR_PEER_ADDRESS, &peer)];
        self.request(who, GOOD, METHOD_CHANNEL_BIND, body).error
    }

    fn indicate(&mut self, who: Client, peer: &str, data: &[u8]) -> Option<Packet> {
        let peer = xored(200, peer);
        let indication = Reply::request(METHOD_SEND, CLASS_INDICATION, [200; 12])
            .with(ATTR_XOR_PEER_ADDRESS, &peer)
            .with(ATTR_DATA, data);
        self.tell(who, &indication.bytes())
    }
}

#[test]
fn a_binding_request_is_answered_with_the_address_that_it_came_from() {
    let mut world = World::new();
    let answer = world.answer(client(5), &ask(1, METHOD_BINDING, &[]).bytes());
    assert_eq!(answer.address(ATTR_XORMAPPED_ADDRESS), client(5).address);
    assert_eq!(answer.message.transaction_id.0, [1; 12]);
}

#[test]
fn a_relay_passes_on_what_is_permitted_in_both_directions() {
    let mut world = World::new();
    let answer = world.allocate(client(5), GOOD);
    assert_eq!(answer.error, None);
    assert_eq!(answer.address(ATTR_XOR_RELAYED_ADDRESS), "9.9.9.9:50001".parse().unwrap());
    assert_eq!(answer.lifetime(), 600);
    let peer: SocketAddr = PEER.parse().unwrap();
    let now = world.now;
    assert_eq!(world.indicate(client(5), PEER, b"x"), None);
    assert_eq!(world.machine.handle_peer(now, client(5), peer, b"y", &mut world.ports), None);
    assert_eq!(world.permit(client(5), PEER), None);
    assert_eq!(world.indicate(client(5), PEER, b"x"), Some(Packet::ToPeer(peer, b"x".to_vec())));
    let heard = world.machine.handle_peer(now, client(5), peer, b"y", &mut world.ports);
    let Some(Packet::ToClient(bytes)) = heard else { panic!("nothing was passed on") };
    let said = Request::read(&bytes).unwrap();
    assert_eq!((said.data(), said.peers()), (Some(&b"y"[..]), Some(vec![peer])));
    // In a channel there is nothing but a number around it.
    assert_eq!(world.bind(client(5), 0x4001, PEER), None);
    let packet = world.tell(client(5), &[0x40, 1, 0, 2, b'h', b'i', 0, 0]);
    assert_eq!(packet, Some(Packet::ToPeer(peer, b"hi".to_vec())));
    let heard = world.machine.handle_peer(now, client(5), peer, b"yes", &mut world.ports);
    let Some(Packet::ToClient(bytes)) = heard else { panic!("nothing was passed on") };
    assert_eq!(channel_data(&bytes), Some((0x4001, &b"yes"[..])));
    assert_eq!(world.machine.relayed_bytes(), 1 + 1 + 2 + 3);
    // Another client's channel is not this one's.
    assert_eq!(world.tell(client(6), &[0x40, 1, 0, 1, b'h', 0, 0, 0]), None);
}

#[test]
fn who_does_not_know_the_secret_gets_no_relay() {
    let mut world = World::new();
    let told = world.answer(client(5), &ask(1, METHOD_ALLOCATE, UDP).bytes());
    assert_eq!(told.error, Some(401));
    let good = signed(2, METHOD_ALLOCATE, UDP, GOOD, &told);
    // The last eight bytes are a checksum, which is no part of what is signed.
    for at in 0..good.len() - 8 {
        let mut forged = good.clone();
        forged[at] ^= 1;
        if let Some(Packet::ToClient(bytes)) = world.tell(client(5), &forged) {
            assert!(Answer::read(bytes).error.is_some(), "{at}");
        }
        world.tell(client(5), &good[..at]);
    }
    for user in ["999999:anna", "anna", ""] {
        let ended = signed(3, METHOD_ALLOCATE, UDP, user, &told);
        assert_eq!(world.answer(client(5), &ended).error, Some(401), "{user}");
    }
    // The nonce is for another address, or has ended.
    assert_eq!(world.answer(client(6), &good).error, Some(438));
    world.now = Duration::from_secs(500);
    assert_eq!(world.machine.allocations(), 0);
    let late = signed(4, METHOD_ALLOCATE, UDP, GOOD, &told);
    assert_eq!(world.answer(client(5), &late).error, None);
    world.now = Duration::from_secs(4_000);
    assert_eq!(world.answer(client(5), &late).error, Some(438));
    // What stands behind the signature is not read.
    let nonce = HEXLOWER.encode(&[0; 24]);
    assert_ne!(told.nonce, nonce);
}

#[test]
fn relays_do_not_lead_inside() {
    let mut world = World::new();
    world.allocate(client(5), GOOD);
    let own = "9.9.9.10:53";
    for inside in ["10.0.0.1:80", "127.0.0.1:6379", "169.254.169.254:80", "192.168.1.1:53", own] {
        assert_eq!(world.permit(client(5), inside), Some(403), "{inside}");
        assert_eq!(world.bind(client(5), 0x4000, inside), Some(403), "{inside}");
    }
    assert_eq!(world.permit(client(5), "[2a00:1450::1]:80"), Some(443));
    // At our own address only other relays are reached.
    assert_eq!(world.permit(client(5), "9.9.9.9:22"), None);
    assert_eq!(world.indicate(client(5), "9.9.9.9:22", b"x"), None);
    world.request(client(6), GOOD, METHOD_ALLOCATE, UDP);
    assert!(world.indicate(client(5), "9.9.9.9:50002", b"x").is_some());
    let mut open = World::with(|config| config.allow_private = true);
    open.allocate(client(5), GOOD);
    assert_eq!(open.permit(client(5), "10.0.0.1:80"), None);
    assert!(open.indicate(client(5), "10.0.0.1:80", b"x").is_some());
}

#[test]
fn relays_end_by_themselves_or_when_asked() {
    let mut world = World::new();
    world.allocate(client(5), GOOD);
    world.now = Duration::from_secs(599);
    let answer = world.request(client(5), GOOD, METHOD_REFRESH, &[]);
    assert_eq!((answer.error, answer.lifetime()), (None, 600));
    // Its credentials have ended by now, but the relay goes on.
    world.now = Duration::from_secs(1_198);
    assert_eq!(world.request(client(5), GOOD, METHOD_REFRESH, &[]).error, None);
    assert_eq!(world.machine.poll_timeout(), Some(Duration::from_secs(1_798)));
    world.machine.handle_timeout(Duration::from_secs(1_798), &mut world.ports);
    assert_eq!((world.machine.allocations(), world.ports.open.len()), (0, 0));
    world.now = Duration::from_secs(1_800);
    assert_eq!(world.allocate(client(5), GOOD).error, Some(401));
    let later = "1009999:anna";
    assert_eq!(world.allocate(client(5), later).error, None);
    let body: Body = &[(ATTR_LIFETIME, &[0; 4])];
    assert_eq!(world.request(client(5), later, METHOD_REFRESH, body).lifetime(), 0);
    assert_eq!(world.machine.allocations(), 0);
    assert_eq!(world.allocate(client(5), later).error, None);
    world.machine.handle_closed(client(5), &mut world.ports);
    assert_eq!((world.machine.allocations(), world.ports.open.len()), (0, 0));
    assert_eq!(world.machine.poll_timeout(), None);
}

#[test]
fn quotas_hold_for_a_client_an_address_and_all() {
    let mut world = World::with(|config| {
        config.allocations_per_client_max = 2;
        config.allocations_per_address_max = 3;
        config.allocations_max = 4;
        config.permissions_max = 2;
    });
    assert_eq!(world.allocate(client(1), GOOD).error, None);
    assert_eq!(world.allocate(client(2), "1000900:anna").error, None);
    assert_eq!(world.allocate(client(3), "1000700:anna").error, Some(486));
    assert_eq!(world.allocate(client(3), "1000700:bert").error, None);
    assert_eq!(world.allocate(client(4), "1000700:cara").error, Some(486));
    let elsewhere = |port| Client { address: SocketAddr::new([6; 4].into(), port), stream: None };
    assert_eq!(world.allocate(elsewhere(1), "1000700:cara").error, None);
    assert_eq!(world.allocate(elsewhere(2), "1000700:dora").error, Some(508));
    for (peer, refused) in [("8.8.8.1:1", None), ("8.8.8.2:1", None), ("8.8.8.3:1", Some(508))] {
        assert_eq!(world.permit(client(1), peer), refused, "{peer}");
    }
    assert_eq!(world.bind(client(1), 0x4000, "8.8.8.1:1"), None);
    assert_eq!(world.bind(client(1), 0x4000, "8.8.8.2:1"), Some(400));
    assert_eq!(world.bind(client(1), 0x4001, "8.8.8.1:1"), Some(400));
    assert_eq!(world.bind(client(1), 0x3fff, "8.8.8.1:1"), Some(400));
    // Permissions end, and make room.
    world.now = Duration::from_secs(301);
    assert_eq!(world.permit(client(1), "8.8.8.3:1"), None);
    let mut full = World::new();
    full.ports.are_none_left = true;
    assert_eq!(full.allocate(client(1), GOOD).error, Some(508));
    assert_eq!(full.machine.allocations(), 0);
}

#[test]
fn what_is_relayed_and_who_is_answered_is_bounded() {
    let mut world = World::with(|config| {
        config.relay_bytes = RateLimit { burst: 1_000, per_second: 100 };
        config.strangers = RateLimit { burst: 3, per_second: 1 };
    });
    world.allocate(client(5), GOOD);
    world.permit(client(5), PEER);
    assert!(world.indicate(client(5), PEER, &[0; 600]).is_some());
    assert!(world.indicate(client(5), PEER, &[0; 600]).is_none());
    let binding = ask(1, METHOD_BINDING, &[]).bytes();
    assert!(world.tell(client(7), &binding).is_some());
    assert!(world.tell(client(7), &binding).is_none());
    world.now = Duration::from_secs(2);
    assert!(world.indicate(client(5), PEER, &[0; 600]).is_some());
    assert!(world.tell(client(7), &binding).is_some());
}

#[test]
fn packets_without_content_are_bounded_too() {
    let mut world =
        World::with(|config| config.relay_bytes = RateLimit { burst: 1_024, per_second: 0 });
    world.allocate(client(5), GOOD);
    world.bind(client(5), 0x4001, PEER);
    let empty = [0x40, 1, 0, 0];
    let passed = (0..100).filter(|_| world.tell(client(5), &empty).is_some()).count();
    assert_eq!(passed, 4);
    let (now, peer) = (world.now, PEER.parse().unwrap());
    assert_eq!(world.machine.handle_peer(now, client(5), peer, &[], &mut world.ports), None);
}

#[test]
fn requests_of_one_relay_are_bounded() {
    let mut world = World::with(|config| config.requests = RateLimit { burst: 3, per_second: 1 });
    world.allocate(client(5), GOOD);
    let told = world.answer(client(5), &ask(1, METHOD_REFRESH, &[]).bytes());
    let refresh = signed(2, METHOD_REFRESH, &[], GOOD, &told);
    assert_eq!((0..100).filter(|_| world.tell(client(5), &refresh).is_some()).count(), 3);
    world.now += Duration::from_secs(1);
    assert!(world.tell(client(5), &refresh).is_some());
}

#[test]
fn a_request_that_names_many_peers_is_refused_before_one_is_looked_at() {
    let mut world = World::new();
    world.allocate(client(5), GOOD);
    let permit = |world: &mut World, count: u8| {
        let peers: Vec<Vec<u8>> = (0..count)
            .map(|it| xored(world.transaction + 1, &format!("8.8.8.{it}:5000")))
            .collect();
        let body: Vec<(AttrType, &[u8])> =
            peers.iter().map(|peer| (ATTR_XOR_PEER_ADDRESS, &peer[..])).collect();
        world.request(client(5), GOOD, METHOD_CREATE_PERMISSION, &body).error
    };
    assert_eq!(permit(&mut world, 9), Some(508));
    assert_eq!(world.ports.looked, 0);
    assert_eq!(permit(&mut world, 8), None);
    assert_eq!(world.ports.looked, 8);
}

#[test]
fn a_message_of_more_parts_than_any_client_sends_is_not_read() {
    let mut world = World::new();
    let mut binding = |count: usize| {
        let request = ask(1, METHOD_BINDING, &[]);
        let optional = AttrType(0x8abc);
        let request = (0..count).fold(request, |request, _| request.with(optional, &[]));
        world.tell(client(5), &request.bytes()).is_some()
    };
    // The checksum is one of them.
    assert!(binding(23));
    assert!(!binding(24) && !binding(400));
}

#[test]
fn a_send_names_one_peer() {
    let mut world = World::new();
    world.allocate(client(5), GOOD);
    assert_eq!(world.permit(client(5), PEER), None);
    let peer = xored(200, PEER);
    let send = |count: usize| {
        let send = Reply::request(METHOD_SEND, CLASS_INDICATION, [200; 12]).with(ATTR_DATA, b"x");
        (0..count).fold(send, |send, _| send.with(ATTR_XOR_PEER_ADDRESS, &peer)).bytes()
    };
    assert!(world.tell(client(5), &send(1)).is_some());
    assert!(world.tell(client(5), &send(2)).is_none());
    assert!(world.tell(client(6), &send(1)).is_none());
}

#[test]
fn a_client_is_told_its_address_in_the_family_that_it_has() {
    let mut world = World::new();
    // As a socket for both families gives it.
    let mapped = Client { address: "[::ffff:7.7.7.7]:5".parse().unwrap(), stream: None };
    let answer = world.answer(mapped, &ask(1, METHOD_BINDING, &[]).bytes());
    assert_eq!(answer.address(ATTR_XORMAPPED_ADDRESS), client(5).address);
    let answer = world.allocate(mapped, GOOD);
    assert_eq!(answer.address(ATTR_XORMAPPED_ADDRESS), client(5).address);
}

#[test]
fn a_subscriber_of_ipv6_has_one_quota() {
    let mut world = World::with(|config| {
        config.allocations_per_address_max = 2;
        config.allocations_per_network_max = 3;
    });
    let at =
        |text: &str| Client { address: SocketAddr::new(text.parse().unwrap(), 5), stream: None };
    assert_eq!(world.allocate(at("2a00:1:2:3::1"), "1000700:anna").error, None);
    assert_eq!(world.allocate(at("2a00:1:2:3::2"), "1000700:bert").error, None);
    assert_eq!(world.allocate(at("2a00:1:2:3:ffff::3"), "1000700:cara").error, Some(486));
    assert_eq!(world.allocate(at("2a00:1:2:4::3"), "1000700:cara").error, None);
    world.machine.handle_closed(at("2a00:1:2:3::1"), &mut world.ports);
    assert_eq!(world.allocate(at("2a00:1:2:3::4"), "1000700:dora").error, None);
    // Nor does a wider network go around it: there are three relays in this one.
    assert_eq!(world.allocate(at("2a00:1:2:5::1"), "1000700:emil").error, Some(486));
    assert_eq!(world.allocate(at("2a00:1:3:5::1"), "1000700:emil").error, None);
    world.machine.handle_closed(at("2a00:1:2:4::3"), &mut world.ports);
    assert_eq!(world.allocate(at("2a00:1:2:5::1"), "1000700:fred").error, None);
}

#[test]
fn a_request_that_comes_again_is_answered_again() {
    let mut world = World::new();
    let told = world.answer(client(5), &ask(1, METHOD_ALLOCATE, UDP).bytes());
    let once = signed(2, METHOD_ALLOCATE, UDP, GOOD, &told);
    let first = world.answer(client(5), &once).address(ATTR_XOR_RELAYED_ADDRESS);
    assert_eq!(world.answer(client(5), &once).address(ATTR_XOR_RELAYED_ADDRESS), first);
    let other = signed(3, METHOD_ALLOCATE, UDP, GOOD, &told);
    assert_eq!(world.answer(client(5), &other).error, Some(437));
    // Somebody else's credentials do not reach it.
    let refresh = signed(4, METHOD_REFRESH, &[], "1000600:bert", &told);
    assert_eq!(world.answer(client(5), &refresh).error, Some(441));
    let tcp: Body = &[(ATTR_REQUESTED_TRANSPORT, &[6, 0, 0, 0])];
    assert_eq!(world.request(client(6), GOOD, METHOD_ALLOCATE, tcp).error, Some(442));
    assert_eq!(world.request(client(6), GOOD, METHOD_ALLOCATE, &[]).error, Some(400));
    let odd: Body = &[(ATTR_REQUESTED_TRANSPORT, &[17, 0, 0, 0]), (AttrType(0x18), &[0])];
    assert_eq!(world.request(client(6), GOOD, METHOD_ALLOCATE, odd).error, Some(420));
    assert_eq!(world.request(client(6), GOOD, METHOD_REFRESH, &[]).error, Some(437));
}

/// One thing that a client does: who, what, and how its message is damaged.
type Deed = (u16, u8, Vec<u8>, Option<(usize, u8)>);

impl World {
    /// Messages of every kind with anything in them, half of them by whoever knows the secret.
    fn deed(&mut self, (port, what, content, damage): &Deed) {
        let who = client(*port);
        let methods = [
            METHOD_ALLOCATE,
            METHOD_REFRESH,
            METHOD_CREATE_PERMISSION,
            METHOD_CHANNEL_BIND,
            METHOD_BINDING,
        ];
        let method = methods[usize::from(what / 2) % methods.len()];
        let kinds = [
            ATTR_REQUESTED_TRANSPORT,
            ATTR_LIFETIME,
            ATTR_XOR_PEER_ADDRESS,
            ATTR_CHANNEL_NUMBER,
            ATTR_DATA,
        ];
        let attributes: Vec<_> = content.chunks(9).map(|chunk| chunk.split_at(1)).collect();
        let body: Vec<(AttrType, &[u8])> = attributes
            .iter()
            .map(|(kind, value)| (kinds[usize::from(kind[0]) % kinds.len()], *value))
            .collect();
        let mut bytes = match what % 8 {
            0 => content.clone(),
            1 => ask(1, method, &body).bytes(),
            2 => ask(1, METHOD_SEND, &body).bytes(),
            3 => channel_data(content).map_or(vec![0x40, 0, 0, 1, 7], |(_, data)| data.to_vec()),
            _ => {
                let first = ask(1, method, UDP).bytes();
                let Some(Packet::ToClient(told)) = self.tell(who, &first) else { return };
                let told = Answer::read(told);
                let body = [UDP, &body[..]].concat();
                signed(1, method, if what % 16 < 8 { UDP } else { &body }, GOOD, &told)
            }
        };
        if let Some((at, with)) = damage
            && !bytes.is_empty()
        {
            let at = at % bytes.len();
            bytes[at] ^= with;
        }
        match self.tell(who, &bytes) {
            Some(Packet::ToClient(answer)) => {
                // Nobody can have somebody else sent much more than he sends himself.
                assert!(answer.len() <= bytes.len() + 160, "{} for {}", answer.len(), bytes.len());
            }
            Some(Packet::ToPeer(peer, _)) => {
                assert!(is_public(peer.ip()), "{peer} is inside");
            }
            None => {}
        }
        assert!(self.machine.allocations() <= 3);
        assert_eq!(self.machine.allocations(), self.ports.open.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..<_>::default() })]

    #[test]
    fn whatever_comes_in_the_limits_hold_and_everything_ends(
        deeds in vec(
            (1_u16..6, any::<u8>(), vec(any::<u8>(), 0..64), any::<Option<(usize, u8)>>()),
            0..60,
        ),
        pauses in vec(0_u64..200, 0..60),
    ) {
        let mut world = World::with(|config| config.allocations_max = 3);
        // One has a relay with a peer, so that there is something to break.
        world.allocate(client(1), GOOD);
        world.permit(client(1), PEER);
        for (deed, pause) in deeds.iter().zip(pauses.iter().chain(core::iter::repeat(&0))) {
            world.deed(deed);
            let peer = PEER.parse().unwrap();
            let World { machine, ports, now, .. } = &mut world;
            machine.handle_peer(*now, client(deed.0), peer, &deed.2, ports);
            *now += Duration::from_secs(*pause);
        }
        world.now += Duration::from_secs(4_000);
        let World { machine, ports, now, .. } = &mut world;
        machine.handle_timeout(*now, ports);
        prop_assert_eq!(machine.allocations(), 0);
        prop_assert!(ports.open.is_empty() && machine.poll_timeout().is_none());
    }
}
