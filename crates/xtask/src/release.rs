//! `cargo xtask release --dry-run`: what is handed out, put together and tried.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{ChildStdout, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::products::Build;
use crate::setup::Tools;
use crate::shell::{Run, timed};
use crate::workspace::VERSION;
use crate::{packed, products, setup, test, workspace};

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Builds and tries everything; publishing itself is done by hand
    #[arg(long)]
    dry_run: bool,
    /// Takes the server as tests have it: whether all fits together, in half the time
    #[arg(long)]
    quick: bool,
}

impl Options {
    /// What runs before every merge.
    pub(crate) const fn dry() -> Self {
        Self { dry_run: true, quick: true }
    }

    const fn build(&self) -> Build {
        if self.quick { Build::Quick } else { Build::Optimised }
    }
}

/// What lies beside the server's program.
const TEXTS: [&str; 4] = ["CHANGELOG.md", "LICENSE-APACHE", "LICENSE-MIT", "docs/operating.md"];

pub(crate) fn run(options: &Options) -> Result<()> {
    ensure!(options.dry_run, "give --dry-run; CONTRIBUTING.md says how to publish what it makes");
    let tools = setup::ready()?;
    let home = workspace::target().join("release-dry-run");
    if home.exists() {
        fs::remove_dir_all(&home).with_context(|| home.display().to_string())?;
    }
    fs::create_dir_all(&home).with_context(|| home.display().to_string())?;
    same_version()?;
    let changes = home.join("CHANGES.md");
    fs::write(&changes, changes_of_this_version()?)?;
    let package = products::tarball(&tools, &home)?;
    let program = products::server(options.build())?;
    let server = server_archive(&home, &program)?;
    let mut files = vec![changes, package.clone(), server.clone()];
    files.extend(server_packages(&home, &program)?);
    files.extend(timed("Packing the crates and building them from there", || {
        let packed = packed::crates(&home)?;
        try_server(&workspace::target().join("debug").join(server_name()))?;
        Ok(packed)
    })?);
    checksums(&home, &files)?;
    try_all(&tools, &home, &package, &server)?;
    println!("{}", home.display());
    Ok(())
}

/// Two files have it, because cargo and npm read no file of the other.
fn same_version() -> Result<()> {
    let file = workspace::www().join("package.json");
    let manifest: serde_json::Value = serde_json::from_slice(&fs::read(file)?)?;
    let npm = manifest["version"].as_str().unwrap_or_default();
    ensure!(npm == VERSION, "www/package.json says version {npm}, Cargo.toml {VERSION}");
    Ok(())
}

/// What the changelog says of this version, or of what comes next while it has no number.
fn changes_of_this_version() -> Result<String> {
    let file = workspace::root().join("CHANGELOG.md");
    let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
    let found = section(&text, VERSION).or_else(|| section(&text, "Unreleased"));
    found.context("the changelog has nothing of this version")
}

/// What stands below a heading, up to the next one of its kind.
fn section(text: &str, title: &str) -> Option<String> {
    let is_wanted = |line: &str| {
        let words = line.strip_prefix("## ").and_then(|heading| heading.split(' ').next());
        words == Some(title)
    };
    let below = text.lines().skip_while(|line| !is_wanted(line)).skip(1);
    let lines: Vec<&str> = below.take_while(|line| !line.starts_with("## ")).collect();
    let body = lines.join("\n").trim().to_owned();
    (!body.is_empty()).then(|| body + "\n")
}

/// The program for machines like this one, with the texts that belong to it.
fn server_archive(home: &Path, program: &Path) -> Result<PathBuf> {
    let host = Run::new("rustc").words("--print host-tuple").read()?;
    let name = format!("lacis-signaling-{VERSION}-{}", host.trim());
    let folder = home.join(&name);
    fs::create_dir_all(&folder)?;
    fs::copy(program, folder.join(server_name())).context("copying the server")?;
    for text in TEXTS {
        let file = workspace::root().join(text);
        let name = file.file_name().context("a text has a name")?;
        fs::copy(&file, folder.join(name)).with_context(|| file.display().to_string())?;
    }
    let archive = home.join(format!("{name}.tar.gz"));
    Run::new("tar").arg("-czf").arg(&archive).arg("-C").arg(home).arg(&name).step()?;
    fs::remove_dir_all(&folder)?;
    Ok(archive)
}

/// The server for npm: what starts it, and the program for machines like this one.
fn server_packages(home: &Path, program: &Path) -> Result<Vec<PathBuf>> {
    let folder = home.join("npm");
    let fill = workspace::root().join("signaling/npm/fill.mjs");
    Run::new("node").arg(fill).arg(program).arg(&folder).step()?;
    let mut packages = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
        let packed =
            Run::npm("pack --silent --pack-destination").arg(home).dir(&entry?.path()).read()?;
        packages.push(home.join(packed.trim()));
    }
    fs::remove_dir_all(&folder).with_context(|| folder.display().to_string())?;
    timed("Trying the server from npm", || test::server_package(program))?;
    Ok(packages)
}

fn server_name() -> String {
    format!("lacis-signaling{}", std::env::consts::EXE_SUFFIX)
}

/// Writes the sums, and reads them again as whoever downloads the files does.
fn checksums(home: &Path, files: &[PathBuf]) -> Result<()> {
    let names = files.iter().filter_map(|file| file.file_name());
    let sums = Run::new("sha256sum").args(names).dir(home).read()?;
    fs::write(home.join("SHA256SUMS"), sums)?;
    Run::new("sha256sum").words("--check --strict SHA256SUMS").dir(home).step()
}

/// Installs each from what was made, as its users do, and runs it once.
fn try_all(tools: &Tools, home: &Path, package: &Path, server: &Path) -> Result<()> {
    let place = home.join("tried");
    fs::create_dir_all(&place)?;
    timed("Trying the npm package", || try_package(tools, &place, package))?;
    timed("Trying the server", || {
        Run::new("tar").arg("-xzf").arg(server).arg("--strip-components=1").dir(&place).step()?;
        try_server(&place.join(server_name()))
    })?;
    fs::remove_dir_all(&place).with_context(|| place.display().to_string())
}

const SCRIPT: &str = r#"
import { createRoomLink, parseRoomLink } from "lacis";
const link = await createRoomLink({ servers: ["wss://example.org/ws"] });
console.log((await parseRoomLink(link)).servers[0]);
"#;

fn try_package(tools: &Tools, place: &Path, package: &Path) -> Result<()> {
    fs::write(place.join("package.json"), "{ \"private\": true, \"type\": \"module\" }\n")?;
    Run::npm("install --offline --ignore-scripts --no-audit --no-fund --silent")
        .arg(package)
        .dir(place)
        .env("PATH", tools.path()?)
        .step()?;
    let node = Run::new("node").words("--input-type=module --eval").arg(SCRIPT);
    let said = node.dir(place).read()?;
    ensure!(said.trim() == "wss://example.org/ws", "the package says {said}");
    Ok(())
}

fn try_server(program: &Path) -> Result<()> {
    let version = Run::new(program).arg("--version").read()?;
    ensure!(version.trim().ends_with(VERSION), "the server says that it is {version}");
    let mut command = Run::new(program).words("--listen 127.0.0.1:0 --log warn").into_command();
    let mut child = command.stdout(Stdio::piped()).spawn().context("the server does not start")?;
    let stdout = child.stdout.take().context("the server has no standard output");
    let answer = stdout.and_then(ask_for_health);
    child.kill()?;
    child.wait()?;
    let answer = answer?;
    ensure!(answer.starts_with("HTTP/1.1 200 "), "the server says {answer}");
    Ok(())
}

fn ask_for_health(stdout: ChildStdout) -> Result<String> {
    let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
    let said = lines.find_map(|line| {
        let (_, address) = line.split_once("listening on http://")?;
        Some(address.trim_end_matches('/').to_owned())
    });
    let address = said.context("the server says no address")?;
    let mut stream = TcpStream::connect(&address)?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    write!(stream, "GET /health HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::section;

    const LOG: &str = "# Changelog\n\nWords.\n\n## Unreleased\n\n## 0.2.0 - 2027-01-01\n\n\
                       ### Added\n\n- b\n\n## 0.1.0\n\n- a\n";

    #[test]
    fn a_version_has_what_stands_below_its_heading() {
        assert_eq!(section(LOG, "0.2.0").as_deref(), Some("### Added\n\n- b\n"));
        assert_eq!(section(LOG, "0.1.0").as_deref(), Some("- a\n"));
    }

    #[test]
    fn a_version_without_changes_has_no_section() {
        assert_eq!(section(LOG, "Unreleased"), None);
        assert_eq!(section(LOG, "0.2"), None);
        assert_eq!(section(LOG, "0.3.0"), None);
    }
}
