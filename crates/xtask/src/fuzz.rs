//! `cargo xtask fuzz`: libFuzzer on the stable toolchain.
//!
//! The targets live in a workspace of their own, `fuzz/`, because they are compiled with coverage
//! instrumentation. Each program in its manifest is a target; nothing here lists them.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::shell::{Run, timed};
use crate::workspace;

#[derive(Debug, Default, clap::Args)]
pub(crate) struct Options {
    /// How long each target runs
    #[arg(long, default_value_t = 60)]
    pub(crate) seconds: u32,
    /// Run this target only; can be given several times
    #[arg(long, value_name = "TARGET")]
    pub(crate) only: Vec<String>,
    /// Print a closing JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let mut targets = targets()?;
    if let Some(unknown) = options.only.iter().find(|name| !targets.contains(name)) {
        bail!("there is no fuzz target {unknown}; there are: {}", targets.join(", "));
    }
    targets.retain(|name| options.only.is_empty() || options.only.contains(name));
    let programs = timed("Building the fuzz targets", build)?;

    let mut reports = Vec::new();
    for target in &targets {
        reports.push(fuzz(target, &programs.join(target), options.seconds)?);
    }
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
    for folder in [&corpus, &artifacts, &seeds] {
        fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    eprintln!("==> Fuzzing {target} for {seconds} s");
    let start = Instant::now();
    // What is found goes to the first folder; the seeds in the second are read only.
    let result = Run::new(program)
        .arg(&corpus)
        .arg(&seeds)
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-artifact_prefix={}/", artifacts.display()))
        .words(LIMITS)
        .step();
    let elapsed = start.elapsed().as_secs();
    let verdict = if result.is_ok() { "no crash" } else { "CRASHED" };
    println!("{target}: {verdict} in {elapsed} s");
    if let Err(reason) = &result {
        eprintln!("error: {reason:#}");
    }
    Ok(json!({ "name": target, "seconds": elapsed, "crashed": result.is_err() }))
}

/// What `cargo fuzz` passes, without the address sanitizer, which needs a nightly toolchain; the
/// code under test has no `unsafe` for it to find fault with.
const INSTRUMENTATION: [&str; 7] = [
    "--cfg fuzzing",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Ccodegen-units=1",
];

/// An input of 4 KiB holds a hundred operations or the longest list in a frame. One that takes
/// 5 s or half a gigabyte is a failure: that would be an attack.
const LIMITS: &str = "-max_len=4096 -timeout=5 -rss_limit_mb=512 -print_final_stats=1 -verbosity=0";
