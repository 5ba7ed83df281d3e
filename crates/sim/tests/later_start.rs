//! A page comes back while others have not missed its former self yet.

use std::time::Duration;

use lacis_core::Event;
use lacis_sim::{DiskId, Saboteur, Scene, ServerId, TabId, TabSetup, World};
use lacis_wire::Code;
use lacis_wire::codec::{decode, encode};
use lacis_wire::link::LinkFrame;

const SECOND: Duration = Duration::from_secs(1);

fn setup(server: ServerId, identity: u8, disk: Option<DiskId>) -> TabSetup {
    TabSetup { identity: Some([identity; 32]), disk, ..TabSetup::at(&[server]) }
}

/// Ada, and bob with a store.
fn with_bob(seed: u64) -> (Scene<1>, TabId, DiskId) {
    let mut scene = Scene::<1>::joined(seed);
    let disk = scene.world.add_disk();
    let bob = come(&mut scene, 7, Some(disk));
    (scene, bob, disk)
}

fn come(scene: &mut Scene<1>, identity: u8, disk: Option<DiskId>) -> TabId {
    let tab = scene.world.open(setup(scene.server, identity, disk));
    scene.world.join(tab, scene.room);
    let ada = scene.tabs[0];
    scene.world.expect(SECOND * 5, "it is linked", |w| w.are_linked(ada, tab));
    scene.world.run_for(SECOND / 2);
    tab
}

fn knows(world: &World, scene_room: usize, ada: TabId, other: TabId) -> bool {
    world.state_in(ada, scene_room, other).is_some()
}

#[test]
fn a_later_start_takes_the_place_of_the_dead_one_at_once() {
    for seed in 0..10 {
        let (mut scene, mut former, disk) = with_bob(seed);
        let ada = scene.tabs[0];
        for _ in 0..3 {
            scene.world.kill(former, true);
            let again = come(&mut scene, 7, Some(disk));
            assert!(
                !knows(&scene.world, scene.room, ada, former),
                "it stands beside its dead self"
            );
            assert_eq!(scene.world.connections(ada), 1);
            former = again;
        }
        let left = |event: &&Event| matches!(event, Event::RemoteLeft { code: Code::Replaced, .. });
        assert_eq!(scene.world.seen(ada).log.iter().filter(left).count(), 3);
        scene.world.expect_delivery(ada, scene.room, former, SECOND);
    }
}

#[test]
fn another_device_of_the_same_identity_takes_nobodys_place() {
    let (mut scene, bob, _) = with_bob(1);
    let ada = scene.tabs[0];
    let other = scene.world.add_disk();
    let phone = come(&mut scene, 7, Some(other));
    let private = come(&mut scene, 7, None);
    scene.world.run_for(SECOND * 60);
    for tab in [bob, phone, private] {
        assert!(scene.world.are_linked(ada, tab));
    }
}

#[test]
fn nobody_takes_the_place_of_another_identity() {
    let (mut scene, bob, _) = with_bob(1);
    let ada = scene.tabs[0];
    let heard = std::rc::Rc::new(std::cell::Cell::new([0; 16]));
    let said = heard.clone();
    // Bob's store is known to eve, and she says that she is a later start of it.
    scene.world.sabotage(
        bob,
        Saboteur::new(move |out| {
            if let Ok(LinkFrame::Start { store, .. }) = decode(out.bytes) {
                said.set(store);
            }
            vec![(out.channel, out.bytes.to_vec())]
        }),
    );
    let disk = scene.world.add_disk();
    let eve = scene.world.open(setup(scene.server, 9, Some(disk)));
    let told = std::rc::Rc::new(std::cell::Cell::new(0));
    let count = told.clone();
    scene.world.sabotage(
        eve,
        Saboteur::new(move |out| {
            let mut bytes = out.bytes.to_vec();
            if let Ok(LinkFrame::Start { .. }) = decode(out.bytes) {
                bytes = encode(&LinkFrame::Start { store: heard.get(), number: u64::MAX });
                count.set(count.get() + usize::from(heard.get() != [0; 16]));
            }
            vec![(out.channel, bytes)]
        }),
    );
    // A link that bob makes anew tells his store once more, where it can be heard.
    scene.world.isolate(&[bob], 1);
    scene.world.run_for(SECOND * 30);
    scene.world.isolate(&[bob], 0);
    scene.world.expect(SECOND * 30, "bob is back", |w| w.are_linked(ada, bob));
    scene.world.join(eve, scene.room);
    scene.world.expect(SECOND * 5, "eve is linked", |w| w.are_linked(ada, eve));
    scene.world.run_for(SECOND * 5);
    assert!(told.get() > 0, "eve has said nothing");
    assert!(scene.world.are_linked(ada, bob));
}

#[test]
fn links_wait_for_no_store_and_hear_of_the_start_later() {
    let (mut scene, bob, disk) = with_bob(1);
    let ada = scene.tabs[0];
    scene.world.kill(bob, true);
    // Nothing can be written for now, so nothing may be told.
    scene.world.disk(disk).is_full = true;
    let again = come(&mut scene, 7, Some(disk));
    scene.world.run_for(SECOND);
    assert!(scene.world.are_linked(ada, again));
    assert!(knows(&scene.world, scene.room, ada, bob));
    scene.world.expect(SECOND * 60, "it is missed", |w| !knows(w, scene.room, ada, bob));
}
