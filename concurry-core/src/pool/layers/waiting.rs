//! Waits of calls in the layers: bounded by a moment, ended by a stop, counted while they last.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use concurry_time::{Clock, Sleep};

use super::drive::Drive;
use crate::CallError;
use crate::nanoseconds::nanoseconds;
use crate::shared::{PoolShared, Stage};

/// Waits for a future until `at`. `None`: the moment came first.
pub(super) fn until<F: Future + Unpin>(clock: &Clock, at: Option<Instant>, future: F) -> Until<F> {
    Until { future, sleep: at.map(|at| clock.sleep_until(at)) }
}

/// See [`until`]. The future is looked at first: what is there in time is taken.
pub(super) struct Until<F> {
    future: F,
    sleep: Option<Sleep>,
}

impl<F: Future + Unpin> Future for Until<F> {
    type Output = Option<F::Output>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        if let Poll::Ready(output) = Pin::new(&mut this.future).poll(context) {
            return Poll::Ready(Some(output));
        }
        match &mut this.sleep {
            Some(sleep) => Pin::new(sleep).poll(context).map(|()| None),
            None => Poll::Pending,
        }
    }
}

impl Drive {
    /// Waits for something that only time or others bring, unless the pool is stopped meanwhile.
    pub(super) async fn unless_stopped<F: Future>(
        &self,
        future: F,
    ) -> Result<F::Output, CallError<Infallible>> {
        let mut future = pin!(future);
        let mut stopping = pin!(self.shared().shutdown.reached(Stage::Stopping));
        poll_fn(|context| {
            // The future first: what is there already needs nobody to wait for a stop.
            if let Poll::Ready(output) = future.as_mut().poll(context) {
                return Poll::Ready(Ok(output));
            }
            stopping.as_mut().poll(context).map(|()| Err(CallError::Stopped(self.site())))
        })
        .await
    }
}

/// Counts one more for as long as it lives.
pub(crate) struct Counted<'c>(&'c AtomicUsize);

impl<'c> Counted<'c> {
    pub(crate) fn new(counter: &'c AtomicUsize) -> Self {
        // Relaxed: statistics.
        counter.fetch_add(1, Ordering::Relaxed);
        Self(counter)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A wait for a limit, counted and timed for as long as it lives.
pub(crate) struct Throttled<'p> {
    pool: &'p PoolShared,
    since: Instant,
    _counted: Counted<'p>,
}

impl<'p> Throttled<'p> {
    pub(crate) fn new(pool: &'p PoolShared) -> Self {
        let counted = Counted::new(&pool.layer_counters.throttled);
        Self { pool, since: pool.clock.now(), _counted: counted }
    }

    pub(crate) fn waited(&self) -> Duration {
        self.pool.clock.now().saturating_duration_since(self.since)
    }
}

impl Drop for Throttled<'_> {
    fn drop(&mut self) {
        let nanos = nanoseconds(self.waited());
        self.pool.layer_counters.throttled_nanos.fetch_add(nanos, Ordering::Relaxed);
    }
}
