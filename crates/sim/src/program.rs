//! The simulator as a program: seeds in, a verdict out.

mod mesh;

use std::cell::Cell;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{fs, io, panic, thread};

use clap::Parser;
use lacis_sim::{
    Figures, HEAP_MAX, JUDGEMENTS_MAX, Options, Outcome, combined_hash, kept_seeds, plan, run,
    run_graph, run_hostile, run_split, run_time,
};
use serde_json::json;

const SUITES: [&str; 7] = ["churn", "foundation", "graph", "hostile", "mesh", "split", "time"];

/// Runs whole networks from seeds, with faults, and demands that they recover.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask sim")]
struct Arguments {
    /// How many seeds to run, beginning with 1; those kept in seeds.txt come before
    #[arg(long, default_value_t = 20)]
    seeds: u64,
    /// Run this seed only
    #[arg(long)]
    seed: Option<u64>,
    /// What to simulate
    #[arg(long, default_value = "foundation", value_parser = SUITES)]
    suite: String,
    /// With --suite mesh or churn: how many are in the room
    #[arg(long, default_value_t = 1_000)]
    nodes: usize,
    /// With --suite mesh: rounds in which one tells something
    #[arg(long, default_value_t = 20)]
    rounds: usize,
    /// With --suite mesh: how many tell something at once [default: so many that a million words
    /// are heard, 1000 at most]
    #[arg(long)]
    at_once: Option<usize>,
    /// With --suite mesh: which part of those in the room misbehaves, in each way
    #[arg(long, value_name = "PART")]
    hostile: Option<f64>,
    /// Print a closing JSON object
    #[arg(long)]
    json: bool,
    /// Things that happen in each run before the faults stop
    #[arg(long)]
    steps: Option<u32>,
    /// Print everything that happens; best with --seed
    #[arg(long)]
    trace: bool,
    /// Switch off one rule of groups at a time, and demand that it is noticed
    #[cfg(feature = "mutants")]
    #[arg(long)]
    mutants: bool,
    /// With --mutants: only this rule; may be given several times
    #[cfg(feature = "mutants")]
    #[arg(long, requires = "mutants", value_name = "NAME")]
    rule: Vec<String>,
    /// Switch off this rule, and fail where that is noticed
    #[cfg(feature = "mutants")]
    #[arg(long, hide = true)]
    mutant: Option<String>,
}

pub(crate) fn main() -> ExitCode {
    let arguments = Arguments::parse();
    #[cfg(feature = "mutants")]
    if let Some(rule) = &arguments.mutant {
        return crate::mutants::one(rule);
    }
    #[cfg(feature = "mutants")]
    if arguments.mutants {
        return crate::mutants::all(&arguments.rule, arguments.json);
    }
    if ["churn", "mesh"].contains(&arguments.suite.as_str()) {
        return mesh::main(&arguments);
    }
    let seeds = match arguments.seed {
        Some(seed) => vec![seed],
        None => plan(&arguments.suite, arguments.seeds),
    };
    let mut options = Options { trace: arguments.trace, ..Options::default() };
    options.steps = arguments.steps.unwrap_or(options.steps);
    tell_seed_at_panic(arguments.suite.clone());
    let outcomes = run_all(&seeds, options, &arguments.suite);
    let failures = outcomes.iter().filter(|outcome| outcome.failure.is_some()).count();
    let events: u64 = outcomes.iter().map(|outcome| outcome.events).sum();
    let figures = outcomes.iter().fold(Figures::default(), |all, one| all.and(one.figures));
    let (seeds, hash) = (outcomes.len(), combined_hash(&outcomes));
    if arguments.json {
        let mut report = json!({
            "seeds": seeds, "failures": failures, "events": events, "hash": hash,
        });
        tell_figures(&arguments.suite, figures, &mut report);
        println!("{report}");
    } else {
        println!("{seeds} seeds, {failures} failures, {events} events, hash {hash}");
    }
    if failures == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What a suite counts beside failures.
fn tell_figures(suite: &str, figures: Figures, report: &mut serde_json::Value) {
    if ["hostile", "time"].contains(&suite) {
        report["honest_records_lost"] = figures.honest_records_lost.into();
    }
    if suite == "hostile" {
        report["accepted_forgeries"] = figures.forgeries.into();
        report["reads_after_exclusion"] = figures.reads_after_exclusion.into();
        report["heap_bytes_max"] = figures.heap_bytes_max.into();
        report["heap_bytes_limit"] = HEAP_MAX.into();
        report["judgements_max"] = figures.judgements_max.into();
        report["judgements_limit"] = JUDGEMENTS_MAX.into();
    }
    if suite == "split" {
        report["linked_ms_max"] = figures.linked_ms_max.into();
        report["known_ms_max"] = figures.known_ms_max.into();
        report["equal_ms_max"] = figures.equal_ms_max.into();
    }
}

fn run_one(suite: &str, seed: u64, options: Options) -> Outcome {
    match suite {
        "graph" => run_graph(seed, options),
        "hostile" => run_hostile(seed, options),
        "split" => run_split(seed, options),
        "time" => run_time(seed, options),
        _ => run(seed, options),
    }
}

/// Runs all seeds, one at a time on each processor; what comes out is in the order of the seeds.
fn run_all(seeds: &[u64], options: Options, suite: &str) -> Vec<Outcome> {
    let threads =
        if options.trace { 1 } else { thread::available_parallelism().map_or(1, Into::into) };
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(&seed) = seeds.get(next.fetch_add(1, Ordering::Relaxed)) {
                    SEED.set(seed);
                    let outcome = run_one(suite, seed, options);
                    if let Some(sentence) = &outcome.failure {
                        report(suite, seed, sentence, outcome.state.as_deref());
                    }
                    if let Ok(mut done) = done.lock() {
                        done.push(outcome);
                    }
                }
            });
        }
    });
    let mut outcomes = done.into_inner().unwrap_or_default();
    let place = |seed: u64| seeds.iter().position(|known| *known == seed);
    outcomes.sort_by_key(|outcome| place(outcome.seed));
    outcomes
}

thread_local! {
    static SEED: Cell<u64> = const { Cell::new(0) };
}

/// A panic ends the program; which seed it was must not be lost with it.
fn tell_seed_at_panic(suite: String) {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        usual(info);
        report(&suite, SEED.get(), "the node or the simulator panicked", None);
    }));
}

/// Says what is wrong and how to see it again, and keeps the seed.
fn report(suite: &str, seed: u64, sentence: &str, state: Option<&str>) {
    let mut text = format!(
        "\nseed {seed} failed: {sentence}\n\
         replay it with: cargo xtask sim --suite {suite} --seed {seed} --trace\n"
    );
    text.push_str(state.unwrap_or_default());
    // One write, so that threads do not mix their lines.
    let _ = io::stderr().write_all(text.as_bytes());
    if let Err(error) = keep(suite, seed) {
        eprintln!("the seed could not be kept: {error}");
    }
}

/// Appends a seed to the file of those that are run first, unless it is there.
fn keep(suite: &str, seed: u64) -> io::Result<()> {
    let path = kept_path();
    let text = fs::read_to_string(&path)?;
    if kept_seeds(suite, &text).contains(&seed) {
        return Ok(());
    }
    let mut file = fs::OpenOptions::new().append(true).open(&path)?;
    writeln!(file, "{suite} {seed}")
}

fn kept_path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds.txt")
}
