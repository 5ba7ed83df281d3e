//! The npm package in the set-ups that people have: `cargo xtask test --only bundlers`.

use std::fs;

use anyhow::{Context, Result};

use crate::products::Build;
use crate::setup::Tools;
use crate::shell::Run;
use crate::{products, setup, workspace};

/// Installs the set-ups outside of the sources, then runs each of them and prints a table.
pub(crate) fn run(tools: &Tools, quick: bool) -> Result<()> {
    setup::ready_for_browsers()?;
    let server = products::server(Build::Quick)?;
    let home = workspace::target().join("bundlers");
    fs::create_dir_all(&home).with_context(|| home.display().to_string())?;
    let tarball = products::tarball(tools, &home)?;
    let node = |script: &str| {
        let run = Run::new("node").arg(script).env("LACIS_BUNDLERS", &home);
        if quick { run.arg("--quick") } else { run }
    };
    node("tests/bundlers/install.mjs").arg("--package").arg(&tarball).step()?;
    node("tests/bundlers/run.mjs").env("LACIS_SERVER", server).show()
}
