//! Refuses types that borrow, and types without a name.

use syn::visit::{self, Visit};
use syn::{Lifetime, ParenthesizedGenericArguments, Type, TypeFnPtr, TypeImplTrait, TypeReference};

use super::written::written;
use crate::errors::Errors;

/// Reports what in `ty` borrows or hides its type. `whose` names the place: "an argument of …".
///
/// `&'static` is owned enough; what a function pointer or a closure takes belongs to its callers.
pub(crate) fn require_owned(ty: &Type, whose: &str, errors: &mut Errors) {
    Visitor { whose, errors }.visit_type(ty);
}

struct Visitor<'a> {
    whose: &'a str,
    errors: &'a mut Errors,
}

impl<'ast> Visit<'ast> for Visitor<'_> {
    fn visit_type_reference(&mut self, reference: &'ast TypeReference) {
        if reference.lifetime.as_ref().is_some_and(|lifetime| lifetime.ident == "static") {
            return visit::visit_type_reference(self, reference);
        }
        let (found, instead) = (written(reference), owned_form(reference));
        let whose = self.whose;
        let message = format!("{whose} cannot borrow: write {instead} instead of `{found}`");
        self.errors.at(reference, message);
    }

    fn visit_lifetime(&mut self, lifetime: &'ast Lifetime) {
        if lifetime.ident != "static" {
            let whose = self.whose;
            let message = format!("{whose} cannot borrow: write an owned type or `'static`");
            self.errors.at(lifetime, message);
        }
    }

    fn visit_type_impl_trait(&mut self, hidden: &'ast TypeImplTrait) {
        let whose = self.whose;
        let message = format!(
            "{whose} needs a type with a name: write a concrete type, or `Box<dyn …>`, instead of \
             `{}`",
            written(hidden)
        );
        self.errors.at(hidden, message);
    }

    fn visit_type_fn_ptr(&mut self, _: &'ast TypeFnPtr) {}

    fn visit_parenthesized_generic_arguments(&mut self, _: &'ast ParenthesizedGenericArguments) {}
}

/// What owns the same data as `reference` borrows.
fn owned_form(reference: &TypeReference) -> String {
    let target = written(&reference.elem);
    match &*reference.elem {
        Type::Slice(slice) => format!("`Vec<{}>`", written(&slice.elem)),
        Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "str") => {
            "`String`".to_owned()
        }
        Type::Path(path) if path.path.is_ident("Path") => "`PathBuf`".to_owned(),
        Type::Path(path) if path.path.is_ident("OsStr") => "`OsString`".to_owned(),
        Type::TraitObject(_) => format!("`Box<{target}>` or `Arc<{target}>`"),
        _ if reference.mutability.is_some() => format!("`{target}`"),
        _ => format!("`{target}` or `Arc<{target}>`"),
    }
}
