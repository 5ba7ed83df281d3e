//! Building what people use: the npm package with its Wasm module, the pages, the server.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::setup::Tools;
use crate::shell::{Run, timed};
use crate::{names, order, workspace};

/// How the server is compiled.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Build {
    /// Half the time to the first address, on a machine that has never seen the project.
    Quick,
    /// As it is shipped, for measuring.
    Optimised,
}

/// The signaling server.
pub(crate) fn server(build: Build) -> Result<PathBuf> {
    let (flags, folder) = match build {
        Build::Quick => ("", "debug"),
        Build::Optimised => ("--release", "release"),
    };
    timed("Building the signaling server", || {
        Run::cargo("build --package lacis-signaling --bin lacis-signaling").words(flags).step()
    })?;
    let name = format!("lacis-signaling{}", std::env::consts::EXE_SUFFIX);
    Ok(workspace::target().join(folder).join(name))
}

/// Clients by the thousand.
pub(crate) fn load() -> Result<PathBuf> {
    timed("Building the load", || Run::cargo("build --release --package lacis-load").step())?;
    let name = format!("lacis-load{}", std::env::consts::EXE_SUFFIX);
    Ok(workspace::target().join("release").join(name))
}

/// The signaling server that cheats, which the end-to-end tests put before the real one.
pub(crate) fn lying_server() -> Result<PathBuf> {
    Run::cargo("build --package lacis-tests --bin lying-server").step()?;
    let name = format!("lying-server{}", std::env::consts::EXE_SUFFIX);
    Ok(workspace::target().join("debug").join(name))
}

/// The Wasm module and its JavaScript, into `www/wasm`.
pub(crate) fn wasm(tools: &Tools) -> Result<()> {
    timed("Building the Wasm module", || {
        Run::cargo("build --quiet --lib --package lacis-web --profile wasm")
            .words("--target wasm32-unknown-unknown")
            .step()?;
        let stamp = workspace::target().join("wasm-stamp");
        if fs::read_to_string(&stamp).is_ok_and(|made| made == fingerprint()) {
            return Ok(());
        }
        pack(tools)?;
        fs::write(&stamp, fingerprint()).with_context(|| stamp.display().to_string())
    })
}

/// wasm-pack binds and optimises anew whenever it is called, which takes ten seconds.
fn pack(tools: &Tools) -> Result<()> {
    // The cargo profile `wasm` is tuned for size; what wasm-opt does for it stands in
    // crates/web/Cargo.toml, where wasm-pack calls any such profile "custom". npm obeys a
    // .gitignore, so one beside the module would keep it out of the published package.
    Run::new("wasm-pack")
        .words("--log-level warn build crates/web --target web --profile wasm")
        .words("--out-dir ../../www/wasm --out-name lacis")
        .words("--mode no-install --no-pack --no-gitignore")
        .env("PATH", tools.path()?)
        .step()?;
    let made = workspace::www().join("wasm");
    compress_well(&made.join("lacis_bg.wasm"), &made.join("lacis.js"))
}

/// What travels is compressed.
fn compress_well(module: &Path, script: &Path) -> Result<()> {
    let wasm = fs::read(module).with_context(|| module.display().to_string())?;
    let text = fs::read_to_string(script).with_context(|| script.display().to_string())?;
    let (wasm, text) = names::shorten(&wasm, &text)?;
    fs::write(module, order::order(&wasm)?).with_context(|| module.display().to_string())?;
    fs::write(script, text).with_context(|| script.display().to_string())
}

/// What the packed module was made from, and what was made; a missing file counts as another one.
fn fingerprint() -> String {
    let compiled = workspace::target().join("wasm32-unknown-unknown/wasm/lacis_web.wasm");
    let settings = workspace::root().join("crates/web/Cargo.toml");
    let made = ["lacis_bg.wasm", "lacis.js", "lacis.d.ts"];
    let made = made.map(|name| workspace::www().join("wasm").join(name));
    let mut hasher = DefaultHasher::new();
    (include_str!("names.rs"), include_str!("order.rs")).hash(&mut hasher);
    for file in [compiled, settings].iter().chain(&made) {
        fs::read(file).ok().hash(&mut hasher);
    }
    format!("{:016x}", hasher.finish())
}

/// The npm package, into `www/dist`, on top of the Wasm module.
pub(crate) fn package(tools: &Tools) -> Result<()> {
    wasm(tools)?;
    timed("Building the npm package", || Run::npm("run build:lib --silent").step())
}

/// The package and the pages that use it.
pub(crate) fn web(tools: &Tools) -> Result<()> {
    package(tools)?;
    timed("Building the pages", || Run::npm("run build:apps --silent").step())
}

/// The pages that the server hands out.
pub(crate) fn pages() -> PathBuf {
    workspace::www().join("dist/apps")
}
