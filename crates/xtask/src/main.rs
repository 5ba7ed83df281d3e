//! `cargo xtask`: every command of the project, one file each.

mod bench;
mod bundlers;
mod check;
mod ci;
mod demo;
mod fuzz;
mod names;
mod network;
mod order;
mod packed;
mod panics;
mod products;
mod reference;
mod release;
mod report;
mod setup;
mod shell;
mod sim;
mod size;
mod tail;
mod test;
mod travelling;
mod vectors;
mod wasm_tests;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Debug, Parser)]
#[command(name = "cargo xtask", about = "Every command of the project", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Installs what the other commands need; costs nothing the second time
    Setup,
    /// Builds everything and serves the pages until Ctrl-C
    Demo(demo::Options),
    /// Runs every test: native, Wasm in Node and Chromium, TypeScript, end to end
    Test(test::Options),
    /// Looks at formatting, lints, types and tidiness
    Check,
    /// Runs the simulator; all further words go to it (try `cargo xtask sim --help`)
    #[command(disable_help_flag = true)]
    Sim(sim::Options),
    /// Measures in real browsers; all further words go to the benchmark
    Bench(bench::Options),
    /// Weighs what a page has to load, and fails above the budget
    Size(size::Options),
    /// Writes the reference of the npm package; a link that leads nowhere fails it
    Reference,
    /// Puts together what is handed out, and tries it; publishes nothing
    Release(release::Options),
    /// Writes the golden vectors of the protocol anew
    Vectors,
    /// Throws arbitrary bytes and operations at every decoder and state machine
    Fuzz(fuzz::Options),
    /// Everything that must be green before a change is merged
    Ci,
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        // The chain of reasons in one line: a stack trace of this program would help nobody.
        Err(reason) => {
            eprintln!("error: {reason:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Setup => setup::run(),
        Command::Demo(options) => demo::run(&options),
        Command::Test(options) => test::run(&options),
        Command::Check => check::run(),
        Command::Sim(options) => sim::run(&options),
        Command::Bench(options) => bench::run(&options),
        Command::Size(options) => size::run(&options),
        Command::Reference => reference::run(),
        Command::Release(options) => release::run(&options),
        Command::Vectors => vectors::run(),
        Command::Fuzz(options) => fuzz::run(&options),
        Command::Ci => ci::run(),
    }
}
