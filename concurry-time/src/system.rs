//! The driver of the machine's clock: one thread for all timers of the process.
//!
//! The thread starts with the first timer and ends when there has been none for a second, so a
//! program that no longer waits for anything has no thread of ours left.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::Waker;
use std::thread;
use std::time::{Duration, Instant};

use crate::wheel::{Pending, TimerKey, Timers};

/// How long the thread stays without a timer.
const LINGER: Duration = Duration::from_secs(1);

pub(crate) fn timers() -> Arc<dyn Timers> {
    Arc::clone(system()) as Arc<dyn Timers>
}

fn system() -> &'static Arc<System> {
    static SYSTEM: OnceLock<Arc<System>> = OnceLock::new();
    SYSTEM.get_or_init(Arc::default)
}

#[derive(Debug, Default)]
struct System {
    /// Never held while a waker runs.
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    pending: Pending,
    running: bool,
    /// When the thread will look next by itself. An earlier timer has to wake it.
    looks_at: Option<Instant>,
}

impl System {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self) {
        let mut state = self.lock();
        loop {
            let now = Instant::now();
            let due = state.pending.due(now);
            if !due.is_empty() {
                drop(state);
                for waker in due {
                    // A waker is foreign code. One that panics must not stop everybody's clock.
                    let _ = catch_unwind(AssertUnwindSafe(|| waker.wake()));
                }
                state = self.lock();
                continue;
            }
            let looks_at = state.pending.next().unwrap_or(now + LINGER);
            let idle = state.pending.next().is_none();
            state.looks_at = Some(looks_at);
            let (guard, timeout) = self
                .changed
                .wait_timeout(state, looks_at.saturating_duration_since(now))
                .unwrap_or_else(PoisonError::into_inner);
            state = guard;
            state.looks_at = None;
            if idle && timeout.timed_out() && state.pending.next().is_none() {
                state.running = false;
                return;
            }
        }
    }
}

impl Timers for System {
    fn add(&self, deadline: Instant, waker: Waker) -> TimerKey {
        let mut state = self.lock();
        let key = state.pending.add(deadline, waker);
        if !state.running {
            // It stays for longer than it takes to drop its handle here.
            let started =
                thread::Builder::new().name("concurry-timer".into()).spawn(|| system().run());
            // Without a thread no timer can fire. The next timer tries again; until then the waker
            // is called at once, so that its owner looks at the clock instead of hanging.
            state.running = started.is_ok();
            if started.is_err() {
                let waker = state.pending.remove(key);
                drop(state);
                if let Some(waker) = waker {
                    waker.wake();
                }
            }
        } else if state.looks_at.is_some_and(|looks_at| deadline < looks_at) {
            // Only an earlier timer wakes the thread; it clears the mark so that one wake is enough.
            state.looks_at = None;
            drop(state);
            self.changed.notify_one();
        }
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
