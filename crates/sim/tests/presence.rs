//! Who of a group is here, as its members see it.

use std::time::Duration;

use lacis_core::RoomId;
use lacis_sim::{TabId, TabSetup, World};
use lacis_wire::{PeerId, Roles};

/// The identities that a tab takes for being here.
fn present(world: &mut World, tab: TabId, group: RoomId) -> Vec<PeerId> {
    let members = world.command(tab, |node, _| node.group_members(group)).expect("it is there");
    let members = members.expect("the group is open").into_iter();
    members.filter(|member| member.present).map(|member| member.peer).collect()
}

#[test]
fn who_is_alone_sees_nobody_not_even_oneself() {
    let mut world = World::scenario(1);
    let server = world.add_server();
    let [ada, bob] = [1, 2].map(|identity| {
        let disk = Some(world.add_disk());
        let setup = TabSetup { disk, identity: Some([identity; 32]), ..TabSetup::at(&[server]) };
        world.open(setup)
    });
    let group = world.found(ada, "Board");
    assert_eq!(present(&mut world, ada, group), []);
    let joined = world.bring_in(ada, group, bob, Roles::MEMBER);
    world.run_for(Duration::from_secs(10));
    let (her, him) = (world.peer_id(ada), world.peer_id(bob));
    assert_eq!(present(&mut world, ada, group), [him]);
    assert_eq!(present(&mut world, bob, joined), [her]);

    // Another page of the same identity is somebody to be with.
    let setup = TabSetup { identity: Some([2; 32]), ..TabSetup::at(&[server]) };
    let other = world.open(setup);
    let peer = world.peer_id(other);
    let text = world
        .command(ada, |node, now| node.invite(now, group, peer, Roles::MEMBER, None))
        .expect("she is there")
        .expect("she may invite");
    let at_other = world.take_invitation(other, &text);
    world.connect(other, at_other);
    world.run_for(Duration::from_secs(10));
    assert!(present(&mut world, bob, joined).contains(&him));

    world.kill(ada, false);
    world.kill(other, false);
    world.run_for(Duration::from_secs(60));
    assert_eq!(present(&mut world, bob, joined), []);
}

#[test]
fn who_spoke_as_a_newcomer_and_is_gone_is_not_there() {
    let mut world = World::scenario(2);
    let server = world.add_server();
    let [ada, bob] = [1, 2].map(|identity| {
        let setup = world.stored(server, identity);
        world.open(setup)
    });
    let group = world.found(ada, "Board");
    let joined = world.bring_in(ada, group, bob, Roles::MEMBER);
    let room = world.room_of_group(bob, joined);
    world.run_for(Duration::from_secs(2));
    let him = world.peer_id(bob);
    assert_eq!(present(&mut world, ada, group), [him]);
    // Who is new has its words passed on, whoever is linked.
    world.broadcast(bob, room, 10, true).expect("it may be told");
    world.run_for(Duration::from_secs(2));
    assert_eq!(world.seen(ada).messages.len(), 1);
    world.kill(bob, false);
    world.run_for(Duration::from_secs(60));
    assert_eq!(present(&mut world, ada, group), []);
}
