//! Why hedging options are refused.

use crate::budget::BudgetError;

/// An option of a [`Hedge`](crate::Hedge) that makes no sense.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum HedgeError {
    /// A delay of zero would double every call.
    #[error("the delay of a hedge must be over zero; to start copies at once use Hedge::redundant")]
    ZeroDelay,
    /// No share of the calls.
    #[error("the percentile of a hedge must be over 0 and under 1, not {share}")]
    Percentile {
        /// The share given.
        share: f64,
    },
    /// There would be one copy only.
    #[error("a hedge needs at least one copy more than the first: max_hedges(1), redundant(2)")]
    NoCopies,
    /// No share of the calls.
    #[error("max_extra_load of a hedge must be over 0 and at most 10, not {share}")]
    ExtraLoad {
        /// The share given.
        share: f64,
    },
    /// The allowance for the extra load cannot be made.
    #[error(transparent)]
    Budget(#[from] BudgetError),
}
