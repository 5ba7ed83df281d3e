//! What every platform does for its nodes, the world does too.

use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use lacis_driver::conformance::{Harness, Logged, Side};

use super::World;
use super::hands::Hands;
use crate::ids::TabId;
use crate::tab::TabSetup;

/// A world with two tabs.
#[derive(Debug)]
struct Tabs(World);

impl Tabs {
    fn new() -> Self {
        let mut world = World::scenario(1);
        world.signaling.is_punctual = true;
        for _ in 0..2 {
            let disk = Some(world.add_disk());
            world.open(TabSetup { disk, ..TabSetup::default() });
        }
        world.run_for(Duration::from_secs(1));
        world.logs = [0, 1].map(|side| (TabId(side), Vec::new())).into();
        Self(world)
    }
}

impl Harness for Tabs {
    type Platform<'a> = Hands<'a>;

    fn platform(&mut self, side: Side) -> Hands<'_> {
        self.0.hands(TabId(side))
    }

    fn log(&mut self, side: Side) -> Vec<Logged> {
        self.0.logs.get_mut(&TabId(side)).map(std::mem::take).unwrap_or_default()
    }

    async fn pass(&mut self, time: Duration) {
        self.0.run_for(time);
    }

    fn refuse_connections(&mut self, side: Side, refuse: bool) {
        self.0.rtc.block(TabId(side), refuse);
    }

    fn fail_store(&mut self, side: Side, fail: bool) {
        self.0.disks[side].is_full = fail;
    }

    fn move_wall(&mut self, side: Side, ahead: i64) {
        self.0.tabs[side].wall_error += ahead;
    }

    fn dead_address(&self) -> String {
        "ws://nowhere/ws".into()
    }
}

/// In virtual time nothing is ever waited for.
fn run(scenario: impl Future<Output = ()>) {
    let mut context = Context::from_waker(Waker::noop());
    assert_eq!(pin!(scenario).poll(&mut context), Poll::Ready(()));
}

macro_rules! each {
    ($name:ident) => {
        #[test]
        fn $name() {
            run(lacis_driver::conformance::$name(&mut Tabs::new()));
        }
    };
}

lacis_driver::scenarios!(each);
lacis_driver::store_scenarios!(each);
