//! One macro call: parse, check, expand. The user's code is kept, also when something is wrong.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{DeriveInput, Item, ItemFn, ItemImpl};

use crate::errors::Errors;
use crate::{check, expand, parse};

/// `#[derive(Worker)]`.
pub(crate) fn derive_worker(item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let input = errors.ok(syn::parse2::<DeriveInput>(item));
    let model = input.and_then(|input| parse::worker_type(input, &mut errors));
    let mut tokens = model.as_ref().map(expand::worker_type).unwrap_or_default();
    tokens.extend(errors.into_tokens());
    tokens
}

/// `#[worker]` on an impl block.
pub(crate) fn worker(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let mut block: ItemImpl = match syn::parse2(item.clone()) {
        Ok(block) => block,
        Err(error) => return refused(item, error, WORKER_PLACE),
    };
    let mut model = parse::worker_impl(arguments, &mut block, &mut errors);
    let mut tokens = block.into_token_stream();
    if let Some(model) = &mut model {
        check::worker_impl(model, &mut errors);
        tokens.extend(expand::worker_impl(model));
    }
    tokens.extend(errors.into_tokens());
    tokens
}

/// `#[task]` on a function.
pub(crate) fn task(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let mut function: ItemFn = match syn::parse2(item.clone()) {
        Ok(function) => function,
        Err(error) => return refused(item, error, TASK_PLACE),
    };
    let model = parse::task(arguments, &mut function, &mut errors);
    let mut tokens = function.into_token_stream();
    tokens.extend(model.as_ref().map(expand::task));
    tokens.extend(errors.into_tokens());
    tokens
}

/// `#[resilient]` on a function or method.
pub(crate) fn resilient(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let mut function: ItemFn = match syn::parse2(item.clone()) {
        Ok(function) => function,
        Err(error) => return refused(item, error, RESILIENT_PLACE),
    };
    let model = parse::resilient(arguments, &function, &mut errors);
    if let Some(model) = &model {
        *function.block = expand::resilient(model, &function);
    }
    let mut tokens = function.into_token_stream();
    tokens.extend(errors.into_tokens());
    tokens
}

const WORKER_PLACE: &str = "`#[worker]` goes on an impl block; on a struct it stands below \
                            `#[derive(Worker)]`: write the derive first";
const RESILIENT_PLACE: &str =
    "`#[resilient]` goes on a function or method with a body that returns a `Result`";
const TASK_PLACE: &str = "`#[task]` goes on a function with a body; for methods put `#[worker]` \
                          on the impl block";

/// Keeps an item of the wrong kind and says where the macro belongs. What is no item at all is
/// reported as syn reports it.
fn refused(item: TokenStream, error: syn::Error, place: &str) -> TokenStream {
    let mut errors = Errors::default();
    match syn::parse2::<Item>(item.clone()) {
        Ok(other) => errors.at(head(&other), place),
        Err(_) => errors.add(error),
    }
    let mut tokens = item;
    tokens.extend(errors.into_tokens());
    tokens
}

/// The first tokens after the attributes, so that a long item is not underlined as a whole.
fn head(item: &Item) -> TokenStream {
    match item {
        Item::Struct(item) => item.ident.to_token_stream(),
        Item::Enum(item) => item.ident.to_token_stream(),
        Item::Mod(item) => item.ident.to_token_stream(),
        Item::Trait(item) => item.ident.to_token_stream(),
        Item::Fn(item) => item.sig.ident.to_token_stream(),
        other => other.to_token_stream(),
    }
}
