//! `#[derive(Decode)]`: reads what `minicbor::Encode` writes for the same attributes.
//!
//! minicbor's own derive writes the code of every field twice, for arrays of known and of unknown
//! length, and names the field in each error; of a Wasm module that is a tenth. This one takes
//! arrays of known length only, which is all that the protocol allows, and leaves what fields have
//! in common to `lacis_wire::fields`. It understands what the protocol uses: structs and enums as
//! arrays, `n(i)` and `b(i)` counting from 0 without gaps, `with = "minicbor::bytes"`,
//! `transparent` and `index_only`.

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
        Data::Struct(data) => {
            let (let_fields, build) = fields(&data.fields, &quote!(Self))?;
            quote! {
                let mut fields = ::lacis_wire::fields::Fields::open(d)?;
                #let_fields
                fields.close(d)?;
                Ok(#build)
            }
        }
        Data::Enum(data) => variants(data, marks.index_only)?,
        Data::Union(data) => {
            return Err(Error::new(data.union_token.span(), "a union cannot be decoded"));
        }
    };
    let name = &input.ident;
    let (_, type_generics, _) = input.generics.split_for_impl();
    let lifetimes: Vec<_> = input.generics.lifetimes().map(|it| &it.lifetime).collect();
    let generics = quote!(<'bytes: #(#lifetimes +)*, #(#lifetimes,)* Ctx>);
    Ok(quote! {
        #[automatically_derived]
        impl #generics ::minicbor::Decode<'bytes, Ctx> for #name #type_generics {
            fn decode(
                d: &mut ::minicbor::Decoder<'bytes>,
                ctx: &mut Ctx,
            ) -> ::core::result::Result<Self, ::minicbor::decode::Error> {
                let _ = &ctx;
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
        quote!(::minicbor::bytes::decode(d, ctx)?)
    } else {
        quote!(::minicbor::Decode::decode(d, ctx)?)
    };
    Ok(match &field.ident {
        Some(name) => quote!(Ok(Self { #name: #value })),
        None => quote!(Ok(Self(#value))),
    })
}

/// The statements that read fields in their order, and the expression that makes a value of them.
fn fields(fields: &Fields, path: &Code) -> syn::Result<(Code, Code)> {
    let (mut read, mut names) = (Code::new(), Vec::new());
    for (place, field) in (0_u32..).zip(fields) {
        let marks = Marks::read(&field.attrs)?;
        if marks.index != Some(place) {
            return Err(Error::new(field.span(), "fields count from 0, in order, without gaps"));
        }
        let name = field.ident.clone().unwrap_or_else(|| format_ident!("field_{place}"));
        let next = if marks.bytes { quote!(next_bytes) } else { quote!(next) };
        read.extend(quote!(let #name = fields.#next(d, ctx)?;));
        names.push(name);
    }
    let build = match fields {
        Fields::Named(_) => quote!(#path { #(#names),* }),
        Fields::Unnamed(_) => quote!(#path(#(#names),*)),
        Fields::Unit => path.clone(),
    };
    Ok((read, build))
}

fn variants(data: &syn::DataEnum, index_only: bool) -> syn::Result<Code> {
    let mut arms = Code::new();
    for variant in &data.variants {
        let marks = Marks::read(&variant.attrs)?;
        let index = marks.index.ok_or_else(|| Error::new(variant.span(), "which index?"))?;
        let name = &variant.ident;
        if index_only {
            arms.extend(quote!(#index => Ok(Self::#name),));
            continue;
        }
        let (read, build) = fields(&variant.fields, &quote!(Self::#name))?;
        arms.extend(quote! {
            #index => {
                let mut fields = ::lacis_wire::fields::Fields::open(d)?;
                #read
                fields.close(d)?;
                Ok(#build)
            }
        });
    }
    let index =
        if index_only { quote!(d.u32()?) } else { quote!(::lacis_wire::fields::variant(d)?) };
    Ok(quote! {
        let index = #index;
        match index {
            #arms
            _ => Err(::minicbor::decode::Error::unknown_variant(i64::from(index))),
        }
    })
}
