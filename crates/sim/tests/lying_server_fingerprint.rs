//! A server that knows the key of the room changes a certificate fingerprint on its way.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use lacis_sim::{Scene, World, liar};
use lacis_wire::Code;
use lacis_wire::limits::ATTEMPT_DEADLINE;
use lacis_wire::setup::Setup;

/// Both ends give the attempt up for that reason in time, and nothing of any application passed.
fn expect_refusal<const N: usize>(mut scene: Scene<N>) {
    let [ada, bob] = [scene.tabs[0], scene.tabs[1]];
    let world = &mut scene.world;
    let refused = |world: &World| {
        !world.failures(ada, bob).is_empty() && !world.failures(bob, ada).is_empty()
    };
    world.expect(Duration::from_secs(10), "both gave up", refused);
    world.run_for(Duration::from_secs(60));
    for (one, two) in [(ada, bob), (bob, ada)] {
        let codes = world.failures(one, two);
        assert!(codes.iter().all(|code| *code == Code::FingerprintMismatch), "{codes:?}");
        assert!(!world.has_heard(one, two));
        assert!(!world.is_encrypted(one, two), "a connection stood");
    }
}

#[test]
fn a_fingerprint_changed_in_the_offer_is_noticed() {
    for seed in 0..5 {
        let mut scene = Scene::<2>::joined(seed);
        let keys = scene.world.room_link(scene.room).keys();
        scene.world.meddle(liar::rewrite_setups(keys, |_, _, mut setup| {
            if let Setup::Offer { description, .. } = &mut setup {
                description.fingerprint[7] ^= 1;
            }
            vec![setup]
        }));
        expect_refusal(scene);
    }
}

#[test]
fn a_fingerprint_changed_in_the_answer_is_noticed() {
    for seed in 0..5 {
        let mut scene = Scene::<2>::joined(seed);
        let keys = scene.world.room_link(scene.room).keys();
        scene.world.meddle(liar::rewrite_setups(keys, |_, _, mut setup| {
            if let Setup::Answer { description, .. } = &mut setup {
                description.fingerprint = [0x55; 32];
            }
            vec![setup]
        }));
        expect_refusal(scene);
    }
}

#[test]
fn fingerprints_changed_in_both_are_noticed() {
    let mut scene = Scene::<2>::joined(1);
    let keys = scene.world.room_link(scene.room).keys();
    scene.world.meddle(liar::rewrite_setups(keys, |_, _, mut setup| {
        if let Setup::Offer { description, .. } | Setup::Answer { description, .. } = &mut setup {
            description.fingerprint = [0x55; 32];
        }
        vec![setup]
    }));
    expect_refusal(scene);
}

#[test]
fn the_other_side_gives_up_in_time_even_if_it_is_not_told() {
    let mut scene = Scene::<2>::joined(1);
    let [ada, bob] = scene.tabs;
    let world = &mut scene.world;
    let keys = world.room_link(scene.room).keys();
    world.meddle(liar::rewrite_setups(keys, |_, _, mut setup| match &mut setup {
        Setup::Refuse { .. } => Vec::new(),
        Setup::Offer { description, .. } => {
            description.fingerprint[7] ^= 1;
            vec![setup]
        }
        _ => vec![setup],
    }));
    // What was noticed is tried again for some seconds; the other side waits for the last attempt.
    world.expect(ATTEMPT_DEADLINE + Duration::from_secs(4), "both gave up", |world| {
        !world.failures(ada, bob).is_empty() && !world.failures(bob, ada).is_empty()
    });
    assert!(!world.has_heard(ada, bob) && !world.has_heard(bob, ada));
}

#[test]
fn a_fingerprint_changed_in_a_restart_is_ignored() {
    let mut scene = Scene::<2>::linked(1);
    let [ada, bob] = scene.tabs;
    let world = &mut scene.world;
    let keys = world.room_link(scene.room).keys();
    let restarts = Rc::new(Cell::new(0));
    let seen = Rc::clone(&restarts);
    world.meddle(liar::rewrite_setups(keys, move |_, _, mut setup| {
        if let Setup::Restart { description, .. } = &mut setup {
            description.fingerprint[0] ^= 1;
            seen.set(seen.get() + 1);
        }
        vec![setup]
    }));
    world.isolate(&[ada], 1);
    world.run_for(Duration::from_secs(10));
    world.isolate(&[ada], 0);
    world.expect(Duration::from_secs(20), "they are linked again", |w| w.are_linked(ada, bob));
    assert!(restarts.get() > 0);
    world.expect_delivery(ada, scene.room, bob, Duration::from_secs(2));
}
