//! The calls that run in a worker's process, and those that were cancelled before they came.

use std::collections::{HashMap, VecDeque};
use std::sync::Mutex;

use crate::call::EnvironmentRef;
use crate::sync::lock;

/// How a call that runs here is told to stop.
pub(super) enum Running {
    /// It is just being started.
    Starting,
    /// A sync method, which looks at its context.
    Told(EnvironmentRef),
    /// An async method, whose future is dropped.
    Dropped(Box<dyn FnOnce() + Send>),
    /// It was told.
    Cancelled,
}

/// The calls that run, by number. A cancel comes by another thread, and may come at any moment: before
/// its call, while that is being started, or when it is over.
#[derive(Default)]
pub(super) struct RunningCalls {
    /// Never held over foreign code.
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    calls: HashMap<u64, Running>,
    /// Cancels that came before their call, which is on its way on another channel.
    early: VecDeque<u64>,
}

/// How many early cancels are kept: far more than calls are ever on their way.
const EARLY: usize = 4_096;

impl RunningCalls {
    /// A call begins. False: it was cancelled before it came.
    pub(super) fn enter(&self, number: u64, running: Running) -> bool {
        let mut state = lock(&self.state);
        match state.early.iter().position(|known| *known == number) {
            None => {
                state.calls.insert(number, running);
                true
            }
            Some(place) => {
                state.early.remove(place);
                drop(state);
                drop(running);
                false
            }
        }
    }

    /// A call that was being started can be cancelled so from now on. If it was cancelled meanwhile, it
    /// is here.
    pub(super) fn started(&self, number: u64, cancel: Box<dyn FnOnce() + Send>) {
        let mut state = lock(&self.state);
        let cancelled = match state.calls.get_mut(&number) {
            Some(known @ Running::Starting) => {
                *known = Running::Dropped(cancel);
                return;
            }
            Some(_) => true,
            // It is over.
            None => false,
        };
        drop(state);
        if cancelled {
            cancel();
        }
    }

    /// A call is over. How many others run.
    pub(super) fn leave(&self, number: u64) -> usize {
        let mut state = lock(&self.state);
        let gone = state.calls.remove(&number);
        let left = state.calls.len();
        drop(state);
        drop(gone);
        left
    }

    /// Whether no other call than this one runs.
    pub(super) fn is_alone(&self, number: u64) -> bool {
        lock(&self.state).calls.keys().all(|running| *running == number)
    }

    /// Cancels a call that runs, is being started, or has not come.
    pub(super) fn cancel(&self, number: u64) {
        let mut state = lock(&self.state);
        let Some(known) = state.calls.get_mut(&number) else {
            if state.early.len() == EARLY {
                state.early.pop_front();
            }
            state.early.push_back(number);
            return;
        };
        let told = std::mem::replace(known, Running::Cancelled);
        drop(state);
        match told {
            Running::Told(environment) => environment.cancel(),
            Running::Dropped(cancel) => cancel(),
            Running::Starting | Running::Cancelled => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    /// What cancels a call, and whether it did.
    fn cancel() -> (Box<dyn FnOnce() + Send>, Arc<AtomicBool>) {
        let done = Arc::new(AtomicBool::new(false));
        let cancelled = Arc::clone(&done);
        (Box::new(move || cancelled.store(true, Ordering::Relaxed)), done)
    }

    #[test]
    fn a_call_that_runs_is_cancelled() {
        let (calls, (cancel, done)) = (RunningCalls::default(), cancel());
        assert!(calls.enter(1, Running::Starting));
        calls.started(1, cancel);
        calls.cancel(2);
        assert!(!done.load(Ordering::Relaxed));
        calls.cancel(1);
        assert!(done.load(Ordering::Relaxed));
        calls.cancel(1);
        assert_eq!(calls.leave(1), 0);
    }

    #[test]
    fn a_cancel_while_a_call_is_being_started_is_heeded_when_it_is() {
        let (calls, (cancel, done)) = (RunningCalls::default(), cancel());
        assert!(calls.enter(1, Running::Starting));
        calls.cancel(1);
        assert!(!done.load(Ordering::Relaxed));
        calls.started(1, cancel);
        assert!(done.load(Ordering::Relaxed));
    }

    #[test]
    fn a_cancel_that_comes_before_its_call_is_kept_for_it() {
        let calls = RunningCalls::default();
        calls.cancel(1);
        assert!(!calls.enter(1, Running::Starting));
        // A number is used once.
        assert!(calls.enter(1, Running::Starting));
    }

    #[test]
    fn a_call_that_is_over_before_it_has_started_is_not_cancelled() {
        let (calls, (cancel, done)) = (RunningCalls::default(), cancel());
        assert!(calls.enter(1, Running::Starting));
        assert_eq!(calls.leave(1), 0);
        calls.started(1, cancel);
        assert!(!done.load(Ordering::Relaxed));
    }
}
