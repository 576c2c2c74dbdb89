//! Reads the impl block under `#[worker]`.

use proc_macro2::TokenStream;
use syn::{
    Attribute, ImplItem, ImplItemFn, ItemImpl, Receiver, ReceiverKind, Type, TypePath, Visibility,
};

use super::arguments::{Arguments, Place};
use super::marks::take_marks;
use super::returns::ungrouped;
use super::self_type::{bounds_without_self, expression_without_self};
use super::signature::{Role, call};
use crate::errors::Errors;
use crate::model::{Construction, Constructor, Marks, Method, Returns, WorkerImpl};

/// The model of the block, if it can describe a worker at all. Takes our marks out of `block`.
///
/// A function that breaks a rule is left out of the model, so that the others stay callable and
/// the compiler does not report what only follows from the error.
pub(crate) fn worker_impl(
    arguments: TokenStream,
    block: &mut ItemImpl,
    errors: &mut Errors,
) -> Option<WorkerImpl> {
    let mut read = Arguments::default();
    read.read(Place::Impl, arguments, errors);
    let self_type = self_type(block, errors);
    let written_type = self_type.clone().map(Type::Path);

    let mut construction = Construction::Value;
    let mut methods = Vec::new();
    let mut function_names = Vec::new();
    for item in &mut block.items {
        let ImplItem::Fn(function) = item else { continue };
        function_names.push(function.sig.ident.clone());
        let marks = take_marks(&mut function.attrs, errors);
        let Some(self_type) = &written_type else { continue };
        let before = errors.count();
        if is_constructor(function) && marks.skip.is_none() {
            refuse_marks(&marks, "the constructor", errors);
            let found = read_constructor(function, self_type, errors);
            construction = match errors.count() == before {
                true => Construction::New(Box::new(found)),
                false => Construction::Refused,
            };
        } else if is_remote(function, &marks) || marks.batch.is_some() {
            let found = read_method(function, marks, self_type, errors);
            methods.extend((errors.count() == before).then_some(found));
        } else {
            refuse_marks(&marks, "a local function", errors);
        }
    }
    let mut generics = block.generics.clone();
    if let Some(self_type) = &written_type {
        bounds_without_self(&mut generics, self_type);
    }
    self_type.map(|self_type| WorkerImpl {
        library: read.library(),
        generics,
        self_type,
        construction,
        methods,
        function_names,
    })
}

fn self_type(block: &ItemImpl, errors: &mut Errors) -> Option<TypePath> {
    if let Some((path, _)) = &block.trait_ {
        errors.at(
            path,
            "`#[worker]` goes on the worker's own impl block: write `impl Worker { … }` with \
             methods that call the trait's",
        );
        return None;
    }
    match ungrouped(&block.self_ty) {
        Type::Path(path) if path.qself.is_none() => Some(path.clone()),
        other => {
            errors.at(other, "a worker is a struct or an enum: write its name here");
            None
        }
    }
}

fn is_constructor(function: &ImplItemFn) -> bool {
    function.sig.ident == "new" && function.sig.receiver().is_none()
}

fn is_remote(function: &ImplItemFn, marks: &Marks) -> bool {
    let public = match &function.vis {
        Visibility::Public(_) => true,
        Visibility::Restricted(restricted) => !restricted.path.is_ident("self"),
        Visibility::Inherited => false,
    };
    public && marks.skip.is_none() && function.sig.receiver().is_some()
}

/// The marks say something about remote calls.
fn refuse_marks(marks: &Marks, whose: &str, errors: &mut Errors) {
    for mark in [&marks.idempotent, &marks.pure].into_iter().flatten() {
        errors.at(
            mark,
            format!(
                "{whose} is not called remotely: put this on a `pub` method without \
                 `#[worker(skip)]`, or take it away"
            ),
        );
    }
}

fn read_method(
    function: &ImplItemFn,
    mut marks: Marks,
    self_type: &Type,
    errors: &mut Errors,
) -> Method {
    let internal = !is_remote(function, &marks);
    if internal {
        refuse_marks(&marks, "this batched form", errors);
    }
    let exclusive = function.sig.receiver().is_some_and(|receiver| exclusive(receiver, errors));
    let role = if internal { Role::Batch } else { Role::Method };
    let call = call(&function.sig, role, Some(self_type), errors);
    if let Some(weight) = marks.batch.as_mut().and_then(|batch| batch.weight.as_mut()) {
        expression_without_self(&mut weight.function, self_type);
    }
    Method {
        name: function.sig.ident.clone(),
        visibility: function.vis.clone(),
        carried: with_names(&function.attrs, &["doc", "deprecated", "must_use", "allow", "cfg"]),
        cfg: with_names(&function.attrs, &["cfg"]),
        internal,
        exclusive,
        asynchronous: function.sig.asyncness.is_some(),
        uses_context: call.uses_context,
        list: call.list,
        parameters: call.parameters,
        returns: call.returns,
        marks,
    }
}

/// Whether the method takes `&mut self`.
fn exclusive(receiver: &Receiver, errors: &mut Errors) -> bool {
    match &receiver.kind {
        ReceiverKind::Reference(_, None, mutability) => return mutability.is_some(),
        ReceiverKind::Reference(_, Some(lifetime), _) => errors.at(
            lifetime,
            "a remote method gives nothing back that borrows: write `&self` or `&mut self`",
        ),
        _ => errors.at(
            receiver,
            "a remote method leaves its worker in place: write `&self` or `&mut self`, or keep \
             the method local with `#[worker(skip)]`",
        ),
    }
    false
}

fn read_constructor(function: &ImplItemFn, self_type: &Type, errors: &mut Errors) -> Constructor {
    let call = call(&function.sig, Role::Constructor, Some(self_type), errors);
    if let Returns::Plain(plain) = &call.returns
        && !same_name(plain, self_type)
    {
        // An empty return type has no tokens to point at.
        let message = "the constructor returns the worker: write `-> Self` or `-> Result<Self, E>`";
        match &function.sig.output {
            syn::ReturnType::Default => errors.at(&function.sig.ident, message),
            syn::ReturnType::Type(_, written) => errors.at(written, message),
        }
    }
    for condition in with_names(&function.attrs, &["cfg"]) {
        errors.at(
            condition,
            "the constructor of a worker is always there, because it gives `init` its parameters: \
             put the condition into its body",
        );
    }
    Constructor {
        visibility: function.vis.clone(),
        asynchronous: function.sig.asyncness.is_some(),
        list: call.list,
        parameters: call.parameters,
        returns: call.returns,
    }
}

fn same_name(one: &Type, other: &Type) -> bool {
    let name = |ty: &Type| match ty {
        Type::Path(path) => path.path.segments.last().map(|last| last.ident.clone()),
        _ => None,
    };
    name(one).is_some() && name(one) == name(other)
}

pub(super) fn with_names(attributes: &[Attribute], names: &[&str]) -> Vec<Attribute> {
    let named = |attribute: &&Attribute| names.iter().any(|name| attribute.path().is_ident(name));
    attributes.iter().filter(named).cloned().collect()
}
