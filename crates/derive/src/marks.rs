//! The attributes of types, variants and fields.

use syn::spanned::Spanned;
use syn::{Attribute, Error, Fields, Ident, LitInt};

/// What the attributes of a type, a variant or a field say.
#[derive(Default)]
pub(crate) struct Marks {
    pub(crate) index: Option<u32>,
    pub(crate) bytes: bool,
    pub(crate) transparent: bool,
    pub(crate) index_only: bool,
    pub(crate) open: bool,
}

impl Marks {
    pub(crate) fn read(attributes: &[Attribute]) -> syn::Result<Self> {
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
                    } else if meta.path.is_ident("bytes") {
                        marks.bytes = true;
                    } else if meta.path.is_ident("transparent") {
                        marks.transparent = true;
                    } else if meta.path.is_ident("index_only") {
                        marks.index_only = true;
                    } else if meta.path.is_ident("open") {
                        marks.open = true;
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

/// The name of a transparent type's only field, if it has one, and whether it is a string of bytes.
pub(crate) fn the_only(fields: &Fields) -> syn::Result<(Option<&Ident>, bool)> {
    let mut all = fields.iter();
    let (Some(field), None) = (all.next(), all.next()) else {
        return Err(Error::new(fields.span(), "a transparent type has one field"));
    };
    Ok((field.ident.as_ref(), Marks::read(&field.attrs)?.bytes))
}
