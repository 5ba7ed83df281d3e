//! `cargo xtask bench NAME`: measurements in real browsers, beside a baseline in the same run, and
//! of the server and of native peers alone.

use anyhow::{Result, bail};

use crate::products::Build;
use crate::shell::{Run, timed};
use crate::{products, setup, workspace};

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The benchmark: a script in tests/bench
    name: String,
    /// Passed on to the benchmark
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    words: Vec<String>,
}

impl Options {
    /// A run that shows that the benchmark works, on a machine whose figures mean nothing.
    pub(crate) fn smoke() -> Self {
        Self { name: "link".into(), words: vec!["--smoke".into(), "--json".into()] }
    }
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let script = workspace::root().join("tests/bench").join(format!("{}.mjs", options.name));
    if !script.is_file() {
        bail!("there is no benchmark {}; there are: {}", options.name, names()?.join(", "));
    }
    // What is not measured need not be fast.
    let is_smoke = options.words.iter().any(|word| word == "--smoke");
    let build = if is_smoke { Build::Quick } else { Build::Optimised };
    let mut run = Run::new("node").arg(&script).args(&options.words);
    if options.name == "native" {
        let [server, command, measure] = products::native_programs(build)?;
        run = run.env("LACIS_SERVER", server).env("LACIS_COMMAND", command);
        run = run.env("LACIS_MEASURE", measure);
    } else {
        run = run.env("LACIS_SERVER", products::server(build)?);
    }
    if options.name == "server" {
        run = run.env("LACIS_LOAD", products::load()?);
    } else {
        setup::ready_for_browsers()?;
        let tools = setup::ready()?;
        products::web(&tools)?;
        if options.name == "graph" {
            products::wasm_example(&tools, "verify")?;
        }
        run = run.env("LACIS_DELAY", products::delay()?);
    }
    timed(&format!("Measuring {}", options.name), || run.show())
}

fn names() -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(workspace::root().join("tests/bench"))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        names.extend(name.strip_suffix(".mjs").map(str::to_owned));
    }
    names.sort();
    Ok(names)
}
