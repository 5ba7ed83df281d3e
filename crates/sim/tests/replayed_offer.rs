//! A server plays an offer again.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use lacis_sim::{Scene, liar};
use lacis_wire::setup::Setup;

#[test]
fn an_offer_that_comes_twice_makes_one_connection() {
    for seed in 0..10 {
        let mut scene = Scene::<2>::joined(seed);
        let [ada, bob] = scene.tabs;
        let world = &mut scene.world;
        world.meddle(liar::rewrite_payloads(|_, _, payload| vec![payload.clone(), payload]));
        world.expect(Duration::from_secs(2), "they are linked", |w| w.are_linked(ada, bob));
        world.run_for(Duration::from_secs(20));
        assert_eq!((world.links(ada).len(), world.links(bob).len()), (1, 1));
        assert_eq!(world.failures(ada, bob), []);
    }
}

#[test]
fn everything_played_again_later_disturbs_no_link() {
    let mut scene = Scene::<2>::joined(1);
    let [ada, bob] = scene.tabs;
    let world = &mut scene.world;
    // All that was ever delivered comes again before each payload.
    let heard: Rc<RefCell<BTreeMap<_, Vec<Vec<u8>>>>> = Rc::default();
    world.meddle(liar::rewrite_payloads(move |from, to, payload| {
        let mut heard = heard.borrow_mut();
        let before = heard.entry((from, to)).or_default();
        before.push(payload);
        before.clone()
    }));
    world.expect(Duration::from_secs(2), "they are linked", |w| w.are_linked(ada, bob));
    for _ in 0..3 {
        world.isolate(&[ada], 1);
        world.run_for(Duration::from_secs(12));
        world.isolate(&[ada], 0);
        world.expect(Duration::from_secs(20), "it is repaired", |w| w.are_linked(ada, bob));
        world.run_for(Duration::from_secs(5));
        assert_eq!((world.connections(ada), world.connections(bob)), (1, 1));
        world.expect_delivery(ada, scene.room, bob, Duration::from_secs(2));
    }
}

#[test]
fn an_offer_that_was_forgotten_costs_one_attempt_and_no_more() {
    let mut scene = Scene::<2>::linked(1);
    let [ada, bob] = scene.tabs;
    let world = &mut scene.world;
    let keys = world.room_link(scene.room).keys();
    // The same offer under another number is what a forgotten one looks like.
    let mut next = 0;
    world.meddle(liar::rewrite_setups(keys, move |_, _, setup| {
        let mut all = vec![setup.clone()];
        if let Setup::Offer { introduction, versions, description, .. } = setup {
            next += 1;
            let attempt = lacis_wire::AttemptId(next);
            all.insert(
                0,
                Setup::Offer { attempt, introduction, versions, description, newcomer: None },
            );
        }
        all
    }));
    world.isolate(&[ada], 1);
    world.run_for(Duration::from_secs(30));
    world.isolate(&[ada], 0);
    world.expect(Duration::from_secs(40), "they are linked again", |w| w.are_linked(ada, bob));
    world.run_for(Duration::from_secs(20));
    assert_eq!((world.connections(ada), world.connections(bob)), (1, 1));
    world.expect_delivery(bob, scene.room, ada, Duration::from_secs(2));
}
