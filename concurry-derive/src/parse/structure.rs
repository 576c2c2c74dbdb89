//! Reads the type under `#[derive(Worker)]`.

use quote::ToTokens;
use syn::{Attribute, Data, DeriveInput, GenericParam, Generics, Ident, Meta, Type};

use super::arguments::{Arguments, Place};
use super::self_type::bounds_without_self;
use crate::errors::Errors;
use crate::model::WorkerType;

/// The model of the type, if it can be a worker at all.
pub(crate) fn worker_type(input: DeriveInput, errors: &mut Errors) -> Option<WorkerType> {
    let before = errors.count();
    if let Data::Union(union) = &input.data {
        errors.at(union.union_token, "a union cannot be a worker: write a struct or an enum");
    }
    for parameter in &input.generics.params {
        if let GenericParam::Lifetime(lifetime) = parameter {
            errors.at(
                lifetime,
                "a worker owns its state, because it lives on another thread: use `Arc` or \
                 `'static` instead of a lifetime",
            );
        }
    }
    // The arguments are read also of a type that is refused, so that all errors show at once.
    let usable = errors.count() == before;
    let arguments = arguments(&input.attrs, errors);
    let mut generics = input.generics;
    if let Some(self_type) = errors.ok(self_type(&input.ident, &generics)) {
        bounds_without_self(&mut generics, &self_type);
    }
    usable.then(|| WorkerType {
        library: arguments.library(),
        name: input.ident,
        visibility: input.vis,
        generics,
        defaults: arguments.defaults,
    })
}

/// The type as it is named in its own impls: `Llm<T>`.
fn self_type(name: &Ident, generics: &Generics) -> syn::Result<Type> {
    let mut tokens = name.to_token_stream();
    generics.split_for_impl().1.to_tokens(&mut tokens);
    syn::parse2(tokens)
}

fn arguments(attributes: &[Attribute], errors: &mut Errors) -> Arguments {
    let mut arguments = Arguments::default();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("worker")) {
        match &attribute.meta {
            Meta::List(list) => arguments.read(Place::Type, list.tokens.clone(), errors),
            other => errors.at(
                other,
                "`#[worker]` without arguments goes on the impl block; on a type write \
                 `#[worker(mode = \"thread\", max_workers = 4)]`",
            ),
        }
    }
    arguments
}
