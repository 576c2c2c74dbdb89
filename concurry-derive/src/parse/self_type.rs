//! Writes the worker's type where the user wrote `Self`.
//!
//! The types of a method appear in impls of other types, where `Self` would mean those.

use syn::visit_mut::{self, VisitMut};
use syn::{Expr, ExprPath, Generics, Path, QSelf, Token, Type, TypePath};

/// `ty` with `self_type` for every `Self`.
pub(crate) fn without_self(mut ty: Type, self_type: &Type) -> Type {
    Replace { self_type }.visit_type_mut(&mut ty);
    ty
}

/// Writes `self_type` for every `Self` in the bounds of `generics`.
pub(crate) fn bounds_without_self(generics: &mut Generics, self_type: &Type) {
    Replace { self_type }.visit_generics_mut(generics);
}

/// Writes `self_type` for every `Self` in an expression.
pub(crate) fn expression_without_self(expression: &mut Expr, self_type: &Type) {
    Replace { self_type }.visit_expr_mut(expression);
}

struct Replace<'a> {
    self_type: &'a Type,
}

impl Replace<'_> {
    /// `Self::Name` as `<Worker>::Name`.
    fn qualify(&self, qself: &mut Option<QSelf>, path: &mut Path) {
        let starts_with_self = path.segments.first().is_some_and(|first| first.ident == "Self");
        if qself.is_some() || !starts_with_self || path.segments.len() < 2 {
            return;
        }
        *qself = Some(QSelf {
            lt_token: <Token![<]>::default(),
            ty: Box::new(self.self_type.clone()),
            position: 0,
            as_token: None,
            gt_token: <Token![>]>::default(),
        });
        path.segments = std::mem::take(&mut path.segments).into_iter().skip(1).collect();
        path.leading_colon = Some(<Token![::]>::default());
    }
}

impl VisitMut for Replace<'_> {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        match ty {
            Type::Path(TypePath { qself: None, path, .. }) if path.is_ident("Self") => {
                *ty = self.self_type.clone();
            }
            _ => visit_mut::visit_type_mut(self, ty),
        }
    }

    fn visit_type_path_mut(&mut self, ty: &mut TypePath) {
        self.qualify(&mut ty.qself, &mut ty.path);
        visit_mut::visit_type_path_mut(self, ty);
    }

    fn visit_expr_path_mut(&mut self, expression: &mut ExprPath) {
        self.qualify(&mut expression.qself, &mut expression.path);
        visit_mut::visit_expr_path_mut(self, expression);
    }
}

#[cfg(test)]
mod tests {
    use super::without_self;
    use crate::parse::written::written;

    #[test]
    fn self_is_written_out_wherever_it_stands() {
        let worker: syn::Type = syn::parse_str("Llm<T>").unwrap();
        for (before, after) in [
            ("Vec<Self>", "Vec<Llm<T>>"),
            ("Result<Self, E>", "Result<Llm<T>, E>"),
            ("[u8; Self::SIZE]", "[u8; <Llm<T>>::SIZE]"),
            ("SelfMade", "SelfMade"),
        ] {
            let ty = without_self(syn::parse_str(before).unwrap(), &worker);
            assert_eq!(written(ty), after);
        }
    }
}
