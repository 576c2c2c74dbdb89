//! Pipelines of futures: no thread is blocked between their steps.

use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::{Context, Poll};

use super::driven::{Drive, drive};
use super::{Completer, Outcome, Signal, TaskFuture};
use crate::CallError;
use crate::error::CallSite;
use crate::method_spec::MethodSpec;
use crate::panics;

impl<T: Send + 'static, E: Send + 'static> TaskFuture<T, E> {
    /// Shows the outcome to a callback as soon as it is there, before anybody can take it.
    ///
    /// Callbacks run once, in the order in which they were added, on the thread that completes the
    /// call, or here and now if the call is done. One that blocks holds that thread up. One that
    /// panics changes nothing: neither the outcome nor the callbacks after it.
    ///
    /// ```
    /// use concurry_core::{Mode, TaskPool};
    /// use std::sync::mpsc::channel;
    ///
    /// let pool = TaskPool::new(Mode::Thread, 1)?;
    /// let (sender, receiver) = channel();
    /// let mut future = pool.submit(|| 20);
    /// future.on_done(move |outcome| {
    ///     let _ = sender.send(outcome.as_ref().is_ok_and(|&n| n == 20));
    /// });
    /// assert_eq!(future.result()?, 20);
    /// assert!(receiver.recv()?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn on_done(&mut self, callback: impl FnOnce(&Outcome<T, E>) + Send + 'static) {
        let placeholder = Self::taken();
        let inner = std::mem::replace(self, placeholder);
        *self = inner.then(|outcome| {
            // The panic hook has reported it, and there is nobody else to tell.
            let _ = catch_unwind(AssertUnwindSafe(|| callback(&outcome)));
            Next::Done(outcome)
        });
    }

    /// Changes the output.
    ///
    /// The function runs on the thread that completes the call. If it panics, the result is
    /// [`CallError::Panicked`].
    ///
    /// ```
    /// use concurry_core::TaskFuture;
    ///
    /// let future = TaskFuture::<u32, String>::ready(Ok(20)).map_ok(|n| n + 1);
    /// assert_eq!(future.result().unwrap(), 21);
    /// ```
    pub fn map_ok<U: Send + 'static>(
        self,
        map: impl FnOnce(T) -> U + Send + 'static,
    ) -> TaskFuture<U, E> {
        self.then(|outcome| Next::Done(outcome.map(map)))
    }

    /// Changes the method's own error.
    ///
    /// What happened to the call on its way (a panic, a cancel) stays what it is. After retries the
    /// function sees the error of each attempt.
    ///
    /// ```
    /// use concurry_core::TaskFuture;
    ///
    /// let future = TaskFuture::<u32, &str>::ready(Err("no model")).map_err(str::len);
    /// assert_eq!(future.result().unwrap_err().into_failure().unwrap(), 8);
    /// ```
    pub fn map_err<F: Send + 'static>(
        self,
        map: impl FnMut(E) -> F + Send + 'static,
    ) -> TaskFuture<T, F> {
        self.then(|outcome| Next::Done(outcome.map_err(|error| error.map_failure(map))))
    }

    /// Makes another call of the output. The first error ends the pipeline, converted like by `?`.
    ///
    /// ```
    /// use concurry_core::TaskFuture;
    ///
    /// let length = |text: String| TaskFuture::<usize, String>::ready(Ok(text.len()));
    /// let text = TaskFuture::<String>::ready(Ok("four".to_owned()));
    /// assert_eq!(text.fallible::<String>().and_then(length).result().unwrap(), 4);
    /// ```
    pub fn and_then<U, F>(
        self,
        next: impl FnOnce(T) -> TaskFuture<U, F> + Send + 'static,
    ) -> TaskFuture<U, F>
    where
        U: Send + 'static,
        F: From<E> + Send + 'static,
    {
        self.then(|outcome| match outcome {
            Ok(output) => Next::Call(next(output)),
            Err(error) => Next::Done(Err(error.map_failure(F::from))),
        })
    }

    /// Changes the outcome as a whole.
    pub(crate) fn then_outcome<U: Send + 'static, F: Send + 'static>(
        self,
        map: impl FnOnce(Outcome<T, E>) -> Outcome<U, F> + Send + 'static,
    ) -> TaskFuture<U, F> {
        self.then(|outcome| Next::Done(map(outcome)))
    }

    fn then<U, F, N>(self, next: N) -> TaskFuture<U, F>
    where
        U: Send + 'static,
        F: Send + 'static,
        N: FnOnce(Outcome<T, E>) -> Next<U, F> + Send + 'static,
    {
        let Some(site) = self.site().filter(|_| !self.is_done()) else {
            // Done already: the next step runs here, and nothing is allocated.
            let site = self.site().unwrap_or(STEP);
            let Some(outcome) = self.into_done() else {
                unreachable!("a future without a node is done")
            };
            // A step that panics does the same whether the call is done by now or not.
            return match catch_unwind(AssertUnwindSafe(|| next(outcome))) {
                Ok(Next::Done(outcome)) => TaskFuture::from_outcome(outcome),
                Ok(Next::Call(future)) => future,
                Err(payload) => {
                    let panic = panics::describe(site, payload);
                    TaskFuture::from_outcome(Err(CallError::Panicked(Box::new(panic))))
                }
            };
        };
        let pool = self.pool();
        drive(site, pool, Then { first: self, next: Some(next), second: None })
    }
}

impl<T: Send + 'static> TaskFuture<T, Infallible> {
    /// Gives a plain method's future an error type, so that it can join a pipeline that may fail.
    ///
    /// ```
    /// use concurry_core::TaskFuture;
    ///
    /// let plain = TaskFuture::<u32>::ready(Ok(5));
    /// let future = plain.fallible::<String>().and_then(|n| {
    ///     TaskFuture::ready(if n > 3 { Err(format!("{n} is too many")) } else { Ok(n) })
    /// });
    /// assert_eq!(future.result().unwrap_err().to_string(), "5 is too many");
    /// ```
    pub fn fallible<E: Send + 'static>(self) -> TaskFuture<T, E> {
        self.then(|outcome| Next::Done(outcome.map_err(CallError::widen)))
    }
}

/// Names a step of a pipeline whose call is not known any more, because it was done at once.
const STEP: CallSite = CallSite::new(&MethodSpec::of_our_own("TaskFuture", "step"));

/// What comes after a step.
enum Next<T, E> {
    Done(Outcome<T, E>),
    Call(TaskFuture<T, E>),
}

struct Then<T, E, N, U, F> {
    first: TaskFuture<T, E>,
    next: Option<N>,
    second: Option<TaskFuture<U, F>>,
}

impl<T, E, N, U, F> Drive for Then<T, E, N, U, F>
where
    T: Send + 'static,
    E: Send + 'static,
    U: Send + 'static,
    F: Send + 'static,
    N: FnOnce(Outcome<T, E>) -> Next<U, F> + Send + 'static,
{
    type Completer = Completer<U, F>;

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Outcome<U, F>> {
        use std::{future::Future, pin::Pin};
        if let Some(next) = self.next.take() {
            match Pin::new(&mut self.first).poll(context) {
                Poll::Pending => {
                    self.next = Some(next);
                    return Poll::Pending;
                }
                Poll::Ready(outcome) => match next(outcome) {
                    Next::Done(outcome) => return Poll::Ready(outcome),
                    Next::Call(future) => self.second = Some(future),
                },
            }
        }
        match &mut self.second {
            Some(second) => Pin::new(second).poll(context),
            None => unreachable!("a finished step is not polled again"),
        }
    }

    fn cancel(&mut self) -> Signal {
        match &self.second {
            Some(second) => second.signal_cancel(),
            None => self.first.signal_cancel(),
        }
    }
}
