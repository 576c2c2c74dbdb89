//! Changes of a mirror, which are made to the set that it mirrors.

use std::fmt::Debug;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::time::Duration;

/// What is to be changed about a set.
#[derive(Clone, Debug, PartialEq)]
pub enum RemoteChange {
    /// [`LimitSet::pause_for`](crate::LimitSet::pause_for).
    Pause(Duration),
    /// [`LimitSet::resume`](crate::LimitSet::resume).
    Resume,
    /// [`LimitSet::set_capacity`](crate::LimitSet::set_capacity).
    Capacity {
        /// Of which limit.
        key: String,
        /// The new capacity.
        capacity: f64,
    },
}

/// The set that a mirror mirrors. A panic beside it leaves nothing of it half-done.
pub(crate) trait Original: Send + Sync + UnwindSafe + RefUnwindSafe + Debug {
    fn change(&self, change: RemoteChange);
}
