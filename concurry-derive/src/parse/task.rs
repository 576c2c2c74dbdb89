//! Reads the function under `#[task]`.

use proc_macro2::TokenStream;
use syn::{FnArg, ItemFn};

use super::arguments::{Arguments, Place};
use super::implementation::with_names;
use super::marks::take_marks;
use super::signature::{Role, call};
use crate::errors::Errors;
use crate::model::{Method, Task};

/// The model of the function, if it can be a task. Takes our marks out of `function`.
pub(crate) fn task(
    arguments: TokenStream,
    function: &mut ItemFn,
    errors: &mut Errors,
) -> Option<Task> {
    let before = errors.count();
    let mut read = Arguments::default();
    read.read(Place::Task, arguments, errors);
    let marks = take_marks(&mut function.attrs, errors);
    if let Some(batch) = &marks.batch {
        errors.at(&batch.of, "a task has no batched form: write a worker with both methods");
    }
    if let Some(skip) = &marks.skip {
        errors.at(skip, "a task has nothing to skip: take this attribute away");
    }
    if let Some(FnArg::Receiver(receiver)) = function.sig.inputs.first() {
        errors.at(
            receiver,
            "`#[task]` goes on a function outside of an impl; for methods put `#[worker]` on the \
             impl block",
        );
    }
    let call = call(&function.sig, Role::Task, None, errors);
    (errors.count() == before).then(|| Task {
        library: read.library(),
        defaults: read.defaults,
        function: Method {
            name: function.sig.ident.clone(),
            visibility: function.vis.clone(),
            carried: with_names(&function.attrs, &["doc", "deprecated", "must_use", "allow"]),
            cfg: Vec::new(),
            internal: false,
            exclusive: false,
            asynchronous: function.sig.asyncness.is_some(),
            uses_context: call.uses_context,
            list: call.list,
            parameters: call.parameters,
            returns: call.returns,
            marks,
        },
    })
}
