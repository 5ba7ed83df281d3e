//! One seed, one run of a group: twelve people write, change, delete, invite, revoke and crash, on
//! a bad network and by wrong clocks. In the end all hold the same, and nothing that was reported
//! stored is lost.

mod faults;
mod hostile;
mod liar;
mod noise;
mod people;
mod time;
mod verdict;
mod work;

pub use hostile::{HEAP_MAX, JUDGEMENTS_MAX, run_hostile};
pub use time::run_time;
pub(crate) use verdict::copies;

use std::time::Duration;

use lacis_core::Ticket;
use lacis_wire::{Millis, RecordId, Roles};

use crate::ids::{ServerId, TabId};
use crate::random::Random;
use crate::run::{Figures, Options, Outcome};
use crate::world::World;
use faults::Undo;
use people::Person;

/// Runs one seed.
#[must_use]
pub fn run_graph(seed: u64, options: Options) -> Outcome {
    let mut run = GraphRun::new(seed, options.trace, "graph");
    let failure = run.go(options.steps).err();
    run.outcome(seed, failure)
}

/// A run under way.
#[derive(Debug)]
struct GraphRun {
    world: World,
    random: Random,
    server: ServerId,
    /// The first one founded the group.
    people: Vec<Person>,
    written: Vec<Written>,
    /// Faults that end by themselves.
    undo: Vec<(Duration, Undo)>,
    islands: u8,
    /// Whether records may come to stand under other ids: their authors' clocks were ahead.
    may_move: bool,
}

/// Something that one asked to have stored.
#[derive(Clone, Copy, Debug)]
struct Written {
    person: usize,
    tab: TabId,
    ticket: Ticket,
    id: RecordId,
    version: u64,
    /// Whether it ends by itself.
    is_brief: bool,
    /// When it ends, if it was made to.
    expires: Option<Millis>,
}

/// People in the group.
const PEOPLE: usize = 12;

/// The time for everybody to be linked again, to compare what they hold, and for what is brief to
/// end: by clocks that differ by minutes it does not do so at once everywhere.
const CALM: Duration = Duration::from_secs(1_200);

impl GraphRun {
    fn new(seed: u64, trace: bool, purpose: &str) -> Self {
        let mut world = World::new(seed);
        world.trace = trace;
        let server = world.add_server();
        Self {
            world,
            random: Random::new(seed, purpose),
            server,
            people: Vec::new(),
            written: Vec::new(),
            undo: Vec::new(),
            islands: 0,
            may_move: false,
        }
    }

    fn outcome(&self, seed: u64, failure: Option<String>) -> Outcome {
        Outcome {
            seed,
            events: self.world.events(),
            hash: self.world.hash(),
            time: self.world.now(),
            state: failure.is_some().then(|| self.describe()),
            failure,
            figures: Figures::default(),
        }
    }

    fn go(&mut self, steps: u32) -> Result<(), String> {
        self.gather()?;
        for _ in 0..steps {
            let pause = self.random.millis(50, 4_000);
            self.world.run_for(pause);
            self.sound()?;
            self.undo_due();
            if self.random.chance(250) {
                self.fault()?;
            } else {
                for _ in 0..self.random.between(1, 4) {
                    self.work()?;
                }
            }
            self.sound()?;
        }
        self.undo.clear();
        self.world.heal();
        for person in 0..self.people.len() {
            self.bring_back(person)?;
        }
        self.end_equal()?;
        self.nothing_is_lost()?;
        self.stores_are_equal()
    }

    /// Whether no checker has found anything.
    fn sound(&self) -> Result<(), String> {
        self.world.violation().map_or(Ok(()), |sentence| Err(sentence.to_owned()))
    }

    /// The founder, and those who will come.
    fn gather(&mut self) -> Result<(), String> {
        for number in 0..PEOPLE {
            let person = self.new_person(number);
            self.people.push(person);
        }
        self.found()?;
        for person in 1..PEOPLE {
            let roles = match person {
                1 => Roles::ADMIN,
                2 => Roles::INVITER,
                _ => Roles::MEMBER,
            };
            self.invite(0, person, roles, None)?;
        }
        Ok(())
    }

    fn describe(&self) -> String {
        let mut text = String::new();
        for (number, person) in self.people.iter().enumerate() {
            text.push_str(&format!("person {number}: {person}\n"));
        }
        text
    }
}
