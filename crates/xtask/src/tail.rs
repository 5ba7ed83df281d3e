//! The last lines of what programs printed: a report repeats them at its end, for where a stage
//! failed, whoever reads only the end of a long run sees why.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, IsTerminal, Read, Write};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

/// How many lines are kept: what test runners say of a few failures at their end.
const LINES: usize = 60;
/// How long what a program started, and left running, may hold its output open.
const LINGER: Duration = Duration::from_secs(5);

/// Where what a program says on standard output belongs.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Results {
    /// To standard output: it is what was asked for.
    Printed,
    /// To standard error: it is a step on the way.
    Told,
}

static KEPT: Mutex<VecDeque<String>> = Mutex::new(VecDeque::new());

/// Runs a program to its end, its results going to `results`. Where nobody watches a terminal, its
/// last lines are kept.
pub(crate) fn status(command: &mut Command, results: Results) -> io::Result<ExitStatus> {
    if io::stderr().is_terminal() {
        if matches!(results, Results::Told) {
            command.stdout(io::stderr());
        }
        return command.status();
    }
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let (done, ends) = mpsc::channel();
    if let Some(from) = child.stdout.take() {
        match results {
            Results::Printed => pass_on(from, io::stdout(), done.clone()),
            Results::Told => pass_on(from, io::stderr(), done.clone()),
        }
    }
    if let Some(from) = child.stderr.take() {
        pass_on(from, io::stderr(), done);
    }
    let status = child.wait()?;
    for _ in 0..2 {
        if ends.recv_timeout(LINGER).is_err() {
            break;
        }
    }
    Ok(status)
}

/// Takes the lines that were kept.
pub(crate) fn take() -> Vec<String> {
    KEPT.lock().unwrap_or_else(PoisonError::into_inner).drain(..).collect()
}

fn pass_on<R, W>(from: R, mut to: W, done: mpsc::Sender<()>)
where
    R: Read + Send + 'static,
    W: Write + Send + 'static,
{
    thread::spawn(move || {
        let mut from = BufReader::new(from);
        let mut line = Vec::new();
        while from.read_until(b'\n', &mut line).is_ok_and(|bytes| bytes > 0) {
            // Whoever reads this may be gone; the program is to end by itself all the same.
            let _ = to.write_all(&line).and_then(|()| to.flush());
            keep(String::from_utf8_lossy(&line).trim_end().to_owned());
            line.clear();
        }
        let _ = done.send(());
    });
}

fn keep(line: String) {
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if kept.len() == LINES {
        kept.pop_front();
    }
    kept.push_back(line);
}
