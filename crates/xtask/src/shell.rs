//! Running other programs, with words that say what takes time.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::tail::{self, Results};
use crate::workspace;

/// A program about to run, from the root of the workspace unless told otherwise.
#[derive(Debug)]
pub(crate) struct Run {
    command: Command,
}

impl Run {
    pub(crate) fn new(program: impl AsRef<OsStr>) -> Self {
        let mut command = Command::new(program);
        command.current_dir(workspace::root());
        Self { command }
    }

    /// Cargo itself; words are separated by blanks.
    pub(crate) fn cargo(words: &str) -> Self {
        Self::new("cargo").words(words)
    }

    /// npm in the folder of the package; words are separated by blanks.
    pub(crate) fn npm(words: &str) -> Self {
        Self::new("npm").words(words).dir(&workspace::www())
    }

    pub(crate) fn words(mut self, words: &str) -> Self {
        self.command.args(words.split_whitespace());
        self
    }

    pub(crate) fn arg(mut self, word: impl AsRef<OsStr>) -> Self {
        self.command.arg(word);
        self
    }

    pub(crate) fn args<S: AsRef<OsStr>>(mut self, words: impl IntoIterator<Item = S>) -> Self {
        self.command.args(words);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn dir(mut self, dir: &Path) -> Self {
        self.command.current_dir(dir);
        self
    }

    /// Runs it as a step on the way: what it prints goes to standard error, so that standard
    /// output holds results only.
    pub(crate) fn step(self) -> Result<()> {
        self.end(Results::Told)
    }

    /// Runs it as the thing itself: what it prints is the result.
    pub(crate) fn show(self) -> Result<()> {
        self.end(Results::Printed)
    }

    /// Runs it and gives back what it printed.
    pub(crate) fn read(mut self) -> Result<String> {
        self.command.stderr(Stdio::inherit());
        let output = self.command.output().with_context(|| self.line())?;
        self.judge(output.status)?;
        String::from_utf8(output.stdout).with_context(|| self.line())
    }

    /// Runs it in silence. Gives back whether it succeeded, and what it wrote to standard error.
    pub(crate) fn quietly(mut self) -> Result<(bool, String)> {
        self.command.stdout(Stdio::null());
        let output = self.command.output().with_context(|| self.line())?;
        Ok((output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned()))
    }

    /// The command itself, for a caller that needs the child process.
    pub(crate) fn into_command(self) -> Command {
        self.command
    }

    fn end(mut self, results: Results) -> Result<()> {
        let status = tail::status(&mut self.command, results).with_context(|| self.line())?;
        self.judge(status)
    }

    fn judge(&self, status: ExitStatus) -> Result<()> {
        if !status.success() {
            bail!("{status}: {}", self.line());
        }
        Ok(())
    }

    fn line(&self) -> String {
        let words = std::iter::once(self.command.get_program()).chain(self.command.get_args());
        words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
    }
}

/// Says what is being done and how long it took.
pub(crate) fn timed<T>(what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    eprintln!("==> {what}");
    let start = Instant::now();
    let result = work().with_context(|| what.to_owned())?;
    let elapsed = start.elapsed();
    // A line for what cost nothing would only push the others off the screen.
    if elapsed > Duration::from_secs(1) {
        eprintln!("    {what}: {:.1} s", elapsed.as_secs_f64());
    }
    Ok(result)
}
