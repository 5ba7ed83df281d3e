//! A connection is made ahead of need, used first, and never left behind.

use std::time::Duration;

use lacis_sim::Scene;

#[test]
fn the_first_link_takes_it_and_another_follows() {
    for seed in 0..10 {
        let Scene { mut world, tabs: [ada, bob], .. } = Scene::joined(seed);
        world.expect(Duration::from_secs(3), "they are linked", |w| w.are_linked(ada, bob));
        assert_eq!(world.spares(ada).min(world.spares(bob)), 0, "seed {seed}: nobody used it");
        world.run_for(Duration::from_secs(2));
        assert_eq!((world.spares(ada), world.spares(bob)), (1, 1), "seed {seed}");
        assert_eq!((world.connections(ada), world.connections(bob)), (1, 1), "seed {seed}");
    }
}

#[test]
fn who_leaves_the_last_room_keeps_none() {
    let Scene { mut world, room, tabs: [ada, bob], .. } = Scene::linked(1);
    world.run_for(Duration::from_secs(2));
    world.leave(ada, room);
    world.run_for(Duration::from_secs(2));
    assert_eq!((world.spares(ada), world.connections(ada)), (0, 0));
    assert_eq!(world.spares(bob), 1);
}
