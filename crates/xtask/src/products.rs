//! Building what people use: the npm package with its Wasm module, the pages, the server.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::setup::Tools;
use crate::shell::{Run, timed};
use crate::{names, order, panics, workspace};

/// How the server is compiled.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Build {
    /// Half the time to the first address, on a machine that has never seen the project.
    Quick,
    /// As it is shipped, for measuring.
    Optimised,
}

impl Build {
    /// What cargo is told, and the folder that it builds into.
    const fn how(self) -> (&'static str, &'static str) {
        match self {
            Self::Quick => ("", "debug"),
            Self::Optimised => ("--release", "release"),
        }
    }
}

/// The signaling server.
pub(crate) fn server(build: Build) -> Result<PathBuf> {
    let (flags, folder) = build.how();
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

/// The folder with the programs that are native peers.
pub(crate) fn native_examples() -> Result<PathBuf> {
    Run::cargo("build --package lacis-native --example echo --example member").step()?;
    Ok(workspace::target().join("debug/examples"))
}

/// What native peers are measured with: the server, the command, and the program of the other ends.
pub(crate) fn native_programs(build: Build) -> Result<[PathBuf; 3]> {
    let (flags, folder) = build.how();
    timed("Building native peers", || {
        Run::cargo("build --package lacis-signaling --package lacis --package lacis-native")
            .words("--bin lacis-signaling --bin lacis --example measure")
            .words(flags)
            .step()
    })?;
    let made = workspace::target().join(folder);
    let program = |name| made.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    Ok([program("lacis-signaling"), program("lacis"), program("examples/measure")])
}

/// What holds packets back, to measure behind a long way.
pub(crate) fn delay() -> Result<PathBuf> {
    Run::cargo("build --package lacis-tests --bin delay").step()?;
    let name = format!("delay{}", std::env::consts::EXE_SUFFIX);
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

/// Binding and optimising takes half a minute whenever it is done.
fn pack(tools: &Tools) -> Result<()> {
    // wasm-pack does not call wasm-opt: crates/web/Cargo.toml says so. npm obeys a .gitignore, so
    // one beside the module would keep it out of the published package.
    Run::new("wasm-pack")
        .words("--log-level warn build crates/web --target web --profile wasm")
        .words("--out-dir ../../www/wasm --out-name lacis")
        .words("--mode no-install --no-pack --no-gitignore")
        .env("PATH", tools.path()?)
        .step()?;
    let made = workspace::www().join("wasm");
    let module = made.join("lacis_bg.wasm");
    optimise(tools, &module)?;
    compress_well(&module, &made.join("lacis.js"))
}

/// What wasm-opt is told. Inlining makes the module smaller but its compressed form, which is what
/// travels, 5 % larger. What Rust 1.95 emits needs the features named; without them the module is
/// refused.
const WASM_OPT: &str = "
    -Oz
    --converge
    --always-inline-max-function-size=1
    --one-caller-inline-max-function-size=20
    --strip-producers
    --strip-target-features
    --enable-bulk-memory
    --enable-nontrapping-float-to-int
    --enable-sign-ext
    --enable-mutable-globals
    --enable-reference-types
    --enable-multivalue
";

fn optimise(tools: &Tools, module: &Path) -> Result<()> {
    let wasm = fs::read(module).with_context(|| module.display().to_string())?;
    fs::write(module, panics::silence(&wasm)?).with_context(|| module.display().to_string())?;
    // Functions in the order of their names are where `order` begins.
    Run::new("wasm-opt")
        .words(WASM_OPT)
        .arg("--reorder-functions-by-name")
        .arg(module)
        .arg("-o")
        .arg(module)
        .env("PATH", tools.path()?)
        .step()
}

/// What travels is compressed.
fn compress_well(module: &Path, script: &Path) -> Result<()> {
    let wasm = fs::read(module).with_context(|| module.display().to_string())?;
    let text = fs::read_to_string(script).with_context(|| script.display().to_string())?;
    let (wasm, text) = names::shorten(&wasm, &text)?;
    fs::write(module, order::order(&wasm)?).with_context(|| module.display().to_string())?;
    fs::write(script, text).with_context(|| script.display().to_string())
}

/// The module of an example, compiled as the package's own, into `target/bench`.
pub(crate) fn wasm_example(tools: &Tools, name: &str) -> Result<()> {
    timed(&format!("Building the module {name}"), || {
        Run::cargo("build --quiet --package lacis-web --profile wasm")
            .words("--target wasm32-unknown-unknown --example")
            .arg(name)
            .step()?;
        let built = workspace::target().join("wasm32-unknown-unknown/wasm/examples");
        let folder = workspace::target().join("bench");
        Run::new("wasm-bindgen")
            .words("--target web --no-typescript --out-dir")
            .arg(&folder)
            .arg(built.join(format!("{name}.wasm")))
            .env("PATH", tools.path()?)
            .step()?;
        optimise(tools, &folder.join(format!("{name}_bg.wasm")))
    })
}

/// What the packed module was made from, and what was made; a missing file counts as another one.
fn fingerprint() -> String {
    let compiled = workspace::target().join("wasm32-unknown-unknown/wasm/lacis_web.wasm");
    let settings = workspace::root().join("crates/web/Cargo.toml");
    let made = ["lacis_bg.wasm", "lacis.js", "lacis.d.ts"];
    let made = made.map(|name| workspace::www().join("wasm").join(name));
    let mut hasher = DefaultHasher::new();
    let steps = [include_str!("names.rs"), include_str!("order.rs"), include_str!("panics.rs")];
    (WASM_OPT, steps).hash(&mut hasher);
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

/// The package as it is published, in a file of its own.
pub(crate) fn tarball(tools: &Tools, folder: &Path) -> Result<PathBuf> {
    package(tools)?;
    let said = Run::npm("run package --silent --").arg(folder).read()?;
    Ok(PathBuf::from(said.trim()))
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
