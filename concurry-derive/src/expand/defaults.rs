//! The options of a type, as a constant.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::Ident;

use crate::model::Defaults;

/// A `TypeDefaults`.
pub(super) fn defaults(private: &TokenStream, defaults: &Defaults) -> TokenStream {
    let mode = match defaults.mode {
        Some(mode) => {
            let variant = Ident::new(mode.variant(), Span::call_site());
            quote!(::core::option::Option::Some(#private::Mode::#variant))
        }
        None => quote!(::core::option::Option::None),
    };
    let max_workers = match &defaults.max_workers {
        Some(count) => quote!(::core::option::Option::Some(#count)),
        None => quote!(::core::option::Option::None),
    };
    let process = defaults.process;
    quote!(#private::TypeDefaults { mode: #mode, max_workers: #max_workers, process: #process })
}
