//! What the handle and the options offer for one method.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::ext::IdentExt;

use super::method::sides;
use crate::model::Method;

/// The method of the handle. `marker` is the type that stands for the method.
pub(super) fn handle_method(
    private: &TokenStream,
    method: &Method,
    marker: &TokenStream,
    worker_name: &str,
) -> TokenStream {
    let Method { name, visibility, carried, .. } = method;
    let names = method.parameters.iter().map(|parameter| &parameter.name);
    let parameters = parameters(method);
    let (output, error) = sides(private, &method.returns);
    let documented = carried.iter().any(|attribute| attribute.path().is_ident("doc"));
    let documentation = (!documented).then(|| {
        let text = format!("Calls `{worker_name}::{}` on a worker of the pool.", name.unraw());
        quote!(#[doc = #text])
    });
    quote! {
        #documentation
        #(#carried)*
        #[inline]
        #visibility fn #name(&self, #parameters) -> #private::TaskFuture<#output, #error> {
            #private::WorkerHandle::__handle(self).call::<#marker>((#(#names,)*))
        }
    }
}

/// The method of the options that configures one method of the worker.
pub(super) fn options_method(
    private: &TokenStream,
    method: &Method,
    marker: &TokenStream,
) -> TokenStream {
    let Method { visibility, cfg, .. } = method;
    let plain_name = method.name.unraw();
    let name = format_ident!("on_{plain_name}", span = method.name.span());
    let documentation = format!("Sets options of `{plain_name}` alone.");
    quote! {
        #[doc = #documentation]
        #(#cfg)*
        #visibility fn #name(
            mut self,
            configure: impl ::core::ops::FnOnce(
                #private::MethodOptions<#marker>,
            ) -> #private::MethodOptions<#marker>,
        ) -> Self {
            #private::WorkerOptions::__options(&mut self).configure::<#marker>(configure);
            self
        }
    }
}

/// The parameters of a call, with their types.
pub(super) fn parameters(method: &Method) -> TokenStream {
    let names = method.parameters.iter().map(|parameter| &parameter.name);
    let types = method.parameters.iter().map(|parameter| &parameter.ty);
    quote!(#(#names: #types),*)
}
