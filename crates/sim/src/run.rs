//! One seed, one run: a world is put up, faults and work come at random, then the faults stop and
//! everything must recover.

mod calm;
mod mischief;
mod setup;
mod work;

use std::time::Duration;

use crate::ids::TabId;
use crate::random::Random;
use crate::world::{Mail, World};
use mischief::Undo;

/// How a seed is run.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Things that happen before the faults stop.
    pub steps: u32,
    /// Whether everything that happens is printed.
    pub trace: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { steps: STEPS, trace: false }
    }
}

/// What became of a run.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The seed.
    pub seed: u64,
    /// A sentence that says what is wrong, if anything.
    pub failure: Option<String>,
    /// Inputs that nodes handled.
    pub events: u64,
    /// The hash over everything that nodes put out.
    pub hash: [u8; 32],
    /// How long it took by the world's own clock.
    pub time: Duration,
    /// The state of all nodes when it failed, for people who read it.
    pub state: Option<String>,
    /// What is counted besides.
    pub figures: Figures,
}

/// What a run of a group counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Forged or forbidden copies that an honest member took; only a run with liars counts them.
    pub forgeries: u64,
    /// Bodies that somebody who was shut out can open although whoever sealed them knew.
    pub reads_after_exclusion: u64,
    /// Records of honest members that were reported stored and are not there in the end.
    pub honest_records_lost: u64,
    /// The most bytes that an honest node held for its group.
    pub heap_bytes_max: u64,
    /// The most judgements to which one input of an honest node led.
    pub judgements_max: u64,
    /// After the last fault: the longest time until no islands were left, in milliseconds.
    pub linked_ms_max: u64,
    /// The same until everybody had heard of everybody.
    pub known_ms_max: u64,
    /// The same until all held the same.
    pub equal_ms_max: u64,
}

impl Figures {
    /// Those of several runs: sums, and of what has a limit the greatest.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            forgeries: self.forgeries + other.forgeries,
            reads_after_exclusion: self.reads_after_exclusion + other.reads_after_exclusion,
            honest_records_lost: self.honest_records_lost + other.honest_records_lost,
            heap_bytes_max: self.heap_bytes_max.max(other.heap_bytes_max),
            judgements_max: self.judgements_max.max(other.judgements_max),
            linked_ms_max: self.linked_ms_max.max(other.linked_ms_max),
            known_ms_max: self.known_ms_max.max(other.known_ms_max),
            equal_ms_max: self.equal_ms_max.max(other.equal_ms_max),
        }
    }
}

/// Runs one seed.
#[must_use]
pub fn run(seed: u64, options: Options) -> Outcome {
    let mut run = Run {
        world: World::new(seed),
        random: Random::new(seed, "run"),
        undo: Vec::new(),
        islands: 0,
    };
    run.world.trace = options.trace;
    let failure = run.go(options).err();
    Outcome {
        seed,
        events: run.world.events(),
        hash: run.world.hash(),
        time: run.world.now(),
        state: failure.is_some().then(|| run.world.describe()),
        failure,
        figures: Figures::default(),
    }
}

/// A run under way.
#[derive(Debug)]
struct Run {
    world: World,
    random: Random,
    /// Faults that end by themselves.
    undo: Vec<(Duration, Undo)>,
    islands: u8,
}

impl Run {
    fn go(&mut self, options: Options) -> Result<(), String> {
        self.set_up();
        for _ in 0..options.steps {
            let pause = self.random.millis(50, 2_500);
            self.world.run_for(pause);
            self.sound()?;
            self.undo_due();
            if self.random.chance(200) {
                self.mischief();
            } else {
                for _ in 0..self.random.between(1, 5) {
                    self.work();
                }
            }
            self.sound()?;
        }
        self.undo.clear();
        self.world.heal();
        self.calm()?;
        self.talk()?;
        self.close()
    }

    /// Whether no checker has found anything.
    fn sound(&self) -> Result<(), String> {
        self.world.violation().map_or(Ok(()), |sentence| Err(sentence.to_owned()))
    }

    /// Everything recovers within some time.
    fn calm(&mut self) -> Result<(), String> {
        let calm = self.world.run_until(CALM, |world| calm::is_calm(world).is_ok());
        self.sound()?;
        match calm::is_calm(&self.world) {
            Err(sentence) if !calm => Err(format!("{CALM:?} after all faults ended {sentence}")),
            _ => Ok(()),
        }
    }

    /// New messages flow between all who share a room.
    fn talk(&mut self) -> Result<(), String> {
        let living = self.world.living();
        let mut sent = Vec::new();
        for &from in &living {
            for room in self.world.rooms_of(from) {
                let members = living.iter().filter(|to| **to != from);
                let members: Vec<TabId> = members
                    .filter(|to| self.world.rooms_of(**to).contains(&room))
                    .copied()
                    .collect();
                for to in members {
                    match self.world.send(from, room, to, Mail::delivered(64)) {
                        Ok(ticket) => sent.push((from, to, ticket)),
                        Err(error) => {
                            return Err(format!("tab {} cannot send: {error}", from.0));
                        }
                    }
                }
            }
        }
        let missing = |world: &World| {
            let is_missing = |(from, _, ticket): &&(TabId, TabId, u32)| {
                world.outcome(*from, *ticket) != Some(Ok(()))
            };
            sent.iter().find(is_missing).copied()
        };
        let all = self.world.run_until(TALK, |world| missing(world).is_none());
        self.sound()?;
        match missing(&self.world) {
            Some((from, to, ticket)) if !all => {
                let outcome = self.world.outcome(from, ticket);
                let (from, to) = (from.0, to.0);
                Err(format!("a message from tab {from} to tab {to} ended as {outcome:?} at peace"))
            }
            _ => Ok(()),
        }
    }

    /// All leave, and nothing is left open.
    fn close(&mut self) -> Result<(), String> {
        for tab in self.world.living() {
            self.world.close(tab);
        }
        self.world.run_for(Duration::from_secs(2));
        self.sound()?;
        let open = self.world.truth.promises.iter().find(|((tab, _), promise)| {
            promise.settled.is_none() && self.world.truth.is_alive(*tab)
        });
        match open {
            Some((key, promise)) => Err(format!("after closing, {key:?} is open: {promise:?}")),
            None => Ok(()),
        }
    }
}

/// Enough for every kind of fault to meet every kind of work.
const STEPS: u32 = 60;

/// The time for everything to recover. A member is looked for up to 45 s, a redial waits up to
/// 30 s, and who gave each other up meet again at the next join, 40 s later at most.
const CALM: Duration = Duration::from_secs(150);

/// The time for a message to reach a member that is linked, over a bad line and back.
const TALK: Duration = Duration::from_secs(20);
