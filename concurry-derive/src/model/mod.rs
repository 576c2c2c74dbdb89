//! What the macros understand of the user's code. Made by `parse`, read by `check` and `expand`.

mod batch;
mod defaults;
mod method;
mod resilient;
mod returns;
mod task;
mod worker_impl;
mod worker_type;

pub(crate) use batch::{Batch, Weight};
pub(crate) use defaults::{Defaults, Mode};
pub(crate) use method::{Marks, Method, Parameter};
pub(crate) use resilient::Resilient;
pub(crate) use returns::Returns;
pub(crate) use task::Task;
pub(crate) use worker_impl::{Construction, Constructor, WorkerImpl};
pub(crate) use worker_type::WorkerType;
