//! `#[batch(of = "…")]`: the method takes many calls of another one at once.

use std::time::Duration;

use syn::{Expr, LitInt, LitStr};

/// What stands in `#[batch(…)]`.
pub(crate) struct Batch {
    /// The method whose calls it takes.
    pub(crate) of: LitStr,
    /// How many calls at most.
    pub(crate) max_size: Option<LitInt>,
    /// How long a call waits for company.
    pub(crate) max_wait: Option<Duration>,
    /// Whether a batch that fails is taken apart.
    pub(crate) bisect: bool,
    /// What a call weighs.
    pub(crate) weight: Option<Weight>,
}

/// The weights of calls.
pub(crate) struct Weight {
    /// The function, as an expression: it takes references to the batched arguments.
    pub(crate) function: Expr,
    /// What a batch weighs at most: a number.
    pub(crate) most: Expr,
    /// The limit from which each call reserves its weight.
    pub(crate) limit: Option<LitStr>,
}
