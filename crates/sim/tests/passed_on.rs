//! That somebody is there, or leaves, reaches all, whatever is said of it on the way.

use std::time::Duration;

use lacis_sim::{Outgoing, Saboteur, Scene, Sent, TabId, World};
use lacis_wire::codec::{decode, encode};
use lacis_wire::gossip::Passed;
use lacis_wire::limits;
use lacis_wire::link::{Kind, LinkFrame};

const SECOND: Duration = Duration::from_secs(1);

/// Says of all that it passes on that it goes no further.
fn ends(walk: Option<u8>, out: &Outgoing<'_>) -> Sent {
    if let Ok(LinkFrame::Message { seq, ack, envelope, payload }) = decode(out.bytes)
        && envelope.kind == Kind::Gossip
        && let Ok(passed) = decode::<Passed<'_>>(payload)
    {
        let payload = &encode(&Passed { walk, ..passed })[..];
        let frame = LinkFrame::Message { seq, ack, envelope, payload };
        return vec![(out.channel, encode(&frame))];
    }
    vec![(out.channel, out.bytes.to_vec())]
}

/// A room in which all that comes of the first one passes the second, and all of that the third.
fn in_a_row(seed: u64, walk: Option<u8>) -> (World, usize, [TabId; 14]) {
    let Scene { mut world, room, tabs, .. } = Scene::<14>::joined(seed);
    for other in &tabs[2..] {
        world.fabric.net.sever(tabs[0], *other, true);
    }
    for other in &tabs[3..] {
        world.fabric.net.sever(tabs[1], *other, true);
    }
    let saboteur = Saboteur::new(move |out: Outgoing<'_>| ends(walk, &out));
    world.sabotage(tabs[1], saboteur);
    (world, room, tabs)
}

fn knows(world: &World, room: usize, (one, other): (TabId, TabId)) -> bool {
    world.state_in(one, room, other).is_some()
}

#[test]
fn nobody_on_the_way_can_say_that_it_goes_no_further_who_is_there_or_leaves() {
    for (seed, walk) in [(1, Some(0)), (2, Some(1))] {
        let (mut world, room, tabs) = in_a_row(seed, walk);
        world.run_for(limits::HERE_LIFE + limits::HERE_INTERVAL);
        assert!(world.are_linked(tabs[0], tabs[1]) && world.are_linked(tabs[1], tabs[2]));
        for _ in 0..8 {
            let unknown = tabs[3..].iter().find(|tab| !knows(&world, room, (**tab, tabs[0])));
            assert_eq!(unknown, None, "{walk:?}");
            world.run_for(limits::HERE_INTERVAL / 2);
        }
        world.close(tabs[0]);
        world.expect(5 * SECOND, "all hear that it leaves", |w| {
            tabs[3..].iter().all(|tab| !knows(w, room, (*tab, tabs[0])))
        });
    }
}
