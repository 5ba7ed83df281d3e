//! `cargo xtask test`: every test there is, in stages, with a table at the end.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use clap::ValueEnum;

use crate::products::Build;
use crate::setup::Tools;
use crate::shell::Run;
use crate::{products, setup, wasm_tests};

#[derive(Debug, Default, clap::Args)]
pub(crate) struct Options {
    /// Run this stage only; can be given several times
    #[arg(long, value_name = "STAGE")]
    only: Vec<Stage>,
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
    /// Real server, real package, real browsers
    EndToEnd,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let tools = setup::ready_for_tests()?;
    let chosen = |stage: &&Stage| options.only.is_empty() || options.only.contains(stage);
    let mut lines = Vec::new();
    let mut failures = 0;
    // A failing stage does not hide what the later ones would say.
    for stage in Stage::value_variants().iter().filter(chosen) {
        let name = name(*stage);
        eprintln!("\n==> Tests: {name}");
        let start = Instant::now();
        let result = stage.run(&tools);
        if let Err(reason) = &result {
            eprintln!("error: {reason:#}");
            failures += 1;
        }
        lines.push(line(&name, result.is_ok(), start.elapsed()));
    }
    println!("\n{}", lines.join("\n"));
    if failures > 0 {
        bail!("{failures} of {} stages failed", lines.len());
    }
    println!("All stages passed: {}", lines.len());
    Ok(())
}

impl Stage {
    fn run(self, tools: &Tools) -> Result<()> {
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
            Self::EndToEnd => {
                setup::ready_for_browsers()?;
                products::web(tools)?;
                let server = products::server(Build::Quick)?;
                Run::npm("run e2e --silent").env("LACIS_SERVER", server).show()
            }
        }
    }
}

fn name(stage: Stage) -> String {
    stage.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

fn line(name: &str, passed: bool, elapsed: Duration) -> String {
    let verdict = if passed { "passed" } else { "FAILED" };
    format!("  {name:<14} {verdict} {:>7.1} s", elapsed.as_secs_f64())
}
