//! A function that is told how far the work is.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

use concurry_time::Clock;

use super::Sink;
use crate::progress::meter::Meter;

/// Calls one at a time, in order, and with no lock held: a turn is taken instead.
pub(super) struct Function<F> {
    function: F,
    turn: Mutex<Turn>,
    freed: Condvar,
}

#[derive(Default)]
struct Turn {
    caller: Option<ThreadId>,
    /// The function itself ended its bar, so it is called once more when it returns.
    again: bool,
    /// It panicked, and is left alone since.
    broken: bool,
}

impl<F> Function<F> {
    pub(super) fn new(function: F) -> Self {
        Self { function, turn: Mutex::default(), freed: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, Turn> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `false` when there is nothing to do on this thread now.
    fn take_turn(&self) -> bool {
        let me = thread::current().id();
        let mut turn = self.lock();
        if turn.caller == Some(me) {
            turn.again = true;
            return false;
        }
        while turn.caller.is_some() {
            turn = self.freed.wait(turn).unwrap_or_else(PoisonError::into_inner);
        }
        if !turn.broken {
            turn.caller = Some(me);
        }
        !turn.broken
    }

    /// `true` when the turn is kept for one more call.
    fn end_turn(&self, panicked: bool) -> bool {
        let mut turn = self.lock();
        turn.broken |= panicked;
        if std::mem::take(&mut turn.again) && !turn.broken {
            return true;
        }
        turn.caller = None;
        drop(turn);
        self.freed.notify_one();
        false
    }
}

impl<F> Sink for Function<F>
where
    F: Fn(u64, Option<u64>, Duration) + Send + Sync,
{
    fn draw(&self, meter: &Meter, clock: &Clock) {
        if !self.take_turn() {
            return;
        }
        loop {
            let called = catch_unwind(AssertUnwindSafe(|| {
                if let Some(frame) = meter.frame(clock.now()) {
                    (self.function)(frame.done, frame.total, frame.elapsed);
                }
            }));
            if !self.end_turn(called.is_err()) {
                return;
            }
        }
    }
}
