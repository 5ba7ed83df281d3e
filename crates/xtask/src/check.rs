//! `cargo xtask check`: everything that a machine can say about the code without running it.

use anyhow::Result;

use crate::shell::{Run, timed};
use crate::{products, setup};

pub(crate) fn run() -> Result<()> {
    let tools = setup::ready()?;
    timed("Formatting of Rust", || Run::cargo("fmt --all --check").step())?;
    timed("Tidiness", || Run::cargo("test --quiet --package lacis-tests --test tidy").step())?;
    timed("Lints of Rust", || {
        Run::cargo("clippy --quiet --workspace --all-targets --exclude lacis-web")
            .words("-- --deny warnings")
            .step()
    })?;
    timed("Lints of Rust for browsers", || {
        Run::cargo("clippy --quiet --package lacis-web --all-targets")
            .words("--target wasm32-unknown-unknown -- --deny warnings")
            .step()
    })?;
    // The hand-written types are checked against the generated ones.
    products::wasm(&tools)?;
    timed("Formatting, lints and types of TypeScript", || Run::npm("run check --silent").step())?;
    eprintln!("All checks passed.");
    Ok(())
}
