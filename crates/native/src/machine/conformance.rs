//! What every platform does for its nodes, a machine does too: with real packets, and a real file.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use lacis_core::{Config, Node};
use lacis_driver::conformance::{Harness, Logged, Side};
use tokio::sync::mpsc::unbounded_channel;
use tokio::task::LocalSet;

use super::{Machine, Parts, Woken};
use crate::clock::Clock;
use crate::port::Port;
use crate::store::Store;

/// Two machines in one process.
pub(super) struct Two {
    pub(super) machines: [Machine; 2],
    /// What was taken from a machine, so that it cannot do something.
    ports: [Option<Port>; 2],
    stores: [Option<Store>; 2],
    files: [PathBuf; 2],
}

impl Two {
    pub(super) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let files = [(); 2].map(|()| {
            let number = COUNT.fetch_add(1, Ordering::Relaxed);
            let name = format!("lacis-native-{}-{number}", std::process::id());
            let path = std::env::temp_dir().join(name);
            let _ = std::fs::remove_file(&path);
            path
        });
        let machine = |file: &PathBuf| {
            let clock = Clock::new(0);
            let mut seed = [0; 32];
            getrandom::fill(&mut seed).unwrap();
            let config = Config { wall: clock.wall(), store: true, ..Config::default() };
            let node = Node::new(config, seed, clock.now()).unwrap();
            let (answers, from_store) = unbounded_channel();
            let store = Some(Store::open(file, answers).unwrap());
            let port = Some(Port::bind(None, true).unwrap());
            let mut machine =
                Machine::new(node, Parts { clock, port, outside: Vec::new(), store, from_store });
            machine.with(|_, _| ());
            machine
        };
        let [first, second] = &files;
        let machines = [machine(first), machine(second)];
        Self { machines, ports: [None, None], stores: [None, None], files }
    }

    /// Waits until the nodes have read what they read when they start.
    pub(super) async fn begin(&mut self) {
        for machine in &mut self.machines {
            let woken = machine.from_store.recv().await.unwrap();
            machine.wake(Woken::Store(woken.0, woken.1));
        }
        self.pass(Duration::from_millis(50)).await;
        for machine in &mut self.machines {
            machine.log.clear();
        }
    }

    async fn woken(&mut self) -> (Side, Woken) {
        let [first, second] = &mut self.machines;
        tokio::select! {
            woken = first.wait() => (0, woken),
            woken = second.wait() => (1, woken),
        }
    }
}

impl Drop for Two {
    fn drop(&mut self) {
        for file in &self.files {
            let _ = std::fs::remove_file(file);
        }
    }
}

impl Harness for Two {
    type Platform<'a> = &'a mut Machine;

    fn platform(&mut self, side: Side) -> &mut Machine {
        &mut self.machines[side]
    }

    fn log(&mut self, side: Side) -> Vec<Logged> {
        std::mem::take(&mut self.machines[side].log)
    }

    async fn pass(&mut self, time: Duration) {
        let end = tokio::time::Instant::now() + time;
        for machine in &mut self.machines {
            machine.settle();
        }
        while let Ok((side, woken)) = tokio::time::timeout_at(end, self.woken()).await {
            self.machines[side].wake(woken);
        }
    }

    /// As where no port can be bound.
    fn refuse_connections(&mut self, side: Side, _: bool) {
        std::mem::swap(&mut self.machines[side].port, &mut self.ports[side]);
    }

    /// As where the store is gone.
    fn fail_store(&mut self, side: Side, _: bool) {
        std::mem::swap(&mut self.machines[side].store, &mut self.stores[side]);
    }

    fn move_wall(&mut self, side: Side, ahead: i64) {
        self.machines[side].clock.offset += ahead;
    }

    fn dead_address(&self) -> String {
        "ws://127.0.0.1:1/ws".into()
    }
}

pub(super) fn run(scenario: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    LocalSet::new().block_on(&runtime, scenario);
}

macro_rules! each {
    ($name:ident) => {
        #[test]
        fn $name() {
            run(async {
                let mut two = Two::new();
                two.begin().await;
                lacis_driver::conformance::$name(&mut two).await;
            });
        }
    };
}

lacis_driver::scenarios!(each);
lacis_driver::store_scenarios!(each);
