//! Several stages, each of which runs even when an earlier one failed, and a table at the end.

use std::time::Instant;

use anyhow::{Result, bail};

use crate::tail;

#[derive(Debug, Default)]
pub(crate) struct Report {
    lines: Vec<String>,
    /// Of each stage that failed its name, why, and what was printed last.
    failures: Vec<String>,
}

impl Report {
    pub(crate) fn stage(&mut self, name: &str, work: impl FnOnce() -> Result<()>) {
        eprintln!("\n==> {name}");
        let start = Instant::now();
        tail::take();
        let result = work();
        let verdict = if result.is_ok() { "passed" } else { "FAILED" };
        if let Err(reason) = &result {
            eprintln!("error: {reason:#}");
            let last = tail::take().join("\n");
            self.failures.push(format!("{last}\n==> {name} failed: {reason:#}"));
        }
        let elapsed = start.elapsed().as_secs_f64();
        // At once: of a run that is cut short, this is all that tells where the time went.
        eprintln!("    {name}: {verdict} in {elapsed:.1} s");
        self.lines.push(format!("  {name:<22} {verdict} {elapsed:>7.1} s"));
    }

    /// Prints the table, and fails if a stage did.
    pub(crate) fn close(self) -> Result<()> {
        println!("\n{}", self.lines.join("\n"));
        if !self.failures.is_empty() {
            let (failed, all) = (self.failures.len(), self.lines.len());
            // A report within a report: its failures are told again at the very end.
            bail!(
                "{failed} of {all} stages failed; at last they said\n{}",
                self.failures.join("\n")
            );
        }
        println!("  all passed");
        Ok(())
    }
}
