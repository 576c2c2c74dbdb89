//! What `#[worker]` adds to an impl block.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::ext::IdentExt;
use syn::{Attribute, Ident, Meta, TypePath};

use super::batch::{self, Batched};
use super::bodies::Bodies;
use super::constructor::Builders;
use super::handle::{handle_method, options_method};
use super::lazy::{lazy_handle_method, lazy_method, with_graph};
use super::method::{self, Description};
use super::{private, unnamed, where_clause};
use crate::model::{Method, WorkerImpl};

/// The impl of `Worker` with its methods, and the methods of the handle and the options.
pub(crate) fn worker_impl(worker: &WorkerImpl) -> TokenStream {
    let Some(name) = worker.name() else { return TokenStream::new() };
    let private = private(&worker.library);
    let worker_name = name.unraw().to_string();
    let self_type = worker.self_type.to_token_stream();
    let handle =
        beside(&worker.self_type, &format_ident!("{name}Handle", span = Span::call_site()));
    let options =
        beside(&worker.self_type, &format_ident!("{name}Options", span = Span::call_site()));
    let lazy = beside(&worker.self_type, &format_ident!("{name}Lazy", span = Span::call_site()));
    let (impl_generics, _, _) = worker.generics.split_for_impl();
    let bounds = where_clause(&worker.generics, Vec::new());

    let mut descriptions = TokenStream::new();
    let mut handle_methods = TokenStream::new();
    let mut options_methods = TokenStream::new();
    let mut lazy_methods = TokenStream::new();
    let mut lazy_handle_methods = TokenStream::new();
    let mut visits = TokenStream::new();
    let mut index = Count::default();
    for method in &worker.methods {
        let cfg = &method.cfg;
        let marker_name = method::marker_name(method);
        let marker = quote!(#marker_name<#self_type>);
        let function_name = &method.name;
        let bodies = Bodies {
            private: &private,
            method,
            function: quote!(<#self_type>::#function_name),
            has_receiver: true,
            impl_generics: quote!(impl #impl_generics),
            marker: quote!(#marker #bounds),
        };
        let form = worker.batched_form(method);
        let batched = form.map(|form| {
            let form_marker = method::marker_name(form);
            batch::visit(&private, &quote!(#form_marker<#self_type>), &form.cfg)
        });
        let mut description = Description {
            bodies: &bodies,
            worker: &self_type,
            worker_name: &worker_name,
            index: index.expression(),
            generics: &worker.generics,
            batched,
        }
        .expand();
        if let Some(batch) = &method.marks.batch
            && let Some(single) = worker.method(&batch.of.value())
        {
            let single_name = method::marker_name(single);
            let batched = Batched {
                private: &private,
                form: method,
                batch,
                single,
                impl_generics: &bodies.impl_generics,
                marker: &bodies.marker,
                single_marker: &quote!(#single_name<#self_type>),
            };
            // Where the method is left out, so is what joins the two.
            let (batched, cfg) = (batched.expand(), &single.cfg);
            description.extend(match cfg.is_empty() {
                true => batched,
                false => quote!(#(#cfg)* const _: () = { #batched };),
            });
        }
        descriptions.extend(marked(method, &marker_name, description));
        if !method.internal {
            handle_methods.extend(handle_method(&private, method, &marker, &worker_name));
            options_methods.extend(options_method(&private, method, &marker));
            let described = lazy_method(&bodies);
            lazy_methods.extend(match cfg.is_empty() {
                true => described,
                false => quote!(#(#cfg)* const _: () = { #described };),
            });
            let called = format!("{worker_name}::{}", function_name.unraw());
            let lazy_method = lazy_handle_method(&private, method, function_name, &marker, &called);
            lazy_handle_methods.extend(lazy_method);
        }
        visits.extend(quote!(#(#cfg)* __visitor.visit::<#marker>();));
        index.add(cfg);
    }
    let methods = index.expression();
    let builders = Builders::new(&private, worker);
    let constructor = builders.as_ref().map(|builders| builders.function(&private, worker));
    let registration = builders.as_ref().map(|builders| builders.registration(&private, worker));
    let options_builders =
        builders.as_ref().map(|builders| builders.for_options(&private, &handle));
    let worker_builders = builders
        .as_ref()
        .map(|builders| builders.for_worker(&private, &self_type, &handle, &options));

    let graph = with_graph(
        &private,
        quote! {
            #lazy_methods
            impl #impl_generics #lazy #bounds { #lazy_handle_methods }
        },
    );
    unnamed(quote! {
        #descriptions

        #[automatically_derived]
        impl #impl_generics #private::Worker for #self_type #bounds {
            type Handle = #handle;

            const STATE: #private::StateTraits = {
                use #private::FallbackProbe as _;
                #private::StateTraits {
                    send: #private::Probe::<#self_type>::SEND,
                    sync: #private::Probe::<#self_type>::SYNC,
                }
            };
            const METHODS: usize = #methods;

            fn visit_methods<__V: #private::MethodVisitor<Self>>(__visitor: &mut __V) {
                #visits
            }
        }

        #constructor
        #registration

        impl #impl_generics #handle #bounds { #handle_methods }

        impl #impl_generics #options #bounds { #options_methods #options_builders }

        #graph

        impl #impl_generics #self_type #bounds { #worker_builders }
    })
}

/// The type that stands for the method, which carries the worker's type: it is as visible as the
/// less visible of the two, which is what the compiler asks of a public interface.
fn marked(method: &Method, marker: &Ident, description: TokenStream) -> TokenStream {
    let Method { visibility, cfg, .. } = method;
    let description = match cfg.is_empty() {
        true => description,
        false => quote!(#(#cfg)* const _: () = { #description };),
    };
    quote! {
        #(#cfg)*
        #visibility struct #marker<__W>(::core::marker::PhantomData<fn() -> __W>);
        #description
    }
}

/// The type of that name beside the worker, with the same arguments.
fn beside(worker: &TypePath, name: &Ident) -> TokenStream {
    let mut path = worker.clone();
    if let Some(last) = path.path.segments.last_mut() {
        last.ident = name.clone();
    }
    path.into_token_stream()
}

/// A number of methods, some of which may be left out by `#[cfg(…)]`.
#[derive(Default)]
struct Count {
    certain: usize,
    conditional: Vec<TokenStream>,
}

impl Count {
    fn add(&mut self, cfg: &[Attribute]) {
        let conditions = cfg.iter().filter_map(|attribute| match &attribute.meta {
            Meta::List(list) => Some(&list.tokens),
            _ => None,
        });
        match cfg.is_empty() {
            true => self.certain += 1,
            false => {
                self.conditional.push(quote!((::core::cfg!(all(#(#conditions),*)) as usize)));
            }
        }
    }

    fn expression(&self) -> TokenStream {
        let Self { certain, conditional } = self;
        quote!(#certain #(+ #conditional)*)
    }
}
