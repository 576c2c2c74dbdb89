//! The deadline came first.

/// The deadline came before the result, or had passed before the call began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the deadline came before the result")]
pub struct DeadlineExceeded;
