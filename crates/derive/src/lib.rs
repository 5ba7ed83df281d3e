//! `#[derive(Decode)]`: reads what `minicbor::Encode` writes for the same attributes.
//!
//! minicbor's own derive writes the code of every field twice, for arrays of known and of unknown
//! length, and hands an error on at each; of a Wasm module that is a tenth. This one takes arrays of
//! known length only, which is all that the protocol allows, leaves what fields have in common to
//! `lacis_wire::fields` and errors to `lacis_wire::reader`. It understands what the protocol uses:
//! structs and enums as arrays, `n(i)` and `b(i)` of fields counting from 0 without gaps,
//! `with = "minicbor::bytes"`, `transparent` and `index_only`.

use proc_macro::TokenStream;
use proc_macro2::TokenStream as Code;
use quote::{format_ident, quote};
use syn::spanned::Spanned;
use syn::{Attribute, Data, DeriveInput, Error, Fields, LitInt, parse_macro_input};

/// See the crate's documentation.
#[proc_macro_derive(Decode, attributes(n, b, cbor))]
pub fn decode(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expand(&input).unwrap_or_else(Error::into_compile_error).into()
}

/// What the attributes of a type, a variant or a field say.
#[derive(Default)]
struct Marks {
    index: Option<u32>,
    bytes: bool,
    transparent: bool,
    index_only: bool,
}

impl Marks {
    fn read(attributes: &[Attribute]) -> syn::Result<Self> {
        let mut marks = Self::default();
        for attribute in attributes {
            if attribute.path().is_ident("n") || attribute.path().is_ident("b") {
                marks.index = Some(attribute.parse_args::<LitInt>()?.base10_parse()?);
            } else if attribute.path().is_ident("cbor") {
                attribute.parse_nested_meta(|meta| {
                    if meta.path.is_ident("n") || meta.path.is_ident("b") {
                        let content;
                        syn::parenthesized!(content in meta.input);
                        marks.index = Some(content.parse::<LitInt>()?.base10_parse()?);
                    } else if meta.path.is_ident("with") {
                        let with: syn::LitStr = meta.value()?.parse()?;
                        if with.value() != "minicbor::bytes" {
                            return Err(meta.error("only minicbor::bytes is understood"));
                        }
                        marks.bytes = true;
                    } else if meta.path.is_ident("transparent") {
                        marks.transparent = true;
                    } else if meta.path.is_ident("index_only") {
                        marks.index_only = true;
                    } else {
                        return Err(meta.error("not understood here"));
                    }
                    Ok(())
                })?;
            }
        }
        Ok(marks)
    }
}

fn expand(input: &DeriveInput) -> syn::Result<Code> {
    let marks = Marks::read(&input.attrs)?;
    let body = match &input.data {
        Data::Struct(data) if marks.transparent => inner(&data.fields)?,
        Data::Struct(data) => fields(&data.fields, &quote!(Self))?,
        Data::Enum(data) => variants(data, marks.index_only)?,
        Data::Union(data) => {
            return Err(Error::new(data.union_token.span(), "a union cannot be decoded"));
        }
    };
    let name = &input.ident;
    let (_, type_generics, _) = input.generics.split_for_impl();
    let lifetimes: Vec<_> = input.generics.lifetimes().map(|it| &it.lifetime).collect();
    Ok(quote! {
        #[automatically_derived]
        impl<'bytes: #(#lifetimes +)*, #(#lifetimes),*> ::lacis_wire::reader::Decode<'bytes>
            for #name #type_generics
        {
            fn decode(r: &mut ::lacis_wire::reader::Reader<'bytes>) -> Self {
                #body
            }
        }
    })
}

/// A type that is written as its only field.
fn inner(fields: &Fields) -> syn::Result<Code> {
    let mut all = fields.iter();
    let (Some(field), None) = (all.next(), all.next()) else {
        return Err(Error::new(fields.span(), "a transparent type has one field"));
    };
    let value = if Marks::read(&field.attrs)?.bytes {
        quote!(::lacis_wire::reader::DecodeBytes::decode_bytes(r))
    } else {
        quote!(::lacis_wire::reader::Decode::decode(r))
    };
    Ok(match &field.ident {
        Some(name) => quote!(Self { #name: #value }),
        None => quote!(Self(#value)),
    })
}

/// The expression that reads fields in their order and makes a value of them.
fn fields(fields: &Fields, path: &Code) -> syn::Result<Code> {
    let (mut read, mut names) = (Code::new(), Vec::new());
    for (place, field) in (0_u32..).zip(fields) {
        let marks = Marks::read(&field.attrs)?;
        if marks.index != Some(place) {
            return Err(Error::new(field.span(), "fields count from 0, in order, without gaps"));
        }
        let name = field.ident.clone().unwrap_or_else(|| format_ident!("field_{place}"));
        let next = if marks.bytes { quote!(next_bytes) } else { quote!(next) };
        read.extend(quote!(let #name = fields.#next(r);));
        names.push(name);
    }
    let build = match fields {
        Fields::Named(_) => quote!(#path { #(#names),* }),
        Fields::Unnamed(_) => quote!(#path(#(#names),*)),
        Fields::Unit => path.clone(),
    };
    let mutable = (!names.is_empty()).then(|| quote!(mut));
    Ok(quote! {{
        let #mutable fields = ::lacis_wire::fields::Fields::open(r);
        #read
        fields.close(r);
        #build
    }})
}

/// A reader that meets a number it does not know fails, and reads the last variant for nothing.
fn variants(data: &syn::DataEnum, index_only: bool) -> syn::Result<Code> {
    let (mut known, mut values) = (Vec::new(), Vec::new());
    for variant in &data.variants {
        let marks = Marks::read(&variant.attrs)?;
        known.push(marks.index.ok_or_else(|| Error::new(variant.span(), "which index?"))?);
        let name = &variant.ident;
        values.push(match index_only {
            true => quote!(Self::#name),
            false => fields(&variant.fields, &quote!(Self::#name))?,
        });
    }
    let last = values.pop().ok_or_else(|| Error::new(data.enum_token.span(), "no variants"))?;
    let open = if index_only { quote!(variant) } else { quote!(open_variant) };
    let arms = known.iter().zip(&values).map(|(index, value)| quote!(#index => #value,));
    Ok(quote! {
        match r.#open(&[#(#known),*]) {
            #(#arms)*
            _ => #last,
        }
    })
}
