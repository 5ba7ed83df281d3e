//! Members whose copies are equal compare them with one neighbor in turn: it costs little, and
//! finds what nobody tells of any more.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use lacis_core::{LinkId, RoomId};
use lacis_sim::{Outgoing, Saboteur, TabId, World};
use lacis_wire::codec::decode;
use lacis_wire::group::GroupFrame;
use lacis_wire::limits;
use lacis_wire::link::LinkFrame;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const MANY: usize = 14;

/// What a page of an idle group may send and get in a minute to compare: a sixth of all that an
/// idle page of a large room may.
const IDLE_BYTES: usize = 1_000;

/// What was sent: how often a comparison began, by link, and all bytes about the group.
#[derive(Debug, Default)]
struct Sent {
    begun: BTreeMap<(TabId, LinkId), usize>,
    bytes: usize,
}

/// Members of a group, who are at rest.
fn group(seed: u64) -> (World, Vec<(TabId, RoomId)>) {
    let (mut world, members) = World::group_of(seed, MANY);
    let (founder, group) = members[0];
    world.write(founder, group, "line").expect("it may write");
    world.run_for(4 * MINUTE);
    (world, members)
}

fn frame(out: &Outgoing<'_>) -> Option<GroupFrame> {
    let Ok(LinkFrame::Group { data, .. }) = decode(out.bytes) else { return None };
    decode(data).ok()
}

fn listen(world: &mut World, tab: TabId) -> Rc<RefCell<Sent>> {
    let sent = Rc::new(RefCell::new(Sent::default()));
    let log = Rc::clone(&sent);
    let saboteur = Saboteur::new(move |out: Outgoing<'_>| {
        let (mut log, frame) = (log.borrow_mut(), frame(&out));
        log.bytes += frame.as_ref().map_or(0, |_| out.bytes.len());
        let begins = matches!(frame, Some(GroupFrame::Enter { .. }));
        *log.begun.entry((tab, out.link)).or_default() += usize::from(begins);
        vec![(out.channel, out.bytes.to_vec())]
    });
    world.sabotage(tab, saboteur);
    sent
}

#[test]
fn each_compares_with_one_neighbor_in_turn_and_it_costs_little() {
    let (mut world, members) = group(1);
    let logs: Vec<_> = members.iter().map(|(tab, _)| listen(&mut world, *tab)).collect();
    let minutes = 8;
    world.run_for(minutes * MINUTE);
    let minutes = usize::try_from(minutes).expect("few");
    let begun: usize = logs.iter().map(|log| log.borrow().begun.values().sum::<usize>()).sum();
    // Both say so each time: it is less than one in two minutes.
    assert!(begun <= MANY * minutes, "{begun} in {minutes} minutes");
    // What all send is what all get.
    let bytes: usize = logs.iter().map(|log| 2 * log.borrow().bytes).sum();
    let each = bytes / MANY / minutes;
    assert!(each <= IDLE_BYTES, "{each} bytes a page and minute");
    // And it is not the same one each time.
    for log in logs {
        let log = log.borrow();
        assert!(log.begun.values().all(|begun| *begun <= 4), "{log:?}");
    }
}

#[test]
fn what_was_lost_and_nobody_tells_of_is_found() {
    let (mut world, members) = group(2);
    let is_lost = Rc::new(Cell::new(true));
    for (tab, _) in &members {
        let is_lost = Rc::clone(&is_lost);
        let saboteur = Saboteur::new(move |out: Outgoing<'_>| {
            let is_news =
                matches!(frame(&out), Some(GroupFrame::Record { .. } | GroupFrame::Have { .. }));
            if is_news && is_lost.get() {
                return Vec::new();
            }
            vec![(out.channel, out.bytes.to_vec())]
        });
        world.sabotage(*tab, saboteur);
    }
    let (writer, group) = members[0];
    let (id, _) = world.write(writer, group, "line").expect("it may write");
    world.run_for(5 * SECOND);
    is_lost.set(false);
    let holds = |w: &World, (tab, group): (TabId, RoomId)| {
        w.replica(tab, group).is_some_and(|replica| replica.held(&id).is_some())
    };
    assert!(members[1..].iter().all(|it| !holds(&world, *it)));
    let is_everywhere = |w: &World| members.iter().all(|it| holds(w, *it));
    world.expect(limits::RECONCILE_INTERVAL_MAX, "it is found", is_everywhere);
}
