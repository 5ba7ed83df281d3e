//! `#[derive(Decode)]`.

use proc_macro2::TokenStream as Code;
use quote::{format_ident, quote};
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Error, Fields};

use crate::marks::{Marks, the_only};

pub(crate) fn expand(input: &DeriveInput) -> syn::Result<Code> {
    let marks = Marks::read(&input.attrs)?;
    let body = match &input.data {
        Data::Struct(data) if marks.transparent => inner(&data.fields)?,
        Data::Struct(data) => fields(&data.fields, &quote!(Self), marks.open)?,
        Data::Enum(data) => variants(data, &marks)?,
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
    let (name, is_bytes) = the_only(fields)?;
    let value = if is_bytes {
        quote!(::lacis_wire::reader::DecodeBytes::decode_bytes(r))
    } else {
        quote!(::lacis_wire::reader::Decode::decode(r))
    };
    Ok(match name {
        Some(name) => quote!(Self { #name: #value }),
        None => quote!(Self(#value)),
    })
}

/// The expression that reads fields in their order and makes a value of them.
fn fields(fields: &Fields, path: &Code, open: bool) -> syn::Result<Code> {
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
        let #mutable fields = ::lacis_wire::fields::Fields::open(r, #open);
        #read
        fields.close(r);
        #build
    }})
}

/// A reader that meets a number it does not know fails, and reads the last variant for nothing.
fn variants(data: &syn::DataEnum, of: &Marks) -> syn::Result<Code> {
    let (mut known, mut values) = (Vec::new(), Vec::new());
    for variant in &data.variants {
        let marks = Marks::read(&variant.attrs)?;
        known.push(marks.index.ok_or_else(|| Error::new(variant.span(), "which index?"))?);
        let name = &variant.ident;
        values.push(match of.index_only {
            true => quote!(Self::#name),
            false => fields(&variant.fields, &quote!(Self::#name), of.open)?,
        });
    }
    let last = values.pop().ok_or_else(|| Error::new(data.enum_token.span(), "no variants"))?;
    let open = if of.index_only { quote!(variant) } else { quote!(open_variant) };
    let arms = known.iter().zip(&values).map(|(index, value)| quote!(#index => #value,));
    Ok(quote! {
        match r.#open(&[#(#known),*]) {
            #(#arms)*
            _ => #last,
        }
    })
}
