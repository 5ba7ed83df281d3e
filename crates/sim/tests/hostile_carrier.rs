//! Of those who hand on what two say to each other one lies. It has the key of the room, so it
//! reads all of that, and may seal anything in the name of either.

use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use lacis_core::{Input, LinkId, LinkInput, RemoteState};
use lacis_sim::{Saboteur, Scene, TabId, World};
use lacis_wire::codec::{decode, encode};
use lacis_wire::limits::{ATTEMPT_DEADLINE, CANDIDATES_MAX};
use lacis_wire::link::{Channel, LinkFrame};
use lacis_wire::room::RoomKeys;
use lacis_wire::setup::Setup;
use lacis_wire::{Code, NodeId, seal};

const SECOND: Duration = Duration::from_secs(1);

/// What two have given others to hand on, as it left.
type Given = Rc<RefCell<Vec<(NodeId, Setup)>>>;

struct Between {
    world: World,
    room: usize,
    keys: RoomKeys,
    /// Two who look for each other, and the link of each with the one who lies.
    ends: [(TabId, LinkId); 2],
    given: Given,
    forged: u64,
}

impl Between {
    /// Ada and bob have lost each other and the server; two others are linked with both.
    fn new(seed: u64) -> Self {
        let Scene { mut world, server, room, tabs } = Scene::<4>::linked(seed);
        let keys = world.room_link(room).keys();
        let [ada, bob, ..] = tabs;
        // They pass nothing on, so that the two need a link of their own.
        for tab in [tabs[2], tabs[3]] {
            let drops = |bytes: &[u8]| {
                let frame = decode::<LinkFrame<'_>>(bytes);
                matches!(frame, Ok(LinkFrame::Relay { .. } | LinkFrame::RelayEnd { .. }))
            };
            let passes = move |bytes: &[u8]| (!drops(bytes)).then(|| bytes.to_vec());
            world.sabotage(
                tab,
                Saboteur::new(move |out| {
                    Vec::from_iter(passes(out.bytes).map(|bytes| (out.channel, bytes)))
                }),
            );
        }
        world.stop_server(server, false);
        world.fabric.net.sever(ada, bob, true);
        world.run_for(SECOND * 32);
        let given = Given::default();
        let ends = [ada, bob].map(|tab| {
            let (given, keys) = (given.clone(), keys.clone());
            world.sabotage(
                tab,
                Saboteur::new(move |out| {
                    if let Ok(LinkFrame::Carry { from, to, payload, .. }) = decode(out.bytes)
                        && let Ok(plain) = seal::open(&keys, from, to, payload)
                        && let Ok(setup) = decode::<Setup>(&plain)
                    {
                        given.borrow_mut().push((from, setup));
                    }
                    vec![(out.channel, out.bytes.to_vec())]
                }),
            );
            let open = world.links(tab).into_iter().find(|(_, is_open)| *is_open);
            (tab, open.expect("it has two").0)
        });
        Self { world, room, keys, ends, given, forged: 0 }
    }

    /// Something in the name of one of the two comes to the other one, over who lies.
    fn forge(&mut self, from: NodeId, setup: &Setup) {
        let [ada, bob] = self.ends;
        let (end, other) = match self.world.node_id(ada.0) == from {
            true => (bob, ada),
            false => (ada, bob),
        };
        let (from, to) = (self.world.node_id(other.0), self.world.node_id(end.0));
        self.forged += 1;
        let mut nonce = [0xcc; seal::NONCE_BYTES];
        nonce[..8].copy_from_slice(&self.forged.to_be_bytes());
        let payload = seal::seal(&self.keys, from, to, nonce, &encode(setup));
        let frame = encode(&LinkFrame::Carry { from, to, hops: 8, payload: &payload });
        let data = LinkInput::Data(Channel::Control, Cow::Owned(frame));
        self.world.tell(end.0, Input::Link(end.1, data));
    }

    /// Whoever lies says something about each setup message that it has to hand on, before others
    /// do; the two must find each other nevertheless, at the first try.
    fn expect_linked(mut self, lie: impl Fn(NodeId, NodeId, &Setup) -> Vec<(NodeId, Setup)>) {
        let ends = self.ends.map(|(tab, _)| tab);
        let nodes = ends.map(|tab| self.world.node_id(tab));
        let mut over = Vec::new();
        let (mut waited, mut tried) = (Duration::ZERO, Duration::ZERO);
        // A link over those who pass nothing on stands until that is noticed.
        let room = self.room;
        let is_near = |world: &World, one, other| {
            world.state_in(one, room, other) == Some(RemoteState::Direct)
        };
        while !(is_near(&self.world, ends[0], ends[1]) && is_near(&self.world, ends[1], ends[0])) {
            let given = self.given.take();
            for (from, setup) in given {
                match &setup {
                    Setup::Offer { attempt, description, .. } if description.through.is_some() => {
                        over.push(*attempt);
                    }
                    _ => {}
                }
                if over.contains(&setup.attempt()) {
                    continue;
                }
                // From now on there is a path, for who is not kept from finding it.
                self.world.fabric.net.sever(ends[0], ends[1], false);
                let to = nodes.into_iter().find(|node| *node != from).expect("there are two");
                for (by, lie) in lie(from, to, &setup) {
                    self.forge(by, &lie);
                }
            }
            let step = Duration::from_millis(1);
            self.world.run_for(step);
            waited += step;
            tried += if self.forged > 0 { step } else { Duration::ZERO };
            assert!(waited < SECOND * 60, "nobody has offered");
            assert!(tried < ATTEMPT_DEADLINE, "after {tried:?}:\n{}", self.world.describe());
        }
        assert!(self.forged > 0);
    }
}

#[test]
fn a_refusal_that_it_makes_up_ends_no_attempt() {
    for seed in 0..4 {
        Between::new(seed).expect_linked(|from, to, setup| match setup {
            Setup::Offer { attempt, .. } => {
                let refusal = Setup::Refuse { attempt: *attempt, code: Code::Busy };
                vec![(to, refusal.clone()), (from, refusal)]
            }
            Setup::Answer { attempt, .. } => {
                let refusal = Setup::Refuse { attempt: *attempt, code: Code::Left };
                vec![(to, refusal.clone()), (from, refusal)]
            }
            _ => Vec::new(),
        });
    }
}

#[test]
fn candidates_that_it_makes_up_take_no_place_of_those_that_others_hand_over() {
    for seed in 0..4 {
        Between::new(seed).expect_linked(|from, to, setup| {
            let (Setup::Offer { attempt, .. } | Setup::Answer { attempt, .. }) = setup else {
                return Vec::new();
            };
            let line = "candidate:1 1 udp 1 host-9.local 9 typ host generation 0 ufrag nobody";
            let list = vec![String::from(line); CANDIDATES_MAX];
            let made_up = Setup::Candidates { attempt: *attempt, list };
            match setup {
                // Whom it is for does not know of it before it comes.
                Setup::Offer { .. } => vec![(to, made_up)],
                _ => vec![(to, made_up.clone()), (from, made_up)],
            }
        });
    }
}

#[test]
fn an_offer_that_it_changed_is_not_taken_for_the_true_one() {
    for seed in 0..4 {
        Between::new(seed).expect_linked(|from, _, setup| {
            let mut changed = setup.clone();
            if let Setup::Offer { description, .. } = &mut changed {
                description.fingerprint = [9; 32];
                return vec![(from, changed)];
            }
            Vec::new()
        });
    }
}
