//! The walls inside a crate: who imports whom, and where a type's methods stand.

use std::collections::{BTreeMap, BTreeSet};

use crate::repository::File;
use crate::source::Source;

/// The modules of one crate: each by its path (`group::talk`), with its code.
#[derive(Debug)]
pub(crate) struct Crate {
    modules: BTreeMap<String, Module>,
}

#[derive(Debug)]
struct Module {
    file: String,
    code: String,
}

/// All crates of the repository.
pub(crate) fn crates(files: &[File]) -> Vec<Crate> {
    let mut roots = BTreeSet::new();
    for file in files.iter().filter(|file| file.path.ends_with(".rs")) {
        if let Some((root, _)) = file.path.split_once("src/") {
            roots.insert(root.to_owned());
        }
    }
    roots.iter().map(|root| Crate::new(&format!("{root}src/"), files)).collect()
}

impl Crate {
    fn new(source: &str, files: &[File]) -> Self {
        let mut modules = BTreeMap::new();
        for file in files {
            let Some(path) = file.path.strip_prefix(source) else { continue };
            let Some(path) = path.strip_suffix(".rs") else { continue };
            // Programs beside the library are crates of their own.
            if path == "main" || path.starts_with("bin/") {
                continue;
            }
            let path = path.strip_suffix("/mod").unwrap_or(path);
            let name = if path == "lib" { String::new() } else { path.replace('/', "::") };
            let code = without_tests(Source::new(&file.text).code());
            modules.insert(name, Module { file: file.path.clone(), code });
        }
        Self { modules }
    }

    /// The modules that a module names, each with the line where it first does.
    fn imports(&self, name: &str) -> BTreeMap<String, usize> {
        let mut found = BTreeMap::new();
        let Some(module) = self.modules.get(name) else { return found };
        for (path, line) in paths(&module.code, name) {
            if let Some(target) = self.module_of(&path)
                && target != name
            {
                found.entry(target).or_insert(line);
            }
        }
        found
    }

    /// The innermost module on a path.
    fn module_of(&self, path: &str) -> Option<String> {
        let mut path = path;
        loop {
            if !path.is_empty() && self.modules.contains_key(path) {
                return Some(path.to_owned());
            }
            path = path.rsplit_once("::")?.0;
        }
    }

    /// Modules that import each other in a circle. A module and its own children make one house: of
    /// an import between two houses the outermost different ones are meant.
    pub(crate) fn circles(&self) -> Vec<String> {
        // What each module of a house imports, by the house's parent.
        let mut levels: BTreeMap<String, BTreeMap<String, BTreeMap<String, String>>> =
            BTreeMap::new();
        for (name, module) in &self.modules {
            for (target, line) in self.imports(name) {
                let Some((parent, from, to)) = houses(name, &target) else { continue };
                let place = format!("{}:{line}", module.file);
                let level = levels.entry(parent).or_default();
                level.entry(from).or_default().entry(to).or_insert(place);
            }
        }
        levels.values().flat_map(circles_of).collect()
    }

    /// Methods of a type that stand neither in its file nor in its folder.
    pub(crate) fn strays(&self) -> Vec<String> {
        let mut homes: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (name, module) in &self.modules {
            for word in ["struct ", "enum ", "union "] {
                for (at, _) in module.code.match_indices(word) {
                    if starts_item(&module.code[..at]) {
                        homes.entry(first_word(&module.code[at + word.len()..])).or_default();
                        let home = homes.get_mut(first_word(&module.code[at + word.len()..]));
                        home.into_iter().for_each(|home| home.push(name));
                    }
                }
            }
        }
        let mut found = Vec::new();
        for (name, module) in &self.modules {
            for (line, ty) in inherent_impls(&module.code) {
                let Some(homes) = homes.get(ty.as_str()) else { continue };
                if !homes.iter().any(|home| is_within(name, home)) {
                    found.push(format!("{}:{line}: methods of {ty} stand apart", module.file));
                }
            }
        }
        found
    }

    /// Modules of these houses that name another house's inside, or what is above them.
    pub(crate) fn looks_inside(&self, houses: &[&str], above: &[&str]) -> Vec<String> {
        let mut found = Vec::new();
        for (name, module) in &self.modules {
            let own = name.split("::").next().unwrap_or_default();
            if !houses.contains(&own) {
                continue;
            }
            for (target, line) in self.imports(name) {
                let other = target.split("::").next().unwrap_or_default();
                let is_inside = other != own && houses.contains(&other) && target != other;
                if is_inside || above.contains(&other) {
                    found.push(format!("{}:{line}: {own} names {target}", module.file));
                }
            }
        }
        found
    }
}

/// The outermost different modules of two paths, and what they are both in.
fn houses(from: &str, to: &str) -> Option<(String, String, String)> {
    let (from, to): (Vec<_>, Vec<_>) = (from.split("::").collect(), to.split("::").collect());
    let same = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    // One within the other is no import between houses; what the root names is all of it.
    if from.first() == Some(&"") || same == from.len() || same == to.len() {
        return None;
    }
    let parent = from[..same].join("::");
    Some((parent, from[..=same].join("::"), to[..=same].join("::")))
}

/// One finding for each set of modules that reach each other.
fn circles_of(level: &BTreeMap<String, BTreeMap<String, String>>) -> Vec<String> {
    let reach = |start: &str| {
        let mut reached = BTreeSet::new();
        let mut left = vec![start.to_owned()];
        while let Some(name) = left.pop() {
            for next in level.get(&name).into_iter().flat_map(BTreeMap::keys) {
                if reached.insert(next.clone()) {
                    left.push(next.clone());
                }
            }
        }
        reached
    };
    let reached: BTreeMap<&String, BTreeSet<String>> =
        level.keys().map(|name| (name, reach(name))).collect();
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for (name, all) in &reached {
        if !all.contains(*name) || seen.contains(*name) {
            continue;
        }
        let circle: Vec<&String> =
            all.iter().filter(|it| reached.get(it).is_some_and(|it| it.contains(*name))).collect();
        let mut places = Vec::new();
        for from in &circle {
            for (to, place) in level.get(*from).into_iter().flatten() {
                if circle.contains(&to) {
                    places.push(format!("{place}: {from} imports {to}"));
                }
            }
        }
        seen.extend(circle);
        found.push(format!("a circle:\n    {}", places.join("\n    ")));
    }
    found
}

/// The code without its test modules, which may name what they like. Lines stay where they were.
fn without_tests(code: &str) -> String {
    // They stand at the end of a file, as `clippy::items_after_test_module` has it. One that has a
    // file of its own hides nothing behind it.
    let begins = |at: &usize| {
        let item = code[*at..].split(['{', ';']).next().unwrap_or_default();
        item.contains("mod ") && code[at + item.len()..].starts_with('{')
    };
    let mut marks = code.match_indices("#[cfg(test)]").map(|(at, _)| at);
    marks.find(begins).map_or(code, |at| &code[..at]).to_owned()
}

/// The paths within the crate that code names, as `a::b::Item`, and their lines.
fn paths(code: &str, module: &str) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    for (at, word) in word_matches(code, &["crate::", "super::"]) {
        let line = code[..at].matches('\n').count() + 1;
        let mut rest = &code[at..];
        let mut base: Vec<&str> = match word {
            "crate::" => Vec::new(),
            _ => module.split("::").filter(|it| !it.is_empty()).collect(),
        };
        while let Some(after) = rest.strip_prefix("super::") {
            base.pop();
            rest = after;
        }
        rest = rest.strip_prefix("crate::").unwrap_or(rest);
        for path in expand(rest) {
            let parts = base.iter().copied().chain(path.split("::").filter(|it| !it.is_empty()));
            found.push((parts.collect::<Vec<_>>().join("::"), line));
        }
    }
    found
}

/// The paths that a use tree names.
fn expand(text: &str) -> Vec<String> {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'));
    let (head, rest) = text.split_at(end.unwrap_or(text.len()));
    let Some(list) = rest.strip_prefix('{').filter(|_| head.is_empty() || head.ends_with("::"))
    else {
        return vec![head.to_owned()];
    };
    let (mut depth, mut start) = (0_usize, 0);
    let mut found = Vec::new();
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                let item = list[start..at].trim();
                if !item.is_empty() {
                    found.extend(expand(item).iter().map(|inner| format!("{head}{inner}")));
                }
                start = at + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    found
}

fn word_matches<'a>(code: &'a str, words: &[&'a str]) -> Vec<(usize, &'a str)> {
    let mut found = Vec::new();
    for word in words {
        for (at, _) in code.match_indices(word) {
            let before = code[..at].chars().next_back().unwrap_or(' ');
            if !(before.is_alphanumeric() || before == '_' || before == ':') {
                found.push((at, *word));
            }
        }
    }
    found
}

/// Whether an item may begin after this code: behind nothing but a visibility on its line.
fn starts_item(before: &str) -> bool {
    let line = before.rsplit('\n').next().unwrap_or_default().trim_start();
    line.is_empty() || line.starts_with("pub")
}

fn first_word(text: &str) -> &str {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_'));
    &text[..end.unwrap_or(text.len())]
}

/// The types whose own methods begin in this code, by line.
fn inherent_impls(code: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (index, line) in code.lines().enumerate() {
        let Some(rest) = line.strip_prefix("impl") else { continue };
        let Some(rest) = after_generics(rest) else { continue };
        let head = rest.split('{').next().unwrap_or_default();
        if !head.contains(" for ") && !head.trim().is_empty() {
            found.push((index + 1, first_word(head.trim_start()).to_owned()));
        }
    }
    found
}

/// What follows the generic parameters of an `impl`.
fn after_generics(rest: &str) -> Option<&str> {
    let Some(list) = rest.strip_prefix('<') else { return rest.strip_prefix(' ') };
    let mut depth = 1_usize;
    for (at, c) in list.char_indices() {
        match c {
            '<' => depth += 1,
            // The end of an arrow is no bracket.
            '>' if !list[..at].ends_with('-') => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(&list[at + 1..]);
        }
    }
    None
}

/// Whether a module is a type's home, or in its folder.
fn is_within(module: &str, home: &str) -> bool {
    home.is_empty() || module == home || module.starts_with(&format!("{home}::"))
}

/// The rules themselves, on samples that break them.
mod rules {
    use super::crates;
    use crate::repository::File;

    fn one(files: &[(&str, &str)]) -> super::Crate {
        let files: Vec<File> = files
            .iter()
            .map(|(path, text)| File { path: format!("a/src/{path}"), text: (*text).into() })
            .collect();
        crates(&files).pop().expect("a crate")
    }

    #[test]
    fn a_circle_of_imports_is_found_across_folders() {
        let open = one(&[
            ("lib.rs", "mod a;\nmod b;\nmod c;\n"),
            ("a.rs", "mod deep;\nuse crate::b::Thing;\n"),
            ("a/deep.rs", "use super::Own;\n"),
            ("b.rs", "use crate::c::{self, Other};\n"),
            ("c.rs", ""),
        ]);
        assert_eq!(open.circles(), Vec::<String>::new());
        let closed = one(&[
            ("a.rs", "mod deep;\nuse crate::b::Thing;\n"),
            ("a/deep.rs", "use super::Own;\n"),
            ("b.rs", "\nuse crate::c::{Other, more::{Deep, Deeper}};\n"),
            ("c.rs", "fn f(_: crate::a::deep::Own) {}\n"),
        ]);
        let findings = closed.circles();
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert!(findings[0].contains("a/src/b.rs:2: b imports c"), "{findings:?}");
        assert!(findings[0].contains("a/src/c.rs:1: c imports a"), "{findings:?}");
    }

    #[test]
    fn tests_in_a_file_of_their_own_hide_nothing_behind_them() {
        let hidden = one(&[
            ("a.rs", "#[cfg(test)]\nmod tests;\n\nuse crate::b::B;\n"),
            ("b.rs", "use crate::a::A;\n"),
        ]);
        assert_eq!(hidden.circles().len(), 1);
        let tests = one(&[
            ("a.rs", "#[cfg(test)]\nmod tests {\n    use crate::b::B;\n}\n"),
            ("b.rs", "use crate::a::A;\n"),
        ]);
        assert_eq!(tests.circles(), Vec::<String>::new());
    }

    #[test]
    fn siblings_must_not_import_each_other_either() {
        let closed = one(&[
            ("a.rs", "mod x;\nmod y;\n"),
            ("a/x.rs", "use super::y::Y;\n"),
            ("a/y.rs", "use super::x::X;\n"),
        ]);
        assert_eq!(closed.circles().len(), 1);
    }

    #[test]
    fn methods_belong_to_the_file_or_the_folder_of_their_type() {
        let stray = one(&[
            ("a.rs", "pub(crate) struct Thing;\n"),
            ("a/more.rs", "impl Thing {\n}\n"),
            ("b.rs", "\nimpl<T: Fn() -> u8> Thing {\n}\nimpl Clone for Thing {\n}\n"),
        ]);
        assert_eq!(stray.strays(), ["a/src/b.rs:2: methods of Thing stand apart"]);
    }

    #[test]
    fn houses_name_neither_what_is_above_nor_each_others_insides() {
        let nosy = one(&[
            ("node.rs", ""),
            ("a.rs", "use crate::b::Public;\n"),
            ("a/x.rs", "use crate::b::y::Hidden;\nuse crate::node::Node;\n"),
            ("b.rs", ""),
            ("b/y.rs", ""),
        ]);
        let findings = nosy.looks_inside(&["a", "b"], &["node"]);
        assert_eq!(findings, ["a/src/a/x.rs:1: a names b::y", "a/src/a/x.rs:2: a names node"]);
    }
}
