//! Waiting for a future on the current thread, by parking it.

use std::cell::RefCell;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Instant;

use crate::Clock;

/// Wakes one thread. The flag makes a wake that comes before the park count.
struct ThreadWaker {
    thread: Thread,
    notified: AtomicBool,
}

impl ThreadWaker {
    fn new() -> (Arc<Self>, Waker) {
        let this = Arc::new(Self { thread: thread::current(), notified: AtomicBool::new(false) });
        let waker = Waker::from(Arc::clone(&this));
        (this, waker)
    }

    /// Parks until notified. Other users of the thread's park token only cause another look.
    fn park(&self) {
        // Acquire pairs with the Release in `wake_by_ref`: what the waker wrote is seen.
        while !self.notified.swap(false, Ordering::Acquire) {
            thread::park();
        }
    }
}

impl Wake for ThreadWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.notified.swap(true, Ordering::Release) {
            self.thread.unpark();
        }
    }
}

type CachedWaker = (Arc<ThreadWaker>, Waker);

thread_local! {
    /// The waker of this thread, taken out while a `block_on` uses it, so that a nested one makes
    /// its own.
    static CACHED: RefCell<Option<CachedWaker>> = const { RefCell::new(None) };
}

fn with_waker<R>(f: impl FnOnce(&ThreadWaker, &Waker) -> R) -> R {
    let cached = CACHED.try_with(|slot| slot.borrow_mut().take()).ok().flatten();
    let (parker, waker) = cached.unwrap_or_else(ThreadWaker::new);
    let result = f(&parker, &waker);
    // A thread that is ending has no slot any more; then the waker is simply dropped.
    let _ = CACHED.try_with(|slot| *slot.borrow_mut() = Some((parker, waker)));
    result
}

/// Waits for a future on the current thread.
///
/// The thread is parked between polls. Inside a thread of an async runtime this stalls that
/// thread: await the future there instead.
///
/// ```
/// assert_eq!(concurry_time::block_on(async { 1 + 1 }), 2);
/// ```
pub fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    with_waker(|parker, waker| {
        let mut context = Context::from_waker(waker);
        loop {
            if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
                return output;
            }
            parker.park();
        }
    })
}

/// Waits for a future on the current thread, at most until `deadline` on `clock`.
///
/// Returns `None` when the deadline comes first; the future is then dropped. To keep it, pass
/// `&mut future`.
///
/// ```
/// use concurry_time::{Clock, block_on_until};
/// use std::time::Duration;
///
/// let clock = Clock::system();
/// let deadline = clock.now() + Duration::from_millis(1);
/// assert_eq!(block_on_until(std::future::pending::<()>(), &clock, deadline), None);
/// ```
pub fn block_on_until<F: Future>(future: F, clock: &Clock, deadline: Instant) -> Option<F::Output> {
    let mut future = pin!(future);
    // Made only when the first look does not find the result: a ready future costs no timer.
    let mut sleep = None;
    with_waker(|parker, waker| {
        let mut context = Context::from_waker(waker);
        loop {
            if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
                return Some(output);
            }
            let sleep = sleep.get_or_insert_with(|| Box::pin(clock.sleep_until(deadline)));
            if sleep.as_mut().poll(&mut context).is_ready() {
                return None;
            }
            parker.park();
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FakeClock;
    use std::time::Duration;

    #[test]
    fn a_nested_block_on_does_not_steal_the_outer_wake() {
        let value = block_on(async { block_on(async { 7 }) });
        assert_eq!(value, 7);
    }

    #[test]
    fn a_wake_from_another_thread_ends_the_wait() {
        let fake = FakeClock::new();
        let sleep = fake.clock().sleep(Duration::from_secs(1));
        let waiter = thread::spawn(move || block_on(sleep));
        fake.wait_for_sleepers(1);
        fake.advance(Duration::from_secs(1));
        waiter.join().unwrap();
    }

    #[test]
    fn a_deadline_in_the_past_still_takes_a_ready_result() {
        let clock = Clock::system();
        let past = clock.now();
        assert_eq!(block_on_until(async { 3 }, &clock, past), Some(3));
    }
}
