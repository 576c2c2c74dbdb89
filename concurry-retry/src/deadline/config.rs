//! A moment to be done by.

use std::future::Future;
use std::time::{Duration, Instant};

use concurry_time::Clock;

use crate::deadline::Bounded;

/// A moment by which a call must have ended, or none. Plain data, cheap to copy and to pass on.
///
/// An instant means nothing in another process: send [`remaining`](Deadline::remaining) there, and
/// make a new deadline [`after`](Deadline::after) it on arrival.
///
/// ```
/// use concurry_retry::Deadline;
/// use concurry_time::{Clock, block_on};
/// use std::time::Duration;
///
/// let clock = Clock::system();
/// let whole = Deadline::after(&clock, Duration::from_millis(5));
/// let part = whole.within(&clock, Duration::from_secs(1));      // never beyond the whole
/// assert_eq!(part, whole);
/// assert!(block_on(part.bound(&clock, std::future::pending::<()>())).is_err());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deadline {
    at: Option<Instant>,
}

impl Deadline {
    /// No deadline.
    pub const NONE: Self = Self { at: None };

    /// At this moment.
    #[must_use]
    pub const fn at(moment: Instant) -> Self {
        Self { at: Some(moment) }
    }

    /// This long from now.
    #[must_use]
    pub fn after(clock: &Clock, duration: Duration) -> Self {
        Self::at(clock.after(duration))
    }

    /// This long from now, or this deadline if it is earlier.
    #[must_use]
    pub fn within(self, clock: &Clock, duration: Duration) -> Self {
        self.earlier(Self::after(clock, duration))
    }

    /// The earlier of the two.
    #[must_use]
    pub fn earlier(self, other: Self) -> Self {
        match (self.at, other.at) {
            (Some(one), Some(two)) => Self::at(one.min(two)),
            (one, two) => Self { at: one.or(two) },
        }
    }

    /// The moment, if there is one.
    #[must_use]
    pub const fn instant(self) -> Option<Instant> {
        self.at
    }

    /// Whether it has come.
    #[must_use]
    pub fn has_passed(self, now: Instant) -> bool {
        self.at.is_some_and(|at| at <= now)
    }

    /// How long is left: zero once it has passed, `None` without a deadline.
    #[must_use]
    pub fn remaining(self, now: Instant) -> Option<Duration> {
        self.at.map(|at| at.saturating_duration_since(now))
    }

    /// Bounds a future. One that comes too late is not started; one that is ready in time is taken
    /// even if it is looked at late.
    ///
    /// # Cancel safety
    ///
    /// Dropping it drops the future, as the deadline does.
    pub fn bound<F: Future>(self, clock: &Clock, future: F) -> Bounded<F> {
        Bounded::new(self, clock.clone(), future)
    }
}
