//! `cargo xtask fuzz`: libFuzzer on the stable toolchain.
//!
//! The targets live in a workspace of their own, `fuzz/`, because they are compiled with coverage
//! instrumentation. Each program in its manifest is a target; nothing here lists them.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::shell::{Run, timed};
use crate::workspace;

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// How long each target runs
    #[arg(long, default_value_t = 60)]
    seconds: u32,
    /// Run this target only; can be given several times
    #[arg(long, value_name = "TARGET")]
    only: Vec<String>,
    /// Print a closing JSON object
    #[arg(long)]
    json: bool,
}

impl Options {
    pub(crate) fn for_seconds(seconds: u32) -> Self {
        Self { seconds, only: Vec::new(), json: true }
    }
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let mut targets = targets()?;
    if let Some(unknown) = options.only.iter().find(|name| !targets.contains(name)) {
        bail!("there is no fuzz target {unknown}; there are: {}", targets.join(", "));
    }
    targets.retain(|name| options.only.is_empty() || options.only.contains(name));
    let programs = timed("Building the fuzz targets", build)?;

    let reports = fuzz_all(&targets, &programs, options.seconds)?;
    let failed = reports.iter().filter(|report| report["crashed"] == true).count();
    if options.json {
        println!("{}", json!({ "targets": reports, "crashes": failed }));
    }
    if failed > 0 {
        bail!(
            "{failed} of {} fuzz targets failed; the inputs are in fuzz/artifacts",
            targets.len()
        );
    }
    Ok(())
}

/// Runs all targets, as many at once as there are processors: each is a single thread.
fn fuzz_all(targets: &[String], programs: &Path, seconds: u32) -> Result<Vec<Value>> {
    let at_once = thread::available_parallelism().map_or(1, usize::from);
    let mut reports = Vec::new();
    for some in targets.chunks(at_once) {
        let some: Result<Vec<Value>> = thread::scope(|scope| {
            let run = |target: &String| {
                let (target, program) = (target.clone(), programs.join(target));
                scope.spawn(move || fuzz(&target, &program, seconds))
            };
            let running: Vec<_> = some.iter().map(run).collect();
            let join = |run: thread::ScopedJoinHandle<'_, Result<Value>>| {
                run.join().unwrap_or_else(|_| bail!("running a target panicked"))
            };
            running.into_iter().map(join).collect()
        });
        reports.extend(some?);
    }
    Ok(reports)
}

/// The programs of the fuzz workspace.
fn targets() -> Result<Vec<String>> {
    let metadata = Run::cargo("metadata --no-deps --format-version 1 --manifest-path")
        .arg("fuzz/Cargo.toml")
        .read()?;
    let metadata: Value = serde_json::from_str(&metadata)?;
    let all = metadata["packages"][0]["targets"].as_array().context("cargo metadata")?;
    let programs = all.iter().filter(|target| target["kind"][0] == "bin");
    Ok(programs.filter_map(|target| target["name"].as_str()).map(str::to_owned).collect())
}

/// Compiles all targets; gives back the folder of the programs.
fn build() -> Result<PathBuf> {
    let host = host()?;
    let target = workspace::root().join("fuzz/target");
    // Naming the host as the target keeps the instrumentation out of build scripts and macros.
    Run::cargo("build --release --quiet --bins --manifest-path fuzz/Cargo.toml --target")
        .arg(&host)
        .env("CARGO_TARGET_DIR", &target)
        .env("RUSTFLAGS", INSTRUMENTATION.join(" "))
        .step()?;
    Ok(target.join(host).join("release"))
}

fn host() -> Result<String> {
    let version = Run::new("rustc").words("--version --verbose").read()?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc does not name its host")?.to_owned())
}

/// Runs one target and gives back what became of it.
fn fuzz(target: &str, program: &Path, seconds: u32) -> Result<Value> {
    let fuzz = workspace::root().join("fuzz");
    let corpus = fuzz.join("corpus").join(target);
    let artifacts = fuzz.join("artifacts").join(target);
    let seeds = fuzz.join("seeds").join(target);
    for folder in [&corpus, &artifacts] {
        fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    plant_vectors(target, &corpus)?;
    eprintln!("==> Fuzzing {target} for {seconds} s");
    let start = Instant::now();
    // What is found goes to the first folder; the seeds in the second are read only.
    let (is_fine, log) = Run::new(program)
        .arg(&corpus)
        .args(seeds.is_dir().then_some(&seeds))
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-artifact_prefix={}/", artifacts.display()))
        .words(LIMITS)
        .quietly()?;
    let seconds = start.elapsed().as_secs();
    let runs = statistic(&log, "stat::number_of_executed_units:");
    let verdict = if is_fine { "no crash" } else { "CRASHED" };
    println!("{target:<14} {verdict}, {runs} runs in {seconds} s");
    if !is_fine {
        eprintln!("{log}");
    }
    Ok(json!({ "name": target, "crashed": !is_fine, "runs": runs, "seconds": seconds }))
}

/// The golden vectors of the format that the target is named after, if there are any: the best
/// inputs to begin with, and never out of date.
fn plant_vectors(target: &str, corpus: &Path) -> Result<()> {
    let vectors = workspace::root().join("tests/vectors").join(format!("{target}.json"));
    let Ok(text) = fs::read(&vectors) else { return Ok(()) };
    let vectors: Value = serde_json::from_slice(&text).with_context(|| target.to_owned())?;
    for vector in vectors.as_array().into_iter().flatten() {
        let (name, hex) = (vector["name"].as_str(), vector["hex"].as_str());
        if let (Some(name), Some(bytes)) = (name, hex.and_then(from_hex)) {
            fs::write(corpus.join(format!("vector-{name}")), bytes)?;
        }
    }
    Ok(())
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits = (0..text.len()).step_by(2).map(|at| text.get(at..at + 2));
    digits.map(|pair| u8::from_str_radix(pair?, 16).ok()).collect()
}

/// A figure that libFuzzer prints at the end.
fn statistic(log: &str, name: &str) -> u64 {
    let value = log.lines().find_map(|line| line.strip_prefix(name));
    value.and_then(|value| value.trim().parse().ok()).unwrap_or_default()
}

/// What `cargo fuzz` passes, without the address sanitizer, which needs a nightly toolchain: the
/// code under test has no `unsafe` for it to find fault with. Nor with one unit for each crate,
/// which only makes the build slower.
const INSTRUMENTATION: [&str; 6] = [
    "--cfg fuzzing",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
];

/// An input of 4 KiB holds a hundred operations or the longest list in a frame. One that takes
/// 5 s or half a gigabyte is a failure: that would be an attack. Value profiles show progress
/// where the optimiser has merged several comparisons into one branch.
const LIMITS: &str =
    "-max_len=4096 -timeout=5 -rss_limit_mb=512 -use_value_profile=1 -print_final_stats=1";
