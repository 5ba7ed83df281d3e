//! CBOR as a JSON tree, independent of the types it stands for: arrays, numbers, texts, booleans
//! and null as themselves, byte strings as `{"h": "<hex>"}`, and integers that a JavaScript number
//! cannot hold as `{"n": "<decimal>"}`.

use data_encoding::HEXLOWER;
use minicbor::data::Type;
use minicbor::{Decoder, Encoder};
use serde_json::{Value, json};

/// The largest integer that JSON readers are sure to keep.
const EXACT_MAX: u64 = (1 << 53) - 1;

/// Reads one item that fills `bytes`.
pub(crate) fn from_cbor(bytes: &[u8]) -> Value {
    let mut decoder = Decoder::new(bytes);
    let value = read(&mut decoder);
    assert_eq!(decoder.position(), bytes.len(), "bytes follow the item");
    value
}

/// Writes an item in its shortest form.
pub(crate) fn to_cbor(value: &Value) -> Vec<u8> {
    let mut encoder = Encoder::new(Vec::new());
    write(value, &mut encoder);
    encoder.into_writer()
}

pub(crate) fn bytes(bytes: &[u8]) -> Value {
    json!({ "h": HEXLOWER.encode(bytes) })
}

pub(crate) fn integer(number: u64) -> Value {
    if number <= EXACT_MAX { json!(number) } else { json!({ "n": number.to_string() }) }
}

fn read(decoder: &mut Decoder<'_>) -> Value {
    match decoder.datatype().expect("an item") {
        Type::U8 | Type::U16 | Type::U32 | Type::U64 => integer(decoder.u64().expect("integer")),
        Type::I8 | Type::I16 | Type::I32 | Type::I64 | Type::Int => {
            let number = i128::from(decoder.int().expect("integer"));
            let exact = number.unsigned_abs() <= EXACT_MAX.into();
            if exact { json!(number) } else { json!({ "n": number.to_string() }) }
        }
        Type::Bool => json!(decoder.bool().expect("boolean")),
        Type::Bytes => bytes(decoder.bytes().expect("bytes")),
        Type::String => json!(decoder.str().expect("text")),
        Type::Null => {
            decoder.null().expect("null");
            Value::Null
        }
        Type::Array => {
            let length = decoder.array().expect("array").expect("definite length");
            (0..length).map(|_| read(decoder)).collect()
        }
        other => panic!("the protocol does not use {other}"),
    }
}

fn write(value: &Value, encoder: &mut Encoder<Vec<u8>>) {
    match value {
        Value::Null => encoder.null().map(drop),
        Value::Number(number) => match number.as_u64() {
            Some(number) => encoder.u64(number).map(drop),
            None => encoder.i64(number.as_i64().expect("integer")).map(drop),
        },
        Value::String(text) => encoder.str(text).map(drop),
        Value::Array(items) => {
            let done = encoder.array(items.len() as u64).map(drop);
            items.iter().for_each(|item| write(item, encoder));
            done
        }
        Value::Object(_) => match (value["h"].as_str(), value["n"].as_str()) {
            (Some(hex), None) => {
                let bytes = HEXLOWER.decode(hex.as_bytes()).expect("hex");
                encoder.bytes(&bytes).map(drop)
            }
            (None, Some(number)) if number.starts_with('-') => {
                let number: i128 = number.parse().expect("number");
                encoder.int(number.try_into().expect("64 bits")).map(drop)
            }
            (None, Some(number)) => encoder.u64(number.parse().expect("number")).map(drop),
            _ => panic!("neither a byte string nor a large integer"),
        },
        Value::Bool(value) => encoder.bool(*value).map(drop),
    }
    .expect("writing to memory cannot fail");
}

#[test]
fn every_kind_of_item_survives_the_way_there_and_back() {
    let value = json!([0, 23, 24, 65_536, { "n": "18446744073709551615" }, -1, -300,
        { "n": "-9223372036854775808" }, "x", null, true, false, [], [[1]],
        { "n": "-18446744073709551616" },
        { "h": "" }, { "h": "00ff" }]);
    assert_eq!(from_cbor(&to_cbor(&value)), value);
}
