//! What npm installs.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::shell::{Run, timed};
use crate::workspace;

/// Installs the packages that the lock file names, unless just these are installed. Gives back
/// the folder of their programs, wasm-opt among them.
pub(super) fn modules() -> Result<Option<PathBuf>> {
    let modules = workspace::www().join("node_modules");
    let lock = workspace::www().join("package-lock.json");
    let wanted = fs::read(&lock).with_context(|| lock.display().to_string())?;
    // A copy of the lock file, written last, so that a broken installation is not taken for one.
    let stamp = modules.join(".installed-package-lock.json");
    if !fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        if workspace::find_program("npm").is_none() {
            bail!("npm is missing: install Node.js 20 or newer");
        }
        timed("Installing the npm packages", || {
            Run::npm("ci --no-audit --no-fund --loglevel=error").step()?;
            fs::write(&stamp, &wanted).with_context(|| stamp.display().to_string())
        })?;
    }
    Ok(Some(modules.join(".bin")))
}
