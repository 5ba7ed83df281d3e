//! Sorted vectors are for short lists: whoever keeps one says how long it may get.

use std::collections::BTreeMap;

use crate::repository::File;
use crate::source::Source;

/// Entries up to which inserting into the middle of a vector costs nothing that anybody notices.
const ENTRIES_MAX: u64 = 256;

/// Tables without a bound that is written down and small, each with its place and what is amiss.
/// The name of a field is that of its type and its own, `Members.ends`.
pub(crate) fn findings(file: &File, limits: &Limits) -> Vec<(String, String)> {
    let source = Source::new(&file.text);
    let (code, text) = (source.code(), Vec::from_iter(file.text.lines()));
    let (mut found, mut holder, mut depth) = (Vec::new(), None, 0_usize);
    for (at, line) in code.lines().enumerate() {
        let here = item_of(line);
        if let (0, Some((_, name))) = (depth, &here) {
            holder = Some(name.clone());
        }
        let is_alias = here.as_ref().is_some_and(|(word, _)| *word == "type");
        let is_tuple = here.is_some() && !line.contains('{');
        let is_field = here.is_none() && depth > 0 && field_of(line).is_some();
        if has_table(line)
            && (is_alias || is_tuple || is_field)
            && let Some(name) = &holder
        {
            let field = field_of(line).filter(|_| is_field);
            let name = field.map_or_else(|| name.clone(), |field| format!("{name}.{field}"));
            if let Err(why) = bound(&comment_above(&text, at), limits) {
                found.push((name.clone(), format!("{}:{}: {name} {why}", file.path, at + 1)));
            }
        }
        depth = (depth + line.matches('{').count()).saturating_sub(line.matches('}').count());
        if depth == 0 && (line.starts_with('}') || line.ends_with(';')) {
            holder = None;
        }
        // Functions have fields of nobody.
        if line.starts_with("impl") || line.starts_with("trait") || line.contains("fn ") {
            holder = None;
        }
    }
    found
}

/// The kind and name of the type that a line begins to define.
fn item_of(line: &str) -> Option<(&'static str, String)> {
    let rest = match line.strip_prefix("pub") {
        Some(rest) => rest.trim_start_matches(|c: char| c != ' ').trim_start(),
        None => line,
    };
    // A visibility may have a space in it: `pub(in crate::group)`.
    let rest = rest.split_once(") ").filter(|_| line.contains("(in ")).map_or(rest, |(_, it)| it);
    ["struct", "enum", "type"].into_iter().find_map(|word| {
        let name = rest.strip_prefix(word)?.strip_prefix(' ')?;
        let end = name.find(|c: char| !(c.is_alphanumeric() || c == '_'))?;
        Some((word, name[..end].to_owned()))
    })
}

/// The name of the field that stands in a line of its own.
fn field_of(line: &str) -> Option<&str> {
    let (before, _) = line.split_once(": ")?;
    let name = before.rsplit(' ').next()?;
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    is_name.then_some(name)
}

fn has_table(line: &str) -> bool {
    line.match_indices("Table<")
        .any(|(at, _)| !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':'))
}

/// The text of the doc comment right above a line, attributes between them left out.
fn comment_above(text: &[&str], at: usize) -> String {
    let above = text[..at].iter().rev().map(|line| line.trim());
    let above = above.take_while(|line| line.starts_with("///") || line.starts_with("#["));
    let mut lines: Vec<&str> = above.filter_map(|line| line.strip_prefix("///")).collect();
    lines.reverse();
    lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ")
}

/// Whether a comment names a bound, and that is small enough.
fn bound(comment: &str, limits: &Limits) -> Result<(), String> {
    let Some((_, rest)) = comment.split_once("at most ").or_else(|| comment.split_once("At most "))
    else {
        return Err("does not say \"at most [`limits::NAME`]\"".into());
    };
    let named = rest.strip_prefix("[`limits::").and_then(|rest| rest.split_once('`'));
    let (what, value) = match named {
        Some((name, _)) => (name.to_owned(), limits.value(name)),
        None => {
            let is_part = |c: char| c.is_ascii_digit() || c == '_' || c == ',';
            let digits = &rest[..rest.find(|c| !is_part(c)).unwrap_or(rest.len())];
            (digits.to_owned(), number(digits.trim_end_matches(',')))
        }
    };
    match value {
        None => Err(format!("has a bound that is not understood: {what:?}")),
        Some(most) if most > ENTRIES_MAX => {
            Err(format!("may hold {most}, more than {ENTRIES_MAX}"))
        }
        Some(_) => Ok(()),
    }
}

/// The constants of the protocol, as they are written.
#[derive(Debug)]
pub(crate) struct Limits(BTreeMap<String, String>);

impl Limits {
    pub(crate) fn new(files: &[File]) -> Self {
        let is_limits = |path: &str| {
            path == "crates/wire/src/limits.rs" || path.starts_with("crates/wire/src/limits/")
        };
        let mut all = BTreeMap::new();
        for file in files.iter().filter(|file| is_limits(&file.path)) {
            let source = Source::new(&file.text);
            for (at, _) in source.code().match_indices("const ") {
                let rest = &source.code()[at + "const ".len()..];
                let Some((item, _)) = rest.split_once(';') else { continue };
                let Some((head, value)) = item.split_once(" = ") else { continue };
                let name = head.split(':').next().unwrap_or_default();
                all.insert(name.to_owned(), value.trim().to_owned());
            }
        }
        Self(all)
    }

    /// The value of a constant. None, if it is not made of numbers, other constants and products.
    fn value(&self, name: &str) -> Option<u64> {
        self.sum(self.0.get(name)?)
    }

    fn sum(&self, text: &str) -> Option<u64> {
        text.split(" + ").try_fold(0_u64, |sum, part| sum.checked_add(self.product(part)?))
    }

    fn product(&self, text: &str) -> Option<u64> {
        if let Some((all, part)) = text.rsplit_once(" / ") {
            return self.product(all)?.checked_div(self.one(part)?);
        }
        text.split(" * ").try_fold(1_u64, |product, part| product.checked_mul(self.one(part)?))
    }

    fn one(&self, text: &str) -> Option<u64> {
        let text = text.split(" as ").next()?.trim();
        number(text).or_else(|| self.value(text.rsplit("::").next()?))
    }
}

fn number(text: &str) -> Option<u64> {
    text.replace(['_', ','], "").parse().ok()
}

/// The rule itself, on samples that break it.
mod rules {
    use super::{Limits, findings};
    use crate::repository::File;

    fn file(path: &str, text: &str) -> File {
        File { path: path.into(), text: text.into() }
    }

    fn found(text: &str) -> Vec<String> {
        let limits = Limits::new(&[
            file("crates/wire/src/limits.rs", "pub const FEW: usize = 16;\nconst A: u8 = B * 2;\n"),
            file("crates/wire/src/limits/policy.rs", "pub const B: u8 = super::FEW as u8 / 2;\n"),
            file("crates/wire/src/limits/more.rs", "pub const MANY: usize = 4 * A * 2 + 1;\n"),
            file("crates/core/src/limits.rs", "pub const ELSEWHERE: usize = 1;\n"),
        ]);
        let all = findings(&file("a.rs", text), &limits);
        all.into_iter().map(|(_, finding)| finding).collect()
    }

    #[test]
    fn a_table_names_its_bound() {
        let good = "struct S {\n    /// Who is here, at most\n    /// [`limits::FEW`].\n    \
                    all: Table<u8, ()>,\n    /// At most 256.\n    #[x]\n    \
                    pub(crate) b: Option<Table<u8, ()>>,\n}\n";
        assert_eq!(found(good), Vec::<String>::new());
        let bad = "/// At most 3.\npub(in crate::a) struct S {\n    /// Many.\n    \
                   a: Table<u8, ()>,\n    /// At most 3.\n    b: u8,\n    \
                   c: Table<u8, ()>,\n}\n";
        assert_eq!(found(bad).len(), 2, "{:?}", found(bad));
        assert!(found(bad)[1].starts_with("a.rs:7: S.c does not say"), "{:?}", found(bad));
    }

    #[test]
    fn a_bound_is_looked_up_and_small() {
        let with = |bound: &str| {
            found(&format!("struct S {{\n    /// At most {bound}.\n    a: Table<u8, ()>,\n}}\n"))
        };
        assert_eq!(with("[`limits::A`]"), Vec::<String>::new());
        assert_eq!(with("[`limits::MANY`]"), Vec::<String>::new());
        assert_eq!(with("257"), ["a.rs:3: S.a may hold 257, more than 256"]);
        assert_eq!(with("1,024"), ["a.rs:3: S.a may hold 1024, more than 256"]);
        for unknown in ["[`limits::ELSEWHERE`]", "[`limits::NONE`]", "a few"] {
            assert_eq!(with(unknown).len(), 1, "{unknown}");
        }
        let most = "pub const MOST: usize = 2 * 128 + 1;\n";
        let limits = Limits::new(&[file("crates/wire/src/limits.rs", most)]);
        let text = "struct S {\n    /// At most [`limits::MOST`].\n    a: Table<u8, ()>,\n}\n";
        assert_eq!(findings(&file("a.rs", text), &limits).len(), 1);
    }

    #[test]
    fn a_table_hides_in_no_tuple_and_under_no_other_name() {
        assert_eq!(found("/// All.\nstruct Watches(Table<u32, ()>);\n").len(), 1);
        assert_eq!(found("/// At most 8.\nstruct Watches(Table<u32, ()>);\n").len(), 0);
        assert_eq!(found("type Many = Table<u8, ()>;\n").len(), 1);
        assert_eq!(found("enum E {\n    A {\n        b: Table<u8, ()>,\n    },\n}\n").len(), 1);
    }

    #[test]
    fn what_is_on_the_stack_or_another_table_is_none_of_its_business() {
        let text = "fn f(a: Table<u8, ()>) {\n    let b: Table<u8, ()> = a;\n}\n\
                    impl S {\n    fn g(\n        b: Table<u8, ()>,\n    ) {\n    }\n}\n\
                    struct S {\n    a: StoreTable<u8>,\n}\n";
        assert_eq!(found(text), Vec::<String>::new());
    }
}
