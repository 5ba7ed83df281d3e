use std::net::SocketAddr;
use std::time::{Duration, Instant};

use lacis_core::{CandidateKind, LinkAction, LinkInput, LinkState, OpId, Path};
use lacis_wire::limits;
use lacis_wire::link::Channel;
use lacis_wire::signal::IceServer;

use super::Link;
use super::relays::WITHOUT;
use crate::addresses::{candidate, relayed};
use crate::demux::{SHARED, Sort};
use crate::udp::Datagram;

/// Two links, packets between them that nobody has carried yet, and a clock that they share.
struct Wire {
    links: [Link; 2],
    /// To each of them.
    packets: [Vec<Datagram>; 2],
    now: Instant,
    /// An address that leads nowhere.
    gone: Option<SocketAddr>,
}

impl Wire {
    fn new() -> Self {
        let now = Instant::now();
        let link = |at: &str| {
            let mut link = Link::create(now, Vec::new(), false).unwrap();
            link.locate(&[candidate(0, at.parse().unwrap(), None)], &[], &[]);
            link
        };
        let links = [link("10.0.0.1:1000"), link("10.0.0.2:1000")];
        let packets = [Vec::new(), Vec::new()];
        let mut wire = Self { links, packets, now, gone: None };
        wire.describe(false);
        wire
    }

    /// Has both sides tell each other where they are.
    fn describe(&mut self, restart: bool) {
        let offer = self.described(0, LinkAction::Offer { op: OpId(1), restart });
        let answer = self.described(1, LinkAction::Accept { op: OpId(2), sdp: offer.0 });
        self.links[0].operate(self.now, LinkAction::SetAnswer { op: OpId(3), sdp: answer.0 });
        for (side, line) in [(1, offer.1), (0, answer.1)] {
            self.links[side].operate(self.now, LinkAction::AddCandidate(line));
        }
    }

    /// Has both sides go on for a while; gives what each tells.
    fn run(&mut self) -> [Vec<LinkInput<'static>>; 2] {
        let mut heard = [Vec::new(), Vec::new()];
        for _ in 0..500 {
            for (side, heard) in heard.iter_mut().enumerate() {
                self.carry(side);
                heard.extend(self.pump(side));
            }
            self.wait();
        }
        heard
    }

    /// The description that an operation gives, and the candidate.
    fn described(&mut self, side: usize, action: LinkAction) -> (String, String) {
        let (mut sdp, mut line) = (String::new(), String::new());
        self.links[side].operate(self.now, action);
        while let Some(told) = self.links[side].poll_told() {
            match told {
                LinkInput::Described(_, it) => sdp = it,
                LinkInput::Candidate(it) => line = it,
                _ => {}
            }
        }
        (sdp, line)
    }

    /// Has one side go on; gives what it tells.
    fn pump(&mut self, side: usize) -> Vec<LinkInput<'static>> {
        let Self { links, packets, now, .. } = self;
        let [first, second] = packets;
        let to = if side == 0 { second } else { first };
        links[side].pump(*now, &mut |Datagram { local, peer, bytes, is_relayed }| {
            to.push(Datagram { local: peer, peer: local, bytes, is_relayed });
        });
        std::iter::from_fn(|| links[side].poll_told()).collect()
    }

    /// Gives a side all packets for it at once.
    fn carry(&mut self, side: usize) {
        let gone = self.gone;
        let stays = |packet: &Datagram| ![packet.local, packet.peer].map(Some).contains(&gone);
        for packet in std::mem::take(&mut self.packets[side]).into_iter().filter(stays) {
            let is_stun = Sort::of(&packet.bytes) == Some(Sort::Stun);
            let is_relayed = packet.local == relay();
            self.links[side].receive(self.now, Datagram { is_relayed, ..packet }, is_stun);
        }
    }

    fn wait(&mut self) {
        self.pass(Duration::from_millis(20));
    }

    fn pass(&mut self, time: Duration) {
        self.now += time;
        for link in &mut self.links {
            if link.deadline().is_some_and(|at| at <= self.now) {
                link.on_time(self.now);
            }
        }
    }
}

/// The address of a relay.
fn relay() -> SocketAddr {
    "192.0.2.1:7".parse().unwrap()
}

fn opens(told: &[LinkInput<'_>]) -> bool {
    told.contains(&LinkInput::ChannelOpened(Channel::Control))
}

fn says(told: &[LinkInput<'_>], words: &[u8]) -> bool {
    told.contains(&LinkInput::Data(Channel::Control, words.into()))
}

#[test]
fn what_is_sent_when_the_channels_open_comes_after_they_open_at_the_other_end() {
    let mut wire = Wire::new();
    let mut heard = [Vec::new(), Vec::new()];
    for _ in 0..500 {
        for (side, heard) in heard.iter_mut().enumerate() {
            wire.carry(side);
            let told = wire.pump(side);
            let opened = opens(&told);
            heard.extend(told);
            if opened {
                // Behind what has just been written, which the other end reads in one go.
                wire.links[side].send(wire.now, Channel::Control, b"first");
                heard.extend(wire.pump(side));
            }
        }
        wire.wait();
    }
    for told in &heard {
        assert!(says(told, b"first"), "{told:?}");
        let at = |wanted: fn(&LinkInput<'_>) -> bool| told.iter().position(wanted);
        let opened = at(|it| *it == LinkInput::ChannelOpened(Channel::Control));
        assert!(opened < at(|it| matches!(it, LinkInput::Data(..))), "{told:?}");
    }
}

#[test]
fn what_is_sent_just_before_it_is_closed_arrives_though_packets_are_lost() {
    let mut wire = Wire::new();
    assert!(wire.run().iter().all(|told| opens(told)));
    wire.links[0].send(wire.now, Channel::Control, b"goodbye");
    wire.links[0].close(wire.now);
    wire.pump(0);
    wire.packets[1].clear();
    let mut told = Vec::new();
    while !wire.links[0].is_done() {
        wire.wait();
        wire.carry(0);
        assert_eq!(wire.pump(0), []);
        wire.carry(1);
        told.extend(wire.pump(1));
    }
    wire.carry(1);
    told.extend(wire.pump(1));
    assert!(says(&told, b"goodbye"), "{told:?}");
    assert!(told.contains(&LinkInput::ChannelClosed(Channel::Control)), "{told:?}");
}

/// The socket of a browser holds some sixty packets, and what comes beyond them is lost.
#[test]
fn a_burst_of_large_messages_fits_into_the_socket_of_a_browser_that_is_near() {
    let mut wire = Wire::new();
    wire.run();
    let messages: Vec<Vec<u8>> = (0..64).map(|at| vec![at; 32 * 1024]).collect();
    for bytes in &messages {
        assert!(wire.links[0].send(wire.now, Channel::Bulk, bytes).is_some());
    }
    let (mut came, mut drained, mut most) = (Vec::new(), Vec::new(), 0);
    for _ in 0..500 {
        drained.extend(wire.pump(0));
        most = most.max(wire.packets[1].len());
        wire.carry(1);
        came.extend(wire.pump(1));
        wire.carry(0);
        wire.pass(Duration::from_millis(2));
    }
    let data = |told| match told {
        LinkInput::Data(Channel::Bulk, bytes) => bytes.into_owned(),
        told => panic!("{told:?}"),
    };
    assert!(came.into_iter().map(data).eq(messages), "something differs");
    assert!(most <= 60, "{most} packets at once");
    let [LinkInput::Buffered(Channel::Bulk, left)] = drained[..] else { panic!("{drained:?}") };
    assert!(left <= limits::BUFFERED_LOW_BYTES && left > 0, "{left} bytes");
}

#[test]
fn a_side_that_moved_is_found_at_its_new_address() {
    let mut wire = Wire::new();
    assert!(wire.run().iter().all(|told| opens(told)));
    wire.gone = "10.0.0.1:1000".parse().ok();
    wire.links[0].send(wire.now, Channel::Control, b"lost");
    let [told, _] = wire.run();
    assert!(told.contains(&LinkInput::State(LinkState::Disconnected)), "{told:?}");
    wire.links[0].locate(&[candidate(0, "10.0.0.3:1000".parse().unwrap(), None)], &[], &[]);
    wire.describe(true);
    wire.links[1].send(wire.now, Channel::Control, b"found");
    let [first, second] = wire.run();
    assert!(says(&second, b"lost"), "{second:?}");
    assert!(says(&first, b"found"), "{first:?}");
    assert!(first.contains(&LinkInput::State(LinkState::Connected)), "{first:?}");
}

#[test]
fn a_link_that_idles_is_called_to_ask_for_its_path_and_for_nothing_else() {
    let mut wire = Wire::new();
    assert!(wire.run().iter().all(|told| opens(told)));
    let mut calls = 0;
    let began = wire.now;
    while wire.now < began + Duration::from_secs(60) {
        wire.now += Duration::from_millis(20);
        for side in 0..2 {
            wire.carry(side);
            wire.pump(side);
            let link = &mut wire.links[side];
            let until = link.idles_until(wire.now).expect("it idles");
            if link.deadline().is_some_and(|at| at.max(until) <= wire.now) {
                calls += 1;
                link.on_time(wire.now);
                assert_eq!(wire.pump(side), [], "nothing changes");
                assert_eq!(wire.packets[1 - side].len(), 1, "it asks");
            }
        }
    }
    assert!(calls <= 2 * 60 / 2, "{calls} calls");
    // What is on its way has to be repeated in time, and what came acknowledged.
    assert!(wire.links[0].send(wire.now, Channel::Control, b"there").is_some());
    assert_eq!(wire.links[0].idles_until(wire.now + Duration::from_secs(1)), None);
    wire.pump(0);
    wire.carry(1);
    wire.pump(1);
    assert_eq!(wire.links[1].idles_until(wire.now), None);
}

#[test]
fn one_that_may_only_be_relayed_tells_of_nothing_else_and_sends_and_takes_nothing_else() {
    let now = Instant::now();
    let server = |credential: Option<&str>| IceServer {
        urls: vec!["turn:a.b".into()],
        username: Some("a".into()),
        credential: credential.map(String::from),
    };
    let mut link = Link::create(now, vec![server(Some("b")), server(None)], true).unwrap();
    assert_eq!(link.servers().len(), 1);
    let host = candidate(0, "10.0.0.1:1000".parse().unwrap(), None);
    let relay = relay();
    link.locate(std::slice::from_ref(&host), std::slice::from_ref(&host), &[]);
    let mut wire = Wire::new();
    wire.links[0] = link;
    wire.links[0].tell_candidate(&host);
    wire.links[0].tell_relay(relay);
    let told: Vec<_> = std::iter::from_fn(|| wire.links[0].poll_told()).collect();
    assert_eq!(told, [LinkInput::Candidate(relayed(0, relay) + SHARED)]);
    wire.links[0].locate(&[host], &[], &[relay]);
    let (offer, line) = wire.described(0, LinkAction::Offer { op: OpId(1), restart: false });
    assert!(line.contains(" 192.0.2.1 7 typ relay raddr 0.0.0.0 rport 0"), "{line}");
    assert!(!offer.contains("10.0.0.1"), "{offer}");
    let (answer, host) = wire.described(1, LinkAction::Accept { op: OpId(2), sdp: offer });
    wire.links[0].operate(now, LinkAction::SetAnswer { op: OpId(3), sdp: answer });
    wire.links[0].operate(now, LinkAction::AddCandidate(host.clone()));
    wire.links[1].operate(now, LinkAction::AddCandidate(line));
    for _ in 0..10 {
        wire.pump(0);
        wire.wait();
    }
    assert!(!wire.packets[1].is_empty());
    assert!(wire.packets[1].iter().all(|it| it.is_relayed && it.peer == relay), "swapped");
    // What comes straight is not answered, though it is signed as it should be.
    for is_relayed in [false, true] {
        wire.packets.iter_mut().for_each(Vec::clear);
        wire.now += Duration::from_millis(200);
        wire.links[1].on_time(wire.now);
        wire.pump(1);
        for packet in std::mem::take(&mut wire.packets[0]) {
            let packet = Datagram { is_relayed, ..packet };
            wire.links[0].receive(wire.now, packet, true);
        }
        wire.pump(0);
        assert_eq!(wire.packets[1].is_empty(), !is_relayed);
    }
}

#[test]
fn relays_are_used_by_links_that_find_no_other_path() {
    for finds in [true, false] {
        let mut wire = Wire::new();
        let relay = relay();
        wire.gone = (!finds).then(|| "10.0.0.1:1000".parse().unwrap());
        for link in &mut wire.links {
            link.tell_relay(relay);
        }
        let mut sent = Vec::new();
        for _ in 0..100 {
            for side in 0..2 {
                sent.extend(wire.packets[side].iter().map(|it| (wire.now, it.is_relayed)));
                wire.carry(side);
                wire.pump(side);
            }
            wire.wait();
        }
        let began = sent[0].0;
        let first = sent.iter().find(|(_, is_relayed)| *is_relayed).map(|(at, _)| *at - began);
        match first {
            Some(first) => assert!(!finds && first >= WITHOUT - Duration::from_millis(40)),
            None => assert!(finds),
        }
        // The other one is reached, by the relay of this one.
        assert_eq!(wire.links[0].lets_go_of_relays(), finds);
    }
}

#[test]
fn a_path_from_a_relay_is_called_so_though_its_packets_come_before_it_is_told() {
    let mut wire = Wire::new();
    wire.packets.iter_mut().for_each(Vec::clear);
    let create = |only| Link::create(wire.now, Vec::new(), only).unwrap();
    wire.links = [create(false), create(true)];
    wire.links[0].locate(&[candidate(0, "10.0.0.1:1000".parse().unwrap(), None)], &[], &[]);
    wire.links[1].locate(&[], &[], &[relay()]);
    let (offer, line) = wire.described(0, LinkAction::Offer { op: OpId(1), restart: false });
    let (answer, late) = wire.described(1, LinkAction::Accept { op: OpId(2), sdp: offer });
    // As it travels: without candidates.
    let lines = answer.lines().filter(|line| !line.starts_with("a=candidate"));
    let sdp = lines.map(|line| format!("{line}\r\n")).collect();
    wire.links[0].operate(wire.now, LinkAction::SetAnswer { op: OpId(3), sdp });
    wire.links[1].operate(wire.now, LinkAction::AddCandidate(line));
    assert!(wire.run().iter().all(|told| opens(told)));
    wire.links[0].operate(wire.now, LinkAction::AddCandidate(late));
    for (side, kinds) in [
        (0, (CandidateKind::Host, CandidateKind::Relay)),
        (1, (CandidateKind::Relay, CandidateKind::Host)),
    ] {
        wire.links[side].operate(wire.now, LinkAction::Inspect(OpId(4)));
        let path = Path { local: Some(kinds.0), remote: Some(kinds.1) };
        assert_eq!(wire.pump(side), [LinkInput::Path(OpId(4), path)]);
    }
}
