//! Keeps the repository readable: what a reviewer should not have to say.

#[path = "tidy/modules.rs"]
mod modules;
#[path = "tidy/renamed.rs"]
mod renamed;
#[path = "tidy/repository.rs"]
mod repository;
#[path = "tidy/source.rs"]
mod source;
#[path = "tidy/tables.rs"]
mod tables;
#[path = "tidy/walls.rs"]
mod walls;

use repository::{File, files};
use source::Source;

const COLUMNS_MAX: usize = 100;
const FILE_LINES_MAX: usize = 600;
/// Of a source in Rust that is no test.
const SOURCE_LINES_MAX: usize = 400;
const FUNCTION_LINES_MAX: usize = 60;
/// Of a function in a test, which tells a story.
const STORY_LINES_MAX: usize = 70;

/// Sources that are longer, with the length that they may have until they are split.
const TOO_LONG_YET: [(&str, usize); 0] = [];

/// Functions that are longer, by the crate they are in, with the length that they may have until
/// then.
const LONG_FUNCTIONS_YET: [(&str, &str, usize); 0] = [];

/// Tables whose bound is not written down, by type and field.
const UNBOUND_YET: [&str; 0] = [];

/// Written by people; what a tool writes is as long as it is.
const HAND_WRITTEN: [&str; 8] = ["rs", "toml", "ts", "js", "mjs", "css", "html", "sh"];

#[test]
fn lines_fit_the_screen() {
    check(&HAND_WRITTEN, |file| {
        let long = |(_, line): &(usize, &str)| line.chars().count() > COLUMNS_MAX;
        let lines = numbered(&file.text).filter(long);
        lines.map(|(number, _)| format!("{number}: more than {COLUMNS_MAX} columns")).collect()
    });
}

#[test]
fn files_are_short() {
    check(&HAND_WRITTEN, |file| {
        let yet = TOO_LONG_YET.iter().find(|(path, _)| *path == file.path);
        long_file(file, yet.map(|(_, lines)| *lines))
    });
    let files = files(&["rs"]);
    let is_short = |path: &str| {
        files.iter().find(|file| file.path == path).is_none_or(|it| long_file(it, None).is_empty())
    };
    let over: Vec<_> = TOO_LONG_YET.iter().filter(|(path, _)| is_short(path)).collect();
    assert!(over.is_empty(), "these are short now, so need no exception: {over:?}");
}

#[test]
fn functions_are_short() {
    check(&["rs"], |file| {
        let found = long_functions(file).into_iter();
        let found = found.filter(|function| !is_long_yet(&file.path, function));
        found.map(|it| finding_of(&it, &file.path)).collect()
    });
    let files = files(&["rs"]);
    let long: Vec<_> = files
        .iter()
        .flat_map(|file| long_functions(file).into_iter().map(|it| (file.path.as_str(), it.name)))
        .collect();
    let is_short = |(folder, name, _): &&(&str, &str, usize)| {
        !long.iter().any(|(path, found)| path.starts_with(folder) && found == name)
    };
    let over: Vec<_> = LONG_FUNCTIONS_YET.iter().filter(is_short).collect();
    assert!(over.is_empty(), "these are short now, so need no exception: {over:?}");
}

#[test]
fn sorted_vectors_are_short() {
    let all = files(&["rs"]);
    let limits = tables::Limits::new(&all);
    let core = all.iter().filter(|file| file.path.starts_with("crates/core/src/"));
    let found: Vec<_> = core.flat_map(|file| tables::findings(file, &limits)).collect();
    let new = found.iter().filter(|(name, _)| !UNBOUND_YET.contains(&name.as_str()));
    let new: Vec<&str> = new.map(|(_, finding)| finding.as_str()).collect();
    assert!(new.is_empty(), "\n{}\n", new.join("\n"));
    let is_over = |name: &&&str| !found.iter().any(|(found, _)| found == **name);
    let over: Vec<_> = UNBOUND_YET.iter().filter(is_over).collect();
    assert!(over.is_empty(), "these have a bound now, so need no exception: {over:?}");
}

#[test]
fn source_is_ascii() {
    check(&["rs", "toml"], |file| {
        let lines = numbered(&file.text).filter(|(_, line)| !line.is_ascii());
        lines.map(|(number, _)| format!("{number}: not ASCII")).collect()
    });
}

#[test]
fn nothing_unfinished_is_left() {
    // Put together here, because this file is looked at too.
    let marks = [concat!("FIX", "ME"), concat!("TO", "DO"), concat!("XX", "X ")];
    check(&HAND_WRITTEN, |file| find(&file.text, &marks));
    check(&["rs"], |file| forbidden_code(&file.text));
}

#[test]
fn ignored_tests_give_a_reason() {
    check(&["rs"], |file| find(Source::new(&file.text).code(), &["#[ignore]"]));
}

#[test]
fn nothing_mutable_crosses_the_wasm_boundary() {
    check(&["rs"], |file| match file.path.starts_with("crates/web/") {
        true => mutable_at_boundary(&file.text),
        false => Vec::new(),
    });
}

#[test]
fn every_rust_file_is_compiled() {
    let unreachable = modules::unreachable(&files(&["rs", "toml"]));
    assert!(unreachable.is_empty(), "no target reaches these files:\n{}", unreachable.join("\n"));
}

#[test]
fn no_path_of_one_machine_is_written_down() {
    let paths = [concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/wo", "rk/")];
    let more = ["md", "json", "yml", "yaml", "run", "lock"];
    let extensions = [&HAND_WRITTEN[..], &more].concat();
    check(&extensions, |file| find(&file.text, &paths));
}

#[test]
fn names_that_were_given_up_stay_so() {
    let extensions = [&HAND_WRITTEN[..], &["md", "tsx"]].concat();
    check(&extensions, renamed::findings);
}

/// The parts of the core that know nothing of what uses them.
const HOUSES: [&str; 6] = ["broadcast", "connect", "graph", "overlay", "session", "signaling"];

/// What stands above them.
const ABOVE: [&str; 3] = ["group", "node", "remote"];

#[test]
fn modules_do_not_import_each_other_in_circles() {
    walls_hold(walls::Crate::circles);
}

#[test]
fn methods_stand_with_their_type() {
    walls_hold(walls::Crate::strays);
}

#[test]
fn the_parts_of_the_core_keep_to_themselves() {
    walls_hold(|it| it.looks_inside(&HOUSES, &ABOVE));
}

/// Runs one rule over all crates and fails with all of its findings at once.
fn walls_hold(rule: impl Fn(&walls::Crate) -> Vec<String>) {
    let findings: Vec<String> = walls::crates(&files(&["rs"])).iter().flat_map(rule).collect();
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
}

#[test]
fn packages_come_from_the_public_registry() {
    check(&["json"], |file| {
        let foreign = |(_, line): &(usize, &str)| {
            let resolved = line.trim().strip_prefix("\"resolved\": \"");
            resolved.is_some_and(|url| !url.starts_with("https://registry.npmjs.org/"))
        };
        let lines = numbered(&file.text).filter(foreign);
        lines.map(|(number, _)| format!("{number}: not from the public registry")).collect()
    });
}

/// Runs one rule over all files and fails with all of its findings at once.
fn check(extensions: &[&str], rule: impl Fn(&File) -> Vec<String>) {
    let mut findings = Vec::new();
    for file in files(extensions) {
        findings.extend(rule(&file).iter().map(|finding| format!("{}:{finding}", file.path)));
    }
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
}

fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(index, line)| (index + 1, line))
}

fn find(text: &str, words: &[&str]) -> Vec<String> {
    let found = numbered(text).filter_map(|(number, line)| {
        let word = words.iter().find(|word| line.contains(**word))?;
        Some(format!("{number}: {word}"))
    });
    found.collect()
}

fn forbidden_code(text: &str) -> Vec<String> {
    find(Source::new(text).code(), &["dbg!", "todo!", "unimplemented!", ".forget()"])
}

fn long_file(file: &File, yet: Option<usize>) -> Vec<String> {
    let is_source = file.path.ends_with(".rs") && !is_test(&file.path);
    let most = yet.unwrap_or(if is_source { SOURCE_LINES_MAX } else { FILE_LINES_MAX });
    let count = file.text.lines().count();
    let finding = format!("1: {count} lines, more than {most}");
    Vec::from_iter((count > most).then_some(finding))
}

/// Whether a file holds tests or benchmarks and nothing else.
fn is_test(path: &str) -> bool {
    let folders = ["tests", "benches"];
    path.ends_with("/tests.rs") || path.split('/').any(|part| folders.contains(&part))
}

fn long_functions(file: &File) -> Vec<source::Function> {
    let functions = Source::new(&file.text).functions();
    functions.into_iter().filter(|it| it.lines > function_lines_max(&file.path)).collect()
}

fn finding_of(function: &source::Function, path: &str) -> String {
    let (source::Function { name, line, lines, .. }, most) = (function, function_lines_max(path));
    format!("{line}: fn {name} has {lines} lines, more than {most}")
}

fn function_lines_max(path: &str) -> usize {
    if is_test(path) { STORY_LINES_MAX } else { FUNCTION_LINES_MAX }
}

fn is_long_yet(path: &str, function: &source::Function) -> bool {
    let mut yet = LONG_FUNCTIONS_YET.iter();
    yet.any(|(folder, name, lines)| {
        path.starts_with(folder) && *name == function.name && function.lines <= *lines
    })
}

fn mutable_at_boundary(text: &str) -> Vec<String> {
    let functions = Source::new(text).exported_functions();
    let mutable = functions.into_iter().filter(|function| function.signature.contains("&mut "));
    mutable.map(|function| format!("{}: fn {} takes &mut", function.line, function.name)).collect()
}

/// The rules themselves, on samples that break them.
mod rules {
    use super::{
        find, finding_of, forbidden_code, long_file, long_functions, modules, mutable_at_boundary,
    };
    use crate::repository::File;

    #[test]
    fn words_in_code_count_and_words_in_text_do_not() {
        assert_eq!(forbidden_code("fn f() {\n    dbg!(1);\n}\n"), ["2: dbg!"]);
        assert_eq!(forbidden_code("// no dbg! here\nconst A: &str = \"todo!\";\n").len(), 0);
        assert_eq!(find("a\nb c\n", &["c"]), ["2: c"]);
    }

    fn file(path: &str, text: &str) -> File {
        File { path: path.into(), text: text.into() }
    }

    #[test]
    fn a_file_is_measured_by_what_it_is() {
        let long = |path: &str, lines: usize| long_file(&file(path, &"x\n".repeat(lines)), None);
        assert_eq!(long("a/src/b.rs", 401), ["1: 401 lines, more than 400"]);
        assert_eq!(long("a/src/contests.rs", 401).len(), 1);
        assert_eq!(long("a/src/b.rs", 400).len(), 0);
        for path in ["a/src/b/tests.rs", "a/tests/b.rs", "tests/b.rs", "a/benches/b.rs", "a/b.css"]
        {
            assert_eq!(long(path, 600).len(), 0, "{path}");
            assert_eq!(long(path, 601), ["1: 601 lines, more than 600"], "{path}");
        }
        let kept = file("a/src/b.rs", &"x\n".repeat(450));
        assert_eq!(long_file(&kept, Some(450)).len(), 0);
        assert_eq!(long_file(&kept, Some(449)), ["1: 450 lines, more than 449"]);
    }

    #[test]
    fn a_function_is_measured_to_its_closing_brace() {
        let long = |path: &str, text: &str| {
            let file = file(path, text);
            let found = long_functions(&file);
            found.iter().map(|it| finding_of(it, path)).collect::<Vec<_>>()
        };
        let body = "    let brace = '{'; // {\n".repeat(59);
        let text = format!("fn short() {{}}\n\nfn long() {{\n{body}}}\n");
        assert_eq!(long("a.rs", &text), ["3: fn long has 61 lines, more than 60"]);
        assert_eq!(long("a/tests/b.rs", &text).len(), 0);
        let body = "    let text = r#\"{\"#;\n".repeat(58);
        assert_eq!(long("a.rs", &format!("fn fits() {{\n{body}}}\n")).len(), 0);
    }

    #[test]
    fn mutable_arguments_are_refused_only_at_the_boundary() {
        let inside = "impl Inner { fn f(&mut self) {} }\n";
        let exported = "#[wasm_bindgen]\nimpl Outer {\n    pub fn g(&mut self) {}\n}\n";
        assert_eq!(mutable_at_boundary(inside).len(), 0);
        let findings = mutable_at_boundary(&format!("{inside}{exported}"));
        assert_eq!(findings, ["4: fn g takes &mut"]);
        let function = "#[wasm_bindgen(js_name = a)]\npub fn a(b: &mut [u8]) {}\n";
        assert_eq!(mutable_at_boundary(function), ["2: fn a takes &mut"]);
    }

    #[test]
    fn a_file_that_no_module_names_is_found() {
        let files = [
            file("a/Cargo.toml", "[package]\n[[test]]\npath = \"suite.rs\"\n"),
            file("a/src/lib.rs", "pub mod b;\nmod inline {\n    mod deep;\n}\n"),
            file("a/src/b.rs", "#[path = \"other/c.rs\"]\nmod c;\n"),
            file("a/src/other/c.rs", ""),
            file("a/src/inline/deep.rs", ""),
            file("a/src/lost.rs", ""),
            file("a/suite.rs", "mod common;\n"),
            file("a/common.rs", ""),
        ];
        assert_eq!(modules::unreachable(&files), ["a/src/lost.rs"]);
    }
}
