//! What a page is told of how far it holds what others hold.

use std::time::Duration;

use lacis_core::{Event, GroupEvent, GroupSync, RoomId, SyncPhase};
use lacis_sim::{ServerId, TabId, TabSetup, World};
use lacis_wire::Roles;

const LONG: Duration = Duration::from_secs(60);

fn stored(world: &mut World, server: ServerId, identity: u8) -> TabId {
    let disk = Some(world.add_disk());
    world.open(TabSetup { disk, identity: Some([identity; 32]), ..TabSetup::at(&[server]) })
}

fn sync(world: &mut World, tab: TabId, group: RoomId) -> GroupSync {
    let sync = world.command(tab, |node, _| node.group_sync(group, None));
    sync.expect("the tab is there").expect("the group is open")
}

/// How many records were here whenever all were said to be.
fn told_whole(world: &World, tab: TabId) -> Vec<usize> {
    let mut records = 0;
    let mut whole = Vec::new();
    for event in &world.seen(tab).log {
        let Event::Group { event, .. } = event else { continue };
        match **event {
            GroupEvent::Record { is_new: true, .. } => records += 1,
            GroupEvent::Synced { all: true, .. } => whole.push(records),
            _ => {}
        }
    }
    whole
}

#[test]
fn all_is_said_to_be_here_once_it_is_and_not_before() {
    for (seed, count) in [(1, 3), (2, 40), (3, 300), (4, 0)] {
        let mut world = World::scenario(seed);
        let server = world.add_server();
        let [ada, bob] = [1, 2].map(|identity| stored(&mut world, server, identity));
        let at_ada = world.found(ada, "Board");
        for number in 0..count {
            world.write(ada, at_ada, &format!("{number}")).expect("she may write");
        }
        let at_bob = world.bring_in(ada, at_ada, bob, Roles::MEMBER);
        assert_eq!(sync(&mut world, bob, at_bob).phase, SyncPhase::Alone);
        assert_eq!(sync(&mut world, bob, at_bob).at, None, "it never held all");
        world.expect(LONG, "all is here", |world| !told_whole(world, bob).is_empty());
        let told = told_whole(&world, bob);
        assert!(told.iter().all(|held| *held >= count), "{told:?} of {count}");
        assert_eq!(sync(&mut world, bob, at_bob).phase, SyncPhase::Whole);
        // Nothing was to come to her, and she is told that, too.
        world.expect(LONG, "she has all", |world| !told_whole(world, ada).is_empty());
    }
}

#[test]
fn what_is_here_grows_old_when_nobody_is_there_and_after_a_restart() {
    let mut world = World::scenario(5);
    let server = world.add_server();
    let ada = stored(&mut world, server, 1);
    let disk = world.add_disk();
    let setup = TabSetup { disk: Some(disk), identity: Some([2; 32]), ..TabSetup::at(&[server]) };
    let bob = world.open(setup.clone());
    let at_ada = world.found(ada, "Board");
    world.write(ada, at_ada, "bonjour").expect("she may write");
    let at_bob = world.bring_in(ada, at_ada, bob, Roles::MEMBER);
    world.expect(LONG, "all is here", |world| !told_whole(world, bob).is_empty());
    let id = world.group_id(bob, at_bob);
    world.command(ada, |node, now| node.close_group(now, at_ada));
    world.run_for(Duration::from_secs(30));
    let alone = sync(&mut world, bob, at_bob);
    assert_eq!(alone.phase, SyncPhase::Alone);
    let at = alone.at.expect("it held all until she left");
    world.run_for(LONG);
    assert_eq!(sync(&mut world, bob, at_bob).at, Some(at), "it is as old as her leaving");
    world.kill(bob, false);
    let again = world.open(setup);
    let opened = world.open_stored(again, id);
    let restored = sync(&mut world, again, opened);
    assert_eq!(restored, GroupSync { phase: SyncPhase::Alone, at: Some(at) });
}
