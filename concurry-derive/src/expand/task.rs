//! What `#[task]` adds to a function.
//!
//! A type of the function's own name is the worker, the one method and the place of `pool()` at
//! once. Types and functions have separate names, so that `heavy(3)` stays the plain call.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote};
use syn::ext::IdentExt;
use syn::{Generics, Type};

use super::bodies::Bodies;
use super::constructor::wires;
use super::defaults::defaults;
use super::handle::parameters;
use super::handle_types::HandleTypes;
use super::lazy::{lazy_handle_method, lazy_method, with_graph};
use super::method::{Description, sides};
use super::{private, tuple, unnamed};
use crate::model::{Method, Task};

/// The worker of the function, its handle and its options.
pub(crate) fn task(task: &Task) -> TokenStream {
    let private = private(&task.library);
    let Method { name, visibility, .. } = &task.function;
    let plain_name = name.unraw().to_string();
    let camel = camel_case(&plain_name);
    let pool = format_ident!("{camel}Pool", span = name.span());
    let options = format_ident!("{camel}Options", span = name.span());
    let lazy = format_ident!("{camel}Lazy", span = name.span());
    let generics = Generics::default();
    let handle_types = HandleTypes {
        private: &private,
        worker: name,
        handle: &pool,
        options: &options,
        lazy: &lazy,
        visibility,
        generics: &generics,
        handle_documentation: vec![
            format!("A handle to a pool that runs [`{plain_name}`](fn@{plain_name})."),
            String::new(),
            "A clone is cheap and leads to the same pool; when the last one is dropped, the pool \
             finishes what it has and ends."
                .to_owned(),
        ],
        options_documentation: vec![
            format!("The options of a pool that runs [`{plain_name}`](fn@{plain_name})."),
            String::new(),
            "Nothing starts before `init`.".to_owned(),
        ],
    };

    let worker = quote!(#name);
    let bodies = Bodies {
        private: &private,
        method: &task.function,
        function: quote!(#name),
        has_receiver: false,
        impl_generics: quote!(impl),
        marker: quote!(#name),
    };
    let description = Description {
        bodies: &bodies,
        worker: &worker,
        worker_name: &plain_name,
        index: quote!(0),
        generics: &generics,
        batched: None,
    }
    .expand();
    let function = task_function(&bodies);
    let worker_impls = worker_impls(&private, task, &pool);
    let builders = builders(&private, task, &pool, &options);
    let calls = calls(&private, &task.function);
    let lazy_method = lazy_method(&bodies);
    let submit = format_ident!("submit", span = name.span());
    let lazy_submit = lazy_handle_method(&private, &task.function, &submit, &worker, &plain_name);
    let graph = with_graph(&private, quote!(#lazy_method impl #lazy { #lazy_submit }));

    let documentation = format!("The pools of the function [`{plain_name}`](fn@{plain_name}).");
    let types = handle_types.types();
    let handle_impls = handle_types.impls();
    let impls = unnamed(quote! {
        #handle_impls
        #worker_impls
        #description
        #function
        #builders
        impl #pool { #calls }
        #graph
    });
    quote! {
        #[doc = #documentation]
        #[allow(non_camel_case_types)]
        #[derive(::core::fmt::Debug)]
        #visibility struct #name {
            __private: (),
        }

        #types
        #impls
    }
}

/// `WorkerType` and `Worker`.
fn worker_impls(private: &TokenStream, task: &Task, pool: &syn::Ident) -> TokenStream {
    let name = &task.function.name;
    let plain_name = name.unraw().to_string();
    let defaults = defaults(private, &task.defaults);
    quote! {
        #[automatically_derived]
        impl #private::WorkerType for #name {
            const NAME: &'static str = #plain_name;
            const DEFAULTS: #private::TypeDefaults = #defaults;
        }

        #[automatically_derived]
        impl #private::Worker for #name {
            type Handle = #pool;

            const STATE: #private::StateTraits = #private::StateTraits { send: true, sync: true };
            const METHODS: usize = 1;

            fn visit_methods<__V: #private::MethodVisitor<Self>>(__visitor: &mut __V) {
                __visitor.visit::<#name>();
            }
        }
    }
}

/// `TaskFunction`, by which a map may call the function without the pool's queue.
fn task_function(bodies: &Bodies<'_>) -> TokenStream {
    let private = bodies.private;
    let Method { name, parameters, asynchronous, uses_context, .. } = bodies.method;
    let types: Vec<&Type> = parameters.iter().map(|parameter| &parameter.ty).collect();
    let arguments = match types.as_slice() {
        [_] => quote!((__item,)),
        _ => quote!(__item),
    };
    let item = item(bodies.method.list, &types);
    let direct = match asynchronous | uses_context {
        true => quote!(::core::option::Option::None),
        false => {
            let result = bodies.as_result(bodies.call(TokenStream::new()));
            quote!(::core::option::Option::Some(|__args| #result))
        }
    };
    let allowed = bodies.allowed();
    quote! {
        #[automatically_derived]
        #allowed
        impl #private::TaskFunction for #name {
            type Item = #item;

            const DIRECT: ::core::option::Option<
                fn(Self::Args) -> ::core::result::Result<Self::Output, Self::Error>,
            > = #direct;

            #[inline]
            fn into_args(__item: Self::Item) -> Self::Args {
                #arguments
            }
        }
    }
}

/// What a map takes for one call: the argument itself if there is one, else the tuple of them.
fn item(list: Span, types: &[&Type]) -> TokenStream {
    match types {
        [one] => quote!(#one),
        _ => tuple(list, types),
    }
}

/// `pool`, `options`, `init` and `init_async`.
fn builders(
    private: &TokenStream,
    task: &Task,
    pool: &syn::Ident,
    options: &syn::Ident,
) -> TokenStream {
    let Method { name, visibility, .. } = &task.function;
    let plain_name = name.unraw().to_string();
    let starts =
        format!("Starts a pool that runs `{plain_name}`, with the options declared at it.");
    let on_submit = format!("Sets the options that depend on the types of `{plain_name}`.");
    let result = quote! {
        ::core::result::Result<#pool, #private::InitError<#private::Infallible>>
    };
    let nothing = quote!(#private::Probe::<()>::ARGUMENTS);
    let wires = wires(private, &nothing, &quote!(#private::Infallible), false);
    let constructor = quote! {
        #private::Constructor::blocking(
            (),
            #wires,
            |()| ::core::result::Result::Ok(#name { __private: () }),
        )
    };
    quote! {
        fn __constructor() -> #private::Constructor<#name, #private::Infallible> {
            use #private::FallbackProbe as _;
            #constructor
        }

        impl #name {
            #[doc(hidden)]
            pub fn __registration() -> #private::Registration {
                use #private::FallbackProbe as _;
                #private::Registration::of::<#name, (), #private::Infallible>(
                    #wires,
                    |()| __constructor(),
                )
            }
        }

        #private::register! { #name }

        impl #name {
            /// The options of a pool of up to `max_workers` workers that run in `mode`.
            #visibility fn options(mode: #private::Mode, max_workers: usize) -> #options {
                #private::WorkerOptions::__from_options(
                    #private::Options::new(mode, max_workers),
                )
            }

            #[doc = #starts]
            ///
            /// # Errors
            ///
            /// Options that contradict each other, and what the system refuses.
            #visibility fn pool() -> #result {
                <#options as #private::WorkerOptions>::__from_options(
                    #private::Options::from_defaults(),
                )
                .init()
            }
        }

        impl #options {
            #[doc = #on_submit]
            #visibility fn on_submit(
                mut self,
                configure: impl ::core::ops::FnOnce(
                    #private::MethodOptions<#name>,
                ) -> #private::MethodOptions<#name>,
            ) -> Self {
                #private::WorkerOptions::__options(&mut self).configure::<#name>(configure);
                self
            }

            /// Starts the pool.
            ///
            /// # Errors
            ///
            /// Options that contradict each other, and what the system refuses.
            #visibility fn init(self) -> #result {
                #private::WorkerOptions::__into_options(self)
                    .init(__constructor())
                    .map(#private::WorkerHandle::__from_handle)
            }

            /// Starts the pool without blocking the thread meanwhile.
            ///
            /// # Errors
            ///
            /// Those of `init`.
            #visibility async fn init_async(self) -> #result {
                #private::WorkerOptions::__into_options(self)
                    .init_async(__constructor())
                    .await
                    .map(#private::WorkerHandle::__from_handle)
            }
        }
    }
}

/// `submit` and `map`.
fn calls(private: &TokenStream, function: &Method) -> TokenStream {
    let Method { name, visibility, carried, .. } = function;
    let plain_name = name.unraw().to_string();
    let names = function.parameters.iter().map(|parameter| &parameter.name);
    let types: Vec<&Type> = function.parameters.iter().map(|parameter| &parameter.ty).collect();
    let (parameters, item) = (parameters(function), item(function.list, &types));
    let (output, error) = sides(private, &function.returns);
    let submit = format!("Calls `{plain_name}` on a worker of the pool.");
    let map = format!("Calls `{plain_name}` for every item and collects what it gives.");
    quote! {
        #[doc = #submit]
        ///
        #(#carried)*
        #[inline]
        #visibility fn submit(&self, #parameters) -> #private::TaskFuture<#output, #error> {
            #private::WorkerHandle::__handle(self).call::<#name>((#(#names,)*))
        }

        #[doc = #map]
        ///
        /// Nothing runs before the map is asked for its results.
        #visibility fn map<__I>(
            &self,
            items: __I,
        ) -> #private::TaskMap<<__I as ::core::iter::IntoIterator>::IntoIter, #name>
        where
            __I: ::core::iter::IntoIterator<Item = #item>,
        {
            #private::TaskMap::new(
                ::core::clone::Clone::clone(#private::WorkerHandle::__handle(self)),
                ::core::iter::IntoIterator::into_iter(items),
            )
        }
    }
}

/// `heavy_work` as `HeavyWork`.
fn camel_case(name: &str) -> String {
    name.split('_')
        .flat_map(|word| {
            let mut characters = word.chars();
            let first = characters.next().into_iter().flat_map(char::to_uppercase);
            first.chain(characters).collect::<Vec<_>>()
        })
        .collect()
}
