//! Why a retry budget cannot be built.

/// An option of a [`RetryBudgetBuilder`](crate::RetryBudgetBuilder) that makes no sense.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BudgetError {
    /// The ratio is no number in range.
    #[error("the ratio of a retry budget must be over 0 and at most 10, not {ratio}")]
    Ratio {
        /// The ratio given.
        ratio: f64,
    },
    /// A budget that can hold nothing.
    #[error(
        "the capacity of a retry budget must be at least 1; to never retry use `max_retries(0)`"
    )]
    ZeroCapacity,
    /// The trickle is no number in range.
    #[error("min_per_second of a retry budget must lie between 0 and 1000, not {per_second}")]
    PerSecond {
        /// The number given.
        per_second: f64,
    },
}
