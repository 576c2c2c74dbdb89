//! `wait`: until some condition holds, without taking results.

use std::future::{Future, IntoFuture, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use concurry_time::{Clock, Sleep, block_on};

use super::in_flight::InFlight;
use crate::future::TaskFuture;

/// When a [`wait`] ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReturnWhen {
    /// Every future is done.
    #[default]
    AllCompleted,
    /// At least one future is done.
    FirstCompleted,
    /// A future is done with an error, or every future is done.
    FirstError,
}

/// Waits until a condition holds, and tells done from pending futures. Takes no results.
///
/// ```
/// use concurry_core::{ReturnWhen, TaskFuture, wait};
///
/// let futures = vec![TaskFuture::<u32>::ready(Ok(1)), TaskFuture::ready(Ok(2))];
/// let (done, pending) = wait(futures, ReturnWhen::AllCompleted).partition();
/// assert_eq!((done.len(), pending.len()), (2, 0));
/// ```
///
/// # Cancel safety
///
/// Dropping an awaited [`Wait`] drops its futures, which detaches their calls.
///
/// # Example: go on with whoever is first
///
/// ```
/// use concurry_core::{Mode, ReturnWhen, TaskPool, wait};
///
/// let pool = TaskPool::new(Mode::Async, 1)?;
/// let futures = [pool.spawn(async { 1 }), pool.spawn(std::future::pending())];
/// let (mut done, pending) = wait(futures, ReturnWhen::FirstCompleted).partition();
/// assert_eq!(done.remove(0).result()?, 1);
/// assert_eq!(pending.len(), 1);
/// pending.into_iter().for_each(|future| drop(future.cancel_on_drop()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn wait<T, E, I>(futures: I, until: ReturnWhen) -> Wait<T, E>
where
    T: Send + 'static,
    E: Send + 'static,
    I: IntoIterator<Item = TaskFuture<T, E>>,
{
    Wait { futures: futures.into_iter().collect(), until, timeout: None }
}

/// Futures to be waited for. Finish with [`partition`](Self::partition), or await it.
#[must_use = "nothing is waited for until `partition` or `await`"]
pub struct Wait<T, E> {
    futures: Vec<TaskFuture<T, E>>,
    until: ReturnWhen,
    timeout: Option<Duration>,
}

/// The done futures and the pending ones, each in the order in which they were given.
pub type Waited<T, E> = (Vec<TaskFuture<T, E>>, Vec<TaskFuture<T, E>>);

impl<T: Send + 'static, E: Send + 'static> Wait<T, E> {
    /// Bounds the wait. What is done by then is told from what is not: nothing is lost.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Waits on the current thread. Gives the done futures and the pending ones.
    #[must_use]
    pub fn partition(self) -> Waited<T, E> {
        block_on(self.into_future())
    }

    fn start(self) -> Waiting<T, E> {
        let count = self.futures.len();
        let mut in_flight = InFlight::new(count);
        for future in self.futures {
            // Places are given in order, so they are the futures' numbers.
            let _place = in_flight.insert(future);
        }
        Waiting {
            in_flight,
            done: std::iter::repeat_with(|| None).take(count).collect(),
            until: self.until,
            satisfied: false,
            sleep: self.timeout.map(|timeout| Clock::system().sleep(timeout)),
        }
    }
}

struct Waiting<T, E> {
    in_flight: InFlight<T, E>,
    done: Vec<Option<TaskFuture<T, E>>>,
    until: ReturnWhen,
    satisfied: bool,
    sleep: Option<Sleep>,
}

impl<T: Send + 'static, E: Send + 'static> Waiting<T, E> {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        loop {
            match self.in_flight.poll_next(context) {
                Poll::Ready(Some((place, outcome))) => {
                    self.satisfied |= match self.until {
                        ReturnWhen::AllCompleted => false,
                        ReturnWhen::FirstCompleted => true,
                        ReturnWhen::FirstError => outcome.is_err(),
                    };
                    self.done[place] = Some(TaskFuture::from_outcome(outcome));
                }
                Poll::Ready(None) => return Poll::Ready(()),
                // Everything that is done by now is counted as done.
                Poll::Pending if self.satisfied => return Poll::Ready(()),
                Poll::Pending => {
                    return match &mut self.sleep {
                        Some(sleep) => Pin::new(sleep).poll(context),
                        None => Poll::Pending,
                    };
                }
            }
        }
    }

    fn finish(mut self) -> Waited<T, E> {
        let count = self.done.len();
        let pending = (0..count).filter_map(|place| self.in_flight.remove(place)).collect();
        (self.done.into_iter().flatten().collect(), pending)
    }
}

impl<T: Send + 'static, E: Send + 'static> IntoFuture for Wait<T, E> {
    type Output = Waited<T, E>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        let mut waiting = self.start();
        Box::pin(async move {
            poll_fn(|context| waiting.poll(context)).await;
            waiting.finish()
        })
    }
}

impl<T, E> std::fmt::Debug for Wait<T, E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Wait")
            .field("futures", &self.futures.len())
            .field("until", &self.until)
            .finish_non_exhaustive()
    }
}
