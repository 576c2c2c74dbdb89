//! What happened, in order, and how much of it at a time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Keeps events in the order in which they were recorded. Clones are the same recorder.
#[derive(Clone, Debug)]
pub struct Recorder<T> {
    state: Arc<Mutex<State<T>>>,
}

#[derive(Debug)]
struct State<T> {
    events: Vec<T>,
    inside: usize,
    most_inside: usize,
}

impl<T> Default for Recorder<T> {
    fn default() -> Self {
        let state = State { events: Vec::new(), inside: 0, most_inside: 0 };
        Self { state: Arc::new(Mutex::new(state)) }
    }
}

impl<T> Recorder<T> {
    /// An empty recorder.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps an event.
    pub fn record(&self, event: T) {
        self.lock().events.push(event);
    }

    /// Counts one more inside some region, until the guard is dropped.
    #[must_use]
    pub fn enter(&self) -> Entered<T> {
        let mut state = self.lock();
        state.inside += 1;
        state.most_inside = state.most_inside.max(state.inside);
        Entered { recorder: Self { state: Arc::clone(&self.state) } }
    }

    /// How many were inside at once, at most.
    #[must_use]
    pub fn most_inside(&self) -> usize {
        self.lock().most_inside
    }

    /// How many events there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.lock().events.len()
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Clone> Recorder<T> {
    /// All events so far.
    #[must_use]
    pub fn events(&self) -> Vec<T> {
        self.lock().events.clone()
    }
}

/// Somebody inside the region that a [`Recorder`] counts.
#[derive(Debug)]
pub struct Entered<T> {
    recorder: Recorder<T>,
}

impl<T> Drop for Entered<T> {
    fn drop(&mut self) {
        self.recorder.lock().inside -= 1;
    }
}
