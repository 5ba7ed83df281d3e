//! What was told in a room is not told again to those who come later, and whose clock is wrong is
//! heard nevertheless.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use lacis_sim::{Outgoing, Saboteur, Scene, TabId, TabSetup, World};
use lacis_wire::NodeId;
use lacis_wire::codec::{decode, encode};
use lacis_wire::gossip::{Gossip, News, Passed};
use lacis_wire::link::{Channel, Envelope, GOSSIP_LABEL, Kind, LinkFrame};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: i64 = 3_600_000;

/// Those who keep whatever others tell, and tell it to all once they are to.
#[derive(Default)]
struct Keeper {
    kept: RefCell<Vec<Vec<u8>>>,
    tells: Cell<bool>,
}

impl Keeper {
    fn saboteur(self: Rc<Self>, origins: [NodeId; 2]) -> Saboteur {
        Saboteur::new(move |out: Outgoing<'_>| {
            let mut sent = vec![(out.channel, out.bytes.to_vec())];
            let room = match decode(out.bytes) {
                Ok(LinkFrame::Message { envelope, payload, .. }) => {
                    self.keep(payload, origins);
                    envelope.room
                }
                Ok(LinkFrame::Names { room, .. }) => room,
                _ => return sent,
            };
            for gossip in self.kept.borrow().iter().filter(|_| self.tells.get()) {
                let payload = encode(&Passed { age_ms: 0, gossip, walk: None, hops: None });
                let envelope = Envelope { room, kind: Kind::Gossip, label: GOSSIP_LABEL };
                let frame = LinkFrame::Ephemeral { envelope, payload: &payload };
                sent.push((Channel::Ephemeral, encode(&frame)));
            }
            sent
        })
    }

    fn keep(&self, payload: &[u8], origins: [NodeId; 2]) {
        let mut kept = self.kept.borrow_mut();
        if let Ok(passed) = decode::<Passed<'_>>(payload)
            && let Ok(gossip) = decode::<Gossip<'_>>(passed.gossip)
            && origins.contains(&gossip.node())
            && gossip.news != News::Gone
            && !kept.iter().any(|it| it == passed.gossip)
        {
            kept.push(passed.gossip.to_vec());
        }
    }
}

fn has_heard(world: &World, tab: TabId, word: u64) -> bool {
    world.seen(tab).messages.contains(&word)
}

fn tell(world: &mut World, tab: TabId, room: usize) -> u64 {
    world.broadcast(tab, room, 50, true).expect("it may be told");
    *world.truth.messages.last_key_value().expect("it was told").0
}

/// Within some hours nobody can tell it from what somebody says whose clock is wrong.
#[test]
fn what_was_said_yesterday_is_not_said_again_to_who_comes_today() {
    let Scene { mut world, room, tabs, server } = Scene::<14>::joined(1);
    let (keeper, gone) = (Rc::new(Keeper::default()), [tabs[1], tabs[2]]);
    let origins = gone.map(|tab| world.node_id(tab));
    world.run_for(20 * SECOND);
    for tab in &tabs[3..] {
        world.sabotage(*tab, Rc::clone(&keeper).saboteur(origins));
    }
    world.run_for(70 * SECOND);
    let words = gone.map(|leaves| {
        let word = tell(&mut world, leaves, room);
        world.expect(5 * SECOND, "all hear it", |w| has_heard(w, tabs[6], word));
        world.close(leaves);
        world.run_for(10 * SECOND);
        // The night between them.
        tabs.iter().for_each(|tab| world.set_clock(*tab, 7 * HOUR));
        world.run_for(60 * SECOND);
        word
    });
    assert!(keeper.kept.borrow().len() >= 4);
    let newcomer = world.open(TabSetup { wall_error: 7 * HOUR, ..TabSetup::at(&[server]) });
    world.join(newcomer, room);
    world.run_for(20 * SECOND);
    keeper.tells.set(true);
    let next = tell(&mut world, tabs[6], room);
    world.expect(5 * SECOND, "it is heard", |w| has_heard(w, newcomer, next));
    world.run_for(20 * SECOND);
    let is_there = |tab| world.state_in(newcomer, room, tab).is_some();
    assert_eq!(gone.map(is_there), [false, true]);
    assert_eq!(words.map(|word| has_heard(&world, newcomer, word)), [false, true]);
}

/// So many that words have to be passed on, whose clocks are off by so much.
fn with_clocks(seed: u64, errors: &[i64]) -> (World, usize, [TabId; 14]) {
    let mut errors = errors.iter();
    let Scene { world, room, tabs, .. } = Scene::<14>::joined_as(seed, |setup| {
        setup.wall_error = errors.next().copied().unwrap_or(0);
    });
    (world, room, tabs)
}

fn all_hear(world: &mut World, room: usize, (from, tabs): (TabId, &[TabId])) {
    let word = tell(world, from, room);
    world.expect(5 * SECOND, "all hear it", |w| {
        tabs.iter().all(|tab| *tab == from || has_heard(w, *tab, word))
    });
}

#[test]
fn whose_clock_is_wrong_by_hours_hears_and_is_heard_from_the_first_word() {
    let (mut world, room, tabs) = with_clocks(3, &[5 * HOUR, 0, -5 * HOUR]);
    world.run_for(5 * SECOND);
    all_hear(&mut world, room, (tabs[0], &tabs[..2]));
    all_hear(&mut world, room, (tabs[1], &tabs));
    all_hear(&mut world, room, (tabs[2], &tabs[1..]));
}

#[test]
fn whose_clock_is_wrong_by_weeks_hears_and_is_heard_once_it_has_neighbors() {
    let (mut world, room, tabs) = with_clocks(4, &[40 * 24 * HOUR, -300 * 24 * HOUR]);
    world.run_for(70 * SECOND);
    for from in [tabs[0], tabs[1], tabs[2]] {
        all_hear(&mut world, room, (from, &tabs));
    }
}
