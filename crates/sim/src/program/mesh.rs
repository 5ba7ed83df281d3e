//! `--suite mesh` and `churn`: one large room, measured.

use std::process::ExitCode;

use lacis_sim::{MeshOptions, Misdeed, Spread, run_churn, run_hostile_mesh, run_mesh};
use serde_json::json;

use super::Arguments;

pub(super) fn main(arguments: &Arguments) -> ExitCode {
    let options = MeshOptions {
        seed: arguments.seed.unwrap_or(1),
        nodes: arguments.nodes.max(2),
        rounds: arguments.rounds,
        at_once: arguments.at_once.unwrap_or_else(|| at_once(arguments.nodes)),
        calm_s: 180,
        is_told: true,
    };
    let (mut report, failure) = match arguments.suite.as_str() {
        "churn" => churn(options),
        _ if arguments.hostile.is_some_and(|part| part > 0.0) => {
            hostile(options, arguments.hostile.unwrap_or(1.0))
        }
        _ => mesh(options),
    };
    report["nodes"] = options.nodes.into();
    report["failures"] = u8::from(failure.is_some()).into();
    println!("{report}");
    match failure {
        Some(sentence) => {
            eprintln!("seed {} failed: {sentence}", options.seed);
            ExitCode::FAILURE
        }
        None => ExitCode::SUCCESS,
    }
}

/// One room, and what it costs to tell it something.
fn mesh(options: MeshOptions) -> (serde_json::Value, Option<String>) {
    let figures = run_mesh(options);
    let spreads = [figures.first, figures.single, figures.many, figures.all];
    let missed: u64 = spreads.iter().map(|spread| spread.missed).sum();
    let mut report = json!({
        "max_links": figures.max_links,
        "alone": figures.alone,
        "bytes_per_node_per_min_idle": figures.bytes_per_node_per_min_idle,
        "events": figures.events,
        "tree_depth": figures.tree.depth,
        "tree_least_depth": figures.tree.least_depth,
    });
    for (name, spread) in ["_first", "", "_many", "_all"].into_iter().zip(spreads) {
        tell(name, spread, &mut report);
    }
    report["missed"] = missed.into();
    let failure = figures.failure.or_else(|| (missed > 0).then(|| format!("{missed} were missed")));
    (report, failure)
}

/// A room for each way to misbehave.
fn hostile(options: MeshOptions, part: f64) -> (serde_json::Value, Option<String>) {
    let (mut report, mut failure, mut missed) = (json!({}), None, 0);
    let one_in = (1.0 / part).round().max(2.0) as usize;
    for misdeed in Misdeed::ALL {
        let (spread, found) = run_hostile_mesh(options, one_in, misdeed);
        tell(&format!("_{}", misdeed.name()), spread, &mut report);
        missed += spread.missed;
        failure = failure.or(found);
    }
    report["missed"] = missed.into();
    (report, failure.or_else(|| (missed > 0).then(|| format!("{missed} were missed"))))
}

/// One room, most of which dies.
fn churn(options: MeshOptions) -> (serde_json::Value, Option<String>) {
    let figures = run_churn(options);
    let report = json!({
        "delivered_60s_percent": figures.delivered_60s_percent,
        "delivered_180s_percent": figures.delivered_180s_percent,
        "partitions_180s": figures.partitions_180s,
        "delivered_after_percent": figures.delivered_after_percent,
        "partitions_left": figures.partitions_left,
        "alone_unaware": figures.alone_unaware,
        "max_links": figures.max_links,
    });
    (report, figures.failure)
}

fn tell(name: &str, spread: Spread, report: &mut serde_json::Value) {
    report[format!("redundancy{name}")] = ((spread.redundancy * 1e4).round() / 1e4).into();
    report[format!("last_hop_p99{name}")] = spread.last_hop_p99.into();
    report[format!("missed{name}")] = spread.missed.into();
    report[format!("slowest_ms{name}")] = spread.slowest_ms.into();
}

/// So many that in a room of that many a million words are heard.
fn at_once(nodes: usize) -> usize {
    (1_000_000 / nodes.max(1)).clamp(1, 1_000)
}
