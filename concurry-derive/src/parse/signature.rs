//! What methods, constructors and tasks have in common: the rules for their signatures.

use proc_macro2::Span;
use syn::{FnArg, Generics, Ident, Pat, PatType, Safety, Signature, Type};

use super::owned::require_owned;
use super::returns::{returns, ungrouped};
use super::self_type::without_self;
use crate::errors::Errors;
use crate::model::{Parameter, Returns};

/// Argument tuples are `Clone` up to this length, and retries copy them.
const MOST_ARGUMENTS: usize = 12;

/// What a signature belongs to, for the rules and the words of the messages.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Method,
    Batch,
    Constructor,
    Task,
}

impl Role {
    fn noun(self) -> &'static str {
        match self {
            Self::Method => "a remote method",
            Self::Batch => "a batched form",
            Self::Constructor => "the constructor of a worker",
            Self::Task => "a task",
        }
    }

    /// How to keep the function as it is.
    fn way_out(self) -> &'static str {
        match self {
            Self::Method => ", or keep the method local with `#[worker(skip)]`",
            Self::Batch | Self::Constructor | Self::Task => "",
        }
    }
}

/// A signature that follows the rules.
pub(crate) struct Call {
    /// Its first argument is the call's context.
    pub(crate) uses_context: bool,
    /// The list of all of them, to point at.
    pub(crate) list: Span,
    /// The other arguments.
    pub(crate) parameters: Vec<Parameter>,
    /// What it returns.
    pub(crate) returns: Returns,
}

/// Reads everything but the receiver.
pub(crate) fn call(
    signature: &Signature,
    role: Role,
    self_type: Option<&Type>,
    errors: &mut Errors,
) -> Call {
    require_plain(signature, role, errors);
    let mut arguments = signature.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(argument) => Some(argument),
        FnArg::Receiver(_) => None,
    });
    let mut uses_context = false;
    let mut parameters = Vec::new();
    for (place, argument) in arguments.by_ref().enumerate() {
        if names_context(&argument.ty) {
            uses_context |= accept_context(place, argument, role, errors);
        } else if let Some(parameter) = parameter(argument, role, self_type, errors) {
            parameters.push(parameter);
        }
    }
    if let Some(excess) = parameters.get(MOST_ARGUMENTS) {
        errors.at(
            &excess.name,
            format!(
                "{} takes at most {MOST_ARGUMENTS} arguments: gather some of them in a struct{}",
                role.noun(),
                role.way_out()
            ),
        );
    }
    let returns = returns(&signature.output, self_type);
    require_owned(returns.whole(), &format!("what {} returns", role.noun()), errors);
    let list = signature.paren_token.span.join();
    Call { uses_context, list, parameters, returns }
}

/// Refuses what only other functions may be.
fn require_plain(signature: &Signature, role: Role, errors: &mut Errors) {
    let (noun, way_out) = (role.noun(), role.way_out());
    if let Safety::Unsafe(token) = &signature.safety {
        errors.at(
            token,
            format!(
                "{noun} cannot be `unsafe`, because the pool calls it and knows nothing of its \
                 conditions: write a safe function{way_out}"
            ),
        );
    }
    if let Some(abi) = &signature.abi {
        errors.at(abi, format!("{noun} cannot be `extern`: write a plain `fn`{way_out}"));
    }
    if let Some(variadic) = &signature.variadic {
        errors.at(variadic, format!("{noun} cannot be variadic: write a `Vec<T>`{way_out}"));
    }
    require_no_generics(&signature.generics, role, errors);
}

fn require_no_generics(generics: &Generics, role: Role, errors: &mut Errors) {
    let (noun, way_out) = (role.noun(), role.way_out());
    for parameter in &generics.params {
        let message = match (parameter, role) {
            (syn::GenericParam::Lifetime(_), _) => {
                format!("{noun} cannot borrow: write owned types without lifetimes{way_out}")
            }
            (_, Role::Task) => format!("{noun} has no type parameters: write concrete types"),
            _ => format!(
                "{noun} has no type parameters of its own: write concrete types, move the \
                 parameter to the worker{way_out}"
            ),
        };
        errors.at(parameter, message);
    }
    if let Some(conditions) = &generics.where_clause {
        let message =
            format!("{noun} has no conditions of its own: move them to the impl block{way_out}");
        errors.at(conditions, message);
    }
}

/// Whether the type is `CallContext` under however many references.
fn names_context(ty: &Type) -> bool {
    match ungrouped(ty) {
        Type::Reference(reference) => names_context(&reference.elem),
        Type::Path(path) => {
            path.path.segments.last().is_some_and(|last| last.ident == "CallContext")
        }
        _ => false,
    }
}

/// Whether the context stands where it may.
fn accept_context(place: usize, argument: &PatType, role: Role, errors: &mut Errors) -> bool {
    let by_reference = matches!(ungrouped(&argument.ty), Type::Reference(reference)
        if reference.mutability.is_none() && !matches!(*reference.elem, Type::Reference(_)));
    if role == Role::Constructor {
        errors.at(
            argument,
            "the constructor of a worker has no call context: take it in the methods that need it",
        );
    } else if !by_reference {
        errors.at(&argument.ty, "the call context is lent: write `&CallContext`");
    } else if place > 0 {
        let first = if role == Role::Task { "first" } else { "right after `self`" };
        errors.at(argument, format!("the call context comes {first}: move this argument there"));
    } else {
        return true;
    }
    false
}

fn parameter(
    argument: &PatType,
    role: Role,
    self_type: Option<&Type>,
    errors: &mut Errors,
) -> Option<Parameter> {
    require_owned(&argument.ty, &format!("an argument of {}", role.noun()), errors);
    let name = name(&argument.pat, errors)?;
    let ty = ungrouped(&argument.ty).clone();
    let ty = self_type.map_or_else(|| ty.clone(), |self_type| without_self(ty.clone(), self_type));
    Some(Parameter { name, ty })
}

fn name(pattern: &Pat, errors: &mut Errors) -> Option<Ident> {
    match pattern {
        Pat::Ident(pattern) if pattern.by_ref.is_none() && pattern.subpat.is_none() => {
            Some(pattern.ident.clone())
        }
        Pat::Wild(_) => {
            errors.at(pattern, "the handle needs a name for this argument: write `_name`");
            None
        }
        _ => {
            errors.at(
                pattern,
                "the handle needs a name for this argument: write a name here and take the value \
                 apart in the body",
            );
            None
        }
    }
}
