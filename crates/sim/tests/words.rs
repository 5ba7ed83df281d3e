//! What is told in a room of dozens goes over a tree of links, and comes once, in order.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use lacis_sim::{Mail, Outgoing, Saboteur, Scene, Sent, TabId, World};
use lacis_wire::codec::{decode, encode};
use lacis_wire::gossip::{Gossip, GossipName, NamedGossip, News, Passed};
use lacis_wire::link::{Channel, LinkFrame};

const SECOND: Duration = Duration::from_secs(1);
const MANY: usize = 40;

struct Room {
    world: World,
    room: usize,
    tabs: Vec<TabId>,
}

/// The word that a frame carries, and by whom it was told.
fn word(bytes: &[u8]) -> Option<GossipName> {
    let Ok(LinkFrame::Message { payload, .. }) = decode(bytes) else { return None };
    let passed = decode::<Passed<'_>>(payload).ok()?;
    let gossip = decode::<Gossip<'_>>(passed.gossip).ok()?;
    let is_word = matches!(gossip.news, News::Message { .. });
    is_word.then_some(GossipName { node: gossip.node(), number: gossip.number })
}

impl Room {
    /// Many who have told each other something already.
    fn new(seed: u64) -> Self {
        Self::of::<MANY>(seed)
    }

    fn of<const COUNT: usize>(seed: u64) -> Self {
        let Scene { world, room, tabs, .. } = Scene::<COUNT>::joined(seed);
        let mut it = Self { world, room, tabs: tabs.to_vec() };
        it.world.run_for(40 * SECOND);
        for at in 0..4 {
            it.tell(at * COUNT / 5, 1, 3 * SECOND);
        }
        it
    }

    /// One tells several words at once; demands that all hear them, and gives how long it takes.
    fn tell(&mut self, at: usize, count: usize, limit: Duration) -> Duration {
        let heard = |w: &World, tab: &TabId| w.seen(*tab).messages.len();
        let before: Vec<usize> = self.tabs.iter().map(|tab| heard(&self.world, tab)).collect();
        let begun = self.world.now();
        for _ in 0..count {
            self.world.broadcast(self.tabs[at], self.room, 50, true).expect("it may be told");
        }
        let tabs = self.tabs.clone();
        self.world.expect(limit, "all hear it", |w| {
            let came = |(which, tab): (usize, &TabId)| {
                which == at || heard(w, tab) == before[which] + count
            };
            tabs.iter().enumerate().all(came)
        });
        let took = self.world.now() - begun;
        self.world.run_for(SECOND);
        took
    }

    fn sabotage(&mut self, at: usize, change: impl FnMut(Outgoing<'_>) -> Sent + 'static) {
        self.world.sabotage(self.tabs[at], Saboteur::new(change));
    }
}

fn as_it_is(out: &Outgoing<'_>) -> Sent {
    vec![(out.channel, out.bytes.to_vec())]
}

#[test]
fn a_word_is_sent_little_more_than_once_to_each() {
    sent_little_more_than_once(Room::new(1));
    // Nor in the smallest room in which not everybody can be linked with everybody.
    sent_little_more_than_once(Room::of::<16>(1));
}

fn sent_little_more_than_once(mut room: Room) {
    let count = room.tabs.len();
    let sent = Rc::new(Cell::new(0));
    for at in 0..count {
        let sent = Rc::clone(&sent);
        room.sabotage(at, move |out| {
            sent.set(sent.get() + usize::from(word(out.bytes).is_some()));
            as_it_is(&out)
        });
    }
    let rounds = 20;
    let longest = (0..rounds).map(|at| room.tell(at % count, 1, 3 * SECOND)).max();
    let spare = sent.get() as f64 / (rounds * (count - 1)) as f64 - 1.0;
    assert!(spare <= 0.2, "{spare} too much");
    assert!(longest.is_some_and(|longest| longest < SECOND), "{longest:?}");
}

#[test]
fn what_the_tree_lost_is_asked_for() {
    let mut room = Room::new(2);
    // Whoever passed on is gone, and nobody knows yet.
    for _ in 0..10 {
        let tab = room.tabs.remove(5);
        room.world.kill(tab, true);
    }
    for at in 0..room.tabs.len() {
        room.tell(at, 1, 3 * SECOND);
    }
}

#[test]
fn words_of_one_come_in_order_when_those_who_pass_them_on_die() {
    let mut room = Room::new(3);
    for round in 0..8 {
        let heard = |w: &World, tab: &TabId| w.seen(*tab).messages.len();
        for dying in [None, Some(3 + 2 * round)] {
            if let Some(at) = dying {
                // Some are on their way, and the tree loses a branch.
                room.world.run_for(SECOND / 20);
                let tab = room.tabs.remove(at);
                room.world.kill(tab, true);
            }
            for _ in 0..20 {
                room.world.broadcast(room.tabs[0], room.room, 50, true).expect("it may be told");
            }
        }
        // That they come in order the world checks.
        let (tabs, due) = (room.tabs.clone(), 4 + 40 * (round + 1));
        room.world.expect(20 * SECOND, "all hear all of it", |w| {
            tabs.iter().skip(1).all(|tab| heard(w, tab) >= due - 1)
        });
    }
}

#[test]
fn those_who_name_what_they_do_not_send_delay_it_for_seconds_at_most() {
    let mut room = Room::new(4);
    for at in [3, 9, 15, 27] {
        room.sabotage(at, |out| match word(out.bytes) {
            Some(_) => Vec::new(),
            None => as_it_is(&out),
        });
    }
    let honest = (0..MANY).filter(|at| ![3, 9, 15, 27].contains(at));
    let longest = honest.map(|at| room.tell(at, 1, 12 * SECOND)).max();
    assert!(longest.is_some_and(|longest| longest < 7 * SECOND), "{longest:?}");
}

#[test]
fn words_that_never_were_hold_others_up_for_seconds_at_most_and_once() {
    let mut room = Room::new(5);
    for at in [6, 12] {
        // Of every word it says that the one before it is there, too.
        room.sabotage(at, move |out| {
            let Ok(LinkFrame::Names { room, lacks: false, mut names }) = decode(out.bytes) else {
                return as_it_is(&out);
            };
            let before = |name: &NamedGossip| NamedGossip { number: name.number - 1, ..*name };
            names.extend(names.iter().map(before).collect::<Vec<_>>());
            let names = LinkFrame::Names { room, lacks: false, names };
            vec![(Channel::Control, encode(&names))]
        });
    }
    room.tell(0, 1, 7 * SECOND);
    let longest = (0..10).map(|at| room.tell(at, 2, 7 * SECOND)).max();
    assert!(longest.is_some_and(|longest| longest < 2 * SECOND), "{longest:?}");
}

/// One neighbor is all that it has, whose queue is full when the word comes, and when it asks.
#[test]
fn a_word_for_which_a_queue_has_no_place_comes_once_it_has() {
    let Scene { mut world, room, tabs, .. } = Scene::<16>::joined(6);
    let (only, far) = (tabs[1], tabs[15]);
    for other in tabs.iter().filter(|tab| ![only, far].contains(tab)) {
        world.fabric.net.sever(far, *other, true);
    }
    world.run_for(60 * SECOND);
    assert!(world.are_linked(only, far));
    let is_slow = Rc::new(Cell::new(true));
    let change = {
        let is_slow = Rc::clone(&is_slow);
        move |out: Outgoing<'_>| match decode(out.bytes) {
            Ok(LinkFrame::Ack { .. }) if is_slow.get() => Vec::new(),
            _ => as_it_is(&out),
        }
    };
    world.sabotage(far, Saboteur::new(change));
    for _ in 0..20 {
        while world.send(only, room, far, Mail::delivered(100)).is_ok() {}
        world.run_for(SECOND / 20);
    }
    world.broadcast(tabs[2], room, 50, true).expect("it may be told");
    let (word, _) = world.truth.messages.last_key_value().expect("it was told");
    let word = *word;
    let is_heard = move |w: &World| w.seen(far).messages.contains(&word);
    world.run_for(10 * SECOND);
    assert!(!is_heard(&world));
    is_slow.set(false);
    // Whatever is told next is acknowledged, and all before it.
    world.send(far, room, only, Mail::delivered(100)).expect("it may be told");
    world.expect(20 * SECOND, "it is heard", is_heard);
}
