//! Offers whose makers prove nothing: nonsense, offers that are played again, identities that
//! somebody makes up. They end no link that works and keep nobody out.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use lacis_core::{Input, LinkId, SocketId};
use lacis_sim::{Being, Saboteur, Scene, ServerId, TabId, TabSetup, Way, World, invitation_for};
use lacis_wire::codec::{decode, encode};
use lacis_wire::description::{Description, DtlsRole};
use lacis_wire::invitation::InvitationLink;
use lacis_wire::link::{Channel, LinkFrame};
use lacis_wire::proof::{peer_id, signing_key};
use lacis_wire::room::RoomKeys;
use lacis_wire::setup::{Introduction, Setup};
use lacis_wire::signal::{ClientFrame, ServerFrame};
use lacis_wire::{AttemptId, NodeId, PROTOCOL, PeerId, Roles, limits, seal};

const SECOND: Duration = Duration::from_secs(1);

/// Makes up identities, each of which offers once.
struct Nobodies {
    keys: RoomKeys,
    count: u64,
}

impl Nobodies {
    const fn new(keys: RoomKeys) -> Self {
        Self { keys, count: 0 }
    }

    /// The node of one of them, and what follows its id from.
    fn node(number: u64) -> (NodeId, PeerId, [u8; 32]) {
        let mut seed = [0x77; 32];
        seed[..8].copy_from_slice(&number.to_be_bytes());
        let peer = peer_id(&signing_key(&seed));
        (NodeId::derive(&peer, &[0; 16]), peer, seed)
    }

    /// The next one's node, and its sealed offer to another.
    fn next(&mut self, to: NodeId) -> (NodeId, Vec<u8>) {
        self.offer(to, false, None)
    }

    /// The same, of a wrong identity if it is nonsense, or over one of these neighbors.
    fn offer(
        &mut self,
        to: NodeId,
        is_nonsense: bool,
        through: Option<Vec<NodeId>>,
    ) -> (NodeId, Vec<u8>) {
        self.count += 1;
        let (from, peer, seed) = Self::node(self.count);
        let salt = [u8::from(is_nonsense); 16];
        let introduction = Introduction { peer, nonce: seed, session: self.count, salt };
        let direct = Description {
            ufrag: "nobody".into(),
            pwd: "nobody-nobody-nobody-nobody".into(),
            fingerprint: seed,
            dtls_role: DtlsRole::ActPass,
            message_bytes_max: 0,
            sctp_init: None,
            through: None,
        };
        let description = through.map_or(direct, |nodes| Description::over(seed, nodes));
        let attempt = AttemptId(self.count);
        let offer =
            Setup::Offer { attempt, introduction, versions: PROTOCOL, description, newcomer: None };
        let mut nonce = [0x77; seal::NONCE_BYTES];
        nonce[..8].copy_from_slice(&self.count.to_be_bytes());
        (from, seal::seal(&self.keys, from, to, nonce, &encode(&offer)))
    }
}

/// Tells the checkers that nodes are somebody's who has left: nobody misses them.
fn introduce_nobodies(world: &mut World, server: ServerId, room: Option<usize>) {
    let tab = world.open(TabSetup::at(&[server]));
    if let Some(room) = room {
        world.join(tab, room);
        world.run_for(SECOND);
    }
    world.close(tab);
    let nodes = (1..1_000).map(Nobodies::node);
    world.truth.nodes.extend(nodes.map(|(node, peer, _)| (node, Being { tab, peer })));
}

/// A server delivers something.
fn deliver(world: &mut World, tab: TabId, from: NodeId, payload: &[u8]) {
    let frame = encode(&ServerFrame::Deliver { from, payload });
    world.tell(tab, Input::SocketFrame(SocketId(1), frame.into()));
}

fn open_links(world: &World, tab: TabId) -> Vec<LinkId> {
    world.links(tab).into_iter().filter_map(|(link, is_open)| is_open.then_some(link)).collect()
}

#[test]
fn offers_played_again_end_no_link_of_a_full_page() {
    let Scene { mut world, room, server, tabs } = Scene::<1>::joined(1);
    let [ada] = tabs;
    let (node, sent) = (world.node_id(ada), Rc::new(RefCell::new(Vec::new())));
    let heard = sent.clone();
    world.meddle(Box::new(move |passing| {
        if let (Way::Up, Ok(ClientFrame::Send { to, payload, .. })) =
            (passing.way, decode(passing.bytes))
            && to == node
        {
            heard.borrow_mut().push((passing.node, payload.to_vec()));
        }
        vec![passing.bytes.to_vec()]
    }));
    let bob = world.open(TabSetup::at(&[server]));
    world.join(bob, room);
    world.expect(SECOND * 5, "they are linked", |w| w.are_linked(ada, bob));
    world.leave(bob, room);
    world.run_for(SECOND * 2);
    let offers = sent.take();
    for _ in 0..2 * limits::LINKS_MAX {
        let late = world.open(TabSetup::at(&[server]));
        world.join(late, room);
    }
    world.expect(SECOND * 5, "she is full", |w| w.connections(ada) == limits::LINKS_MAX);
    world.run_for(SECOND);
    let before = open_links(&world, ada);
    assert_eq!(before.len(), limits::LINKS_MAX);
    let of_bob = world.node_id(bob);
    for (from, payload) in offers.iter().filter(|(from, _)| *from == of_bob) {
        for _ in 0..10 {
            deliver(&mut world, ada, *from, payload);
        }
    }
    assert_eq!(open_links(&world, ada), before);
}

#[test]
fn who_only_has_the_key_of_a_door_ends_no_link_of_a_group() {
    let mut world = World::scenario(3);
    let server = world.add_server();
    let ada = world.open(TabSetup::at(&[server]));
    for number in 0..limits::LINKS_MAX {
        let group = world.found(ada, &format!("{number}"));
        let other = world.open(TabSetup::at(&[server]));
        world.bring_in(ada, group, other, Roles::MEMBER);
    }
    let group = world.found(ada, "nobody is here yet");
    let link = world.invite_anybody(ada, group, invitation_for(Roles::MEMBER, 10));
    introduce_nobodies(&mut world, server, None);
    world.run_for(limits::TURN_LEAST + limits::TURN_PACE * 2);
    let before = open_links(&world, ada);
    assert_eq!(before.len(), limits::LINKS_MAX);
    let door = InvitationLink::parse(&link).expect("it is one").door;
    let (to, mut nobodies) = (world.node_id(ada), Nobodies::new(door.keys()));
    for number in 0..40 {
        let (from, offer) = nobodies.offer(to, number % 2 == 0, None);
        deliver(&mut world, ada, from, &offer);
        world.run_for(SECOND);
        let left = open_links(&world, ada);
        assert!(before.iter().all(|link| left.contains(link)), "{number} have offered");
    }
    // Who proves itself and is let in gets a place, and one that can wait makes it.
    let bob = world.open(TabSetup::at(&[server]));
    let joined = world.take_invitation(bob, &link);
    world.connect(bob, joined);
    world.expect(SECOND * 20, "he is linked", |w| w.connections(bob) == 1);
    assert!(world.is_opened(bob, joined));
    world.run_for(SECOND * 2);
    let left = open_links(&world, ada);
    assert_eq!(before.iter().filter(|link| !left.contains(link)).count(), 1);
    assert!(left.len() <= limits::LINKS_MAX);
}

/// Whoever has just come has one link, with somebody who makes up others.
#[test]
fn a_neighbor_who_hands_over_made_up_offers_keeps_nobody_out() {
    for seed in 0..4 {
        let Scene { mut world, room, server, tabs: [mallory, ada] } = Scene::<2>::linked(seed);
        introduce_nobodies(&mut world, server, Some(room));
        let keys = world.room_link(room).keys();
        let (to, mut nobodies) = (world.node_id(ada), Nobodies::new(keys));
        world.sabotage(
            mallory,
            Saboteur::new(move |out| {
                let mut sent = vec![(out.channel, out.bytes.to_vec())];
                for _ in 0..4 {
                    let (from, payload) = nobodies.next(to);
                    let carried = LinkFrame::Carry { from, to, hops: 8, payload: &payload };
                    sent.push((Channel::Control, encode(&carried)));
                }
                sent
            }),
        );
        let overrun = |world: &mut World, count: usize| {
            for _ in 0..count {
                world.broadcast(mallory, room, 10, true).expect("it may be told");
                world.run_for(SECOND);
            }
        };
        overrun(&mut world, 3);
        let bob = world.open(TabSetup::at(&[server]));
        world.join(bob, room);
        for _ in 0..15 {
            overrun(&mut world, 1);
        }
        assert!(world.are_linked(ada, bob), "seed {seed}");
        assert!(world.connections(ada) <= 2 + limits::CARRIED_ATTEMPTS, "few of them count");
    }
}

#[test]
fn as_many_as_somebody_makes_up_at_a_server_make_place_for_who_is_there() {
    for seed in 0..4 {
        let Scene { mut world, room, server, tabs: [ada] } = Scene::<1>::joined(seed);
        introduce_nobodies(&mut world, server, Some(room));
        let keys = world.room_link(room).keys();
        let (to, mut nobodies) = (world.node_id(ada), Nobodies::new(keys));
        world.run_for(SECOND);
        for _ in 0..limits::LINKS_MAX {
            let (from, offer) = nobodies.next(to);
            deliver(&mut world, ada, from, &offer);
        }
        let bob = world.open(TabSetup::at(&[server]));
        world.join(bob, room);
        // Before they have come to nothing by themselves.
        let limit = limits::ATTEMPT_DEADLINE - SECOND;
        world.expect(limit, "they are linked", |w| w.are_linked(ada, bob));
    }
}

#[test]
fn offers_over_a_neighbor_take_no_place_of_a_link() {
    let Scene { mut world, room, server, tabs } = Scene::<6>::linked(1);
    introduce_nobodies(&mut world, server, Some(room));
    let keys = world.room_link(room).keys();
    let [ada, carol, ..] = tabs;
    let (to, mut nobodies) = (world.node_id(ada), Nobodies::new(keys));
    let by = world.node_id(carol);
    let known = |world: &World| world.report(ada).map_or(0, |report| report.remotes.len());
    let before = known(&world);
    for _ in 0..limits::LINKS_MAX {
        let (from, offer) = nobodies.offer(to, false, Some(vec![by]));
        deliver(&mut world, ada, from, &offer);
    }
    let answered = known(&world) - before;
    assert_eq!(answered, limits::RELAYS_MAX / 2, "half of all are for others' offers");
    let bob = world.open(TabSetup::at(&[server]));
    world.join(bob, room);
    world.expect(SECOND * 2, "they are linked", |w| w.are_linked(ada, bob));
}
