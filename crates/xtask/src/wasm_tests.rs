//! The tests that run as Wasm: the simulator in Node, the web driver in Chromium.

use anyhow::{Context, Result};

use crate::setup::Tools;
use crate::shell::Run;
use crate::{network, setup, workspace};

/// A simulation must give the same hash as Wasm and as native code. The native run tells its
/// hash to the compiler of the Wasm test, which compares.
pub(crate) fn in_node(tools: &Tools) -> Result<()> {
    let report = Run::cargo("run --release --quiet --package lacis-sim --bin sim --")
        .args(["--seeds", DETERMINISM_SEEDS, "--json"])
        .read()?;
    let last = report.lines().last().context("the simulator said nothing")?;
    let report: serde_json::Value = serde_json::from_str(last).context("the simulator's report")?;
    let hash = report["hash"].as_str().context("the report has no hash")?;
    Run::new("wasm-pack")
        // Named, because a test that is not there would be missed by nobody, and no other is one.
        .words("test --node --mode no-install crates/sim --test same_hash_as_wasm")
        .env("PATH", tools.path()?)
        .env("LACIS_SIM_SEEDS", DETERMINISM_SEEDS)
        .env("LACIS_SIM_HASH", hash)
        .show()
}

/// The web driver against the real thing.
pub(crate) fn in_chromium(tools: &Tools) -> Result<()> {
    setup::ready_for_browsers()?;
    // Compiled before, because there is no registry in the network that the tests run in.
    Run::cargo("test --no-run --package lacis-web --target wasm32-unknown-unknown").step()?;
    let driver = workspace::find_program("chromedriver").context("chromedriver is missing")?;
    // Without the path of a driver wasm-pack would download one.
    network::isolated("wasm-pack")
        .words("test --headless --chrome --mode no-install --chromedriver")
        .arg(driver)
        .arg("crates/web")
        .env("PATH", tools.path()?)
        .env("CARGO_NET_OFFLINE", "true")
        .show()
}

/// Enough to meet every kind of fault, and done in seconds as Wasm.
const DETERMINISM_SEEDS: &str = "10";
