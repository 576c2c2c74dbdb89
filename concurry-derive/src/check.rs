//! The rules that concern several functions of a worker at once.

use crate::errors::Errors;
use crate::model::{Construction, WorkerImpl};

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
    for batch in &worker.batches {
        let of = batch.of.value();
        if !worker.methods.iter().any(|method| method.name == of) {
            errors.at(
                &batch.of,
                format!("there is no remote method `{of}` here: name a `pub` method of this impl"),
            );
        }
    }
}
