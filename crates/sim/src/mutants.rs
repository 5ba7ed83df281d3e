//! Switches off one rule of groups at a time, and demands that it is noticed.
//!
//! Each rule is looked for by a process of its own, since a rule that does not hold may end one by
//! a panic. What finds it first ends it: directed scenarios, which take milliseconds, then some
//! seeds of the suites `time` and `hostile`.

use std::io::Write;
use std::process::{Command, ExitCode, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use std::{env, io, thread};

use lacis_core::Rule;
use lacis_sim::directed::SCENARIOS;
use lacis_sim::{Options, run_hostile, run_time};
use serde_json::json;

/// Seeds of `time` until a rule is given up, after one of `hostile`.
const SEEDS: u64 = 2;

/// A process that takes longer than this hangs, and that is noticed too.
const PATIENCE: Duration = Duration::from_secs(60);

/// How a rule was found, or nothing.
type Found = (&'static str, Option<String>);

/// Runs all of them, or those that are named, and the build in which every rule holds.
pub(crate) fn all(only: &[String], as_json: bool) -> ExitCode {
    let all: Vec<&'static str> = Rule::ALL.iter().map(|rule| name(*rule)).collect();
    if let Some(unknown) = only.iter().find(|it| !all.contains(&it.as_str())) {
        eprintln!("there is no rule {unknown}");
        return ExitCode::FAILURE;
    }
    let is_meant = |rule: &&'static str| only.is_empty() || only.iter().any(|it| it == rule);
    let mut names: Vec<&'static str> = vec![NONE];
    names.extend(all.into_iter().filter(is_meant));
    let next = AtomicUsize::new(0);
    let found: Mutex<Vec<Found>> = Mutex::new(Vec::new());
    let threads = thread::available_parallelism().map_or(1, Into::into);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(&rule) = names.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let by = look_for(rule);
                    if let Ok(mut found) = found.lock() {
                        found.push((rule, by));
                    }
                }
            });
        }
    });
    let found = found.into_inner().unwrap_or_default();
    tell(&found, as_json)
}

/// Stands for no rule: what finds something then is itself wrong.
const NONE: &str = "none";

fn name(rule: Rule) -> &'static str {
    // The names live as long as the program.
    Box::leak(format!("{rule:?}").into_boxed_str())
}

fn tell(found: &[Found], as_json: bool) -> ExitCode {
    let wrong = found.iter().find(|(rule, by)| *rule == NONE && by.is_some());
    let mut missed: Vec<&str> = found
        .iter()
        .filter(|(rule, by)| *rule != NONE && by.is_none())
        .map(|(rule, _)| *rule)
        .collect();
    missed.sort_unstable();
    let count = |what: &str| {
        let by = found.iter().filter_map(|(_, by)| by.as_ref());
        by.filter(|by| by.starts_with(what)).count()
    };
    let report = json!({
        "mutants": found.iter().filter(|(rule, _)| *rule != NONE).count(),
        "missed": missed.len(),
        "names_of_missed": missed,
        "found_by_directed": count("directed"),
        "found_by_time": count("time"),
        "found_by_hostile": count("hostile"),
        "found_without_mutant": wrong.map(|(_, by)| by),
    });
    if as_json {
        println!("{report}");
    } else {
        println!("{report:#}");
    }
    let is_fine = missed.is_empty() && wrong.is_none();
    if is_fine { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Looks for one rule in a process of its own; says what found it.
fn look_for(rule: &str) -> Option<String> {
    let program = env::current_exe().ok()?;
    let mut child = Command::new(program)
        .args(["--mutant", rule])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let begun = Instant::now();
    let mut hangs = false;
    let status = loop {
        if let Ok(Some(status)) = child.try_wait() {
            break status.success();
        }
        if begun.elapsed() > PATIENCE {
            hangs = true;
            let _ = child.kill();
            break false;
        }
        thread::sleep(Duration::from_millis(5));
    };
    let output = child.wait_with_output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let last = text.lines().last().unwrap_or_default().to_owned();
    let by = (!status).then(|| if hangs { format!("{last} (hangs)") } else { last });
    let told = by.as_deref().unwrap_or("-");
    let _ = writeln!(io::stderr(), "{rule}: {told} in {:?}", begun.elapsed());
    by
}

/// One rule, in a process of its own: fails at what notices that it is off.
pub(crate) fn one(rule: &str) -> ExitCode {
    if let Some(rule) = Rule::ALL.iter().find(|it| format!("{it:?}") == rule) {
        rule.switch_off();
    }
    for (name, scenario) in SCENARIOS {
        println!("directed {name}");
        scenario();
    }
    let options = Options { steps: 40, ..Options::default() };
    for seed in 1..=SEEDS {
        println!("time {seed}");
        if run_time(seed, options).failure.is_some() {
            return ExitCode::FAILURE;
        }
    }
    println!("hostile 1");
    if run_hostile(1, options).failure.is_some() {
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
