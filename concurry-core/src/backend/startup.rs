//! `init` waits here for the constructors of all workers.

use std::future::poll_fn;
use std::sync::Mutex;
use std::task::{Poll, Waker};

use crate::error::Panicked;
use crate::sync::lock;

/// Why a constructor gave no worker.
#[derive(Debug)]
pub(crate) enum ConstructFailure<E> {
    /// Its own error.
    Failed(E),
    /// It panicked.
    Panicked(Panicked),
    /// The system refused a thread to run it on.
    Thread(std::io::Error),
    /// It runs elsewhere, and this came back.
    #[cfg(feature = "process")]
    Elsewhere(String),
}

impl<E> ConstructFailure<E> {
    /// For people: `E` may not be printable.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Failed(_) => "it returned an error".to_owned(),
            Self::Panicked(panic) => panic.to_string(),
            Self::Thread(error) => error.to_string(),
            #[cfg(feature = "process")]
            Self::Elsewhere(problem) => problem.clone(),
        }
    }
}

/// Counts constructors down; keeps the first failure.
#[derive(Debug)]
pub(crate) struct Startup<E> {
    /// Never held over foreign code.
    state: Mutex<State<E>>,
}

#[derive(Debug)]
struct State<E> {
    waiting: usize,
    failure: Option<(usize, ConstructFailure<E>)>,
    waker: Option<Waker>,
}

impl<E> Startup<E> {
    pub(crate) fn new(workers: usize) -> Self {
        Self { state: Mutex::new(State { waiting: workers, failure: None, waker: None }) }
    }

    /// A worker's constructor has ended.
    pub(crate) fn report(&self, worker: usize, result: Result<(), ConstructFailure<E>>) {
        let mut state = lock(&self.state);
        state.waiting = state.waiting.saturating_sub(1);
        if let Err(failure) = result
            && state.failure.is_none()
        {
            state.failure = Some((worker, failure));
        }
        let decided = state.waiting == 0 || state.failure.is_some();
        let waker = state.waker.take_if(|_| decided);
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// How many constructors have not ended.
    pub(crate) fn waiting(&self) -> usize {
        lock(&self.state).waiting
    }

    /// Waits until all are done or one has failed.
    pub(crate) async fn decided(&self) -> Result<(), (usize, ConstructFailure<E>)> {
        poll_fn(|context| {
            let mut state = lock(&self.state);
            if let Some(failure) = state.failure.take() {
                return Poll::Ready(Err(failure));
            }
            if state.waiting == 0 {
                return Poll::Ready(Ok(()));
            }
            state.waker = Some(context.waker().clone());
            Poll::Pending
        })
        .await
    }
}
