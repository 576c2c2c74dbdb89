//! Reads the arguments of `#[resilient(…)]` and the function under it.

use proc_macro2::TokenStream;
use syn::meta::ParseNestedMeta;
use syn::parse::Parser;
use syn::{Expr, FnArg, Ident, ItemFn, Pat, Path, ReceiverKind, ReturnType, Signature, Type};

use super::arguments::Arguments;
use super::returns::returns;
use crate::errors::Errors;
use crate::model::{Resilient, Returns};

const TAKES: &str = "`#[resilient(…)]` takes `service`, `fallback` and `crate`";

/// The model of the function, if it can be resilient.
pub(crate) fn resilient(
    arguments: TokenStream,
    function: &ItemFn,
    errors: &mut Errors,
) -> Option<Resilient> {
    let before = errors.count();
    let mut read = Read::default();
    let parser = syn::meta::parser(|meta| read.one(&meta));
    let parsed = parser.parse2(arguments);
    errors.ok(parsed);
    let signature = &function.sig;
    if let (None, true) = (&read.service, errors.count() == before) {
        errors.at(
            &signature.ident,
            "which service does it call? write `#[resilient(service = \"name\")]`",
        );
    }
    require_closure(signature, errors);
    let on_receiver = read.fallback.as_ref().is_some_and(|path| {
        path.segments.len() > 1 && path.segments.first().is_some_and(|first| first.ident == "Self")
    });
    if let (true, None, Some(path)) = (on_receiver, signature.receiver(), &read.fallback) {
        errors.at(
            path,
            "a fallback in `Self` is called as a method, and this function has no `self`",
        );
    }
    if let (true, Some(receiver)) = (on_receiver, signature.receiver())
        && matches!(receiver.kind, ReceiverKind::Value)
    {
        errors.at(receiver, "the fallback needs `self` after the call: take it by reference");
    }
    let arguments = match &read.fallback {
        Some(_) => names(signature, errors),
        None => Vec::new(),
    };
    let returns = returns(&signature.output, None);
    require_result(&returns, signature, errors);
    let service = read.service.take();
    (errors.count() == before).then_some(())?;
    Some(Resilient {
        library: read.library.unwrap_or_else(|| Arguments::default().library()),
        service: service?,
        fallback: read.fallback,
        on_receiver,
        arguments,
        returns,
    })
}

/// What was said.
#[derive(Default)]
struct Read {
    service: Option<Expr>,
    fallback: Option<Path>,
    library: Option<Path>,
}

impl Read {
    fn one(&mut self, meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
        let again = if meta.path.is_ident("service") {
            self.service.replace(meta.value()?.parse()?).is_some()
        } else if meta.path.is_ident("fallback") {
            self.fallback.replace(meta.value()?.parse()?).is_some()
        } else if meta.path.is_ident("crate") {
            self.library.replace(meta.value()?.call(Path::parse_mod_style)?).is_some()
        } else {
            return Err(meta.error(format!("unknown argument: {TAKES}")));
        };
        match again {
            true => Err(meta.error("this argument is given twice: keep one of the two")),
            false => Ok(()),
        }
    }
}

/// The body becomes that of a closure or an async block.
fn require_closure(signature: &Signature, errors: &mut Errors) {
    if let Some(token) = &signature.constness {
        errors.at(token, "a resilient function asks its breaker, which a `const fn` can't");
    }
    if let syn::Safety::Unsafe(token) = &signature.safety {
        errors.at(token, "a resilient function can't be `unsafe`: put the block inside it");
    }
    if let Some(token) = &signature.variadic {
        errors.at(token, "a resilient function has a fixed list of parameters");
    }
}

fn names(signature: &Signature, errors: &mut Errors) -> Vec<Ident> {
    let mut names = Vec::new();
    for input in &signature.inputs {
        let FnArg::Typed(typed) = input else { continue };
        match &*typed.pat {
            Pat::Ident(name) if name.subpat.is_none() && name.by_ref.is_none() => {
                names.push(name.ident.clone());
            }
            pattern => errors.at(
                pattern,
                "the fallback gets the arguments by name: give this one a name, and take it apart \
                 in the body",
            ),
        }
    }
    names
}

fn require_result(returns: &Returns, signature: &Signature, errors: &mut Errors) {
    let message = "a resilient function returns a `Result`: without one nobody can tell that the \
                   service failed";
    if let Returns::Plain(_) = returns {
        match &signature.output {
            ReturnType::Default => errors.at(&signature.ident, message),
            ReturnType::Type(_, ty) => errors.at(ty, message),
        }
    }
    if let Some(hidden) = hidden_type(returns.whole()) {
        errors.at(hidden, "the body becomes a closure, whose result can't be an `impl Trait`");
    }
}

fn hidden_type(ty: &Type) -> Option<&syn::TypeImplTrait> {
    use syn::visit::Visit;

    #[derive(Default)]
    struct Hidden<'a>(Option<&'a syn::TypeImplTrait>);
    impl<'a> Visit<'a> for Hidden<'a> {
        fn visit_type_impl_trait(&mut self, ty: &'a syn::TypeImplTrait) {
            self.0 = self.0.or(Some(ty));
        }
    }
    let mut hidden = Hidden::default();
    hidden.visit_type(ty);
    hidden.0
}
