//! The crates as they are published, and a workspace made of nothing but them.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::shell::Run;
use crate::workspace::{self, VERSION};

/// What goes to the registry of crates, each after those that it builds on.
const CRATES: [&str; 7] = [
    "lacis-derive",
    "lacis-wire",
    "lacis-core",
    "lacis-driver",
    "lacis-signaling",
    "lacis-native",
    "lacis",
];

/// Packs the crates into `home` and builds what was packed.
///
/// Cargo can check what it packs, but keeps what it unpacked for good, under the name and version:
/// while a version grows, an older state of it would be checked. So they are unpacked here.
pub(crate) fn crates(home: &Path) -> Result<Vec<PathBuf>> {
    let leftovers = workspace::target().join("package");
    if leftovers.exists() {
        fs::remove_dir_all(&leftovers).with_context(|| leftovers.display().to_string())?;
    }
    let names = CRATES.iter().flat_map(|name| ["--package", *name]);
    Run::cargo("package --quiet --allow-dirty --no-verify")
        .args(names)
        .dir(&workspace::root())
        .step()?;
    let copy = |name: &&str| {
        let file = format!("{name}-{VERSION}.crate");
        let place = home.join(&file);
        let packed = leftovers.join(&file);
        fs::copy(&packed, &place).with_context(|| packed.display().to_string())?;
        Ok(place)
    };
    let packed = CRATES.iter().map(copy).collect::<Result<Vec<_>>>()?;
    build(&home.join("crates"), &packed)?;
    Ok(packed)
}

/// Builds all of them, each from the others as they were packed.
fn build(place: &Path, packed: &[PathBuf]) -> Result<()> {
    fs::create_dir_all(place).with_context(|| place.display().to_string())?;
    for file in packed {
        // As old as now: packed files bear one date for all time, by which cargo would take what it
        // built of them before for what they are.
        Run::new("tar").arg("-xzmf").arg(file).dir(place).step()?;
    }
    let manifest = place.join("Cargo.toml");
    fs::write(&manifest, manifest_of_packed()).with_context(|| manifest.display().to_string())?;
    let root = workspace::root();
    fs::copy(root.join("Cargo.lock"), place.join("Cargo.lock")).context("copying Cargo.lock")?;
    // With the profiles and the folder of the workspace, what is built of others is there already.
    Run::cargo("build --quiet --workspace --config")
        .arg(root.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(workspace::target())
        .dir(place)
        .step()?;
    fs::remove_dir_all(place).with_context(|| place.display().to_string())
}

/// What they name each other by is a version; none of it is in the registry yet.
fn manifest_of_packed() -> String {
    let folders = CRATES.map(|name| format!("\"{name}-{VERSION}\"")).join(", ");
    let places = CRATES.map(|name| format!("{name} = {{ path = \"{name}-{VERSION}\" }}\n"));
    let places = places.concat();
    format!("[workspace]\nresolver = \"3\"\nmembers = [{folders}]\n\n[patch.crates-io]\n{places}")
}
