//! `#[derive(Encode)]`.

use proc_macro2::TokenStream as Code;
use quote::{format_ident, quote};
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Error, Fields};

use crate::marks::{Marks, the_only};

/// What the head of an array tells in its one byte.
const FIELDS_MAX: usize = 23;

pub(crate) fn expand(input: &DeriveInput) -> syn::Result<Code> {
    let marks = Marks::read(&input.attrs)?;
    let body = match &input.data {
        Data::Struct(data) if marks.transparent => {
            let (name, is_bytes) = the_only(&data.fields)?;
            let name = name.map_or_else(|| quote!(0), |name| quote!(#name));
            if is_bytes {
                quote!(::lacis_wire::writer::EncodeBytes::encode_bytes(&self.#name, out);)
            } else {
                quote!(::lacis_wire::writer::Encode::encode(&self.#name, out);)
            }
        }
        Data::Struct(data) => {
            let (pattern, write) = fields(&data.fields)?;
            quote!(let Self #pattern = self; #write)
        }
        Data::Enum(data) => {
            let arms = data.variants.iter().map(|it| arm(it, marks.index_only));
            let arms = arms.collect::<syn::Result<Vec<Code>>>()?;
            quote!(match self { #(#arms)* })
        }
        Data::Union(data) => {
            return Err(Error::new(data.union_token.span(), "a union cannot be encoded"));
        }
    };
    let name = &input.ident;
    let (generics, type_generics, bounds) = input.generics.split_for_impl();
    Ok(quote! {
        #[automatically_derived]
        impl #generics ::lacis_wire::writer::Encode for #name #type_generics #bounds {
            fn encode(&self, out: &mut ::lacis_wire::writer::Bytes) {
                #body
            }
        }
    })
}

fn arm(variant: &syn::Variant, index_only: bool) -> syn::Result<Code> {
    let index = Marks::read(&variant.attrs)?.index;
    let index = index.ok_or_else(|| Error::new(variant.span(), "which index?"))?;
    let name = &variant.ident;
    if index_only {
        return Ok(quote!(Self::#name => ::lacis_wire::writer::Encode::encode(&#index, out),));
    }
    let (pattern, write) = fields(&variant.fields)?;
    Ok(quote! {
        Self::#name #pattern => {
            ::lacis_wire::writer::variant(out, #index);
            #write
        }
    })
}

/// A pattern that names the fields, and the statements that write them in their order.
fn fields(fields: &Fields) -> syn::Result<(Code, Code)> {
    if fields.len() > FIELDS_MAX {
        return Err(Error::new(fields.span(), "more fields than the head of an array tells"));
    }
    let (mut write, mut names) = (Code::new(), Vec::new());
    for (place, field) in fields.iter().enumerate() {
        let name = field.ident.clone().unwrap_or_else(|| format_ident!("field_{place}"));
        let put = if Marks::read(&field.attrs)?.bytes { quote!(put_bytes) } else { quote!(put) };
        write.extend(quote!(array.#put(out, #name);));
        names.push(name);
    }
    let pattern = match fields {
        Fields::Named(_) => quote!({ #(#names),* }),
        Fields::Unnamed(_) => quote!((#(#names),*)),
        Fields::Unit => Code::new(),
    };
    let name = if names.is_empty() { quote!(_) } else { quote!(mut array) };
    Ok((pattern, quote!(let #name = ::lacis_wire::writer::Array::open(out); #write)))
}
