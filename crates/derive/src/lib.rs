//! `#[derive(Encode, Decode)]`: values as the protocol writes them in CBOR.
//!
//! minicbor's own derives, whose attributes these read, write the code of every field twice, for
//! arrays of known and of unknown length, and hand an error on at each: a fifth of a Wasm module.
//! These take arrays of known length only, which is all that the protocol allows, leave what
//! fields have in common to `lacis_wire::fields` and `lacis_wire::writer`, and errors to
//! `lacis_wire::reader`. They understand what the protocol uses: structs and enums as arrays,
//! `n(i)` and `b(i)` of fields counting from 0 without gaps, `bytes`, `transparent` and
//! `index_only`.
//!
//! What is read has its one form, and no fields that are not known. A type to which later versions
//! may add fields is marked `open`: of it, where all types around it are marked so too, such fields
//! are skipped. Nothing that is hashed, signed or stored is.

mod decode;
mod encode;
mod marks;

use proc_macro::TokenStream;
use syn::{DeriveInput, Error, parse_macro_input};

/// See the crate's documentation.
#[proc_macro_derive(Encode, attributes(n, b, cbor))]
pub fn encode(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    encode::expand(&input).unwrap_or_else(Error::into_compile_error).into()
}

/// See the crate's documentation.
#[proc_macro_derive(Decode, attributes(n, b, cbor))]
pub fn decode(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    decode::expand(&input).unwrap_or_else(Error::into_compile_error).into()
}
