//! `cargo xtask size`: how much a page has to load before two tabs can talk.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::setup::Tools;
use crate::shell::Run;
use crate::travelling::compressed_bytes;
use crate::{products, setup, workspace};

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Print the figures as one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// Bytes, compressed, of module and JavaScript together: what they may not exceed.
const BUDGET: usize = 373_000;

pub(crate) fn run(options: &Options) -> Result<()> {
    let tools = setup::ready()?;
    products::package(&tools)?;
    let wasm = compressed_file(&workspace::www().join("wasm/lacis_bg.wasm"))?;
    let js = compressed_file(&bundle(&tools)?)?;
    if options.json {
        println!("{{\"wasm_gz_bytes\":{wasm},\"js_gz_bytes\":{js}}}");
    } else {
        println!("Wasm {wasm} + JavaScript {js} = {} of {BUDGET} bytes", wasm + js);
    }
    if wasm + js > BUDGET {
        bail!("{} bytes are more than the budget of {BUDGET}", wasm + js);
    }
    Ok(())
}

/// The JavaScript of the package in one minified file, as any bundler puts it into a page.
fn bundle(tools: &Tools) -> Result<PathBuf> {
    let bundle = workspace::target().join("size/lacis.js");
    Run::new("esbuild")
        .words("dist/index.js --bundle --minify --format=esm --log-level=warning")
        .arg(format!("--outfile={}", bundle.display()))
        .dir(&workspace::www())
        .env("PATH", tools.path()?)
        .step()?;
    Ok(bundle)
}

fn compressed_file(file: &Path) -> Result<usize> {
    compressed_bytes(&fs::read(file).with_context(|| file.display().to_string())?)
}
