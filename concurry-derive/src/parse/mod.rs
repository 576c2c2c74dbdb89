//! From the user's tokens to the model, gathering what is wrong on the way.

mod arguments;
mod batch;
mod implementation;
mod marks;
mod owned;
mod resilient;
mod returns;
mod self_type;
mod signature;
mod structure;
mod task;
mod written;

pub(crate) use implementation::worker_impl;
pub(crate) use resilient::resilient;
pub(crate) use structure::worker_type;
pub(crate) use task::task;
