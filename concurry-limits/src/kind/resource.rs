//! A number of things held at once.

use crate::amount::Amount;

/// So many of something at once: connections, licences, GPUs. Whatever is taken comes back when the
/// permit is dropped.
///
/// ```
/// use concurry_limits::{LimitSet, ResourceLimit};
///
/// let limits = LimitSet::builder().with(ResourceLimit::new("connections", 1)).build()?;
/// let permit = limits.try_acquire([("connections", 1)])?;
/// assert!(limits.try_acquire([("connections", 1)]).is_err());
/// drop(permit);
/// assert!(limits.try_acquire([("connections", 1)]).is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ResourceLimit {
    pub(crate) key: String,
    pub(crate) capacity: f64,
}

impl ResourceLimit {
    /// So many at once: a whole number, one or more.
    #[must_use]
    pub fn new(key: impl Into<String>, capacity: impl Amount) -> Self {
        Self { key: key.into(), capacity: capacity.to_f64() }
    }

    /// The name of the resource.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// How many there are.
    #[must_use]
    pub fn capacity(&self) -> f64 {
        self.capacity
    }
}

/// A whole number, one or more.
pub(super) fn illegal_capacity(capacity: f64) -> Option<&'static str> {
    let legal = capacity >= 1.0 && capacity.is_finite() && capacity.fract() == 0.0;
    (!legal).then_some("a whole number, one or more")
}
