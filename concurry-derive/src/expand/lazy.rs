//! The lazy twin of a handle: the same methods, as nodes of a graph.
//!
//! A macro can't see the features of the library. So everything here stands inside `with_graph!`,
//! which the library defines to keep what it is given, or to drop it if it is built without graphs.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::ext::IdentExt;
use syn::{Type, Visibility};

use super::bodies::Bodies;
use super::method::{borrows, sides};
use super::tuple;
use crate::model::{Method, Returns};

/// Items that are there only if the library is built with graphs.
pub(super) fn with_graph(private: &TokenStream, items: TokenStream) -> TokenStream {
    quote!(#private::with_graph! { #items })
}

/// What a method has to be for its calls to be nodes.
pub(super) fn lazy_method(bodies: &Bodies<'_>) -> TokenStream {
    let Bodies { private, method, impl_generics, marker, .. } = bodies;
    let types: Vec<&Type> = method.parameters.iter().map(|parameter| &parameter.ty).collect();
    let arguments: Vec<Type> =
        types.iter().map(|ty| syn::parse_quote!(#private::Argument<#ty>)).collect();
    let inputs = tuple(method.list, &arguments.iter().collect::<Vec<_>>());
    let (output, error) = sides(private, &method.returns);
    let arguments_type = tuple(method.list, &types);
    let written = match &method.returns {
        Returns::Split { output, .. } => output,
        other => other.whole(),
    };
    // What borrows can't be read back; see `method::carry`.
    let record = match borrows(written) {
        true => quote!(::core::option::Option::None),
        false => quote!(#private::LazyProbe::<#output>::RECORD),
    };
    quote! {
        #[automatically_derived]
        #impl_generics #private::LazyMethod for #marker {
            type Inputs = #inputs;

            fn traits() -> #private::MethodTraits<Self> {
                use #private::LazyFallbackProbe as _;
                #private::MethodTraits {
                    clone_output: #private::LazyProbe::<#output>::CLONE,
                    erase_error: #private::LazyProbe::<#error>::ERASER,
                    comparers: (#(#private::either(
                        #private::LazyProbe::<#types>::COMPARER,
                        #private::LazyProbe::<#types>::WRITTEN,
                    ),)*),
                    record: #record,
                    key: #private::LazyProbe::<#arguments_type>::KEY,
                }
            }
        }
    }
}

/// The method of the twin. `name` is what it is called there, `marker` the type that stands for the
/// method, `called` how the method is called in its documentation.
pub(super) fn lazy_handle_method(
    private: &TokenStream,
    method: &Method,
    name: &Ident,
    marker: &TokenStream,
    called: &str,
) -> TokenStream {
    let Method { visibility, carried, .. } = method;
    let names: Vec<_> = method.parameters.iter().map(|parameter| &parameter.name).collect();
    let types: Vec<&Type> = method.parameters.iter().map(|parameter| &parameter.ty).collect();
    let (output, _) = sides(private, &method.returns);
    let documented = carried.iter().any(|attribute| attribute.path().is_ident("doc"));
    let documentation = (!documented).then(|| {
        let text = format!("A call of `{called}` as a node of a graph.");
        quote!(#[doc = #text])
    });
    quote! {
        #documentation
        #(#carried)*
        #visibility fn #name(
            &self,
            #(#names: impl #private::IntoNode<#types>),*
        ) -> #private::Lazy<#output> {
            #private::LazyTwin::__pool(self).call::<#marker>(
                (#(#private::IntoNode::<#types>::into_argument(#names),)*),
            )
        }
    }
}

/// The type of the twin.
pub(super) struct LazyType<'a> {
    /// The path of the library's private part.
    pub(super) private: &'a TokenStream,
    /// The name of the worker.
    pub(super) worker: &'a Ident,
    /// The name of the handle.
    pub(super) handle: &'a Ident,
    /// The name of the twin.
    pub(super) lazy: &'a Ident,
    /// Who may see the worker.
    pub(super) visibility: &'a Visibility,
    /// The parameters and bounds of the worker.
    pub(super) generics: &'a syn::Generics,
}

impl LazyType<'_> {
    /// The type itself. `declared_where` is the handle's.
    pub(super) fn declaration(&self, declared_where: Option<&syn::WhereClause>) -> TokenStream {
        let Self { private, worker, handle, lazy, visibility, generics } = self;
        let (_, type_generics, _) = generics.split_for_impl();
        let handle_name = handle.unraw().to_string();
        let documentation = [
            format!("The lazy twin of [`{handle_name}`], from its `lazy()`."),
            String::new(),
            "It has the same methods. Each takes values or nodes, and gives a node of a graph: \
             nothing runs before it is computed."
                .to_owned(),
        ];
        let declaration = quote! {
            #(#[doc = #documentation])*
            #visibility struct #lazy #generics #declared_where {
                __pool: #private::LazyPool<#worker #type_generics>,
            }
        };
        with_graph(private, declaration)
    }

    /// What every twin implements. `bounds` are those of the handle's impls.
    pub(super) fn impls(&self, bounds: Option<&syn::WhereClause>) -> TokenStream {
        let Self { private, worker, handle, lazy, generics, .. } = self;
        let lazy_name = lazy.unraw().to_string();
        let (impl_generics, type_generics, _) = generics.split_for_impl();
        let impls = quote! {
            #[automatically_derived]
            impl #impl_generics #private::LazyHandle for #handle #type_generics #bounds {
                type Lazy = #lazy #type_generics;

                fn lazy(&self) -> Self::Lazy {
                    #lazy { __pool: #private::LazyPool::new(#private::WorkerHandle::__handle(self)) }
                }
            }

            #[automatically_derived]
            impl #impl_generics #private::LazyTwin for #lazy #type_generics #bounds {
                type Worker = #worker #type_generics;

                fn __pool(&self) -> &#private::LazyPool<Self::Worker> {
                    &self.__pool
                }
            }

            #[automatically_derived]
            impl #impl_generics ::core::clone::Clone for #lazy #type_generics #bounds {
                fn clone(&self) -> Self {
                    Self { __pool: ::core::clone::Clone::clone(&self.__pool) }
                }
            }

            #[automatically_derived]
            impl #impl_generics ::core::fmt::Debug for #lazy #type_generics #bounds {
                fn fmt(&self, __f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    __f.debug_tuple(#lazy_name).field(&self.__pool).finish()
                }
            }
        };
        with_graph(private, impls)
    }
}
