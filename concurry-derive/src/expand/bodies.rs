//! How a method is called on its worker: one impl of the trait that fits receiver and colour.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Index, Type};

use super::outcome;
use crate::model::{Method, Returns};

/// A method together with the types that stand for it.
pub(super) struct Bodies<'a> {
    /// The path of the library's private part.
    pub(super) private: &'a TokenStream,
    /// The method.
    pub(super) method: &'a Method,
    /// The user's function, as a path.
    pub(super) function: TokenStream,
    /// Whether the user's function takes the worker.
    pub(super) has_receiver: bool,
    /// The header of the impls, up to the name of the trait: `impl<T>`.
    pub(super) impl_generics: TokenStream,
    /// The type that stands for the method, with the bounds of the impls.
    pub(super) marker: TokenStream,
}

impl Bodies<'_> {
    /// The name of the method's shape.
    pub(super) fn shape(&self) -> TokenStream {
        let private = self.private;
        match (self.method.asynchronous, self.method.exclusive) {
            (false, false) => quote!(#private::SyncRef),
            (false, true) => quote!(#private::SyncMut),
            (true, false) => quote!(#private::AsyncRef),
            (true, true) => quote!(#private::AsyncMut),
        }
    }

    /// The impl of `RunRef`, `RunMut`, `StartRef` or `StartMut`.
    pub(super) fn expand(&self) -> TokenStream {
        let Self { private, impl_generics, marker, .. } = self;
        let (exclusive, way) = match self.method.exclusive {
            true => (quote!(mut), "Mut"),
            false => (quote!(), "Ref"),
        };
        let (name, items) = match self.method.asynchronous {
            true => (format_ident!("Start{way}"), self.start(&exclusive)),
            false => (format_ident!("Run{way}"), self.run(&exclusive)),
        };
        let allowed = self.allowed();
        quote! {
            #[automatically_derived]
            #allowed
            #impl_generics #private::#name for #marker { #items }
        }
    }

    fn run(&self, exclusive: &TokenStream) -> TokenStream {
        let private = self.private;
        let result = self.as_result(self.call(quote!(__context)));
        quote! {
            #[inline]
            fn run(
                __worker: & #exclusive Self::Worker,
                __context: &#private::CallContext,
                __args: Self::Args,
            ) -> ::core::result::Result<Self::Output, Self::Error> {
                #result
            }
        }
    }

    fn start(&self, exclusive: &TokenStream) -> TokenStream {
        let private = self.private;
        let raw: &Type = self.method.returns.whole();
        let call = self.call(quote!(&__context));
        // Without a context to keep alive, the user's own future is handed on as it is.
        let future = match self.method.uses_context {
            true => quote!(async move { #call.await }),
            false => quote! {
                ::core::mem::drop(__context);
                #call
            },
        };
        let result = self.as_result(quote!(__raw));
        quote! {
            type Raw = #raw;

            #[inline]
            fn start(
                __worker: & #exclusive Self::Worker,
                __context: #private::CallContext,
                __args: Self::Args,
            ) -> impl ::core::future::Future<Output = Self::Raw> {
                #future
            }

            #[inline]
            fn finish(
                __raw: Self::Raw,
            ) -> ::core::result::Result<Self::Output, Self::Error> {
                #result
            }
        }
    }

    /// The caller of the handle's method is told of a deprecation; this call is not to blame.
    pub(super) fn allowed(&self) -> Option<TokenStream> {
        let mut carried = self.method.carried.iter();
        let deprecated = carried.any(|attribute| attribute.path().is_ident("deprecated"));
        deprecated.then(|| quote!(#[allow(deprecated)]))
    }

    /// The call of the user's function with the arguments in `__args`.
    pub(super) fn call(&self, context: TokenStream) -> TokenStream {
        let function = &self.function;
        let worker = self.has_receiver.then(|| quote!(__worker,));
        let context = self.method.uses_context.then(|| quote!(#context,));
        let places = (0..self.method.parameters.len()).map(Index::from);
        quote!(#function(#worker #context #(__args.#places),*))
    }

    /// The success or failure in what the user's function gave.
    pub(super) fn as_result(&self, raw: TokenStream) -> TokenStream {
        match &self.method.returns {
            Returns::Plain(_) => quote!(::core::result::Result::Ok(#raw)),
            Returns::Split { whole, .. } | Returns::Alias(whole) => {
                let outcome = outcome(self.private, whole);
                quote_spanned!(whole.span()=> #outcome::into_result(#raw))
            }
        }
    }
}
