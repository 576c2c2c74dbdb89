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
        wake_held();
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
        if !self.notified.swap(true, Ordering::Release) && !hold(&self.thread) {
            self.thread.unpark();
        }
    }
}

thread_local! {
    /// The threads that are woken when the current `wake_together` ends.
    static HELD: RefCell<Option<Vec<Thread>>> = const { RefCell::new(None) };
}

/// False: nobody holds wakes on this thread.
fn hold(thread: &Thread) -> bool {
    let held = HELD.try_with(|held| match &mut *held.borrow_mut() {
        Some(threads) => {
            threads.push(thread.clone());
            true
        }
        None => false,
    });
    held.unwrap_or(false)
}

/// Wakes the threads that were to be woken by now, inside a [`wake_together`]. For before running
/// code that may wait for one of them.
///
/// ```
/// concurry_time::wake_held(); // elsewhere it does nothing
/// ```
pub fn wake_held() {
    let threads = HELD.try_with(|held| held.borrow_mut().as_mut().map(std::mem::take));
    threads.ok().flatten().into_iter().flatten().for_each(|thread| thread.unpark());
}

/// Wakes the threads that block on what becomes ready in `f` at the end of it, and each once.
///
/// A thread that is woken runs at once where the system lets it, in place of the one that woke it: so
/// who completes many things one after the other is held up at each, and the other finds one only.
/// Only threads in [`block_on`] and [`block_on_until`] are held; one that is entered in `f` wakes
/// them before it parks.
///
/// ```
/// use concurry_time::{block_on, wake_together};
/// use std::sync::mpsc;
///
/// let (sender, receiver) = mpsc::channel();
/// wake_together(|| (0..3).try_for_each(|number| sender.send(number)))?;
/// assert_eq!(block_on(async { receiver.try_iter().count() }), 3);
/// # Ok::<(), mpsc::SendError<i32>>(())
/// ```
pub fn wake_together<R>(f: impl FnOnce() -> R) -> R {
    /// Also if `f` panics.
    struct Held(bool);
    impl Drop for Held {
        fn drop(&mut self) {
            if self.0 {
                wake_held();
                let _ = HELD.try_with(|held| held.replace(None));
            }
        }
    }
    let begun = HELD.try_with(|held| {
        let mut held = held.borrow_mut();
        let begun = held.is_none();
        held.get_or_insert_default();
        begun
    });
    let _held = Held(begun.unwrap_or(false));
    f()
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
    fn wakes_that_are_held_come_at_the_end_or_before_a_park() {
        let (sender, receiver) = std::sync::mpsc::channel();
        let waiter = thread::spawn(move || {
            let (parker, waker) = ThreadWaker::new();
            sender.send(waker).unwrap();
            parker.park();
            sender
        });
        let waker = receiver.recv().unwrap();
        wake_together(|| {
            waker.wake_by_ref();
            assert!(HELD.with(|held| held.borrow().as_ref().is_some_and(|held| held.len() == 1)));
            // One that is entered here wakes them before it parks itself.
            let mut polls = 0;
            block_on(std::future::poll_fn(|context| {
                polls += 1;
                if polls == 2 {
                    return Poll::Ready(());
                }
                context.waker().wake_by_ref();
                Poll::Pending
            }));
            assert!(HELD.with(|held| held.borrow().as_ref().is_some_and(Vec::is_empty)));
        });
        assert!(HELD.with(|held| held.borrow().is_none()));
        waiter.join().unwrap();
    }

    #[test]
    fn a_deadline_in_the_past_still_takes_a_ready_result() {
        let clock = Clock::system();
        let past = clock.now();
        assert_eq!(block_on_until(async { 3 }, &clock, past), Some(3));
    }
}
