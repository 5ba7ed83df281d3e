//! `cargo xtask ci`: everything that must be green before a change is merged.

use anyhow::Result;

use crate::report::Report;
use crate::{bench, check, fuzz, release, setup, sim, size, test};

pub(crate) fn run() -> Result<()> {
    setup::run()?;
    let mut report = Report::default();
    report.stage("check", check::run);
    report.stage("test", || test::run(&test::Options::default()));
    report.stage("bundlers", || test::run(&test::Options::some_bundlers()));
    report.stage("release", || release::run(&release::Options::dry()));
    report.stage("sim", || sim::run_words(&["--seeds", "50", "--json"]));
    for (suite, seeds) in [("graph", "16"), ("hostile", "5"), ("split", "2"), ("time", "10")] {
        report.stage(suite, || sim::run_words(&["--suite", suite, "--seeds", seeds, "--json"]));
    }
    report.stage("mutants", || sim::run_words(&["--mutants", "--json"]));
    report.stage("size", || size::run(&size::Options { json: true }));
    report.stage("fuzz", || fuzz::run(&fuzz::Options::for_seconds(5)));
    // The figures of a shared machine mean nothing: this shows that the benchmark runs.
    report.stage("bench", || bench::run(&bench::Options::smoke()));
    report.close()
}
