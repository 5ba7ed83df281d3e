//! Building what people use: the npm package with its Wasm module, the pages, the server.

use std::path::PathBuf;

use anyhow::Result;

use crate::setup::Tools;
use crate::shell::{Run, timed};
use crate::workspace;

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

/// The Wasm module and its JavaScript, into `www/wasm`.
pub(crate) fn wasm(tools: &Tools) -> Result<()> {
    timed("Building the Wasm module", || {
        // The cargo profile `wasm` is tuned for size; what wasm-opt does for it stands in
        // crates/web/Cargo.toml, where wasm-pack calls any such profile "custom". npm obeys a
        // .gitignore, so one beside the module would keep it out of the published package.
        Run::new("wasm-pack")
            .words("--log-level warn build crates/web --target web --profile wasm")
            .words("--out-dir ../../www/wasm --out-name lacis")
            .words("--mode no-install --no-pack --no-gitignore")
            .env("PATH", tools.path()?)
            .step()
    })
}

/// The npm package and the pages, into `www/dist`, on top of the Wasm module.
pub(crate) fn web(tools: &Tools) -> Result<()> {
    wasm(tools)?;
    timed("Building the npm package and the pages", || Run::npm("run build --silent").step())
}

/// The pages that the server hands out.
pub(crate) fn pages() -> PathBuf {
    workspace::www().join("dist/apps")
}
