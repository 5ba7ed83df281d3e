//! A member of the room has somebody's mailbox at a server where that one is not, and offers in its
//! name. It cannot prove anything; it must not disturb anything either.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use lacis_core::{Event, Input, RemoteState, SocketId};
use lacis_sim::{Mail, Meddler, ServerId, TabId, TabSetup, Way, World, liar};
use lacis_wire::codec::{decode, encode};
use lacis_wire::room::RoomKeys;
use lacis_wire::setup::Setup;
use lacis_wire::signal::{ClientFrame, ServerFrame, Undelivered};
use lacis_wire::{AttemptId, NodeId, seal};

const SECOND: Duration = Duration::from_secs(1);

/// The last introductions and descriptions that were offered or answered with, by whom.
type Heard = Rc<RefCell<Vec<(NodeId, Setup)>>>;

fn listen(keys: RoomKeys, heard: &Heard) -> Meddler {
    let heard = heard.clone();
    liar::rewrite_setups(keys, move |from, _, setup| {
        heard.borrow_mut().push((from, setup.clone()));
        vec![setup]
    })
}

struct Scene {
    world: World,
    room: usize,
    keys: RoomKeys,
    heard: Heard,
    ada: TabId,
    bob: TabId,
    forged: u64,
}

impl Scene {
    /// Ada is at the first server, bob at both. Who joins later offers.
    fn new(seed: u64, ada_first: bool) -> Self {
        let mut world = World::scenario(seed);
        let servers = [world.add_server(), world.add_server()];
        let room = world.add_room(&[]);
        let keys = world.room_link(room).keys();
        let heard = Heard::default();
        world.meddle(listen(keys.clone(), &heard));
        let ada = world.open(TabSetup::at(&servers[..1]));
        let bob = world.open(TabSetup::at(&servers));
        for tab in if ada_first { [ada, bob] } else { [bob, ada] } {
            world.join(tab, room);
            world.run_for(Duration::from_millis(65));
        }
        Self { world, room, keys, heard, ada, bob, forged: 0 }
    }

    /// Something in ada's name reaches bob through his second server.
    fn forge(&mut self, setup: &Setup) {
        self.forged += 1;
        let (from, to) = (self.world.node_id(self.ada), self.world.node_id(self.bob));
        let mut nonce = [0xee; seal::NONCE_BYTES];
        nonce[..8].copy_from_slice(&self.forged.to_be_bytes());
        let payload = seal::seal(&self.keys, from, to, nonce, &encode(setup));
        let frame = encode(&ServerFrame::Deliver { from, payload: &payload });
        self.world.tell(self.bob, Input::SocketFrame(SocketId(2), frame.into()));
    }

    /// What ada said of herself, offered anew.
    fn offer_as_ada(&mut self) -> bool {
        let ada = self.world.node_id(self.ada);
        let said = self.heard.borrow().iter().rev().find_map(|(from, setup)| match setup {
            Setup::Offer { introduction, description, .. }
            | Setup::Answer { introduction, description, .. }
                if *from == ada =>
            {
                Some((introduction.clone(), description.clone()))
            }
            _ => None,
        });
        let Some((introduction, description)) = said else { return false };
        let attempt = AttemptId(1_000_000 + self.forged);
        let versions = lacis_wire::PROTOCOL;
        self.forge(&Setup::Offer { attempt, introduction, versions, description, newcomer: None });
        true
    }
}

#[test]
fn offers_by_a_thief_of_a_mailbox_end_no_attempt() {
    let (mut forged, mut answered) = (0, 0);
    for ada_first in [true, false] {
        for seed in 0..20 {
            let mut scene = Scene::new(seed, ada_first);
            for _ in 0..100 {
                forged += usize::from(scene.offer_as_ada());
                scene.world.run_for(Duration::from_millis(5));
            }
            let Scene { mut world, room, ada, bob, .. } = scene;
            world.expect(SECOND, "they are linked", |w| w.are_linked(ada, bob));
            assert_eq!((world.failures(ada, bob), world.failures(bob, ada)), (vec![], vec![]));
            world.expect_delivery(ada, room, bob, SECOND);
            world.run_for(SECOND * 30);
            assert_eq!((world.connections(ada), world.connections(bob)), (1, 1));
            answered += world.links(bob).len() - 1;
        }
    }
    assert!(answered > 100, "only {answered} offers of the thief were answered");
    assert!(forged > 2_000, "only {forged} offers were forged");
}

/// One of two servers says all the time that nobody has her mailbox.
#[test]
fn a_server_that_does_not_know_somebody_does_not_speak_for_another() {
    for ada_first in [true, false] {
        for seed in 0..20 {
            let Scene { mut world, room, ada, bob, .. } = Scene::new(seed, ada_first);
            let to = world.node_id(ada);
            let reason = Undelivered::Unknown;
            let frame = encode(&ServerFrame::Undelivered { to, seq: 7, reason });
            for _ in 0..50 {
                world.tell(bob, Input::SocketFrame(SocketId(2), frame.clone().into()));
                world.run_for(Duration::from_millis(20));
            }
            world.expect(SECOND, "they are linked", |w| w.are_linked(ada, bob));
            assert_eq!((world.failures(ada, bob), world.failures(bob, ada)), (vec![], vec![]));
            world.expect_delivery(ada, room, bob, SECOND);
        }
    }
}

#[test]
fn a_wrong_answer_through_another_server_leaves_place_for_the_right_one() {
    for seed in 0..20 {
        let mut scene = Scene::new(seed, true);
        let bob = scene.world.node_id(scene.bob);
        let offered = |scene: &Scene| {
            let heard = scene.heard.borrow();
            heard.iter().find_map(|(from, setup)| match setup {
                Setup::Offer { attempt, introduction, description, .. } if *from == bob => {
                    Some((*attempt, introduction.clone(), description.clone()))
                }
                _ => None,
            })
        };
        for _ in 0..200 {
            if offered(&scene).is_some() {
                break;
            }
            scene.world.run_for(Duration::from_millis(1));
        }
        let (attempt, introduction, description) = offered(&scene).expect("bob has offered");
        let signature = [7; 64];
        let warnings = |world: &World, tab| {
            let is_that = |event: &&Event| matches!(event, Event::Warning { .. });
            world.seen(tab).log.iter().filter(is_that).count()
        };
        scene.forge(&Setup::Answer { attempt, introduction, version: 1, description, signature });
        let Scene { mut world, ada, bob, .. } = scene;
        assert_eq!(warnings(&world, bob), 1, "the wrong answer was not looked at");
        world.expect(SECOND, "they are linked", |w| w.are_linked(ada, bob));
        assert_eq!((world.failures(ada, bob), world.failures(bob, ada)), (vec![], vec![]));
    }
}

#[test]
fn what_a_server_sends_back_to_its_sender_is_ignored() {
    let mut world = World::scenario(1);
    let server = world.add_server();
    let room = world.add_room(&[server]);
    let echo = Rc::new(RefCell::new(Vec::new()));
    let sent = echo.clone();
    world.meddle(Box::new(move |passing| {
        if let Ok(ClientFrame::Send { payload, .. }) = decode(passing.bytes) {
            sent.borrow_mut().push((passing.node, payload.to_vec()));
        }
        vec![passing.bytes.to_vec()]
    }));
    let tabs = [(); 2].map(|()| world.open(TabSetup::at(&[server])));
    for tab in tabs {
        world.join(tab, room);
    }
    world.expect(SECOND * 2, "they are linked", |w| w.all_linked(&tabs));
    world.run_for(SECOND * 2);
    let before = world.hash();
    for (from, payload) in echo.borrow().iter() {
        let tab = tabs.into_iter().find(|tab| world.node_id(*tab) == *from).expect("it is one");
        let frame = encode(&ServerFrame::Deliver { from: *from, payload });
        for socket in 0..4 {
            world.tell(tab, Input::SocketFrame(SocketId(socket), frame.clone().into()));
        }
    }
    assert!(echo.borrow().len() > 1);
    assert_eq!(world.hash(), before, "a node put something out");
}

#[test]
fn what_is_sealed_for_another_room_than_the_offer_counts_for_nothing() {
    let mut world = World::scenario(1);
    let server = world.add_server();
    let rooms = [world.add_room(&[server]), world.add_room(&[server])];
    let keys = rooms.map(|room| world.room_link(room).keys());
    let tabs = [(); 2].map(|()| world.open(TabSetup::at(&[server])));
    // Everything but offers travels under the key of the other room.
    let mut nonces = 0_u64;
    world.meddle(Box::new(move |passing| {
        let unchanged = vec![passing.bytes.to_vec()];
        let Ok(ClientFrame::Send { to, seq, payload }) = decode(passing.bytes) else {
            return unchanged;
        };
        let opened = |at: usize| seal::open(&keys[at], passing.node, to, payload).ok();
        let Some((at, plain)) = [0, 1].into_iter().find_map(|at| Some((at, opened(at)?))) else {
            return unchanged;
        };
        if matches!(decode::<Setup>(&plain), Ok(Setup::Offer { .. })) {
            return unchanged;
        }
        nonces += 1;
        let mut nonce = [0xdd; seal::NONCE_BYTES];
        nonce[..8].copy_from_slice(&nonces.to_be_bytes());
        let payload = seal::seal(&keys[1 - at], passing.node, to, nonce, &plain);
        vec![encode(&ClientFrame::Send { to, seq, payload: &payload })]
    }));
    for tab in tabs {
        for room in rooms {
            world.join(tab, room);
        }
    }
    world.run_for(SECOND * 7);
    assert!(!world.all_linked(&tabs));
    assert_eq!(world.hub_stats(ServerId(0)).map(|stats| stats.nodes), Some(2));
    assert!(tabs.iter().all(|tab| world.links(*tab).len() <= 2));
}

/// A server and somebody who is in two rooms carry what is sealed in one into the other.
#[test]
fn nobody_is_carried_into_a_room_that_it_is_not_in() {
    let mut world = World::scenario(1);
    let server = world.add_server();
    let rooms = [world.add_room(&[server]), world.add_room(&[server])];
    let keys = rooms.map(|room| world.room_link(room).keys());
    let topic = keys[0].topic;
    let carried = Rc::new(Cell::new(0_u8));
    let count = carried.clone();
    world.meddle(Box::new(move |passing| {
        let unchanged = vec![passing.bytes.to_vec()];
        let Ok(ClientFrame::Send { to, seq, payload }) = decode(passing.bytes) else {
            return unchanged;
        };
        let from = passing.node;
        let opened = keys.iter().position(|keys| seal::open(keys, from, to, payload).is_ok());
        let Some(room) = opened.filter(|_| passing.way == Way::Up) else { return unchanged };
        count.set(count.get() + 1);
        let plain = seal::open(&keys[room], from, to, payload).expect("it was opened");
        let nonce = [count.get(); seal::NONCE_BYTES];
        let payload = seal::seal(&keys[1 - room], from, to, nonce, &plain);
        vec![encode(&ClientFrame::Send { to, seq, payload: &payload })]
    }));
    let [ada, bob] = [(); 2].map(|()| world.open(TabSetup::at(&[server])));
    // Each was in the other room once, and nobody else was.
    for (tab, room) in [(ada, rooms[1]), (bob, rooms[0])] {
        world.join(tab, room);
        world.run_for(SECOND);
        world.leave(tab, room);
    }
    world.join(ada, rooms[0]);
    world.join(bob, rooms[1]);
    world.run_for(SECOND);
    let frame = encode(&ServerFrame::Joined { topic, members: vec![world.node_id(bob)] });
    world.tell(ada, Input::SocketFrame(SocketId(1), frame.into()));
    world.run_for(SECOND * 20);
    assert!(carried.get() > 1, "bob has answered nothing");
    for tab in [ada, bob] {
        let linked = world.seen(tab).log.iter().filter(|event| match event {
            Event::Remote { state, .. } => *state != RemoteState::Connecting,
            _ => false,
        });
        assert_eq!(linked.count(), 0, "tab {} takes the other for a member", tab.0);
    }
}

/// A server that the room does not name learns nothing of who speaks there, and nothing that it
/// says of them counts.
#[test]
fn setups_go_to_servers_of_their_room_only() {
    for seed in 0..5 {
        let mut world = World::scenario(seed);
        let [other, server] = [world.add_server(), world.add_server()];
        let room = world.add_room(&[server]);
        let sent = Rc::new(RefCell::new(0));
        let count = sent.clone();
        world.meddle(Box::new(move |passing| {
            let is_sent = matches!(decode(passing.bytes), Ok(ClientFrame::Send { .. }));
            *count.borrow_mut() += usize::from(is_sent && passing.server == other);
            vec![passing.bytes.to_vec()]
        }));
        let ada = world.open(TabSetup::at(&[other]));
        let bob = world.open(TabSetup::at(&[server]));
        for tab in [ada, bob] {
            world.join(tab, room);
        }
        world.expect(SECOND * 5, "they are linked", |w| w.are_linked(ada, bob));
        world.run_for(SECOND * 2);
        world.stop_server(server, false);
        world.fabric.net.sever(ada, bob, true);
        world.run_for(SECOND * 3);
        let mail = world.send(ada, room, bob, Mail::delivered(32)).expect("it may be sent");
        world.run_for(SECOND * 17);
        assert_eq!(*sent.borrow(), 0, "seed {seed}");
        assert_eq!(world.outcome(ada, mail), None, "seed {seed}: nobody has given bob up");
        world.start_server(server);
        world.fabric.net.sever(ada, bob, false);
        world.expect(SECOND * 40, "they are linked again", |w| w.are_linked(ada, bob));
        assert_eq!(*sent.borrow(), 0, "seed {seed}");
    }
}
