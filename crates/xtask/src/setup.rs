//! Makes a bare machine ready. rustup, a C compiler and Node are all that must be there before.
//!
//! Each part first looks whether it has anything to do, so that every other command can call
//! this and lose no time.

mod debian;
mod node;
mod rust;

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::workspace;

/// What is in place, for the commands that use it.
#[derive(Debug)]
pub(crate) struct Tools {
    folders: Vec<PathBuf>,
}

impl Tools {
    /// `PATH` in which wasm-pack, wasm-bindgen and wasm-opt are found, in the right versions.
    pub(crate) fn path(&self) -> Result<std::ffi::OsString> {
        workspace::path_with(&self.folders)
    }
}

pub(crate) fn run() -> Result<()> {
    ready()?;
    rust::nextest()?;
    if let Err(reason) = debian::browsers() {
        eprintln!("The demo and the native tests will run, but not the tests in browsers.");
        eprintln!("{reason}");
    }
    if let Err(reason) = debian::servers() {
        eprintln!("The demo will run, but not the tests with other servers.");
        eprintln!("{reason}");
    }
    eprintln!("Ready.");
    Ok(())
}

/// What building needs: no browser, nothing that only tests use.
pub(crate) fn ready() -> Result<Tools> {
    rust::wasm_target()?;
    let mut folders = rust::wasm_tools()?;
    folders.push(node::packages_in(&workspace::www())?);
    Ok(Tools { folders })
}

/// What npm installs in a folder.
pub(crate) fn packages_in(folder: &Path) -> Result<()> {
    node::packages_in(folder).map(|_| ())
}

/// What the tests need on top.
pub(crate) fn ready_for_tests() -> Result<Tools> {
    let mut tools = ready()?;
    tools.folders.extend(rust::nextest()?);
    debian::servers()?;
    Ok(tools)
}

/// What tests and benchmarks in real browsers need on top.
pub(crate) fn ready_for_browsers() -> Result<()> {
    debian::browsers()
}
