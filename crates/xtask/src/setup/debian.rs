//! Programs that tests run beside ours: browsers, what gives them a network of their own, and other
//! people's servers. Debian's packages, because the downloads of browser drivers do not work
//! everywhere.

use anyhow::{Result, bail};

use crate::shell::{Run, timed};
use crate::workspace::find_program;

/// A program, and the Debian package that brings it.
type Needed = (&'static str, &'static str);

const BROWSERS: &[Needed] = &[
    ("chromium", "chromium"),
    ("chromedriver", "chromium-driver"),
    ("firefox-esr", "firefox-esr"),
    ("ip", "iproute2"),
    ("nft", "nftables"),
    // Of the two only this one hands packets over where the kernel lacks a part.
    ("iptables", "iptables"),
];

/// Several of our servers act as one by Redis, and our relays are held against coturn's.
const SERVERS: &[Needed] = &[("redis-server", "redis-server"), ("turnserver", "coturn")];

pub(super) fn browsers() -> Result<()> {
    ready(BROWSERS)
}

pub(super) fn servers() -> Result<()> {
    ready(SERVERS)
}

fn ready(needed: &[Needed]) -> Result<()> {
    let missing = missing_packages(needed);
    if missing.is_empty() {
        return Ok(());
    }
    if find_program("apt-get").is_none() || !is_root() {
        bail!(
            "These Debian packages, or the same programs from elsewhere, must be installed first:\n\
             \x20   sudo apt-get install --no-install-recommends {}",
            missing.join(" ")
        );
    }
    timed(&format!("Installing {}", missing.join(", ")), || {
        apt("update")?;
        apt(&format!("install --yes --no-install-recommends {}", missing.join(" ")))
    })
}

fn missing_packages(needed: &[Needed]) -> Vec<&'static str> {
    let missing = needed.iter().filter(|(program, _)| find_program(program).is_none());
    missing.map(|(_, package)| *package).collect()
}

fn is_root() -> bool {
    Run::new("id").arg("-u").read().is_ok_and(|user| user.trim() == "0")
}

fn apt(words: &str) -> Result<()> {
    // Another apt may be at work on a machine that has just started: wait for it.
    Run::new("apt-get")
        .words("-qq -o DPkg::Lock::Timeout=300")
        .words(words)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .step()
}
