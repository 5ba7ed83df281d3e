//! The Wasm target and the tools that cargo installs.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::shell::{Run, timed};
use crate::workspace;

const WASM_TARGET: &str = "wasm32-unknown-unknown";
const WASM_PACK: &str = "0.15.1";
const NEXTEST: &str = "0.9.143";

/// Adds the Wasm target to the toolchain in use. No channel or target is written in a toolchain
/// file: that would make rustup download a toolchain, which a machine may not be allowed to.
pub(super) fn wasm_target() -> Result<()> {
    let sysroot = Run::new("rustc").words("--print sysroot").read()?;
    let library = Path::new(sysroot.trim()).join("lib/rustlib").join(WASM_TARGET).join("lib");
    if library.is_dir() {
        return Ok(());
    }
    timed("Adding the Wasm target to the Rust toolchain", || {
        Run::new("rustup").words("target add").arg(WASM_TARGET).step().context(
            "rustup could not download the Wasm target. Where that is refused, Debian's \
             rustc-web, cargo-web, rust-web-src and lld can build the standard library for it",
        )
    })
}

/// wasm-pack, and the wasm-bindgen that fits the one in `Cargo.lock`: another one refuses the
/// module. Gives back the folders that hold them.
pub(super) fn wasm_tools() -> Result<Vec<PathBuf>> {
    let bindgen = workspace::locked_version("wasm-bindgen")?;
    let pack = Tool { package: "wasm-pack", program: "wasm-pack", version: WASM_PACK };
    let bindgen = Tool { package: "wasm-bindgen-cli", program: "wasm-bindgen", version: &bindgen };
    // The locked dependencies of this one are not all served any more.
    let folders = [bindgen.ready(&[])?, pack.ready(&["--locked"])?];
    Ok(folders.into_iter().flatten().collect())
}

/// The test runner; one that is already installed will do, whatever its version.
pub(super) fn nextest() -> Result<Option<PathBuf>> {
    if workspace::find_program("cargo-nextest").is_some() {
        return Ok(None);
    }
    let tool = Tool { package: "cargo-nextest", program: "cargo-nextest", version: NEXTEST };
    tool.ready(&["--locked"])
}

/// A program that cargo can install, in the one version that the project uses.
struct Tool<'a> {
    package: &'a str,
    program: &'a str,
    version: &'a str,
}

impl Tool<'_> {
    /// Installs it unless it is there. Gives back its folder, or none when it is in `PATH`.
    fn ready(&self, flags: &[&str]) -> Result<Option<PathBuf>> {
        let home = workspace::tools().join(format!("{}-{}", self.package, self.version));
        let folder = home.join("bin");
        let file = folder.join(format!("{}{}", self.program, std::env::consts::EXE_SUFFIX));
        if file.is_file() {
            return Ok(Some(folder));
        }
        if self.is_in_path() {
            return Ok(None);
        }
        let what = format!("Installing {} {} (minutes, once)", self.package, self.version);
        timed(&what, || self.install(&home, flags))?;
        Ok(Some(folder))
    }

    fn is_in_path(&self) -> bool {
        workspace::find_program(self.program).is_some_and(|file| {
            let said = Run::new(file).arg("--version").read().unwrap_or_default();
            said.split_whitespace().nth(1) == Some(self.version)
        })
    }

    fn install(&self, home: &Path, flags: &[&str]) -> Result<()> {
        // A folder of its own, because a tool must neither wait for nor evict what is built for
        // the project; removed afterwards, because it is needed once.
        let target = workspace::target().join("tools");
        // Unoptimised: they are built in half the time, and take a second more for a build.
        Run::cargo("install --debug --quiet --force --no-track")
            .args([self.package, "--version", &format!("={}", self.version), "--root"])
            .arg(home)
            .args(flags)
            .env("CARGO_TARGET_DIR", &target)
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .step()?;
        fs::remove_dir_all(&target).with_context(|| target.display().to_string())
    }
}
