//! The names of what a Wasm module imports. wasm-bindgen ends each in a hash, which tells functions
//! of different crates apart when they are linked. Afterwards it is 16 digits that do not compress,
//! once in the module and once in the JavaScript that hands the functions over; a number does.

use std::collections::{HashMap, HashSet};
use std::convert::Infallible;

use anyhow::{Context, Result};
use wasm_encoder::reencode::{Error, Reencode};
use wasm_encoder::{ImportSection, Module};
use wasmparser::{ImportSectionReader, Parser, Payload};

/// The same module and its JavaScript with names that end in no hashes.
pub(crate) fn shorten(wasm: &[u8], script: &str) -> Result<(Vec<u8>, String)> {
    let names = short_names(&imports(wasm)?);
    let mut module = Module::new();
    Rename { names: &names }
        .parse_core_module(&mut module, Parser::new(0), wasm)
        .context("the module cannot be written anew")?;
    let renamed =
        names.iter().fold(script.to_owned(), |script, (long, short)| script.replace(long, short));
    Ok((module.finish(), renamed))
}

fn imports(wasm: &[u8]) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        if let Payload::ImportSection(imports) = payload? {
            for import in imports.into_imports() {
                names.push(import?.name.to_owned());
            }
        }
    }
    Ok(names)
}

/// A short name for every long one: the same without its hash, numbered if that is taken.
fn short_names(imports: &[String]) -> HashMap<String, String> {
    let mut taken = HashSet::new();
    let mut short = HashMap::new();
    for long in imports {
        let Some(stem) = without_hash(long) else { continue };
        let numbered = (2..).map(|number| format!("{stem}{number}"));
        let free = std::iter::once(stem.to_owned()).chain(numbered).find(|it| !taken.contains(it));
        taken.extend(free.clone());
        short.extend(free.map(|free| (long.clone(), free)));
    }
    short
}

fn without_hash(name: &str) -> Option<&str> {
    let (stem, hash) = name.rsplit_once('_')?;
    let is_hash = hash.len() == 16 && hash.bytes().all(|it| it.is_ascii_hexdigit());
    let stem = stem.strip_prefix("__wbg_").or_else(|| stem.strip_prefix("__wbindgen_"))?;
    is_hash.then(|| stem.trim_start_matches('_'))
}

struct Rename<'a> {
    names: &'a HashMap<String, String>,
}

impl Reencode for Rename<'_> {
    type Error = Infallible;

    fn parse_import_section(
        &mut self,
        imports: &mut ImportSection,
        section: ImportSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        for import in section.into_imports() {
            let import = import?;
            let name = self.names.get(import.name).map_or(import.name, String::as_str);
            imports.import(import.module, name, self.entity_type(import.ty)?);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::short_names;

    #[test]
    fn only_hashes_go_and_no_name_comes_twice() {
        let imports = [
            "__wbg_call_40b008ba32f73991",
            "__wbg_call_a410eb4b59ed5965",
            "__wbg___wbindgen_throw_a410eb4b59ed5965",
            "__wbindgen_init_externref_table",
            "memory_0123456789abcdef",
        ];
        let names = short_names(&imports.map(str::to_owned));
        let mut names: Vec<(&str, &str)> =
            names.iter().map(|(long, short)| (long.as_str(), short.as_str())).collect();
        names.sort_unstable();
        let short = ["wbindgen_throw", "call", "call2"];
        assert_eq!(names, [(imports[2], short[0]), (imports[0], short[1]), (imports[1], short[2])]);
    }
}
