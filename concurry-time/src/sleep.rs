//! A wait for a moment, and a future bounded by one.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use crate::Clock;
use crate::block_on::block_on;
use crate::wheel::{TimerKey, Timers};

/// A wait for a moment on a [`Clock`]. Await it, or block on it with [`Sleep::wait`].
///
/// # Cancel safety
///
/// Dropping it takes its timer back.
#[must_use = "a wait does nothing unless it is awaited or blocked on"]
pub struct Sleep {
    clock: Clock,
    deadline: Instant,
    timer: Option<(Arc<dyn Timers>, TimerKey)>,
}

impl Sleep {
    pub(crate) fn new(clock: Clock, deadline: Instant) -> Self {
        Self { clock, deadline, timer: None }
    }

    /// The moment this wait ends.
    #[must_use]
    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Blocks the current thread until the moment has come.
    pub fn wait(self) {
        block_on(self);
    }

    fn disarm(&mut self) {
        if let Some((timers, key)) = self.timer.take() {
            timers.remove(key);
        }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        if this.clock.now() >= this.deadline {
            this.disarm();
            return Poll::Ready(());
        }
        let armed =
            this.timer.as_ref().is_some_and(|(timers, key)| timers.replace(*key, context.waker()));
        if !armed {
            let timers = this.clock.timers();
            let key = timers.add(this.deadline, context.waker().clone());
            this.timer = Some((timers, key));
        }
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        self.disarm();
    }
}

impl fmt::Debug for Sleep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sleep").field("deadline", &self.deadline).finish_non_exhaustive()
    }
}

/// A future bounded by a deadline, made by [`Clock::timeout_at`].
///
/// The future is looked at first: a result that is there at the deadline is taken.
#[must_use = "futures do nothing unless polled"]
#[derive(Debug)]
pub struct Timeout<F> {
    future: Pin<Box<F>>,
    sleep: Sleep,
}

impl<F> Timeout<F> {
    pub(crate) fn new(future: F, sleep: Sleep) -> Self {
        Self { future: Box::pin(future), sleep }
    }
}

impl<F: Future> Future for Timeout<F> {
    type Output = Result<F::Output, TimedOut>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        if let Poll::Ready(output) = this.future.as_mut().poll(context) {
            this.sleep.disarm();
            return Poll::Ready(Ok(output));
        }
        Pin::new(&mut this.sleep).poll(context).map(|()| Err(TimedOut))
    }
}

/// The deadline came before the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimedOut;

impl fmt::Display for TimedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the deadline came before the result")
    }
}

impl Error for TimedOut {}
