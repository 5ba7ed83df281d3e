//! Which files the compiler reads: from the targets of each package along its modules.

use std::collections::{BTreeMap, BTreeSet};

use crate::repository::File;
use crate::source::Source;

/// The Rust files that no target of a package reaches. A file that nobody compiles is dead, or
/// worse: a test that never ran.
pub(crate) fn unreachable(files: &[File]) -> Vec<String> {
    let texts: BTreeMap<&str, &str> =
        files.iter().map(|file| (file.path.as_str(), file.text.as_str())).collect();
    let mut reached = BTreeSet::new();
    let mut left = roots(&texts);
    while let Some((path, folder)) = left.pop() {
        let Some(text) = texts.get(path.as_str()) else { continue };
        if reached.insert(path.clone()) {
            left.extend(children(&path, &folder, text, &texts));
        }
    }
    let rust = texts.keys().filter(|path| path.ends_with(".rs"));
    rust.filter(|path| !reached.contains(**path)).map(|path| (*path).to_owned()).collect()
}

/// A file and the folder in which its modules lie.
type Place = (String, String);

/// The files where targets begin: the usual places and what manifests name.
fn roots(texts: &BTreeMap<&str, &str>) -> Vec<Place> {
    let mut roots = Vec::new();
    for (manifest, text) in texts {
        let Some(package) = manifest.strip_suffix("Cargo.toml") else { continue };
        if !text.contains("[package]") {
            continue;
        }
        let named = text.lines().filter_map(|line| {
            let path = line.trim().strip_prefix("path = \"")?.strip_suffix('"')?;
            path.ends_with(".rs").then(|| format!("{package}{path}"))
        });
        let usual =
            ["src/lib.rs", "src/main.rs", "build.rs"].map(|path| format!("{package}{path}"));
        let automatic = texts.keys().filter(|path| is_automatic(path, package));
        let all = named.chain(usual).chain(automatic.map(|path| (*path).to_owned()));
        roots.extend(all.map(|path| {
            let folder = parent(&path).to_owned();
            (path, folder)
        }));
    }
    roots
}

/// The folders in which cargo takes each file for a target.
fn is_automatic(path: &str, package: &str) -> bool {
    ["src/bin/", "tests/", "benches/", "examples/"].iter().any(|folder| {
        let inside = path.strip_prefix(package).and_then(|path| path.strip_prefix(folder));
        inside.is_some_and(|name| name.ends_with("/main.rs") || !name.contains('/'))
    })
}

/// The files that this one declares as modules.
fn children(path: &str, folder: &str, text: &str, texts: &BTreeMap<&str, &str>) -> Vec<Place> {
    let mut found = Vec::new();
    // Modules in braces put their children a folder deeper.
    let mut inline: Vec<(usize, &str)> = Vec::new();
    let mut attribute = None;
    let source = Source::new(text);
    for (code, line) in source.code().lines().zip(text.lines()) {
        let indent = code.len() - code.trim_start().len();
        if code.trim() == "}" {
            inline.retain(|(depth, _)| *depth < indent);
        }
        if code.trim().starts_with("#[path") {
            attribute = line.split('"').nth(1);
        }
        let Some((name, has_block)) = module(code) else { continue };
        if has_block {
            inline.push((indent, name));
            continue;
        }
        let names: String = inline.iter().map(|(_, name)| format!("{name}/")).collect();
        let candidates = match attribute.take() {
            Some(named) => vec![(format!("{}{named}", parent(path)), true)],
            None => vec![
                (format!("{folder}{names}{name}.rs"), false),
                (format!("{folder}{names}{name}/mod.rs"), true),
            ],
        };
        let existing = candidates.into_iter().filter(|(file, _)| texts.contains_key(file.as_str()));
        found.extend(existing.map(|(file, owns_folder)| {
            let inside = if owns_folder { parent(&file) } else { file.trim_end_matches(".rs") };
            (file.clone(), format!("{}/", inside.trim_end_matches('/')))
        }));
    }
    found
}

/// The name that a line declares as a module, and whether its block begins here.
fn module(line: &str) -> Option<(&str, bool)> {
    let (before, after) = line.split_once("mod ")?;
    let visibility = before.trim();
    if !(visibility.is_empty() || visibility.starts_with("pub")) {
        return None;
    }
    let after = after.trim();
    match after.strip_suffix(';') {
        Some(name) => Some((name.trim(), false)),
        None => Some((after.strip_suffix('{')?.trim(), true)),
    }
}

/// The folder of a file, with its slash.
fn parent(path: &str) -> &str {
    path.rfind('/').map_or("", |slash| &path[..=slash])
}
