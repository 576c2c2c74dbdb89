//! Gathers every error of a macro call, so that the user sees them all at once.

use std::fmt::Display;

use proc_macro2::TokenStream;
use quote::ToTokens;

/// The errors found so far.
#[derive(Default)]
pub(crate) struct Errors {
    combined: Option<syn::Error>,
}

impl Errors {
    /// Adds an error that underlines `tokens`.
    pub(crate) fn at(&mut self, tokens: impl ToTokens, message: impl Display) {
        self.add(syn::Error::new_spanned(tokens, message));
    }

    /// Adds an error of syn's own.
    pub(crate) fn add(&mut self, error: syn::Error) {
        match &mut self.combined {
            Some(combined) => combined.combine(error),
            None => self.combined = Some(error),
        }
    }

    /// The value, or the error that is added here.
    pub(crate) fn ok<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.add(error)).ok()
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.combined.as_ref().map_or(0, |combined| combined.into_iter().count())
    }

    /// One `compile_error!` for each, and nothing without errors.
    pub(crate) fn into_tokens(self) -> TokenStream {
        self.combined.map(|combined| combined.to_compile_error()).unwrap_or_default()
    }
}
