//! The three kinds of limits, as definitions: they count nothing until a set is built of them.

mod calls;
mod rate;
mod resource;

use std::time::Duration;

pub use calls::CallLimit;
pub use rate::RateLimit;
pub use resource::ResourceLimit;

use crate::algorithm::{Quota, RateAlgorithm};
use crate::amount::is_legal;
use crate::error::LimitBuildError;

/// A limit of any kind, as [`LimitSetBuilder::with`](crate::LimitSetBuilder::with) takes it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Limit {
    /// A named amount in a window.
    Rate(RateLimit),
    /// A number of calls in a window.
    Calls(CallLimit),
    /// A number of things held at once.
    Resource(ResourceLimit),
}

impl From<RateLimit> for Limit {
    fn from(limit: RateLimit) -> Self {
        Self::Rate(limit)
    }
}

impl From<CallLimit> for Limit {
    fn from(limit: CallLimit) -> Self {
        Self::Calls(limit)
    }
}

impl From<ResourceLimit> for Limit {
    fn from(limit: ResourceLimit) -> Self {
        Self::Resource(limit)
    }
}

/// A checked limit, as a set keeps it.
#[derive(Clone, Debug)]
pub(crate) struct Definition {
    pub(crate) key: String,
    pub(crate) kind: Kind,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Rate { algorithm: RateAlgorithm, quota: Quota },
    Calls { algorithm: RateAlgorithm, quota: Quota },
    Resource { capacity: f64 },
}

impl Kind {
    #[inline]
    pub(crate) fn is_resource(self) -> bool {
        matches!(self, Self::Resource { .. })
    }

    #[inline]
    pub(crate) fn is_calls(self) -> bool {
        matches!(self, Self::Calls { .. })
    }

    #[inline]
    pub(crate) fn algorithm(self) -> Option<RateAlgorithm> {
        match self {
            Self::Rate { algorithm, .. } | Self::Calls { algorithm, .. } => Some(algorithm),
            Self::Resource { .. } => None,
        }
    }

    /// How long its window is, if it has one.
    pub(crate) fn window(self) -> Option<Duration> {
        match self {
            Self::Rate { quota, .. } | Self::Calls { quota, .. } => Some(quota.window),
            Self::Resource { .. } => None,
        }
    }

    /// Why a capacity is illegal for this kind.
    pub(crate) fn illegal_capacity(self, capacity: f64) -> Option<&'static str> {
        match self {
            Self::Resource { .. } => resource::illegal_capacity(capacity),
            Self::Rate { .. } | Self::Calls { .. } => illegal_capacity(capacity),
        }
    }

    /// Whether fractions can be taken.
    #[inline]
    fn takes_fractions(self) -> bool {
        matches!(self.algorithm(), Some(RateAlgorithm::TokenBucket | RateAlgorithm::Gcra))
    }

    /// Why an amount is illegal for this kind.
    #[inline]
    pub(crate) fn illegal(self, amount: f64) -> Option<&'static str> {
        if !is_legal(amount) {
            Some("a finite number, not negative")
        } else if self.takes_fractions() || amount.fract() == 0.0 {
            None
        } else if self.is_resource() {
            Some("a whole number: resources are counted")
        } else {
            Some("a whole number: only the token bucket and GCRA take fractions")
        }
    }
}

impl Limit {
    /// Checks the values.
    pub(crate) fn define(self) -> Result<Definition, LimitBuildError> {
        let definition = match self {
            Self::Rate(RateLimit { key, rate }) => {
                let quota = rate.check(&key)?;
                Definition { key, kind: Kind::Rate { algorithm: rate.algorithm, quota } }
            }
            Self::Calls(CallLimit { rate }) => {
                let key = CallLimit::KEY.to_owned();
                let quota = rate.check(&key)?;
                Definition { key, kind: Kind::Calls { algorithm: rate.algorithm, quota } }
            }
            Self::Resource(ResourceLimit { key, capacity }) => {
                check_capacity(&key, capacity, resource::illegal_capacity(capacity))?;
                Definition { key, kind: Kind::Resource { capacity } }
            }
        };
        if definition.key.is_empty() {
            return Err(LimitBuildError::EmptyKey);
        }
        Ok(definition)
    }
}

/// The numbers of a rate, as given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rate {
    pub(crate) capacity: f64,
    pub(crate) window: Duration,
    pub(crate) algorithm: RateAlgorithm,
    pub(crate) burst: Option<f64>,
}

impl Rate {
    fn check(&self, key: &str) -> Result<Quota, LimitBuildError> {
        const CENTURY: Duration = Duration::from_secs(100 * 365 * 24 * 3600);
        check_capacity(key, self.capacity, illegal_capacity(self.capacity))?;
        if self.window.is_zero() || self.window > CENTURY {
            return Err(LimitBuildError::Window { key: key.to_owned(), window: self.window });
        }
        let burst = self.burst.unwrap_or(self.capacity);
        let windowed =
            matches!(self.algorithm, RateAlgorithm::SlidingWindow | RateAlgorithm::FixedWindow);
        let illegal = if self.burst.is_some() && windowed {
            Some("a window has no burst. Use the token bucket, the leaky bucket or GCRA")
        } else if burst.is_nan() || burst <= 0.0 {
            Some("it must be above zero")
        } else {
            None
        };
        match illegal {
            Some(legal) => Err(LimitBuildError::Burst { key: key.to_owned(), burst, legal }),
            None => Ok(Quota { capacity: self.capacity, window: self.window, burst }),
        }
    }
}

/// Any real number above zero, infinity included.
fn illegal_capacity(capacity: f64) -> Option<&'static str> {
    let legal = capacity > 0.0;
    (!legal).then_some("above zero; infinity means no limit")
}

fn check_capacity(
    key: &str,
    capacity: f64,
    illegal: Option<&'static str>,
) -> Result<(), LimitBuildError> {
    match illegal {
        Some(legal) => Err(LimitBuildError::Capacity { key: key.to_owned(), capacity, legal }),
        None => Ok(()),
    }
}
