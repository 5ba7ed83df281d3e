//! `lacis`: Lacis as one command.

mod apps;
mod archive;
mod arguments;
mod chat;
mod failure;
mod group;
mod identity;
mod keep;
mod letter;
mod output;
mod place;
mod serve;
mod session;
mod signals;
mod transfer;

use std::env;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use serde_json::json;
use tokio::runtime;

use self::arguments::{Arguments, Command};
use self::failure::Failure;
use self::output::Output;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // It knows where to print itself; whoever wants JSON has that, too.
            if error.use_stderr() && env::args_os().any(|word| word == "--json") {
                let text = error.render().to_string();
                let object = json!({ "event": "failed", "code": "usage", "text": text });
                Output::new(true).say(&object, String::new);
            }
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let output = Output::new(arguments.common.json);
    match start(&output, arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output.failure(&failure);
            failure.exit_code()
        }
    }
}

fn start(output: &Output, arguments: Arguments) -> Result<(), Failure> {
    if let Command::Completions { shell } = arguments.command {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut Arguments::command(), "lacis", &mut script);
        // Whoever read it may be gone.
        let _ = io::stdout().write_all(&script);
        return Ok(());
    }
    let runtime = runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::system("no thread could be started", error))?;
    let result = runtime.block_on(run(output, arguments));
    // A read of the terminal cannot be called off, and nobody waits for what it gives.
    runtime.shutdown_background();
    result
}

async fn run(output: &Output, arguments: Arguments) -> Result<(), Failure> {
    let Arguments { common, command } = arguments;
    match command {
        Command::Identity(command) => identity::run(output, &common, command),
        Command::Group(command) => group::run(output, &common, command).await,
        Command::Keep(options) => keep::run(output, &common, options).await,
        Command::Serve(options) => serve::run(output, &common, options).await,
        Command::Chat(options) => chat::run(output, &common, options).await,
        Command::Publish(options) => letter::publish(output, &common, options).await,
        Command::Read(options) => letter::read(output, &common, options).await,
        Command::Send(options) => transfer::send(output, &common, options).await,
        Command::Receive(options) => transfer::receive(output, &common, options).await,
        Command::Export(options) => archive::export(output, &common, options).await,
        Command::Import(options) => archive::import(output, &common, options).await,
        Command::Completions { .. } => Ok(()),
    }
}
