//! `cargo xtask ci`: everything that must be green before a change is merged.

use anyhow::Result;

use crate::{bench, check, fuzz, setup, sim, size, test};

pub(crate) fn run() -> Result<()> {
    setup::run()?;
    check::run()?;
    test::run(&test::Options::default())?;
    sim::run_words(&["--seeds", "50", "--json"])?;
    size::run(&size::Options { json: true })?;
    fuzz::run(&fuzz::Options { seconds: 5, ..fuzz::Options::default() })?;
    bench::run(&bench::Options::smoke())
}
