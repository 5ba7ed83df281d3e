//! `cargo xtask test`: every test there is, in stages, with a table at the end.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use clap::ValueEnum;

use crate::products::Build;
use crate::report::Report;
use crate::setup::Tools;
use crate::shell::Run;
use crate::{bundlers, products, reference, setup, wasm_tests, workspace};

#[derive(Debug, Default, clap::Args)]
pub(crate) struct Options {
    /// Run this stage only; can be given several times
    #[arg(long, value_name = "STAGE")]
    only: Vec<Stage>,
    /// Of the bundlers only the four that differ most
    #[arg(long)]
    quick: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Stage {
    /// Unit, property, scenario and server tests
    Native,
    /// The examples in the documentation
    Doc,
    /// The simulator as Wasm in Node: same seeds, same hash
    WasmNode,
    /// The web driver in Chromium
    WasmChromium,
    /// The TypeScript layer in Node
    Typescript,
    /// The reference of the npm package can be written
    Reference,
    /// Real server, real package, real browsers
    EndToEnd,
    /// A peer that is written from the protocol's page alone, against server and package
    Interop,
    /// The server as npm brings it
    ServerPackage,
    /// The first app of the README, from its words alone, in an empty folder
    FirstHour,
    /// The npm package in bundlers, development servers and runtimes; runs only when it is named
    Bundlers,
}

impl Options {
    /// The npm package in the four bundlers that differ most.
    pub(crate) fn some_bundlers() -> Self {
        Self { only: vec![Stage::Bundlers], quick: true }
    }
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let tools = setup::ready_for_tests()?;
    // Others' releases decide how the bundlers fare, and their packages weigh half a gigabyte.
    let by_default = |stage: &Stage| options.only.is_empty() && *stage != Stage::Bundlers;
    let chosen = |stage: &&Stage| by_default(stage) || options.only.contains(stage);
    let mut report = Report::default();
    for stage in Stage::value_variants().iter().filter(chosen) {
        report.stage(&name(*stage), || stage.run(&tools, options));
    }
    report.close()
}

impl Stage {
    fn run(self, tools: &Tools, options: &Options) -> Result<()> {
        match self {
            Self::Native => Run::cargo("nextest run --workspace --exclude lacis-web")
                .env("PATH", tools.path()?)
                .show(),
            Self::Doc => Run::cargo("test --doc --workspace --exclude lacis-web").show(),
            Self::WasmNode => wasm_tests::in_node(tools),
            Self::WasmChromium => wasm_tests::in_chromium(tools),
            Self::Typescript => {
                products::wasm(tools)?;
                Run::npm("test --silent").show()
            }
            Self::Reference => reference::run(),
            Self::EndToEnd => {
                setup::ready_for_browsers()?;
                products::web(tools)?;
                let server = products::server(Build::Quick)?;
                let liar = products::lying_server()?;
                let examples = products::native_examples()?;
                Run::npm("run e2e --silent")
                    .env("LACIS_EXAMPLES", examples)
                    .env("LACIS_SERVER", server)
                    .env("LACIS_LYING_SERVER", liar)
                    .show()
            }
            Self::Interop => interop(tools),
            Self::ServerPackage => server_package(&products::server(Build::Quick)?),
            Self::FirstHour => first_hour(tools),
            Self::Bundlers => bundlers::run(tools, options.quick),
        }
    }
}

/// The second implementation brings libraries of its own.
fn interop(tools: &Tools) -> Result<()> {
    let folder = workspace::root().join("tests/interop");
    setup::ready_for_browsers()?;
    setup::packages_in(&folder)?;
    products::web(tools)?;
    let server = products::server(Build::Quick)?;
    Run::npm("test --silent").dir(&folder).env("LACIS_SERVER", server).show()
}

/// Installs a server from what npm packs, and runs it.
pub(crate) fn server_package(server: &Path) -> Result<()> {
    let tests = workspace::root().join("signaling/npm/packages.test.mjs");
    Run::new("node").words("--test").arg(tests).env("LACIS_SERVER", server).show()
}

/// Makes and opens the app of the README; what it installs of others is kept for the next time.
fn first_hour(tools: &Tools) -> Result<()> {
    setup::ready_for_browsers()?;
    let server = products::server(Build::Quick)?;
    let home = workspace::target().join("first-hour");
    fs::create_dir_all(&home).with_context(|| home.display().to_string())?;
    let tarball = products::tarball(tools, &home)?;
    Run::new("node")
        .arg("tests/first-hour/run.mjs")
        .env("LACIS_PACKAGE", tarball)
        .env("LACIS_SERVER", server)
        .env("LACIS_TARBALLS", home.join("tarballs"))
        .show()
}

fn name(stage: Stage) -> String {
    stage.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}
