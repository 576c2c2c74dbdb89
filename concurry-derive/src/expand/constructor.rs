//! How pools of a worker are built: `options`, `init` and `init_async`.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Generics, Ident, Index, Type, Visibility, WherePredicate, parse_quote};

use super::method::{borrows, carry, error_text, names_parameter, sides};
use super::{at, leaving, tuple, where_clause};
use crate::model::{Construction, Constructor, Returns, WorkerImpl};

/// The parts of the generated constructors.
pub(super) struct Builders {
    visibility: Visibility,
    /// What the parameters are.
    documentation: &'static str,
    names: Vec<Ident>,
    types: Vec<Type>,
    /// What `init` asks of the parameters of a generic worker, which the impl need not ask.
    bounds: Vec<WherePredicate>,
    /// The error of the user's constructor.
    error: TokenStream,
    /// What is known of the parameters when they are to leave the process.
    wires: TokenStream,
    /// All parameters as one type.
    parameters: TokenStream,
    /// An expression over the parameters that makes the library's `Constructor`.
    constructor: TokenStream,
}

impl Builders {
    /// From the function `new`, or from a value of the worker if there is none.
    pub(super) fn new(private: &TokenStream, worker: &WorkerImpl) -> Option<Self> {
        match &worker.construction {
            Construction::New(constructor) => Some(Self::from_new(private, worker, constructor)),
            Construction::Value => Some(Self::from_value(private, worker)),
            Construction::Refused => None,
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
        // One token for both places, whatever the hygiene of the spans around them.
        let tuple_name = Ident::new("__parameters", Span::call_site());
        let call = quote!(<#self_type>::new(#(#tuple_name.#places),*));
        let awaited = match constructor.asynchronous {
            true => quote!(#call.await),
            false => call,
        };
        let result = match &constructor.returns {
            Returns::Plain(_) => quote!(::core::result::Result::Ok(#awaited)),
            _ => quote!(#private::Outcome::into_result(#awaited)),
        };
        let parameters = tuple(constructor.list, &types.iter().collect::<Vec<_>>());
        let probed = match types.iter().any(borrows) {
            true => quote!(::core::option::Option::None),
            false => quote!(#private::Probe::<#parameters>::ARGUMENTS),
        };
        let wires = wires(private, &probed, &error, borrows(constructor.returns.whole()));
        // Points at the parameters, which have to be `Clone + Send` for this.
        let list = constructor.list;
        let function = match constructor.asynchronous {
            true => at(list, quote!(#private::Constructor::asynchronous)),
            false => at(list, quote!(#private::Constructor::blocking)),
        };
        let constructor_call = match constructor.asynchronous {
            true => quote_spanned! {list=>
                #function(
                    (#(#names,)*),
                    #wires,
                    |#tuple_name: #parameters| async move { #result },
                )
            },
            false => quote_spanned! {list=>
                #function(
                    (#(#names,)*),
                    #wires,
                    |#tuple_name: #parameters| #result,
                )
            },
        };
        Self {
            visibility: constructor.visibility.clone(),
            documentation: "The parameters are those of `new`, which runs once for each worker.",
            names,
            bounds: copied(&worker.generics, &types),
            types,
            error,
            wires,
            parameters,
            constructor: constructor_call,
        }
    }

    fn from_value(private: &TokenStream, worker: &WorkerImpl) -> Self {
        let types = vec![worker.worker()];
        let self_type = &worker.self_type;
        let function = at(self_type.span(), quote!(#private::Constructor::blocking));
        let probed = carry(private, &quote!(#self_type), false);
        let wires = wires(private, &probed, &quote!(#private::Infallible), false);
        // Points at the worker, which has to be `Clone` for this.
        let name = Ident::new("worker", worker.self_type.span());
        Self {
            visibility: parse_quote!(pub),
            documentation: "Each worker starts with a clone of `worker`.",
            bounds: copied(&worker.generics, &types),
            types,
            error: quote!(#private::Infallible),
            constructor: quote_spanned! {worker.self_type.span()=>
                #function(#name, #wires, ::core::result::Result::Ok)
            },
            names: vec![name],
            wires,
            parameters: quote!(#self_type),
        }
    }

    /// The function that makes the library's `Constructor` from the parameters.
    pub(super) fn function(&self, private: &TokenStream, worker: &WorkerImpl) -> TokenStream {
        let Self { names, types, error, constructor, .. } = self;
        let self_type = &worker.self_type;
        let (impl_generics, _, _) = worker.generics.split_for_impl();
        let bounds = where_clause(&worker.generics, self.bounds.clone());
        let leaving = leaving::checks(private, worker, types);
        quote! {
            fn __constructor #impl_generics(
                #(#names: #types),*
            ) -> #private::Constructor<#self_type, #error>
            #bounds
            {
                #leaving
                use #private::FallbackProbe as _;
                #constructor
            }
        }
    }

    /// The function by which a process that is to be such a worker finds its code.
    pub(super) fn registration(&self, private: &TokenStream, worker: &WorkerImpl) -> TokenStream {
        let Self { names, error, wires, parameters, bounds, .. } = self;
        let self_type = &worker.self_type;
        let (impl_generics, _, _) = worker.generics.split_for_impl();
        let conditions = where_clause(&worker.generics, bounds.clone());
        let given = match &worker.construction {
            Construction::Value => quote!(__parameters),
            _ => {
                let places = (0..names.len()).map(Index::from);
                quote!(#(__parameters.#places),*)
            }
        };
        // An instance of a generic worker is added by `register!`.
        let register =
            worker.generics.params.is_empty().then(|| quote!(#private::register! { #self_type }));
        quote! {
            impl #impl_generics #self_type #conditions {
                #[doc(hidden)]
                pub fn __registration() -> #private::Registration {
                    use #private::FallbackProbe as _;
                    #private::Registration::of::<#self_type, #parameters, #error>(
                        #wires,
                        |__parameters| __constructor(#given),
                    )
                }
            }
            #register
        }
    }

    /// The functions of the options.
    pub(super) fn for_options(&self, private: &TokenStream, handle: &TokenStream) -> TokenStream {
        let receiver = quote!(self,);
        let options = quote!(#private::WorkerOptions::__into_options(self));
        self.init(private, handle, &receiver, &options, "Starts the pool")
    }

    /// The associated functions of the worker itself.
    pub(super) fn for_worker(
        &self,
        private: &TokenStream,
        worker: &TokenStream,
        handle: &TokenStream,
        options: &TokenStream,
    ) -> TokenStream {
        let defaults = quote!(#private::Options::<#worker>::from_defaults());
        let start = "Starts a pool with the type's own options";
        let init = self.init(private, handle, &TokenStream::new(), &defaults, start);
        quote! {
            /// The options of a pool of up to `max_workers` of these workers that run in `mode`.
            pub fn options(mode: #private::Mode, max_workers: usize) -> #options {
                #private::WorkerOptions::__from_options(
                    #private::Options::new(mode, max_workers),
                )
            }

            #init
        }
    }

    /// `init` and `init_async` over an expression for the options.
    fn init(
        &self,
        private: &TokenStream,
        handle: &TokenStream,
        receiver: &TokenStream,
        options: &TokenStream,
        start: &str,
    ) -> TokenStream {
        let Self { visibility, documentation, names, types, bounds, error, .. } = self;
        let bounds = (!bounds.is_empty()).then(|| quote!(where #(#bounds),*));
        let blocking = format!("{start}, and waits until all of its workers are built.");
        let awaited = format!("{start}, and waits for its workers without blocking the thread.");
        let result = quote!(::core::result::Result<#handle, #private::InitError<#error>>);
        quote! {
            #[doc = #blocking]
            ///
            #[doc = #documentation]
            ///
            /// # Errors
            ///
            /// What the constructor of a worker reports, or options that contradict each other.
            #visibility fn init(#receiver #(#names: #types),*) -> #result #bounds {
                #options
                    .init(__constructor(#(#names),*))
                    .map(#private::WorkerHandle::__from_handle)
            }

            #[doc = #awaited]
            ///
            #[doc = #documentation]
            ///
            /// # Errors
            ///
            /// Those of `init`.
            #visibility async fn init_async(#receiver #(#names: #types),*) -> #result #bounds {
                #options
                    .init_async(__constructor(#(#names),*))
                    .await
                    .map(#private::WorkerHandle::__from_handle)
            }
        }
    }
}

/// What is known of the constructor's types when they are to leave the process.
pub(super) fn wires(
    private: &TokenStream,
    parameters: &TokenStream,
    error: &TokenStream,
    error_borrows: bool,
) -> TokenStream {
    let error_carried = carry(private, error, error_borrows);
    let error_text = error_text(private, error);
    quote! {
        #private::ConstructorWires {
            parameters: #parameters,
            error: #error_carried,
            error_text: #error_text,
        }
    }
}

/// Each worker gets a copy of every parameter. Where that depends on a parameter of the worker, it is
/// a condition of `init`; elsewhere the compiler sees at once whether it holds.
fn copied(generics: &Generics, types: &[Type]) -> Vec<WherePredicate> {
    let depending = types.iter().filter(|ty| names_parameter(ty, generics));
    depending
        .map(|ty| parse_quote!(#ty: ::core::clone::Clone + ::core::marker::Send + 'static))
        .collect()
}
