//! The type that stands for a remote method, and what the engine wants to know of it.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Generics, Ident, Type};

use super::bodies::Bodies;
use super::{outcome, tuple};
use crate::model::{Method, Returns};

/// The name of the type that stands for the method. No local of generated code ends like it: a pattern
/// may not have the name of a struct that is in scope.
pub(super) fn marker_name(method: &Method) -> Ident {
    format_ident!("__{}_method", method.name, span = method.name.span())
}

/// Success and failure of the method, as types.
pub(super) fn sides(private: &TokenStream, returns: &Returns) -> (TokenStream, TokenStream) {
    match returns {
        Returns::Plain(output) => (quote!(#output), quote!(#private::Infallible)),
        Returns::Split { output, error, .. } => (quote!(#output), quote!(#error)),
        Returns::Alias(whole) => {
            let outcome = outcome(private, whole);
            let span = whole.span();
            (quote_spanned!(span=> #outcome::Output), quote_spanned!(span=> #outcome::Error))
        }
    }
}

/// What a method is described with.
pub(super) struct Description<'a> {
    /// How it is called.
    pub(super) bodies: &'a Bodies<'a>,
    /// The worker, as a type.
    pub(super) worker: &'a TokenStream,
    /// The name of the worker in messages.
    pub(super) worker_name: &'a str,
    /// The place among the remote methods, as an expression.
    pub(super) index: TokenStream,
    /// The parameters that the types of the method may name.
    pub(super) generics: &'a Generics,
    /// What the method tells of its batched form, if it has one.
    pub(super) batched: Option<TokenStream>,
}

impl Description<'_> {
    /// The impls of `Method` and of the trait with the body.
    pub(super) fn expand(&self) -> TokenStream {
        let Bodies { private, method, impl_generics, marker, .. } = self.bodies;
        let worker = self.worker;
        let types: Vec<&Type> = method.parameters.iter().map(|parameter| &parameter.ty).collect();
        let arguments = tuple(method.list, &types);
        let (output, error) = sides(private, &method.returns);
        let shape = self.bodies.shape();
        let spec = self.spec();
        let body = self.bodies.expand();
        let batched = &self.batched;
        let batchable = batched.as_ref().map(|_| {
            quote! {
                #[automatically_derived]
                #impl_generics #private::Batchable for #marker {}
            }
        });
        let internal = method.internal.then(|| {
            quote!(
                const INTERNAL: bool = true;
            )
        });
        let idempotent = method.marks.idempotent.as_ref().map(|_| {
            quote! {
                #[automatically_derived]
                #impl_generics #private::Idempotent for #marker {}
            }
        });
        let wires = self.wires(&types, &arguments, &output, &error);
        quote! {
            #[automatically_derived]
            #impl_generics #private::Method for #marker {
                type Worker = #worker;
                type Args = #arguments;
                type Output = #output;
                type Error = #error;
                type Shape = #shape;

                const SPEC: #private::MethodSpec = #spec;
                #internal

                fn abilities() -> #private::Abilities<Self> {
                    use #private::FallbackProbe as _;
                    #private::Abilities {
                        clone_args: #private::Probe::<#arguments>::CLONE,
                        verdict: #private::Probe::<#error>::VERDICT,
                        describe: #private::Probe::<#error>::DISPLAY,
                        wires: #wires,
                    }
                }

                #batched
            }

            #idempotent
            #batchable
            #body
        }
    }

    /// What is known of the types when the call is to leave the process.
    fn wires(
        &self,
        types: &[&Type],
        arguments: &TokenStream,
        output: &TokenStream,
        error: &TokenStream,
    ) -> TokenStream {
        let Bodies { private, method, .. } = self.bodies;
        let borrowed = types.iter().any(|ty| borrows(ty));
        let arguments = match borrowed {
            true => quote!(::core::option::Option::None),
            false => quote!(#private::Probe::<#arguments>::ARGUMENTS),
        };
        let carried = types.iter().map(|ty| carry(private, &quote!(#ty), borrows(ty)));
        let whole_borrows = borrows(method.returns.whole());
        let output_carried = carry(private, output, whole_borrows);
        let error_carried = carry(private, error, whole_borrows);
        let error_text = error_text(private, error);
        quote! {
            #private::MethodWires {
                arguments: #arguments,
                output: #output_carried,
                error: #error_carried,
                error_text: #error_text,
                types: |__see| {
                    #(__see(::core::any::type_name::<#types>(), #carried.is_some());)*
                    __see(::core::any::type_name::<#output>(), #output_carried.is_some());
                },
            }
        }
    }

    fn spec(&self) -> TokenStream {
        let Bodies { private, method, .. } = self.bodies;
        let (worker_name, index) = (self.worker_name, &self.index);
        let name = method.name.unraw().to_string();
        let Method { exclusive, asynchronous, uses_context, marks, .. } = method;
        let (idempotent, pure) = (marks.idempotent.is_some(), marks.pure.is_some());
        let spec = quote! {
            #private::MethodSpec {
                worker: #worker_name,
                name: #name,
                index: #index,
                exclusive: #exclusive,
                asynchronous: #asynchronous,
                uses_context: #uses_context,
                idempotent: #idempotent,
                pure: #pure,
            }
        };
        match self.check_plain() {
            Some(check) => quote!({ #check #spec }),
            None => spec,
        }
    }

    /// Refuses a `Result` under another name, which would pass for a success.
    fn check_plain(&self) -> Option<TokenStream> {
        let Returns::Plain(ty) = &self.bodies.method.returns else { return None };
        let private = self.bodies.private;
        let Type::Path(_) = ty else { return None };
        let message = "this return type is a `Result` under another name: write `Result<T, E>`, or \
                       name the alias `Result`";
        let check = quote_spanned! {ty.span()=>
            ::core::assert!(!#private::Probe::<#ty>::IS_RESULT, #message);
        };
        Some(match names_parameter(ty, self.generics) {
            // A constant of its own cannot name the parameters of the impl.
            true => quote!(use #private::FallbackProbe as _; #check),
            false => quote!(const _: () = { use #private::FallbackProbe as _; #check };),
        })
    }
}

/// How values of the type leave the process, if they can. What borrows can't come back; the compiler
/// must not even be asked, since it leaves lifetimes out of account and would say yes.
pub(super) fn carry(private: &TokenStream, ty: &TokenStream, borrows: bool) -> TokenStream {
    match borrows {
        true => quote!(::core::option::Option::<#private::Carry<#ty>>::None),
        false => quote!(#private::Probe::<#ty>::CARRY),
    }
}

/// What is left of an error that can't be carried.
pub(super) fn error_text(private: &TokenStream, error: &TokenStream) -> TokenStream {
    let probe = quote!(#private::Probe::<#error>);
    quote! {
        #private::error_text(
            #probe::ERROR_TEXT,
            #probe::AS_ERROR_TEXT,
            #probe::DISPLAY_TEXT,
            #probe::DEBUG_TEXT,
        )
    }
}

/// Whether a reference is written somewhere in the type.
pub(super) fn borrows(ty: &Type) -> bool {
    use syn::visit::Visit;

    struct References(bool);
    impl<'ast> Visit<'ast> for References {
        fn visit_type_reference(&mut self, _: &'ast syn::TypeReference) {
            self.0 = true;
        }
    }
    let mut references = References(false);
    references.visit_type(ty);
    references.0
}

/// Whether the type depends on a parameter of the worker.
pub(super) fn names_parameter(ty: &Type, generics: &Generics) -> bool {
    use syn::visit::Visit;

    struct Names<'a> {
        generics: &'a Generics,
        found: bool,
    }
    impl<'ast> Visit<'ast> for Names<'_> {
        fn visit_ident(&mut self, ident: &'ast Ident) {
            self.found |= self.generics.params.iter().any(|parameter| match parameter {
                syn::GenericParam::Type(parameter) => parameter.ident == *ident,
                syn::GenericParam::Const(parameter) => parameter.ident == *ident,
                syn::GenericParam::Lifetime(_) => false,
            });
        }
    }
    let mut names = Names { generics, found: false };
    names.visit_type(ty);
    names.found
}
