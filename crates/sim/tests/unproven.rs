//! Offers whose makers prove nothing: nonsense, offers that are played again, identities that
//! somebody makes up. They end no link that works and keep nobody out.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use lacis_core::{Input, LinkId, SocketId};
use lacis_sim::{Being, Scene, TabId, TabSetup, Way, World, invitation_for};
use lacis_wire::codec::{decode, encode};
use lacis_wire::description::{Description, DtlsRole};
use lacis_wire::invitation::InvitationLink;
use lacis_wire::proof::{peer_id, signing_key};
use lacis_wire::room::RoomKeys;
use lacis_wire::setup::{Introduction, Setup};
use lacis_wire::signal::{ClientFrame, ServerFrame};
use lacis_wire::{AttemptId, NodeId, PROTOCOL, Roles, limits, seal};

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

    /// The next one's node, and its sealed offer to another; of a wrong identity if it is nonsense.
    fn next(&mut self, to: NodeId, is_nonsense: bool) -> (NodeId, Vec<u8>) {
        self.count += 1;
        let mut seed = [0x77; 32];
        seed[..8].copy_from_slice(&self.count.to_be_bytes());
        let peer = peer_id(&signing_key(&seed));
        let salt = [u8::from(is_nonsense); 16];
        let from = NodeId::derive(&peer, &[0; 16]);
        let introduction = Introduction { peer, nonce: seed, session: self.count, salt };
        let description = Description {
            ufrag: "nobody".into(),
            pwd: "nobody-nobody-nobody-nobody".into(),
            fingerprint: seed,
            dtls_role: DtlsRole::ActPass,
            message_bytes_max: 0,
            sctp_init: None,
            through: None,
        };
        let attempt = AttemptId(self.count);
        let offer =
            Setup::Offer { attempt, introduction, versions: PROTOCOL, description, newcomer: None };
        let mut nonce = [0x77; seal::NONCE_BYTES];
        nonce[..8].copy_from_slice(&self.count.to_be_bytes());
        (from, seal::seal(&self.keys, from, to, nonce, &encode(&offer)))
    }
}

/// Tells the checkers that a node is somebody's who takes no part.
fn is_nobody(world: &mut World, tab: TabId, node: NodeId) {
    let peer = world.peer_id(tab);
    world.truth.nodes.insert(node, Being { tab, peer });
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
    let gone = world.open(TabSetup::at(&[server]));
    world.close(gone);
    world.run_for(limits::TURN_LEAST + limits::TURN_PACE * 2);
    let before = open_links(&world, ada);
    assert_eq!(before.len(), limits::LINKS_MAX);
    let door = InvitationLink::parse(&link).expect("it is one").door;
    let (to, mut nobodies) = (world.node_id(ada), Nobodies::new(door.keys()));
    for number in 0..40 {
        let (from, offer) = nobodies.next(to, number % 2 == 0);
        is_nobody(&mut world, gone, from);
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
