//! How pools of a worker are built: `options`, `init` and `init_async`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, Ident, Index, Type, Visibility, parse_quote};

use super::method::sides;
use super::tuple;
use crate::model::{Constructor, Returns, WorkerImpl};

/// The parts of the generated constructors.
pub(super) struct Builders {
    visibility: Visibility,
    documentation: Vec<Attribute>,
    names: Vec<Ident>,
    types: Vec<Type>,
    /// The error of the user's constructor.
    error: TokenStream,
    /// An expression over the parameters that makes the library's `Constructor`.
    constructor: TokenStream,
}

impl Builders {
    /// From the function `new`, or from a value of the worker if there is none.
    pub(super) fn new(private: &TokenStream, worker: &WorkerImpl) -> Self {
        match &worker.constructor {
            Some(constructor) => Self::from_new(private, worker, constructor),
            None => Self::from_value(private, worker),
        }
    }

    fn from_new(private: &TokenStream, worker: &WorkerImpl, constructor: &Constructor) -> Self {
        let self_type = &worker.self_type;
        let names: Vec<Ident> =
            constructor.parameters.iter().map(|parameter| parameter.name.clone()).collect();
        let types: Vec<Type> =
            constructor.parameters.iter().map(|parameter| parameter.ty.clone()).collect();
        let (_, error) = sides(private, &constructor.returns);
        let places = (0..names.len()).map(Index::from);
        let call = quote!(<#self_type>::new(#(__parameters.#places),*));
        let awaited = match constructor.asynchronous {
            true => quote!(#call.await),
            false => call,
        };
        let result = match &constructor.returns {
            Returns::Plain(_) => quote!(::core::result::Result::Ok(#awaited)),
            _ => quote!(#private::Outcome::into_result(#awaited)),
        };
        let parameters = tuple(&types.iter().collect::<Vec<_>>());
        let constructor_call = match constructor.asynchronous {
            true => quote! {
                #private::Constructor::asynchronous(
                    (#(#names,)*),
                    |__parameters: #parameters| async move { #result },
                )
            },
            false => quote! {
                #private::Constructor::blocking(
                    (#(#names,)*),
                    |__parameters: #parameters| #result,
                )
            },
        };
        Self {
            visibility: constructor.visibility.clone(),
            documentation: constructor.documentation.clone(),
            names,
            types,
            error,
            constructor: constructor_call,
        }
    }

    fn from_value(private: &TokenStream, worker: &WorkerImpl) -> Self {
        Self {
            visibility: parse_quote!(pub),
            documentation: vec![
                parse_quote!(#[doc = "The state `worker` is cloned for each worker of the pool."]),
            ],
            names: vec![parse_quote!(worker)],
            types: vec![worker.worker()],
            error: quote!(#private::Infallible),
            constructor: quote!(#private::Constructor::blocking(worker, ::core::result::Result::Ok)),
        }
    }

    /// The functions of the options.
    pub(super) fn for_options(
        &self,
        private: &TokenStream,
        worker: &TokenStream,
        handle: &TokenStream,
    ) -> TokenStream {
        let Self { visibility, documentation, names, types, error, constructor } = self;
        quote! {
            fn __constructor(#(#names: #types),*) -> #private::Constructor<#worker, #error> {
                #constructor
            }

            /// Starts the pool, and waits until all of its workers are built.
            ///
            #(#documentation)*
            ///
            /// # Errors
            ///
            /// What the constructor of a worker reports, or options that contradict each other.
            #visibility fn init(
                self,
                #(#names: #types),*
            ) -> ::core::result::Result<#handle, #private::InitError<#error>> {
                #private::WorkerOptions::__into_options(self)
                    .init(Self::__constructor(#(#names),*))
                    .map(#private::WorkerHandle::__from_handle)
            }

            /// Starts the pool as `init` does, without blocking the thread while it waits.
            ///
            /// # Errors
            ///
            /// Those of `init`.
            #visibility async fn init_async(
                self,
                #(#names: #types),*
            ) -> ::core::result::Result<#handle, #private::InitError<#error>> {
                #private::WorkerOptions::__into_options(self)
                    .init_async(Self::__constructor(#(#names),*))
                    .await
                    .map(#private::WorkerHandle::__from_handle)
            }
        }
    }

    /// The associated functions of the worker itself.
    pub(super) fn for_worker(
        &self,
        private: &TokenStream,
        handle: &TokenStream,
        options: &TokenStream,
    ) -> TokenStream {
        let Self { visibility, documentation, names, types, error, .. } = self;
        quote! {
            /// The options of a pool of up to `max_workers` of these workers that run in `mode`.
            pub fn options(mode: #private::Mode, max_workers: usize) -> #options {
                #private::WorkerOptions::__from_options(
                    #private::Options::new(mode, max_workers),
                )
            }

            /// Starts a pool with the type's own options, and waits until its workers are built.
            ///
            #(#documentation)*
            ///
            /// # Errors
            ///
            /// What the constructor of a worker reports, or options that contradict each other.
            #visibility fn init(
                #(#names: #types),*
            ) -> ::core::result::Result<#handle, #private::InitError<#error>> {
                <#options as #private::WorkerOptions>::__from_options(
                    #private::Options::from_defaults(),
                )
                .init(#(#names),*)
            }

            /// Starts a pool as `init` does, without blocking the thread while it waits.
            ///
            /// # Errors
            ///
            /// Those of `init`.
            #visibility async fn init_async(
                #(#names: #types),*
            ) -> ::core::result::Result<#handle, #private::InitError<#error>> {
                <#options as #private::WorkerOptions>::__from_options(
                    #private::Options::from_defaults(),
                )
                .init_async(#(#names),*)
                .await
            }
        }
    }
}
