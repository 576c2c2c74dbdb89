//! The outcomes of many calls, as an engine reports them to a bar.

use std::sync::atomic::Ordering;
use std::time::Instant;

use super::bar::ProgressBar;
use super::meter::Throttle;
use super::text::one_line;

/// Counts outcomes, retries and throttled calls for a bar. Clones count for the same bar.
///
/// Reporting an outcome is one or two additions to atomic counters. A wait for a limit also takes a
/// short lock.
///
/// ```
/// use concurry_core::progress::{Progress, State};
///
/// let tally = Progress::from("Processing").tally(Some(3));
/// let retrying = tally.retrying();
/// tally.record(1, 1);
/// drop(retrying);
/// tally.record(1, 0);
/// assert_eq!((tally.done(), tally.failed()), (3, 1));
/// tally.bar().failure("1 of 3 calls failed");
/// assert_eq!(tally.bar().state(), State::Failed);
/// ```
#[derive(Clone, Debug)]
pub struct Tally {
    bar: ProgressBar,
}

impl Tally {
    pub(super) fn new(bar: ProgressBar) -> Self {
        Self { bar }
    }

    /// Whether both count for the same bar.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        std::ptr::eq(self.bar.meter(), other.bar.meter())
    }

    /// The bar, to end it.
    #[must_use]
    pub fn bar(&self) -> &ProgressBar {
        &self.bar
    }

    /// Reports that so many calls have succeeded and so many have failed for good.
    pub fn record(&self, succeeded: u64, failed: u64) {
        let meter = self.bar.meter();
        if failed > 0 {
            meter.failed.fetch_add(failed, Ordering::Relaxed);
        }
        meter.done.fetch_add(succeeded.saturating_add(failed), Ordering::Relaxed);
    }

    /// Reports a call that failed and will be tried again, until the returned value is dropped.
    pub fn retrying(&self) -> Waiting {
        self.bar.meter().retrying.fetch_add(1, Ordering::Relaxed);
        Waiting { bar: self.bar.clone(), limit: None }
    }

    /// Reports a call that waits for a limit, until the returned value is dropped. `next` is when it
    /// is expected to go on; the bar counts down to the earliest one.
    ///
    /// ```
    /// use concurry_core::progress::Progress;
    /// use std::time::{Duration, Instant};
    ///
    /// let tally = Progress::from("LLM").tally(Some(1));
    /// // The bar says "throttled by tokens (next in 1.2 s)" and counts down.
    /// let throttled = tally.throttled("tokens", Some(Instant::now() + Duration::from_millis(1_200)));
    /// drop(throttled);
    /// tally.record(1, 0);
    /// tally.bar().success("");
    /// ```
    pub fn throttled(&self, limit: impl AsRef<str>, next: Option<Instant>) -> Waiting {
        let limit = one_line(limit.as_ref());
        let now = self.bar.target().clock().now();
        let mut text = self.bar.meter().text();
        let known = text.throttles.iter_mut().find(|throttle| throttle.limit == limit);
        match known {
            Some(throttle) => {
                throttle.waiting += 1;
                let ahead = throttle.next.filter(|known| *known > now);
                throttle.next = [ahead, next].into_iter().flatten().min();
            }
            None => text.throttles.push(Throttle { limit: limit.clone(), waiting: 1, next }),
        }
        drop(text);
        Waiting { bar: self.bar.clone(), limit: Some(limit) }
    }

    /// How many calls have ended, one way or the other.
    #[must_use]
    pub fn done(&self) -> u64 {
        self.bar.position()
    }

    /// How many of them have failed.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.bar.meter().failed.load(Ordering::Relaxed)
    }
}

/// A call that is being retried or throttled, for as long as this value lives.
#[derive(Debug)]
#[must_use = "the wait is over when this is dropped"]
pub struct Waiting {
    bar: ProgressBar,
    /// `None` for a retry.
    limit: Option<String>,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let meter = self.bar.meter();
        let Some(limit) = &self.limit else {
            meter.retrying.fetch_sub(1, Ordering::Relaxed);
            return;
        };
        let mut text = meter.text();
        let known = text.throttles.iter().position(|throttle| throttle.limit == *limit);
        if let Some(index) = known {
            text.throttles[index].waiting -= 1;
            if text.throttles[index].waiting == 0 {
                text.throttles.swap_remove(index);
            }
        }
    }
}
