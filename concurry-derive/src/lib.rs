//! The macros of concurry: `#[derive(Worker)]`, `#[worker]` and `#[task]`.
//!
//! Use them through the crate `concurry`, which offers them beside what their code needs.

mod check;
mod errors;
mod expand;
mod model;
mod parse;
mod run;

use proc_macro::TokenStream;

/// Declares a type as a worker and makes its handle.
#[proc_macro_derive(Worker, attributes(worker))]
pub fn derive_worker(item: TokenStream) -> TokenStream {
    run::derive_worker(item.into()).into()
}

/// Makes the public methods of an impl block callable through a pool.
#[proc_macro_attribute]
pub fn worker(arguments: TokenStream, item: TokenStream) -> TokenStream {
    run::worker(arguments.into(), item.into()).into()
}

/// Makes a function callable through a pool.
#[proc_macro_attribute]
pub fn task(arguments: TokenStream, item: TokenStream) -> TokenStream {
    run::task(arguments.into(), item.into()).into()
}
