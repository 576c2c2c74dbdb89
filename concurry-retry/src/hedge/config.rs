//! The options of hedging: plain data.

use std::time::Duration;

use crate::hedge::{HedgeError, Hedger};

/// When to start further copies of a call, and how many.
///
/// It is plain data; [`build`](Hedge::build) makes the live [`Hedger`] that learns latencies.
///
/// # Default
///
/// One copy more; extra load of at most 0.05 of the calls that succeed. A percentile waits 1 s
/// until 20 calls have been seen. The result does not wait for the losers.
///
/// ```
/// use concurry_retry::Hedge;
/// use std::time::Duration;
///
/// let hedge = Hedge::after_percentile(0.95).max_extra_load(0.02).min_samples(100);
/// assert_eq!(hedge.build()?.delay(), Duration::from_secs(1));    // nothing learnt yet
/// assert!(Hedge::after_percentile(95.0).validate().is_err());
/// # Ok::<(), concurry_retry::HedgeError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use = "options do nothing until `build`"]
pub struct Hedge {
    pub(crate) when: When,
    pub(crate) max_hedges: u32,
    pub(crate) max_extra_load: Option<f64>,
    pub(crate) first_delay: Duration,
    pub(crate) min_samples: u32,
    pub(crate) grace: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum When {
    After(Duration),
    Percentile(f64),
    AtOnce,
}

impl Hedge {
    fn new(when: When, max_hedges: u32, max_extra_load: Option<f64>) -> Self {
        let (first_delay, grace) = (Duration::from_secs(1), Duration::ZERO);
        Self { when, max_hedges, max_extra_load, first_delay, min_samples: 20, grace }
    }

    /// Starts another copy after this long.
    pub fn after(delay: Duration) -> Self {
        Self::new(When::After(delay), 1, Some(0.05))
    }

    /// Starts another copy when a call has taken longer than this share of the recent ones (over
    /// 0, under 1; 0.95 means the slowest twentieth).
    pub fn after_percentile(share: f64) -> Self {
        Self::new(When::Percentile(share), 1, Some(0.05))
    }

    /// Starts `copies` copies at once, the first one included. The extra load is not bounded
    /// unless [`max_extra_load`](Self::max_extra_load) says so.
    pub fn redundant(copies: u32) -> Self {
        Self::new(When::AtOnce, copies.saturating_sub(1), None)
    }

    /// Sets how many copies there may be besides the first.
    pub const fn max_hedges(mut self, copies: u32) -> Self {
        self.max_hedges = copies;
        self
    }

    /// Bounds the extra copies to this share of the calls that succeed (over 0, at most 10).
    pub const fn max_extra_load(mut self, share: f64) -> Self {
        self.max_extra_load = Some(share);
        self
    }

    /// Sets the delay of a percentile that has not seen enough calls yet.
    pub const fn first_delay(mut self, delay: Duration) -> Self {
        self.first_delay = delay;
        self
    }

    /// Sets how many calls a percentile must have seen.
    pub const fn min_samples(mut self, calls: u32) -> Self {
        self.min_samples = calls;
        self
    }

    /// Sets how long the result waits for the losers, over a pool. They are cancelled in any case;
    /// with a grace, they have returned and given back what they held when the result is there, or
    /// this long has passed, or the call's deadline. A future of your own ends where it is dropped, so
    /// there is nothing to wait for.
    ///
    /// Zero by default: a method that heeds no cancel would make a hedged call as slow as the copy
    /// that it was hedged against.
    ///
    /// ```
    /// use concurry_retry::Hedge;
    /// use std::time::Duration;
    ///
    /// let hedge = Hedge::redundant(2).grace(Duration::from_millis(50));
    /// assert_eq!(hedge.build()?.grace(), Duration::from_millis(50));
    /// # Ok::<(), concurry_retry::HedgeError>(())
    /// ```
    pub const fn grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// Whether all copies start at once.
    pub(crate) fn starts_at_once(&self) -> bool {
        self.when == When::AtOnce
    }

    /// Checks every value.
    ///
    /// # Errors
    ///
    /// Names the first value out of range and its legal range.
    pub fn validate(&self) -> Result<(), HedgeError> {
        match self.when {
            When::After(delay) if delay.is_zero() => return Err(HedgeError::ZeroDelay),
            When::Percentile(share) if !(share > 0.0 && share < 1.0) => {
                return Err(HedgeError::Percentile { share });
            }
            _ => {}
        }
        if self.max_hedges == 0 {
            return Err(HedgeError::NoCopies);
        }
        match self.max_extra_load {
            Some(share) if !(share > 0.0 && share <= 10.0) => Err(HedgeError::ExtraLoad { share }),
            _ => Ok(()),
        }
    }

    /// Makes the live hedger, to be shared by all calls to one service.
    ///
    /// # Errors
    ///
    /// As [`validate`](Self::validate).
    pub fn build(&self) -> Result<Hedger, HedgeError> {
        self.validate()?;
        Hedger::from_checked(self.clone())
    }
}
