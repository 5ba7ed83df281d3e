//! Files of vectors: made by the code, kept in `tests/vectors`, and compared with the code.
//!
//! `tests/vectors/README.md` describes them. `cargo xtask vectors` writes all of them anew.

use std::path::PathBuf;
use std::{env, fs};

use data_encoding::HEXLOWER;
use serde_json::{Value, json};

use crate::diagnostic;

/// One vector: its fields in the order of the file.
pub(crate) type Vector = Vec<(&'static str, Value)>;

/// Compares samples with a file, from value to bytes and from bytes to value.
macro_rules! frames {
    ($kind:ident, $file:literal, $samples:expr) => {{
        let samples = $samples;
        let vectors =
            samples.iter().map(|(name, sample)| $crate::golden::encoded(name, &encode(sample)));
        let stored = $crate::golden::compare($file, vectors.collect());
        for ((name, sample), stored) in samples.iter().zip(stored) {
            let bytes = $crate::golden::unhex(&stored["hex"]);
            assert_eq!(decode::<$kind>(&bytes).as_ref(), Ok(sample), "{name}");
            assert_eq!($crate::diagnostic::to_cbor(&stored["decoded"]), bytes, "{name}");
        }
    }};
}

pub(crate) use frames;

pub(crate) fn encoded(name: &str, bytes: &[u8]) -> Vector {
    vec![("name", json!(name)), ("hex", hex(bytes)), ("decoded", diagnostic::from_cbor(bytes))]
}

/// Demands that the file holds exactly these vectors, and gives what it holds.
pub(crate) fn compare(file: &str, vectors: Vec<Vector>) -> Vec<Value> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors");
    let path = folder.join(file).with_extension("json");
    let expected = render(&vectors);
    if env::var_os("LACIS_REGENERATE_VECTORS").is_some() {
        fs::create_dir_all(&folder).expect("the folder can be made");
        fs::write(&path, &expected).expect("the file can be written");
    }
    let stored = fs::read_to_string(&path).expect("the file of vectors is there");
    for (stored, expected) in stored.lines().zip(expected.lines()) {
        assert_eq!(stored, expected, "in {file}.json");
    }
    assert_eq!(stored.lines().count(), expected.lines().count(), "vectors in {file}.json");
    let stored: Vec<Value> = serde_json::from_str(&stored).expect("JSON");
    assert_eq!(stored.len(), vectors.len());
    stored
}

/// One vector a line, so that a difference shows which one changed.
fn render(vectors: &[Vector]) -> String {
    let lines: Vec<String> = vectors
        .iter()
        .map(|vector| {
            let field = |(name, value): &(&str, Value)| format!("{}: {value}", json!(name));
            format!("  {{ {} }}", vector.iter().map(field).collect::<Vec<_>>().join(", "))
        })
        .collect();
    format!("[\n{}\n]\n", lines.join(",\n"))
}

pub(crate) fn hex(bytes: &[u8]) -> Value {
    json!(HEXLOWER.encode(bytes))
}

pub(crate) fn unhex(value: &Value) -> Vec<u8> {
    HEXLOWER.decode(value.as_str().expect("text").as_bytes()).expect("hex")
}

/// A text by the specification, without the code under test.
pub(crate) fn text(prefix: &str, context: &str, fields: &[u8]) -> String {
    let sum = blake3::derive_key(context, fields);
    let base32 = data_encoding::BASE32_NOPAD.encode(&[fields, &sum[..4]].concat());
    format!("{prefix}{}", base32.to_lowercase())
}
