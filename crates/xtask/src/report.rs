//! Several stages, each of which runs even when an earlier one failed, and a table at the end.

use std::time::Instant;

use anyhow::{Result, bail};

#[derive(Debug, Default)]
pub(crate) struct Report {
    lines: Vec<String>,
    failures: usize,
}

impl Report {
    pub(crate) fn stage(&mut self, name: &str, work: impl FnOnce() -> Result<()>) {
        eprintln!("\n==> {name}");
        let start = Instant::now();
        let result = work();
        let verdict = if result.is_ok() { "passed" } else { "FAILED" };
        if let Err(reason) = &result {
            eprintln!("error: {reason:#}");
            self.failures += 1;
        }
        let elapsed = start.elapsed().as_secs_f64();
        // At once: of a run that is cut short, this is all that tells where the time went.
        eprintln!("    {name}: {verdict} in {elapsed:.1} s");
        self.lines.push(format!("  {name:<22} {verdict} {elapsed:>7.1} s"));
    }

    /// Prints the table, and fails if a stage did.
    pub(crate) fn close(self) -> Result<()> {
        println!("\n{}", self.lines.join("\n"));
        if self.failures > 0 {
            bail!("{} of {} stages failed", self.failures, self.lines.len());
        }
        println!("  all passed");
        Ok(())
    }
}
