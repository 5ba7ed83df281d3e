//! `cargo xtask sim`: the simulator, optimised, with the words it was given.

use anyhow::Result;

use crate::shell::Run;

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Passed on to the simulator
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    words: Vec<String>,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    run_words(&options.words)
}

pub(crate) fn run_words<S: AsRef<std::ffi::OsStr>>(words: &[S]) -> Result<()> {
    // Rules can be switched off only in a build of its own.
    let switches = words.iter().any(|word| word.as_ref() == "--mutants");
    let features = if switches { "--features mutants " } else { "" };
    let command = format!("run --release --quiet --package lacis-sim {features}--bin sim --");
    // Of gigabytes in small pieces the processor finds its way to each faster through large pages.
    Run::cargo(&command).args(words).env("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1").show()
}
