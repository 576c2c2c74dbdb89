//! The handle and the options of a worker: two named types and what every worker's have.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Generics, Ident, Visibility, parse_quote};

use super::lazy::LazyType;
use super::where_clause;

/// What the two types are made of.
pub(super) struct HandleTypes<'a> {
    /// The path of the library's private part.
    pub(super) private: &'a TokenStream,
    /// The name of the worker.
    pub(super) worker: &'a Ident,
    /// The name of the handle.
    pub(super) handle: &'a Ident,
    /// The name of the options.
    pub(super) options: &'a Ident,
    /// The name of the handle's lazy twin.
    pub(super) lazy: &'a Ident,
    /// Who may see the worker.
    pub(super) visibility: &'a Visibility,
    /// The parameters and bounds of the worker.
    pub(super) generics: &'a Generics,
    /// The documentation of the handle.
    pub(super) handle_documentation: Vec<String>,
    /// The documentation of the options.
    pub(super) options_documentation: Vec<String>,
}

impl HandleTypes<'_> {
    fn lazy_type(&self) -> LazyType<'_> {
        let Self { private, worker, handle, lazy, visibility, generics, .. } = self;
        LazyType { private, worker, handle, lazy, visibility, generics }
    }

    /// The two types, and the twin.
    pub(super) fn types(&self) -> TokenStream {
        let Self { private, worker, handle, options, visibility, generics, .. } = self;
        let Self { handle_documentation, options_documentation, .. } = self;
        let (_, type_generics, _) = generics.split_for_impl();
        // Which instances of a generic type are workers, the impl block says.
        let is_worker = match generics.params.is_empty() {
            true => Vec::new(),
            false => vec![parse_quote!(#worker #type_generics: #private::Worker)],
        };
        let declared_where = where_clause(generics, is_worker);
        let lazy = self.lazy_type().declaration(declared_where.as_ref());
        quote! {
            #(#[doc = #handle_documentation])*
            #visibility struct #handle #generics #declared_where {
                __handle: #private::Handle<#worker #type_generics>,
            }

            #(#[doc = #options_documentation])*
            #[must_use = "a pool starts when its options are finished by `init`"]
            #visibility struct #options #generics #declared_where {
                __options: #private::Options<#worker #type_generics>,
            }

            #lazy
        }
    }

    /// What every worker's handle and options implement.
    pub(super) fn impls(&self) -> TokenStream {
        let Self { private, worker, handle, options, generics, .. } = self;
        let (handle_name, options_name) = (handle.to_string(), options.to_string());
        let (impl_generics, type_generics, _) = generics.split_for_impl();
        // The handle is written out, because a bound hides what the impls say of the same trait.
        let is_worker = parse_quote! {
            #worker #type_generics: #private::Worker<Handle = #handle #type_generics>
        };
        let bounds = where_clause(generics, vec![is_worker]);
        let lazy = self.lazy_type().impls(bounds.as_ref());
        quote! {
            #[automatically_derived]
            impl #impl_generics ::core::clone::Clone for #handle #type_generics #bounds {
                fn clone(&self) -> Self {
                    Self { __handle: ::core::clone::Clone::clone(&self.__handle) }
                }
            }

            #[automatically_derived]
            impl #impl_generics ::core::fmt::Debug for #handle #type_generics #bounds {
                fn fmt(&self, __f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    __f.debug_tuple(#handle_name).field(&self.__handle).finish()
                }
            }

            #[automatically_derived]
            impl #impl_generics #private::WorkerHandle for #handle #type_generics #bounds {
                type Worker = #worker #type_generics;

                fn __from_handle(__handle: #private::Handle<Self::Worker>) -> Self {
                    Self { __handle }
                }

                #[inline]
                fn __handle(&self) -> &#private::Handle<Self::Worker> {
                    &self.__handle
                }
            }

            #[automatically_derived]
            impl #impl_generics ::core::fmt::Debug for #options #type_generics #bounds {
                fn fmt(&self, __f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    __f.debug_tuple(#options_name).field(&self.__options).finish()
                }
            }

            #[automatically_derived]
            impl #impl_generics #private::WorkerOptions for #options #type_generics #bounds {
                type Worker = #worker #type_generics;

                fn __from_options(__options: #private::Options<Self::Worker>) -> Self {
                    Self { __options }
                }

                fn __options(&mut self) -> &mut #private::Options<Self::Worker> {
                    &mut self.__options
                }

                fn __into_options(self) -> #private::Options<Self::Worker> {
                    self.__options
                }
            }

            #lazy
        }
    }
}
