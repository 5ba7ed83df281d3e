//! Panics in a Wasm module. A browser gives the standard library nowhere to write a panic's message
//! to, so all that anybody sees of one is that the module trapped. Here it traps at once: what
//! would have written the message goes, and so do the names of source files, which are paths of
//! the machine that compiled it. (The idea is that of wasm-snip.)

use std::collections::HashSet;
use std::convert::Infallible;

use anyhow::{Context, Result, ensure};
use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{CodeSection, Function, Module};
use wasmparser::{DataKind, FunctionBody, KnownCustom, Name, Operator, Parser, Payload, TypeRef};

/// The same module with traps for panics. It has to have its names still.
pub(crate) fn silence(wasm: &[u8]) -> Result<Vec<u8>> {
    let panics = panics(wasm)?;
    ensure!(!panics.is_empty(), "no function that panics is known by its name");
    let mut module = Module::new();
    Trap { panics, next: 0 }
        .parse_core_module(&mut module, Parser::new(0), &without_places(wasm)?)
        .context("the module cannot be written anew")?;
    Ok(module.finish())
}

/// The functions of the module's own, counted from the first, that do nothing but panic.
fn panics(wasm: &[u8]) -> Result<HashSet<u32>> {
    let (mut imported, mut named, mut endless) = (0, Vec::new(), Vec::new());
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    imported += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                }
            }
            Payload::CodeSectionEntry(body) => endless.push(never_returns(&body)?),
            Payload::CustomSection(section) => {
                let KnownCustom::Name(names) = section.as_known() else { continue };
                for names in names {
                    let Name::Function(names) = names? else { continue };
                    for naming in names {
                        let naming = naming?;
                        named.extend(tells_a_panic(naming.name).then_some(naming.index));
                    }
                }
            }
            _ => {}
        }
    }
    let own = named.into_iter().filter_map(|function| function.checked_sub(imported));
    Ok(own.filter(|function| endless.get(*function as usize) == Some(&true)).collect())
}

/// Whether the standard library panics by a function of that name, if it never returns.
fn tells_a_panic(name: &str) -> bool {
    let name = without_hashes(name);
    let last = name.rsplit("::").next().unwrap_or_default();
    let library = name.trim_start_matches('<').split("::").next().unwrap_or_default();
    name.starts_with("core::panicking::")
        || (["core", "alloc", "std"].contains(&library)
            && (last.starts_with("panic_")
                || last.ends_with("_fail")
                || last.ends_with("_failed")
                || ["capacity_overflow", "handle_error", "rust_oom"].contains(&last)))
}

/// `core[0123456789abcdef]::panicking` names a version of `core`.
fn without_hashes(name: &str) -> String {
    let mut parts = name.split('[');
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        whole.push_str(part.split_once(']').map_or(part, |(_, after)| after));
    }
    whole
}

/// Whether a function has no end but a trap.
fn never_returns(body: &FunctionBody<'_>) -> Result<bool> {
    let operators = body.get_operators_reader()?.into_iter().collect::<Result<Vec<_>, _>>()?;
    let is_trapped = matches!(operators.as_slice(), [.., Operator::Unreachable, Operator::End]);
    Ok(is_trapped && !operators.contains(&Operator::Return))
}

struct Trap {
    panics: HashSet<u32>,
    next: u32,
}

impl Reencode for Trap {
    type Error = Infallible;

    fn parse_function_body(
        &mut self,
        code: &mut CodeSection,
        body: FunctionBody<'_>,
    ) -> Result<(), Error<Infallible>> {
        let function = self.next;
        self.next += 1;
        if !self.panics.contains(&function) {
            return utils::parse_function_body(self, code, body);
        }
        let mut trap = Function::new([]);
        trap.instructions().unreachable().end();
        code.function(&trap);
        Ok(())
    }
}

/// The same module with zeros for places in source files: a panic was handed one of them.
fn without_places(wasm: &[u8]) -> Result<Vec<u8>> {
    let mut silent = wasm.to_vec();
    for payload in Parser::new(0).parse_all(wasm) {
        let Payload::DataSection(segments) = payload? else { continue };
        for segment in segments {
            let segment = segment?;
            let DataKind::Active { offset_expr, .. } = segment.kind else { continue };
            if let Operator::I32Const { value } = offset_expr.get_operators_reader().read()? {
                let end = segment.range.end;
                let bytes = silent.get_mut(end - segment.data.len()..end);
                erase_places(bytes.unwrap_or_default(), value.cast_unsigned());
            }
        }
    }
    Ok(silent)
}

/// A place is the address and length of a file's name, the line, and the column.
const PLACE_BYTES: usize = 16;
const LINES_MAX: usize = 100_000;
const COLUMNS_MAX: usize = 1_000;

/// Puts zeros over all places in a piece of memory, and over the names of files that they point to.
fn erase_places(memory: &mut [u8], address: u32) {
    let mut names = Vec::new();
    for at in 0..memory.len() {
        let Some(place) = memory.get(at..at + PLACE_BYTES) else { break };
        let mut words = place.chunks_exact(4).map(|word| {
            let word = word.iter().rev().fold(0_u32, |all, byte| all << 8 | u32::from(*byte));
            word as usize
        });
        let mut word = || words.next().unwrap_or_default();
        let (name, length, line, column) = (word(), word(), word(), word());
        let Some(name) = name.checked_sub(address as usize) else { continue };
        let names_file = memory
            .get(name..name.saturating_add(length))
            .is_some_and(|file| file.ends_with(b".rs") && file.iter().all(u8::is_ascii_graphic));
        if names_file && (1..LINES_MAX).contains(&line) && (1..COLUMNS_MAX).contains(&column) {
            names.push(name..name + length);
            memory[at..at + PLACE_BYTES].fill(0);
        }
    }
    names.into_iter().for_each(|name| memory[name].fill(0));
}

#[cfg(test)]
mod tests {
    use super::{erase_places, tells_a_panic};

    #[test]
    fn only_functions_of_the_standard_library_that_panic_are_told() {
        for panics in [
            "core[c5930c85a12de822]::panicking::panic_fmt",
            "core[c5930c85a12de822]::panicking::assert_failed::<usize, usize>",
            "core::slice::index::slice_index_fail",
            "<alloc[3ca501edff3f0c7c]::vec::Vec<_, _>>::remove::assert_failed",
            "std[a543996e6e7dbf1e]::alloc::rust_oom",
        ] {
            assert!(tells_a_panic(panics), "{panics}");
        }
        for others in [
            "std::thread::panicking",
            "core::result::Result<T,E>::expect::h88fdd5f798466497",
            "<core::panicking::AssertKind as core::fmt::Debug>::fmt",
            "lacis_core::node::panic_room",
            "webnode_store_failed",
        ] {
            assert!(!tells_a_panic(others), "{others}");
        }
    }

    #[test]
    fn places_go_and_what_lies_beside_them_stays() {
        let place = |line: u8| [104, 0, 0, 0, 8, 0, 0, 0, line, 0, 0, 0, 5, 0, 0, 0];
        let names: &[u8] = b"kept src/a.rs\0kept";
        let names_at = 99;
        let mut memory = [names, &[1], &place(7), &place(0), &[2]].concat();
        erase_places(&mut memory, names_at);
        let silent: &[u8] = b"kept \0\0\0\0\0\0\0\0\0kept";
        assert_eq!(memory, [silent, &[1], &[0; 16], &place(0), &[2]].concat());
    }
}
