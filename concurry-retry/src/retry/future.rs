//! The async run: one attempt after the other, with the wait between them on the clock.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use concurry_time::Sleep;
use pin_project_lite::pin_project;

use crate::retry::driver::{Attempt, Driver, Failure, Settled};
use crate::retry::judge::{Accept, Judge};
use crate::retry::{AttemptError, RetryError};
use crate::verdict::Verdict;

pin_project! {
    /// The future of a [`Run`](crate::Run).
    #[must_use = "futures do nothing unless polled"]
    pub struct RunFuture<'p, Op, Fut, T, E, J, A> {
        operation: Op,
        driver: Driver<'p, T, E, J, A>,
        #[pin]
        step: Step<Fut>,
    }
}

pin_project! {
    #[project = StepProj]
    enum Step<Fut> {
        Begin,
        // Boxed, so that a call that succeeds at once moves and drops little.
        Attempt { #[pin] future: Fut, cutoff: Option<Box<Sleep>> },
        Wait { sleep: Box<Sleep> },
    }
}

impl<'p, Op, Fut, T, E, J, A> RunFuture<'p, Op, Fut, T, E, J, A> {
    #[inline]
    pub(crate) fn new(operation: Op, driver: Driver<'p, T, E, J, A>) -> Self {
        Self { operation, driver, step: Step::Begin }
    }
}

impl<Op, I, T, E, J, A> Future for RunFuture<'_, Op, I::IntoFuture, T, E, J, A>
where
    Op: FnMut(Attempt) -> I,
    I: IntoFuture<Output = Result<T, E>>,
    J: Judge<E>,
    A: Accept<T>,
{
    type Output = Result<T, RetryError<Failure<E, T>>>;

    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let settled = match this.step.as_mut().project() {
                StepProj::Begin => {
                    let attempt = this.driver.begin()?;
                    let future = (this.operation)(attempt).into_future();
                    let cutoff = this.driver.cutoff();
                    let cutoff = cutoff.map(|at| Box::new(this.driver.clock.sleep_until(at)));
                    this.step.set(Step::Attempt { future, cutoff });
                    continue;
                }
                StepProj::Attempt { future, cutoff } => match future.poll(context) {
                    Poll::Ready(result) => this.driver.settle(result),
                    Poll::Pending => {
                        let Some(cutoff) = cutoff else { return Poll::Pending };
                        ready!(Pin::new(cutoff).poll(context));
                        this.driver.failed(AttemptError::TimedOut, Verdict::Retry)
                    }
                },
                StepProj::Wait { sleep } => {
                    ready!(Pin::new(sleep).poll(context));
                    this.step.set(Step::Begin);
                    continue;
                }
            };
            // The attempt is dropped with all it holds before the wait begins.
            match settled {
                Settled::Done(value) => return Poll::Ready(Ok(value)),
                Settled::GaveUp(error) => return Poll::Ready(Err(error)),
                Settled::Wait(wait) => {
                    let sleep = Box::new(this.driver.clock.sleep(wait));
                    this.step.set(Step::Wait { sleep });
                }
            }
        }
    }
}

impl<Op, Fut, T, E, J, A> fmt::Debug for RunFuture<'_, Op, Fut, T, E, J, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.driver.fmt(f)
    }
}
