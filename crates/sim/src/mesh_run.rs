//! A room of hundreds or thousands: what it costs to tell all something, and how far it travels.
//!
//! The measures are those of the simulator of iroh-gossip, so that they compare: payloads for each
//! delivery less one, hops of the last delivery, and deliveries that are missed, over rounds in
//! which one and the same tells something, or another each time, or all at once.

mod churn;
mod crowd;
mod hostile;
mod tree;

pub use churn::{ChurnFigures, run_churn};
pub use hostile::{Misdeed, run_hostile_mesh};
pub use tree::Tree;

use crowd::Crowd;

/// How large a room is put up, and how long it is looked at.
#[derive(Clone, Copy, Debug, Default)]
pub struct MeshOptions {
    /// Where all chance comes from.
    pub seed: u64,
    /// How many are in the room.
    pub nodes: usize,
    /// Rounds of each sort in which one tells something.
    pub rounds: usize,
    /// Of those who tell something at once, the most.
    pub at_once: usize,
    /// For how long it is waited until all is calm, and how long it is then looked at, in seconds.
    pub calm_s: u32,
    /// Whether the end of every phase is told.
    pub is_told: bool,
}

/// What telling cost.
#[derive(Clone, Copy, Debug, Default)]
pub struct Spread {
    /// Payloads for each delivery, less one, over all rounds.
    pub redundancy: f64,
    /// The hops of the last delivery: of a hundred rounds one has more.
    pub last_hop_p99: u16,
    /// Deliveries.
    pub heard: u64,
    /// Deliveries that should have been and were not.
    pub missed: u64,
    /// How long the longest round took, in milliseconds.
    pub slowest_ms: u64,
}

/// What was measured.
#[derive(Clone, Debug, Default)]
pub struct MeshFigures {
    /// The most connections that anybody held at any time.
    pub max_links: usize,
    /// Nodes without any link when all had come and it was calm.
    pub alone: usize,
    /// What the first word cost, for which no way is known yet.
    pub first: Spread,
    /// One tells something each round.
    pub single: Spread,
    /// Another one each round.
    pub many: Spread,
    /// All at once.
    pub all: Spread,
    /// The tree that words took in the end, before all spoke at once.
    pub tree: Tree,
    /// Bytes on the lines for each node in a minute in which nobody tells anything, to servers and
    /// back too.
    pub bytes_per_node_per_min_idle: u64,
    /// Inputs that nodes handled.
    pub events: u64,
    /// What no checker may find.
    pub failure: Option<String>,
}

/// Puts a room up and measures.
#[must_use]
pub fn run_mesh(options: MeshOptions) -> MeshFigures {
    let mut run = Crowd::new(options);
    run.gather();
    run.calm(options.calm_s);
    let mut figures = MeshFigures { alone: run.alone(), ..MeshFigures::default() };
    run.tell("all are in");
    figures.bytes_per_node_per_min_idle = run.idle();
    run.tell("it was quiet");
    let one = run.any();
    figures.first = run.rounds(1, |_| vec![one]);
    figures.single = run.rounds(options.rounds, |_| vec![one]);
    run.tell("one has spoken");
    figures.many = run.rounds(options.rounds, |run| vec![run.any()]);
    run.tell("many have spoken");
    figures.tree = run.tree();
    let all = run.living().iter().take(options.at_once).copied().collect::<Vec<_>>();
    figures.all = run.rounds(1, |_| all.clone());
    run.tell("all have spoken");
    figures.max_links = run.max_links;
    figures.events = run.world.events();
    figures.failure = run.world.violation().map(str::to_owned);
    figures
}
