//! `cargo xtask vectors`: writes the golden vectors of the protocol anew, all from the code.

use std::fs;

use anyhow::{Context, Result};

use crate::shell::Run;
use crate::workspace;

pub(crate) fn run() -> Result<()> {
    remove_all()?;
    let test = || Run::cargo("test --quiet --package lacis-wire --test wire vectors");
    test().env("LACIS_REGENERATE_VECTORS", "1").step()?;
    // Read as every later run reads them.
    test().step()?;
    println!("tests/vectors is written anew; look at what changed: git diff --stat tests/vectors");
    Ok(())
}

/// A file that nothing writes any more must not stay.
fn remove_all() -> Result<()> {
    let folder = workspace::root().join("tests/vectors");
    for entry in fs::read_dir(&folder).context("tests/vectors")? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            fs::remove_file(&path).with_context(|| path.display().to_string())?;
        }
    }
    Ok(())
}
