//! A whole Lacis network in one process, from one seed, in virtual time.
//!
//! A [`World`] holds tabs with real nodes in them, real hubs, and models of what lies between: a
//! network, sockets and `RTCPeerConnection`s. Nothing in it uses real time, threads or randomness
//! other than its seed, so a run can be repeated exactly, natively and in Wasm. Checkers look at
//! every output of every node; a violation stops the world with a sentence that says what is wrong.
//!
//! [`run()`] makes a world from a seed, with random faults and a random workload, and demands at
//! its end that everything has recovered. Scenarios in `tests` put up a world by hand:
//!
//! ```
//! use std::time::Duration;
//! use lacis_sim::{TabSetup, World};
//!
//! let mut world = World::scenario(1);
//! let server = world.add_server();
//! let room = world.add_room(&[server]);
//! let ada = world.open(TabSetup::at(&[server]));
//! let bob = world.open(TabSetup::at(&[server]));
//! world.join(ada, room);
//! world.join(bob, room);
//! world.expect(Duration::from_secs(5), "they are linked", |world| world.are_linked(ada, bob));
//! ```

// Tests by this name are scenarios of `directed` too.
extern crate self as lacis_sim;

mod app;
mod checks;
pub mod content;
// Not twice: its scenarios are tests elsewhere.
#[cfg(not(test))]
pub mod directed;
mod disk;
mod fabric;
mod fingerprint;
pub mod fuzzing;
mod graph_run;
mod happening;
mod ids;
pub mod insider;
pub mod liar;
mod mesh_run;
mod network;
mod random;
mod rtc;
mod run;
mod saboteur;
mod seeds;
mod signaling;
mod split_run;
mod tab;
mod tally;
mod truth;
mod world;

pub use app::{Manners, Requests};
pub use disk::{Disk, DiskId};
pub use fabric::Fabric;
pub use graph_run::{HEAP_MAX, JUDGEMENTS_MAX, run_graph, run_hostile, run_time};
pub use ids::{ServerId, TabId};
pub use mesh_run::{
    ChurnFigures, MeshFigures, MeshOptions, Misdeed, Spread, Tree, run_churn, run_hostile_mesh,
    run_mesh,
};
pub use network::{Access, Network};
pub use random::Random;
pub use rtc::Browser;
pub use run::{Figures, Options, Outcome, run};
pub use saboteur::{Outgoing, Saboteur, Sent};
pub use seeds::{combined_hash, kept_seeds, plan};
pub use signaling::{Meddler, Passing, Way};
pub use split_run::run_split;
pub use tab::{Seen, TabSetup};
pub use truth::{Being, FileFacts, Hindrance, Letter, LetterKind, Promise, Purpose, Truth};
pub use world::{Mail, Pairing, Scene, World, group_properties, invitation_for, kind};
