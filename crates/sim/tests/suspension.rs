//! A page that is put aside by its browser, and comes back with everything it had in memory.

use std::time::Duration;

use lacis_core::{Event, RemoteState, RoomState};
use lacis_sim::{Mail, Scene, TabId, TabSetup, World};
use lacis_wire::{Code, Roles};

/// The page is put aside for a while: nothing runs in it.
fn away(world: &mut World, tab: TabId, time: Duration) {
    world.put_aside(tab, time);
    world.run_for(time);
}

fn departure(world: &World, tab: TabId) -> Option<Code> {
    world.seen(tab).log.iter().find_map(|event| match event {
        Event::RemoteLeft { code, .. } => Some(*code),
        _ => None,
    })
}

#[test]
fn who_is_put_aside_says_goodbye_and_is_back_without_a_reload() {
    for seed in 0..10 {
        let Scene { mut world, room, tabs: [ada, bob], .. } = Scene::linked(seed);
        world.command(bob, |node, now| node.suspend(now));
        world.expect(Duration::from_secs(1), "she is told", |w| departure(w, ada).is_some());
        assert_eq!(departure(&world, ada), Some(Code::Left));
        assert_eq!(departure(&world, bob), Some(Code::Suspended));
        assert_eq!(world.connections(bob), 0);
        world.freeze(bob, Duration::from_secs(600));
        world.run_for(Duration::from_secs(600));
        assert_eq!(world.state_in(ada, room, bob), None);
        world.command(bob, |node, now| node.resume(now));
        world.expect(Duration::from_secs(5), "they are linked again", |w| w.are_linked(ada, bob));
        world.expect_delivery(ada, room, bob, Duration::from_secs(2));
        world.expect_delivery(bob, room, ada, Duration::from_secs(2));
    }
}

#[test]
fn nothing_is_dialled_before_it_is_back() {
    let Scene { mut world, tabs: [ada, bob], .. } = Scene::<2>::linked(1);
    world.command(bob, |node, now| node.suspend(now));
    world.run_for(Duration::from_millis(100));
    let before = world.seen(bob).log.len();
    for _ in 0..10 {
        world.run_for(Duration::from_secs(60));
        world.command(bob, |node, now| node.wake(now));
    }
    assert_eq!(world.connections(bob), 0);
    assert_eq!(world.seen(bob).log.len(), before);
    assert!(!world.are_linked(ada, bob));
}

#[test]
fn what_was_under_way_fails_and_says_why() {
    for seed in 0..10 {
        let Scene { mut world, room, tabs: [ada, bob], .. } =
            Scene::linked_as(seed, |setup| setup.access.bandwidth = 200_000);
        let sent = world.send(bob, room, ada, Mail::delivered(5)).expect("it may be sent");
        let large = world.send(bob, room, ada, Mail::delivered(900_000)).expect("sent");
        let asked = world.request(bob, room, ada, 5, Duration::from_secs(60)).expect("asked");
        world.send_file(bob, room, ada, 900_000).expect("it may be offered");
        world.command(bob, |node, now| node.suspend(now));
        for ticket in [sent, large, asked] {
            assert_eq!(world.outcome(bob, ticket), Some(Err(Code::Suspended)));
        }
        world.run_for(Duration::from_secs(5));
        let open = world.truth.promises.values().filter(|it| it.settled.is_none()).count();
        assert_eq!(open, 0);
    }
}

#[test]
fn a_join_that_was_under_way_goes_on() {
    let mut world = World::scenario(1);
    let server = world.add_server();
    let room = world.add_room(&[server]);
    let ada = world.open(TabSetup::at(&[server]));
    let joined = world.join(ada, room);
    away(&mut world, ada, Duration::from_secs(600));
    world.expect_outcome(ada, joined, Ok(()), Duration::from_secs(2));
    assert!(world.seen(ada).rooms.values().all(|state| *state == RoomState::Open));
}

#[test]
fn what_is_written_to_a_group_meanwhile_is_kept_and_reaches_the_others() {
    for seed in 0..5 {
        let mut world = World::scenario(seed);
        let server = world.add_server();
        let [ada, bob] = [1, 2].map(|identity| {
            let disk = Some(world.add_disk());
            let setup =
                TabSetup { disk, identity: Some([identity; 32]), ..TabSetup::at(&[server]) };
            world.open(setup)
        });
        let group = world.found(ada, "Board");
        let joined = world.bring_in(ada, group, bob, Roles::MEMBER);
        // He is given the key.
        world.run_for(Duration::from_secs(5));
        world.command(bob, |node, now| node.suspend(now));
        world.write(bob, joined, "on my way").expect("he may write");
        world.freeze(bob, Duration::from_secs(900));
        world.run_for(Duration::from_secs(800));
        world.write(ada, group, "meanwhile").expect("she may write");
        world.run_for(Duration::from_secs(100));
        world.command(bob, |node, now| node.resume(now));
        world.run_for(Duration::from_secs(10));
        for (tab, group) in [(ada, group), (bob, joined)] {
            assert_eq!(world.texts(tab, group), ["meanwhile", "on my way"]);
        }
    }
}

#[test]
fn going_away_and_coming_back_many_times_leaves_nothing_behind() {
    let Scene { mut world, room, tabs: [ada, bob], .. } = Scene::linked(1);
    for round in 0..20 {
        let tab = if round % 2 == 0 { ada } else { bob };
        away(&mut world, tab, Duration::from_secs(round * 3));
        world.expect(Duration::from_secs(8), "they are linked again", |w| w.are_linked(ada, bob));
    }
    world.run_for(Duration::from_secs(2));
    assert_eq!(world.state_in(ada, room, bob), Some(RemoteState::Direct));
    assert!(world.connections(ada) <= 2 && world.connections(bob) <= 2);
}

#[test]
fn members_who_have_no_link_with_a_page_hear_at_once_that_it_goes_and_is_back() {
    let Scene { mut world, room, tabs, .. } = Scene::<24>::joined(3);
    world.run_for(Duration::from_secs(60));
    let [away, others @ ..] = tabs;
    let knows = move |w: &World| {
        others.iter().filter(|tab| w.state_in(**tab, room, away).is_some()).count()
    };
    assert_eq!(knows(&world), others.len());
    world.command(away, |node, now| node.suspend(now));
    world.expect(Duration::from_secs(5), "all are told", move |w| knows(w) == 0);
    world.freeze(away, Duration::from_secs(600));
    world.run_for(Duration::from_secs(600));
    world.command(away, |node, now| node.resume(now));
    world.expect(Duration::from_secs(15), "it is back", move |w| knows(w) == others.len());
}
