//! What npm installs.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::shell::{Run, timed};
use crate::workspace;

/// Installs the packages that the lock file in a folder names, unless just these are installed.
/// Gives back the folder of their programs.
pub(super) fn packages_in(folder: &Path) -> Result<PathBuf> {
    let modules = folder.join("node_modules");
    let lock = folder.join("package-lock.json");
    let wanted = fs::read(&lock).with_context(|| lock.display().to_string())?;
    // A copy of the lock file, written last, so that a broken installation is not taken for one.
    let stamp = modules.join(".installed-package-lock.json");
    if !fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        if workspace::find_program("npm").is_none() {
            bail!("npm is missing: install Node.js 20 or newer");
        }
        timed("Installing the npm packages", || {
            Run::npm("ci --no-audit --no-fund --loglevel=error").dir(folder).step()?;
            fs::write(&stamp, &wanted).with_context(|| stamp.display().to_string())
        })?;
    }
    Ok(modules.join(".bin"))
}
