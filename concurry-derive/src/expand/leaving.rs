//! What `#[worker(process)]` asks of the types: a worker's calls have to be able to leave the process.
//!
//! The mark stands on the struct, which the macro on the impl does not see. So each type gets a
//! check that asks the mark, and is decided when the compiler evaluates it.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, Type};

use super::method::{borrows, carry};
use super::outcome;
use crate::model::{Method, Returns, WorkerImpl};

const STAYS: &str = "this type can't leave the process, as `#[worker(process)]` asks: derive serde's \
                     `Serialize` and `Deserialize` for it, or use a type that has them";
const BORROWS: &str = "a type with a reference in it can't leave the process, as `#[worker(process)]` \
                       asks: use an owned one that has serde's `Serialize` and `Deserialize`, such as \
                       `String` for `&str`";

/// Statements that refuse the worker if it is marked and one of its constructor's `parameters`, of its
/// arguments or of its results can't leave the process.
pub(super) fn checks(
    private: &TokenStream,
    worker: &WorkerImpl,
    parameters: &[Type],
) -> TokenStream {
    let parameters = parameters.iter().map(|ty| check(private, worker, &[], ty, &quote!(#ty)));
    let methods = worker.methods.iter().map(|method| method_checks(private, worker, method));
    parameters.chain(methods).collect()
}

fn method_checks(private: &TokenStream, worker: &WorkerImpl, method: &Method) -> TokenStream {
    let arguments = method.parameters.iter().map(|parameter| {
        let ty = &parameter.ty;
        check(private, worker, &method.cfg, ty, &quote!(#ty))
    });
    let result = match &method.returns {
        Returns::Plain(output) => check(private, worker, &method.cfg, output, &quote!(#output)),
        Returns::Split { output, .. } => {
            check(private, worker, &method.cfg, output, &quote!(#output))
        }
        Returns::Alias(whole) => {
            let outcome = outcome(private, whole);
            check(private, worker, &method.cfg, whole, &quote!(#outcome::Output))
        }
    };
    arguments.chain([result]).collect()
}

/// The check of `carried`, which the user has written as `written` or within it.
fn check(
    private: &TokenStream,
    worker: &WorkerImpl,
    cfg: &[Attribute],
    written: &Type,
    carried: &TokenStream,
) -> TokenStream {
    let self_type = &worker.self_type;
    let borrowed = borrows(written);
    let message = if borrowed { BORROWS } else { STAYS };
    let carry = carry(private, carried, borrowed);
    let assertion = quote_spanned! {written.span()=>
        ::core::assert!(!#private::stays::<#self_type, _>(&#carry), #message);
    };
    let check = quote!({
        use #private::FallbackProbe as _;
        #assertion
    });
    match worker.generics.params.is_empty() {
        true => quote!(#(#cfg)* const _: () = #check;),
        // An item cannot name the parameters of the impl: decided for each instance that is started.
        false => quote!(#(#cfg)* let () = const #check;),
    }
}
