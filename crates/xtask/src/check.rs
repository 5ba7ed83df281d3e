//! `cargo xtask check`: everything that a machine can say about the code without running it.

use anyhow::Result;

use crate::report::Report;
use crate::shell::Run;
use crate::{products, setup};

pub(crate) fn run() -> Result<()> {
    let tools = setup::ready()?;
    let mut report = Report::default();
    report.stage("format, Rust", || {
        Run::cargo("fmt --all --check").step()?;
        Run::cargo("fmt --check --manifest-path fuzz/Cargo.toml").step()
    });
    report.stage("tidy", || Run::cargo("test --quiet --package lacis-tests --test tidy").step());
    report.stage("lint, native", || {
        Run::cargo("clippy --quiet --workspace --all-targets --exclude lacis-web")
            .words("-- --deny warnings")
            .step()
    });
    report.stage("lint, Wasm", || {
        Run::cargo("clippy --quiet --package lacis-web --all-targets")
            .words("--target wasm32-unknown-unknown -- --deny warnings")
            .step()
    });
    report.stage("TypeScript", || {
        // The hand-written types are checked against the generated ones.
        products::wasm(&tools)?;
        Run::npm("run check --silent").step()
    });
    report.stage("JavaScript of tests", || {
        Run::npm("exec --offline -- biome check --config-path=biome.json")
            .words("../tests/e2e ../tests/bench ../tests/bundlers ../tests/first-hour")
            .words("../tests/interop ../signaling/npm")
            .step()
    });
    report.close()
}
