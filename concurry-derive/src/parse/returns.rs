//! Tells a `Result` from other return types by the way it is written.

use syn::{GenericArgument, PathArguments, ReturnType, Type, TypeTuple};

use super::self_type::without_self;
use crate::model::Returns;

/// The return type with `Self` written out as `self_type`.
pub(crate) fn returns(written: &ReturnType, self_type: Option<&Type>) -> Returns {
    let whole = match written {
        ReturnType::Default => Type::Tuple(TypeTuple {
            attrs: Vec::new(),
            paren_token: syn::token::Paren::default(),
            elems: syn::punctuated::Punctuated::new(),
        }),
        ReturnType::Type(_, ty) => ungrouped(ty).clone(),
    };
    let whole = match self_type {
        Some(self_type) => without_self(whole, self_type),
        None => whole,
    };
    let Type::Path(path) = &whole else { return Returns::Plain(whole) };
    let Some(last) = path.path.segments.last().filter(|last| last.ident == "Result") else {
        return Returns::Plain(whole);
    };
    match two_types(&last.arguments) {
        Some((output, error)) => {
            Returns::Split { output: Box::new(output), error: Box::new(error), whole }
        }
        None => Returns::Alias(whole),
    }
}

/// The type without parentheses and without the invisible groups of `macro_rules`.
pub(crate) fn ungrouped(ty: &Type) -> &Type {
    match ty {
        Type::Paren(paren) => ungrouped(&paren.elem),
        Type::Group(group) => ungrouped(&group.elem),
        _ => ty,
    }
}

fn two_types(arguments: &PathArguments) -> Option<(Type, Type)> {
    let PathArguments::AngleBracketed(arguments) = arguments else { return None };
    let mut arguments = arguments.args.iter();
    match (arguments.next(), arguments.next(), arguments.next()) {
        (Some(GenericArgument::Type(output)), Some(GenericArgument::Type(error)), None) => {
            Some((output.clone(), error.clone()))
        }
        _ => None,
    }
}
