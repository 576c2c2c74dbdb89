//! The arguments of `#[worker(…)]` and `#[task(…)]`.

use proc_macro2::TokenStream;
use syn::meta::ParseNestedMeta;
use syn::parse::Parser;
use syn::{Expr, ExprLit, Lit, LitStr, Path, Token};

use crate::errors::Errors;
use crate::model::{Defaults, Mode};

/// The place of a macro, which decides what it may be told.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// `#[worker(…)]` below `#[derive(Worker)]`.
    Type,
    /// `#[worker(…)]` on an impl block.
    Impl,
    /// `#[task(…)]`.
    Task,
}

impl Place {
    fn takes(self) -> &'static str {
        match self {
            Self::Type => {
                "`#[worker(…)]` on a type takes `mode`, `max_workers`, `process` and `crate`"
            }
            Self::Impl => {
                "`#[worker(…)]` on an impl takes `crate` alone; `mode`, `max_workers` and \
                 `process` belong below `#[derive(Worker)]`"
            }
            Self::Task => "`#[task(…)]` takes `mode`, `max_workers` and `crate`",
        }
    }
}

/// What was said.
#[derive(Default)]
pub(crate) struct Arguments {
    /// The options of the pools.
    pub(crate) defaults: Defaults,
    library: Option<Path>,
}

impl Arguments {
    /// Reads one list of arguments, beside those already read.
    pub(crate) fn read(&mut self, place: Place, tokens: TokenStream, errors: &mut Errors) {
        let parser = syn::meta::parser(|meta| self.one(place, &meta, errors));
        let parsed = parser.parse2(tokens);
        errors.ok(parsed);
    }

    /// Where the library is found.
    pub(crate) fn library(&self) -> Path {
        self.library.clone().unwrap_or_else(|| Path {
            leading_colon: Some(<Token![::]>::default()),
            segments: std::iter::once(syn::PathSegment::from(syn::Ident::new(
                "concurry",
                proc_macro2::Span::call_site(),
            )))
            .collect(),
        })
    }

    fn one(
        &mut self,
        place: Place,
        meta: &ParseNestedMeta<'_>,
        errors: &mut Errors,
    ) -> syn::Result<()> {
        let on_impl = place == Place::Impl;
        if meta.path.is_ident("crate") {
            let path = meta.value()?.call(Path::parse_mod_style)?;
            given_once(self.library.replace(path).is_some(), meta, errors);
        } else if meta.path.is_ident("mode") && !on_impl {
            let name: LitStr = meta.value()?.parse()?;
            let mode = mode(&name, errors);
            given_once(self.defaults.mode.is_some(), meta, errors);
            self.defaults.mode = mode;
        } else if meta.path.is_ident("max_workers") && !on_impl {
            let count: Expr = meta.value()?.parse()?;
            given_once(self.defaults.max_workers.is_some(), meta, errors);
            self.defaults.max_workers = checked_count(count, errors);
        } else if meta.path.is_ident("process") && place == Place::Type {
            given_once(self.defaults.process, meta, errors);
            self.defaults.process = true;
        } else {
            return Err(meta.error(format!("unknown argument: {}", place.takes())));
        }
        Ok(())
    }
}

fn given_once(again: bool, meta: &ParseNestedMeta<'_>, errors: &mut Errors) {
    if again {
        errors.at(&meta.path, "this argument is given twice: keep one of the two");
    }
}

fn mode(name: &LitStr, errors: &mut Errors) -> Option<Mode> {
    let mode = Mode::from_name(&name.value());
    if mode.is_none() {
        errors.at(
            name,
            format!(
                "there is no mode \"{}\": write \"sync\", \"thread\", \"async\", \"process\" or \
                 \"ray\"",
                name.value()
            ),
        );
    }
    mode
}

/// A literal has to be a whole number from one; what a constant holds is checked by `init`.
fn checked_count(count: Expr, errors: &mut Errors) -> Option<Expr> {
    let fits = match &count {
        Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => {
            number.base10_parse::<usize>().is_ok_and(|number| number > 0)
        }
        Expr::Lit(_) | Expr::Unary(_) => false,
        _ => true,
    };
    if !fits {
        errors.at(&count, "a pool has at least one worker: write a whole number from 1");
    }
    fits.then_some(count)
}
