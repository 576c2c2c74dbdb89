//! The calls of a map that have no futures: those that go to other processes together.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::Waker;

use super::source::{Calls, Made};
use crate::future::Outcome;
use crate::remote::gathered::{Arrivals, Made as Gathering};

/// Those of one map.
pub(super) struct Gathered<T, E> {
    /// There is none before the first.
    arrivals: Option<Arc<dyn Arrivals<T, E>>>,
    /// Outcomes that have come.
    here: VecDeque<(usize, Outcome<T, E>)>,
    /// How many calls have not come back.
    open: usize,
}

impl<T, E> Gathered<T, E> {
    pub(super) fn new() -> Self {
        Self { arrivals: None, here: VecDeque::new(), open: 0 }
    }

    /// How many calls are on their way.
    pub(super) fn len(&self) -> usize {
        self.open
    }

    /// Makes the next call of the map. A lone one is better off with a future.
    #[inline]
    pub(super) fn make(
        &mut self,
        calls: &mut dyn Calls<T, E>,
        number: usize,
        alone: bool,
    ) -> Option<Made<T, E>> {
        if alone {
            return calls.next_call().map(Made::Future);
        }
        match calls.gather_call(number)? {
            Gathering::Future(future) => Some(Made::Future(future)),
            Gathering::Gathered => {
                self.open += 1;
                if self.arrivals.is_none() {
                    self.arrivals = calls.arrivals();
                }
                Some(Made::Gathered(self.arrivals.as_ref()?.site()))
            }
        }
    }

    /// The next outcome that is here, with the number of its call.
    #[inline]
    pub(super) fn next(&mut self) -> Option<(usize, Outcome<T, E>)> {
        if self.open == 0 {
            return None;
        }
        if self.here.is_empty() {
            self.arrivals.as_ref()?.take(&mut self.here);
        }
        let next = self.here.pop_front()?;
        self.open -= 1;
        Some(next)
    }

    /// Has the waker called when there is one. False: there is.
    pub(super) fn wait(&self, waker: &Waker) -> bool {
        self.open == 0 || self.arrivals.as_ref().is_none_or(|arrivals| arrivals.wait(waker))
    }
}

impl<T, E> Drop for Gathered<T, E> {
    fn drop(&mut self) {
        if let Some(arrivals) = &self.arrivals {
            arrivals.close();
        }
    }
}
