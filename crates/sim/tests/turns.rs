//! Who is in more groups of two than there are places for links serves all of them, in turn.

use std::time::Duration;

use lacis_core::RoomId;
use lacis_sim::{TabId, TabSetup, World};
use lacis_wire::{Roles, limits};

const SECOND: Duration = Duration::from_secs(1);

/// Beyond this the links of one node do not reach everybody.
const PEOPLE: usize = limits::LINKS_MAX + 2;

/// Somebody, and a group with each of many others who are all there.
fn host(seed: u64, links: usize) -> (World, TabId, Vec<(RoomId, TabId, RoomId)>) {
    let mut world = World::scenario(seed);
    let server = world.add_server();
    let ada = world.open(TabSetup::at(&[server]));
    world.command(ada, |node, _| node.allow_links(links));
    let pairs = (0..PEOPLE).map(|number| {
        let group = world.found(ada, &format!("{number}"));
        let other = world.open(TabSetup::at(&[server]));
        let joined = world.bring_in(ada, group, other, Roles::MEMBER);
        (group, other, joined)
    });
    let pairs = pairs.collect();
    (world, ada, pairs)
}

fn served(world: &mut World, ada: TabId, pairs: &[(RoomId, TabId, RoomId)]) -> usize {
    let mut count = 0;
    for (group, other, joined) in pairs {
        let both = [(ada, *group), (*other, *joined)].map(|(tab, at)| world.texts(tab, at).len());
        count += usize::from(both == [2, 2]);
    }
    count
}

fn write_all(world: &mut World, ada: TabId, pairs: &[(RoomId, TabId, RoomId)]) {
    for (group, other, joined) in pairs {
        world.write(ada, *group, "hello").expect("she may write");
        // Whoever was not let in yet has no key.
        let _ = world.write(*other, *joined, "hello back");
    }
}

#[test]
fn whoever_is_in_many_groups_of_two_is_linked_with_all_in_turn() {
    for seed in 0..3 {
        let (mut world, ada, pairs) = host(seed, limits::LINKS_MAX);
        world.run_for(limits::TURN_LEAST);
        write_all(&mut world, ada, &pairs);
        let mut waited = Duration::ZERO;
        while served(&mut world, ada, &pairs) < PEOPLE && waited < SECOND * 300 {
            world.run_for(SECOND);
            waited += SECOND;
        }
        assert_eq!(served(&mut world, ada, &pairs), PEOPLE, "seed {seed}: after {waited:?}");
        assert!(waited < SECOND * 200, "seed {seed}: {waited:?}");
        // Nobody is turned away all the time.
        let begun = world.links(ada).len();
        world.run_for(SECOND * 300);
        let more = world.links(ada).len() - begun;
        assert!(more < 100, "seed {seed}: {more} links in five minutes");
    }
}

#[test]
fn a_program_may_have_links_for_all_of_them() {
    let (mut world, ada, pairs) = host(7, 32);
    world.run_for(SECOND * 20);
    write_all(&mut world, ada, &pairs);
    world.run_for(SECOND * 10);
    assert_eq!(served(&mut world, ada, &pairs), PEOPLE);
    assert_eq!(world.connections(ada), PEOPLE);
}
