//! The clock that everything in concurry reads.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::moment::after;
use crate::sleep::{Sleep, Timeout};
use crate::system;
use crate::wheel::Timers;

/// A monotonic clock with timers: the machine's, or one that a test advances.
///
/// Cloning is cheap, and all clones show the same time.
///
/// ```
/// use concurry_time::Clock;
/// use std::time::Duration;
///
/// let clock = Clock::system();
/// let before = clock.now();
/// clock.sleep(Duration::from_millis(1)).wait();
/// assert!(clock.now() - before >= Duration::from_millis(1));
/// ```
#[derive(Clone, Default)]
pub struct Clock {
    source: Source,
}

#[derive(Clone, Default)]
enum Source {
    #[default]
    System,
    #[cfg(any(test, feature = "test-util"))]
    Fake(Arc<crate::fake::Shared>),
}

impl Clock {
    /// The machine's monotonic clock.
    #[must_use]
    pub fn system() -> Self {
        Self::default()
    }

    #[cfg(any(test, feature = "test-util"))]
    pub(crate) fn fake(shared: Arc<crate::fake::Shared>) -> Self {
        Self { source: Source::Fake(shared) }
    }

    /// The current time.
    #[must_use]
    pub fn now(&self) -> Instant {
        match &self.source {
            Source::System => Instant::now(),
            #[cfg(any(test, feature = "test-util"))]
            Source::Fake(shared) => shared.now(),
        }
    }

    /// Makes a wait that ends `duration` from now.
    pub fn sleep(&self, duration: Duration) -> Sleep {
        self.sleep_until(self.after(duration))
    }

    /// Makes a wait that ends at `deadline`.
    ///
    /// The timer starts with the first poll, and is taken back when the wait is dropped.
    pub fn sleep_until(&self, deadline: Instant) -> Sleep {
        Sleep::new(self.clone(), deadline)
    }

    /// Bounds a future by a deadline on this clock.
    ///
    /// ```
    /// use concurry_time::{Clock, block_on};
    /// use std::time::Duration;
    ///
    /// let clock = Clock::system();
    /// let deadline = clock.now() + Duration::from_millis(1);
    /// assert!(block_on(clock.timeout_at(deadline, std::future::pending::<()>())).is_err());
    /// ```
    pub fn timeout_at<F: Future>(&self, deadline: Instant, future: F) -> Timeout<F> {
        Timeout::new(future, self.sleep_until(deadline))
    }

    /// The instant `duration` from now, as [`after`] has it.
    #[must_use]
    pub fn after(&self, duration: Duration) -> Instant {
        after(self.now(), duration)
    }

    pub(crate) fn timers(&self) -> Arc<dyn Timers> {
        match &self.source {
            Source::System => system::timers(),
            #[cfg(any(test, feature = "test-util"))]
            Source::Fake(shared) => Arc::clone(shared) as Arc<dyn Timers>,
        }
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.source {
            Source::System => f.write_str("Clock::system()"),
            #[cfg(any(test, feature = "test-util"))]
            Source::Fake(_) => f.write_str("Clock::fake()"),
        }
    }
}
