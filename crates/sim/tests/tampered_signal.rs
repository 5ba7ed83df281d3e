//! A server without the key of the room changes, redirects and invents sealed payloads.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use lacis_core::Event;
use lacis_sim::{Scene, TabId, World, liar};
use lacis_wire::{Code, NodeId};

fn warned(world: &World, tab: TabId) -> usize {
    let is_warning =
        |event: &&Event| matches!(event, Event::Warning { code: Code::SignalTampered, .. });
    world.seen(tab).log.iter().filter(is_warning).count()
}

#[test]
fn a_changed_payload_is_named_as_the_reason_and_nothing_else_happens() {
    let mut scene = Scene::<2>::joined(1);
    let [ada, bob] = scene.tabs;
    let world = &mut scene.world;
    let lies = Rc::new(Cell::new(true));
    let still = Rc::clone(&lies);
    world.meddle(liar::rewrite_payloads(move |_, _, mut payload| {
        if still.get() {
            let last = payload.len() - 1;
            payload[last] ^= 1;
        }
        vec![payload]
    }));
    world.expect(Duration::from_secs(10), "the offer is given up", |w| {
        !w.failures(ada, bob).is_empty() || !w.failures(bob, ada).is_empty()
    });
    assert!(warned(world, ada) + warned(world, bob) > 0);
    assert!(!world.is_encrypted(ada, bob));
    lies.set(false);
    world.expect(Duration::from_secs(60), "they link once it stops", |w| w.are_linked(ada, bob));
}

#[test]
fn a_warning_comes_once_an_attempt_and_not_with_every_payload() {
    let mut scene = Scene::<2>::linked(1);
    let [ada, _] = scene.tabs;
    let world = &mut scene.world;
    world.meddle(liar::rewrite_payloads(|_, _, mut payload| {
        let last = payload.len() - 1;
        payload[last] ^= 1;
        vec![payload; 50]
    }));
    world.isolate(&[ada], 1);
    world.run_for(Duration::from_secs(12));
    assert!((1..5).contains(&warned(world, ada)), "{} warnings", warned(world, ada));
}

#[test]
fn a_payload_in_a_wrong_name_or_out_of_nothing_is_ignored() {
    let mut scene = Scene::<3>::linked(1);
    let [ada, bob, eve] = scene.tabs;
    let world = &mut scene.world;
    let [from_ada, from_bob] = [ada, bob].map(|tab| world.node_id(tab));
    world.meddle(Box::new(move |passing| {
        use lacis_wire::codec::{decode, encode};
        use lacis_wire::signal::ServerFrame;
        let Ok(ServerFrame::Deliver { from, payload }) = decode(passing.bytes) else {
            return vec![passing.bytes.to_vec()];
        };
        let other = if from == from_ada { from_bob } else { from_ada };
        let frames = [
            ServerFrame::Deliver { from: other, payload },
            ServerFrame::Deliver { from: NodeId([9; 16]), payload: &[0; 200] },
            ServerFrame::Deliver { from, payload: &[] },
            ServerFrame::Deliver { from, payload },
        ];
        frames.iter().map(encode).collect()
    }));
    world.isolate(&[eve], 1);
    world.run_for(Duration::from_secs(12));
    world.isolate(&[eve], 0);
    world.expect(Duration::from_secs(20), "all are linked", |w| w.all_linked(&[ada, bob, eve]));
    world.expect_delivery(eve, scene.room, ada, Duration::from_secs(2));
}
