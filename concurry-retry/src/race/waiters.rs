//! Calls that wait for the first candidate to come back.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use concurry_time::Sleep;

/// The calls of a race that wait. Those who let a candidate take part again before its time tell them.
#[derive(Debug, Default)]
pub(crate) struct Waiters {
    /// Never held while a waker runs.
    waiting: Mutex<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    wakers: BTreeMap<u64, Waker>,
    /// How many have waited.
    numbers: u64,
}

/// The wait of one call. Dropping it takes its waker back.
pub(crate) struct Pause {
    pub(crate) sleep: Sleep,
    waiters: Arc<Waiters>,
    number: u64,
}

impl Waiters {
    pub(crate) fn pause(self: &Arc<Self>, sleep: Sleep) -> Pause {
        let mut waiting = self.lock();
        waiting.numbers += 1;
        Pause { sleep, waiters: Arc::clone(self), number: waiting.numbers }
    }

    pub(crate) fn tell(&self) {
        let wakers = std::mem::take(&mut self.lock().wakers);
        wakers.into_values().for_each(Waker::wake);
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pause {
    /// Has this waker told of whoever is back from now on.
    pub(crate) fn watch(&self, waker: &Waker) {
        let before = self.waiters.lock().wakers.insert(self.number, waker.clone());
        drop(before);
    }
}

impl Drop for Pause {
    fn drop(&mut self) {
        let waker = self.waiters.lock().wakers.remove(&self.number);
        drop(waker);
    }
}
