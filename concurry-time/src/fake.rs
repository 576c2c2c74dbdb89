//! A clock that tests advance by hand.

use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::{Duration, Instant};

use crate::Clock;
use crate::wheel::{Pending, TimerKey, Timers};

/// A clock that stands still until a test moves it.
///
/// ```
/// use concurry_time::{FakeClock, block_on};
/// use std::time::Duration;
///
/// let fake = FakeClock::new();
/// let clock = fake.clock();
/// let start = clock.now();
/// let waiter = std::thread::spawn({
///     let clock = clock.clone();
///     move || clock.sleep(Duration::from_secs(3600)).wait()
/// });
/// fake.wait_for_sleepers(1);
/// fake.advance(Duration::from_secs(3600));
/// waiter.join().unwrap();
/// assert_eq!(clock.now() - start, Duration::from_secs(3600));
/// ```
#[derive(Clone)]
pub struct FakeClock {
    shared: Arc<Shared>,
}

pub(crate) struct Shared {
    /// Never held while a waker runs.
    state: Mutex<State>,
    added: Condvar,
}

struct State {
    now: Instant,
    pending: Pending,
}

impl FakeClock {
    /// Makes a clock that shows some moment and stays there.
    #[must_use]
    pub fn new() -> Self {
        let state = State { now: Instant::now(), pending: Pending::default() };
        Self { shared: Arc::new(Shared { state: Mutex::new(state), added: Condvar::new() }) }
    }

    /// The clock to hand to the code under test.
    #[must_use]
    pub fn clock(&self) -> Clock {
        Clock::fake(Arc::clone(&self.shared))
    }

    /// Moves the clock forward. Timers fire in their order, each at its own moment.
    pub fn advance(&self, by: Duration) {
        let end = self.shared.now() + by;
        while self.fire_next(end) {}
    }

    /// Moves the clock to the next timer and fires it. `None` when there is no timer, else how far
    /// the clock moved.
    pub fn advance_to_next(&self) -> Option<Duration> {
        let (before, next) = {
            let state = self.shared.lock();
            (state.now, state.pending.next()?)
        };
        self.fire_next(next);
        Some(next.saturating_duration_since(before))
    }

    /// How many timers wait.
    #[must_use]
    pub fn sleepers(&self) -> usize {
        self.shared.lock().pending.len()
    }

    /// Blocks until at least `count` timers wait: the event after which a test may move the clock.
    pub fn wait_for_sleepers(&self, count: usize) {
        let mut state = self.shared.lock();
        while state.pending.len() < count {
            state = self.shared.added.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Fires the timers of the first moment that is not after `end`; without one, it is `end`.
    fn fire_next(&self, end: Instant) -> bool {
        let due = {
            let mut state = self.shared.lock();
            match state.pending.next() {
                Some(next) if next <= end => {
                    state.now = state.now.max(next);
                    let now = state.now;
                    state.pending.due(now)
                }
                _ => {
                    // In the same step as the look: a timer that is added later is not overdue.
                    state.now = state.now.max(end);
                    return false;
                }
            }
        };
        for waker in due {
            waker.wake();
        }
        true
    }
}

impl Default for FakeClock {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for FakeClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeClock").field("sleepers", &self.sleepers()).finish_non_exhaustive()
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn now(&self) -> Instant {
        self.lock().now
    }
}

impl Timers for Shared {
    fn add(&self, deadline: Instant, waker: Waker) -> TimerKey {
        let mut state = self.lock();
        let key = state.pending.add(deadline, waker);
        // The clock may have moved past the deadline since the caller looked.
        let now = state.now;
        let due = state.pending.due(now);
        drop(state);
        self.added.notify_all();
        due.into_iter().for_each(Waker::wake);
        key
    }

    fn replace(&self, key: TimerKey, waker: &Waker) -> bool {
        self.lock().pending.replace(key, waker)
    }

    fn remove(&self, key: TimerKey) {
        let removed = self.lock().pending.remove(key);
        drop(removed);
    }
}
