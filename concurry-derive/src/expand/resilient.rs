//! The new body of a function under `#[resilient]`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Block, ItemFn, parse_quote};

use super::method::sides;
use super::private;
use crate::model::Resilient;

/// Asks the breaker, runs the old body, and answers by the fallback.
pub(crate) fn resilient(model: &Resilient, function: &ItemFn) -> Block {
    let private = private(&model.library);
    let (body, whole) = (&function.block, model.returns.whole());
    let (_, error) = sides(&private, &model.returns);
    let asynchronous = function.sig.asyncness.is_some();
    let service = &model.service;
    let run = match asynchronous {
        true => quote! {
            let __result: #whole = async #body.await;
        },
        false => quote! {
            let __result = (|| -> #whole #body)();
        },
    };
    // Copies only where the call is made: refused, it leaves the arguments as they are.
    let copies = model.arguments.iter().map(|name| match &model.fallback {
        Some(_) => quote_spanned! {name.span()=> ::core::clone::Clone::clone(&#name) },
        None => TokenStream::new(),
    });
    let copies = match &model.fallback {
        Some(_) => quote!((#(#copies,)*)),
        None => quote!(()),
    };
    let originals = match &model.fallback {
        Some(_) => {
            let names = &model.arguments;
            quote!((#(#names,)*))
        }
        None => quote!(()),
    };
    let answer = answer(model, &private, asynchronous);
    parse_quote!({
        #[allow(
            clippy::redundant_closure_call,
            clippy::redundant_async_block,
            clippy::clone_on_copy,
            clippy::unused_unit,
            unused_variables,
        )]
        {
            let (__outcome, __arguments) = match #private::enter(&#service) {
                ::core::result::Result::Ok(__permit) => {
                    let __arguments = #copies;
                    #run
                    let __verdict = {
                        use #private::FallbackProbe as _;
                        #private::Probe::<#error>::VERDICT
                    };
                    (#private::settle(__permit, __result, __verdict), __arguments)
                }
                ::core::result::Result::Err(__open) => (
                    ::core::result::Result::Err(#private::BreakerError::Open(__open)),
                    #originals,
                ),
            };
            match __outcome {
                ::core::result::Result::Ok(__output) => ::core::result::Result::Ok(__output),
                ::core::result::Result::Err(__error) => #answer,
            }
        }
    })
}

/// What the function gives where the call has failed or was refused.
fn answer(model: &Resilient, private: &TokenStream, asynchronous: bool) -> TokenStream {
    let Some(fallback) = &model.fallback else {
        let span = model.returns.whole().span();
        let convert = quote_spanned!(span=> ::core::convert::From::from(__open));
        return quote! {
            match __error {
                #private::BreakerError::Open(__open) => ::core::result::Result::Err(#convert),
                #private::BreakerError::Failed(__failure) => {
                    ::core::result::Result::Err(__failure)
                }
                _ => ::core::unreachable!("a breaker refuses, or the call fails"),
            }
        };
    };
    let receiver = model.on_receiver.then(|| quote!(self,));
    let names = &model.arguments;
    let call = quote_spanned!(fallback.span()=> #fallback(#receiver &__error, #(#names),*));
    let settled = match asynchronous {
        true => quote! {
            let __answer = (&#private::Answer::new(#call)).take_future();
            let __answer = __answer.await;
        },
        false => quote!(let __answer = #call;),
    };
    quote! {{
        #[allow(unused_imports)]
        use #private::{AnswerLater as _, AnswerNow as _, AnswerResult as _, AnswerValue as _};
        let (#(#names,)*) = __arguments;
        #settled
        (&#private::Answer::new(__answer)).take_result()
    }}
}
