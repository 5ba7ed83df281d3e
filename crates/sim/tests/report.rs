//! What a node says of itself to people who ask why something does not work.

use std::time::Duration;

use lacis_core::{CandidateKind, GroupReport, RemoteState, Report, Route, ServerState};
use lacis_sim::{Access, Scene, TabId, TabSetup, World};
use lacis_wire::{Code, Roles, limits};

const SECOND: Duration = Duration::from_secs(1);

fn report(world: &World, tab: TabId) -> Report {
    world.report(tab).expect("the tab is there")
}

fn group_of(world: &World, tab: TabId) -> GroupReport {
    report(world, tab).groups.pop().expect("it has a group")
}

#[test]
fn it_says_when_a_server_that_is_down_is_dialled_again() {
    let Scene { mut world, server, tabs: [ada, _], .. } = Scene::linked(1);
    let up = report(&world, ada).servers.pop().expect("there is one");
    assert_eq!((up.state, up.trouble, up.retry), (ServerState::Open, None, None));
    world.stop_server(server, false);
    world.expect(30 * SECOND, "it waits", |w| {
        let down = report(w, ada).servers.pop();
        down.is_some_and(|it| {
            let soon = it.retry.is_some_and(|wait| wait <= limits::REDIAL_MAX);
            it.state == ServerState::Waiting && it.trouble.is_some() && soon
        })
    });
}

#[test]
fn it_says_how_a_remote_is_reached() {
    let Scene { mut world, tabs: [ada, _], .. } = Scene::linked(1);
    world.run_for(limits::PING_INTERVAL * 2);
    let said = report(&world, ada);
    let [bob] = said.remotes.as_slice() else { panic!("one remote, not {:?}", said.remotes) };
    assert_eq!((bob.state, bob.failures, bob.failed), (RemoteState::Direct, 0, None));
    assert_eq!((bob.route, bob.retry), (Some(Route::Server(0)), None));
    let link = bob.link.expect("it is linked");
    let path = link.path.expect("the browser was asked");
    assert_eq!((path.local, path.relayed()), (Some(CandidateKind::Host), false));
    assert!(link.rtt.is_some_and(|rtt| rtt > Duration::ZERO));
    let room = said.rooms.first().expect("a room");
    assert_eq!((room.known, room.lazy.len()), (1, 0));
}

#[test]
fn it_says_why_a_remote_cannot_be_reached_and_when_that_is_tried_again() {
    let mut world = World::scenario(1);
    let server = world.add_server();
    let room = world.add_room(&[server]);
    let access = Access { symmetric: true, ..Access::default() };
    let [ada, _] = [(); 2].map(|()| {
        let tab = world.open(TabSetup { access, ..TabSetup::at(&[server]) });
        world.join(tab, room);
        tab
    });
    world.expect(60 * SECOND, "it failed", |w| {
        let tried = report(w, ada).remotes.pop();
        tried.is_some_and(|it| {
            let why = matches!(it.failed, Some(Code::IceFailed | Code::Timeout | Code::NoAnswer));
            it.state == RemoteState::Connecting && it.failures > 0 && why && it.retry.is_some()
        })
    });
}

#[test]
fn of_a_large_room_it_says_how_many_are_there_and_over_which_links_only_names_go() {
    let Scene { mut world, room, tabs, .. } = Scene::<40>::joined(1);
    world.run_for(40 * SECOND);
    for at in 0..4 {
        world.broadcast(tabs[at * 9], room, 50, true).expect("it may be told");
        world.run_for(4 * SECOND);
    }
    let mut lazy = 0;
    for tab in tabs {
        let said = report(&world, tab);
        let room = said.rooms.first().expect("a room");
        assert_eq!(room.known, 39);
        let is_linked = |node| said.remotes.iter().any(|it| it.node == node && it.link.is_some());
        assert!(room.lazy.iter().all(|node| is_linked(*node)), "only links are lazy");
        assert!(room.lazy.len() < said.remotes.len(), "some links are eager");
        lazy += room.lazy.len();
    }
    assert!(lazy > 0, "the links are more than a tree");
}

#[test]
fn of_a_group_it_says_what_is_held_what_is_missing_and_whether_the_store_works() {
    let mut world = World::scenario(2);
    let server = world.add_server();
    let disk = world.add_disk();
    let setup = TabSetup { disk: Some(disk), identity: Some([1; 32]), ..TabSetup::at(&[server]) };
    let ada = world.open(setup);
    let at_ada = world.found(ada, "Board");
    for number in 0..300 {
        world.write(ada, at_ada, &format!("{number}")).expect("she may write");
    }
    let setup = world.stored(server, 2);
    let bob = world.open(setup);
    world.bring_in(ada, at_ada, bob, Roles::MEMBER);
    world.expect(60 * SECOND, "something is missing", |w| {
        group_of(w, bob).neighbors.iter().any(|it| it.missing > 0 && !it.is_lazy)
    });
    world.expect(60 * SECOND, "nothing is missing", |w| {
        let [ada, bob] = [ada, bob].map(|tab| group_of(w, tab));
        let is_done = |it: &GroupReport| {
            it.neighbors.iter().all(|it| it.is_introduced && it.is_compared && it.missing == 0)
        };
        ada.held > 300 && ada.held == bob.held && is_done(&ada) && is_done(&bob)
    });
    assert_eq!(group_of(&world, ada).unsaved, None);
    world.disk(disk).is_full = true;
    world.write(ada, at_ada, "no place").expect("she may write");
    world.run_for(SECOND);
    assert_eq!(group_of(&world, ada).unsaved, Some(Code::StoreFull));
    world.disk(disk).is_full = false;
    world.run_for(61 * SECOND);
    assert_eq!(group_of(&world, ada).unsaved, None);
}
