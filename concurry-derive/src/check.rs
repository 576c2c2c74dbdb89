//! The rules that concern several functions of a worker at once.

use crate::errors::Errors;
use crate::model::{Batch, Construction, WorkerImpl};

/// The names that the generated constructors have on every worker.
const TAKEN: [&str; 3] = ["init", "init_async", "options"];

/// Reports what does not fit together, and leaves out of `worker` what would not compile.
pub(crate) fn worker_impl(worker: &mut WorkerImpl, errors: &mut Errors) {
    for name in worker.function_names.iter().filter(|name| TAKEN.iter().any(|taken| name == taken))
    {
        errors.at(
            name,
            format!("`{name}` is taken by the generated constructor `{name}`: write another name"),
        );
        worker.construction = Construction::Refused;
    }
    let mut refused = Vec::new();
    for (place, form) in worker.methods.iter().enumerate() {
        let Some(batch) = &form.marks.batch else { continue };
        let before = errors.count();
        batched_form(worker, place, batch, errors);
        if errors.count() > before {
            refused.push(place);
        }
    }
    for place in refused {
        worker.methods[place].marks.batch = None;
    }
}

/// Holds a batched form against the method whose calls it takes.
fn batched_form(worker: &WorkerImpl, place: usize, batch: &Batch, errors: &mut Errors) {
    let form = &worker.methods[place];
    let of = batch.of.value();
    let Some(single) = worker.method(&of).filter(|single| !single.internal) else {
        return errors.at(
            &batch.of,
            format!("there is no remote method `{of}` here: name a `pub` method of this impl"),
        );
    };
    if single.name == form.name || single.marks.batch.is_some() {
        return errors.at(
            &batch.of,
            format!("`{of}` takes many calls itself: name the method that does one of them"),
        );
    }
    let earlier = &worker.methods[..place];
    if earlier.iter().any(|other| other.marks.batch.as_ref().is_some_and(|b| b.of.value() == of)) {
        return errors
            .at(&batch.of, format!("`{of}` has a batched form already: keep one of them"));
    }
    if single.parameters.is_empty() {
        return errors.at(
            &batch.of,
            format!("`{of}` takes no arguments, so there is nothing to gather: call it directly"),
        );
    }
    let Some((_, rest)) = form.parameters.split_first() else {
        return errors.at(
            &form.name,
            format!(
                "the batched form takes the first arguments of many calls of `{of}`: add a `Vec`"
            ),
        );
    };
    if let Some(excess) = rest.get(single.parameters.len() - 1) {
        errors.at(
            &excess.name,
            format!(
                "`{of}` has no such argument: the `Vec` stands for the first, the rest follows"
            ),
        );
    }
}
