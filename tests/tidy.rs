//! Keeps the repository readable: what a reviewer should not have to say.

#[path = "tidy/modules.rs"]
mod modules;
#[path = "tidy/renamed.rs"]
mod renamed;
#[path = "tidy/repository.rs"]
mod repository;
#[path = "tidy/source.rs"]
mod source;
#[path = "tidy/walls.rs"]
mod walls;

use repository::{File, files};
use source::Source;

const COLUMNS_MAX: usize = 100;
const FILE_LINES_MAX: usize = 600;
const FUNCTION_LINES_MAX: usize = 70;

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
        let count = file.text.lines().count();
        let finding = format!("1: {count} lines, more than {FILE_LINES_MAX}");
        Vec::from_iter((count > FILE_LINES_MAX).then_some(finding))
    });
}

#[test]
fn functions_are_short() {
    check(&["rs"], |file| long_functions(&file.text));
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

fn long_functions(text: &str) -> Vec<String> {
    let functions = Source::new(text).functions();
    let long = functions.into_iter().filter(|function| function.lines > FUNCTION_LINES_MAX);
    long.map(|function| {
        let source::Function { name, line, lines, .. } = function;
        format!("{line}: fn {name} has {lines} lines, more than {FUNCTION_LINES_MAX}")
    })
    .collect()
}

fn mutable_at_boundary(text: &str) -> Vec<String> {
    let functions = Source::new(text).exported_functions();
    let mutable = functions.into_iter().filter(|function| function.signature.contains("&mut "));
    mutable.map(|function| format!("{}: fn {} takes &mut", function.line, function.name)).collect()
}

/// The rules themselves, on samples that break them.
mod rules {
    use super::{find, forbidden_code, long_functions, modules, mutable_at_boundary};
    use crate::repository::File;

    #[test]
    fn words_in_code_count_and_words_in_text_do_not() {
        assert_eq!(forbidden_code("fn f() {\n    dbg!(1);\n}\n"), ["2: dbg!"]);
        assert_eq!(forbidden_code("// no dbg! here\nconst A: &str = \"todo!\";\n").len(), 0);
        assert_eq!(find("a\nb c\n", &["c"]), ["2: c"]);
    }

    #[test]
    fn a_function_is_measured_to_its_closing_brace() {
        let body = "    let brace = '{'; // {\n".repeat(69);
        let long = format!("fn short() {{}}\n\nfn long() {{\n{body}}}\n");
        assert_eq!(long_functions(&long), ["3: fn long has 71 lines, more than 70"]);
        let body = "    let text = r#\"{\"#;\n".repeat(68);
        assert_eq!(long_functions(&format!("fn fits() {{\n{body}}}\n")).len(), 0);
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
        let file = |path: &str, text: &str| File { path: path.into(), text: text.into() };
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
