//! From the model to code: thin glue over ordinary generic functions of the library.
//!
//! Every path is absolute and every local name starts with two underscores, so that nothing the
//! user has in scope is seen or shadowed. Everything without a name for the user stands inside
//! `const _`: no module is made, and the macros work inside functions.

mod batch;
mod bodies;
mod constructor;
mod defaults;
mod handle;
mod handle_types;
mod lazy;
mod leaving;
mod method;
mod resilient;
mod task;
mod worker_impl;
mod worker_type;

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{GenericParam, Generics, Path, Type, WhereClause, WherePredicate, parse_quote};

pub(crate) use resilient::resilient;
pub(crate) use task::task;
pub(crate) use worker_impl::worker_impl;
pub(crate) use worker_type::worker_type;

/// The path under which the library offers what only the macros use.
fn private(library: &Path) -> TokenStream {
    quote!(#library::__private)
}

/// Items that nobody names, and whose style no lint of the user's crate should judge.
///
/// The list is short on purpose: a crate that forbids a lint cannot hold code that allows it.
fn unnamed(items: TokenStream) -> TokenStream {
    quote! {
        #[allow(
            clippy::all,
            clippy::nursery,
            clippy::pedantic,
            clippy::restriction,
            dead_code,
            non_camel_case_types,
            unreachable_pub,
        )]
        const _: () = { #items };
    }
}

/// The bounds of the user, and those that every worker has.
fn where_clause(generics: &Generics, more: Vec<WherePredicate>) -> Option<WhereClause> {
    let mut predicates: Punctuated<WherePredicate, syn::Token![,]> =
        generics.where_clause.iter().flat_map(|clause| clause.predicates.clone()).collect();
    for parameter in &generics.params {
        if let GenericParam::Type(parameter) = parameter {
            let name = &parameter.ident;
            predicates.push(parse_quote!(#name: 'static));
        }
    }
    predicates.extend(more);
    (!predicates.is_empty()).then(|| WhereClause { where_token: Default::default(), predicates })
}

/// `<whole as Outcome>` in every token at the place of `whole`, which may turn out to be no alias of
/// `Result`.
fn outcome(private: &TokenStream, whole: &Type) -> TokenStream {
    let span = whole.span();
    let path = at(span, quote!(#private::Outcome));
    quote_spanned!(span=> <#whole as #path>)
}

/// The same tokens at another place: what is wrong with them is wrong there.
fn at(span: Span, tokens: TokenStream) -> TokenStream {
    tokens
        .into_iter()
        .map(|mut token| {
            token.set_span(span);
            token
        })
        .collect()
}

/// The types of the parameters in `list`, as a tuple that points there.
fn tuple(list: Span, types: &[&Type]) -> TokenStream {
    quote_spanned!(list=> (#(#types,)*))
}
