//! What `#[derive(Worker)]` makes.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::ext::IdentExt;

use super::defaults::defaults;
use super::handle_types::HandleTypes;
use super::{private, unnamed, where_clause};
use crate::model::WorkerType;

/// The handle, the options, and the declaration of the worker.
pub(crate) fn worker_type(worker: &WorkerType) -> TokenStream {
    let private = private(&worker.library);
    let name = &worker.name;
    let plain_name = name.unraw().to_string();
    let handle_types = HandleTypes {
        private: &private,
        worker: name,
        handle: &format_ident!("{name}Handle", span = name.span()),
        options: &format_ident!("{name}Options", span = name.span()),
        lazy: &format_ident!("{name}Lazy", span = name.span()),
        visibility: &worker.visibility,
        generics: &worker.generics,
        handle_documentation: vec![
            format!("A handle to a pool of [`{plain_name}`] workers."),
            String::new(),
            format!(
                "It has the public methods of [`{plain_name}`]; each hands the call to the pool \
                 and returns its future at once. A clone is cheap and leads to the same pool; \
                 when the last one is dropped, the pool finishes what it has and ends."
            ),
        ],
        options_documentation: vec![
            format!("The options of a pool of [`{plain_name}`] workers."),
            String::new(),
            "Nothing starts before `init`.".to_owned(),
        ],
    };

    let defaults = defaults(&private, &worker.defaults);
    let (impl_generics, type_generics, _) = worker.generics.split_for_impl();
    let bounds = where_clause(&worker.generics, Vec::new());
    let types = handle_types.types();
    let handle_impls = handle_types.impls();
    let impls = unnamed(quote! {
        #handle_impls

        #[automatically_derived]
        impl #impl_generics #private::WorkerType for #name #type_generics #bounds {
            const NAME: &'static str = #plain_name;
            const DEFAULTS: #private::TypeDefaults = #defaults;
        }
    });
    quote!(#types #impls)
}
