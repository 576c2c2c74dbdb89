//! The one future that every call gives, in every mode.

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::mem;
use std::pin::Pin;
#[cfg(feature = "process")]
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use concurry_time::Clock;
use futures_core::FusedFuture;

use super::sides::UserSide;
#[cfg(feature = "process")]
use super::ticket::Ticket;
use super::turns::Signal;
use super::{Cancel, Outcome};
use crate::CallError;
use crate::error::{CallSite, Timeout};
use crate::shared::PoolId;
use crate::shared::blocking::{self, WouldDeadlock};
use crate::spin;

/// The result of a call, now or later: block on it, await it, or chain it.
///
/// It is the same type in every mode. Dropping it detaches it: the call goes on, and its outcome is
/// thrown away; [`cancel_on_drop`](Self::cancel_on_drop) changes that. It works in `select!`,
/// `join_all`, `FuturesUnordered` and `tokio::time::timeout`.
///
/// ```
/// use concurry_core::TaskFuture;
///
/// let future: TaskFuture<u32, String> = TaskFuture::ready(Ok(20));
/// let next = |n| TaskFuture::<u32, String>::ready(Ok(n + 2));
/// assert_eq!(future.map_ok(|n| n * 2).and_then(next).result().unwrap(), 42);
/// ```
///
/// # Cancel safety
///
/// Awaiting `&mut future` in a `select!` loses nothing: the future can be awaited again.
#[must_use = "a dropped future detaches its call; its outcome, also an error, is lost"]
pub struct TaskFuture<T, E = Infallible> {
    pub(super) state: State<T, E>,
}

pub(super) enum State<T, E> {
    /// The outcome is here: in sync mode, nothing is allocated for a call.
    Ready(Outcome<T, E>),
    /// The outcome will be in the node.
    Pending(UserSide),
    /// The same, and the call is cancelled when this is dropped.
    Guarded(UserSide),
    /// The call has no node, as long as nobody looks at this.
    #[cfg(feature = "process")]
    Gathered(Arc<Ticket>),
    /// The outcome was taken.
    Taken,
}

// Nothing in it is pinned: a node never moves, whatever its handle does.
impl<T, E> Unpin for TaskFuture<T, E> {}

impl<T: Send + 'static, E: Send + 'static> TaskFuture<T, E> {
    /// A future that is done.
    ///
    /// ```
    /// use concurry_core::TaskFuture;
    ///
    /// let cached = TaskFuture::<_, String>::ready(Ok(7));
    /// assert!(cached.is_done());
    /// assert_eq!(cached.result().unwrap(), 7);
    /// ```
    pub fn ready(result: Result<T, E>) -> Self {
        Self::from_outcome(result.map_err(CallError::Failed))
    }

    /// A future that is done, with whatever outcome.
    ///
    /// ```
    /// use concurry_core::{CallError, TaskFuture, Timeout};
    ///
    /// let late: Result<u32, CallError<String>> = Err(CallError::TimedOut(Timeout::Deadline));
    /// assert!(TaskFuture::from_outcome(late).result().unwrap_err().is_timeout());
    /// ```
    pub fn from_outcome(outcome: Outcome<T, E>) -> Self {
        Self { state: State::Ready(outcome) }
    }

    /// What is left in place of a future that moved on.
    pub(crate) fn taken() -> Self {
        Self { state: State::Taken }
    }

    pub(crate) fn from_node(node: UserSide) -> Self {
        Self { state: State::Pending(node) }
    }

    fn node(&self) -> Option<&UserSide> {
        match &self.state {
            State::Pending(node) | State::Guarded(node) => Some(node),
            #[cfg(feature = "process")]
            State::Gathered(ticket) => Some(ticket.node()),
            State::Ready(_) | State::Taken => None,
        }
    }

    /// Whether the outcome is there, so that neither `result` nor `await` would wait.
    ///
    /// ```
    /// use concurry_core::{Mode, TaskPool};
    ///
    /// let pool = TaskPool::new(Mode::Sync, 1)?;
    /// assert!(pool.submit(|| 1).is_done()); // in sync mode a call has run when it returns
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn is_done(&self) -> bool {
        let done = self.has_outcome();
        #[cfg(feature = "process")]
        if !done && let Some(node) = self.node() {
            node.heed();
        }
        done
    }

    #[inline]
    fn has_outcome(&self) -> bool {
        self.node().is_none_or(UserSide::is_done)
    }

    /// Waits for the outcome on the current thread.
    ///
    /// Inside an async runtime this stalls the runtime's thread: await the future there instead.
    ///
    /// # Errors
    ///
    /// The method's own error as [`CallError::Failed`], or what happened to the call on its way;
    /// [`CallError::Deadlock`] if every worker of the pool, this thread among them, would be
    /// waiting for a call of the same pool.
    ///
    /// # Panics
    ///
    /// If the outcome was taken before, by `result_timeout` or by awaiting `&mut future`.
    ///
    /// # Example
    ///
    /// ```
    /// use concurry_core::{Mode, TaskPool};
    ///
    /// let pool = TaskPool::new(Mode::Thread, 2)?;
    /// let future = pool.submit(|| 6 * 7);
    /// assert_eq!(future.result()?, 42);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn result(mut self) -> Outcome<T, E> {
        match self.try_take() {
            Some(outcome) => outcome,
            None => self.wait(),
        }
    }

    /// Waits for the outcome on the current thread, at most so long.
    ///
    /// # Errors
    ///
    /// As [`result`](Self::result); and [`CallError::TimedOut`] with [`Timeout::Wait`], after which
    /// the call goes on and this future can be waited for again.
    ///
    /// # Panics
    ///
    /// If the outcome was taken before.
    ///
    /// # Example: look in now and then
    ///
    /// ```
    /// use concurry_core::{CallError, Mode, TaskPool, Timeout};
    /// use std::sync::mpsc::channel;
    /// use std::time::Duration;
    ///
    /// let pool = TaskPool::new(Mode::Thread, 1)?;
    /// let (open, gate) = channel();
    /// let mut future = pool.submit(move || gate.recv().unwrap_or(0));
    /// let outcome = future.result_timeout(Duration::from_millis(1));
    /// assert!(matches!(outcome, Err(CallError::TimedOut(Timeout::Wait))));
    /// open.send(5)?;
    /// assert_eq!(future.result_timeout(Duration::from_secs(10))?, 5);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn result_timeout(&mut self, timeout: Duration) -> Outcome<T, E> {
        if let Some(outcome) = self.try_take() {
            return outcome;
        }
        let clock = Clock::system();
        let deadline = clock.after(timeout);
        let (pool, site) = (self.pool(), self.site());
        let waited = blocking::wait(pool, clock.timeout_at(deadline, &mut *self));
        match (waited, site) {
            (Ok(Ok(outcome)), _) => outcome,
            (Err(WouldDeadlock), Some(site)) => {
                self.forget_waker();
                Err(CallError::Deadlock(site))
            }
            (Ok(Err(_)) | Err(WouldDeadlock), _) => {
                self.forget_waker();
                Err(CallError::TimedOut(Timeout::Wait))
            }
        }
    }

    #[cold]
    fn wait(mut self) -> Outcome<T, E> {
        let Some(node) = self.node() else {
            unreachable!("a future without a node is done");
        };
        let (pool, site) = (node.pool(), node.site());
        #[cfg(feature = "process")]
        if node.attend()
            && let Some(outcome) = self.try_take()
        {
            return outcome;
        }
        let Some(node) = self.node() else {
            unreachable!("its outcome was not taken");
        };
        if spin::caller_until(|| node.is_done())
            && let Some(outcome) = self.try_take()
        {
            return outcome;
        }
        blocking::wait(pool, self).unwrap_or(Err(CallError::Deadlock(site)))
    }

    /// Takes the outcome if it is there.
    ///
    /// # Panics
    ///
    /// If it was taken before.
    #[inline]
    fn try_take(&mut self) -> Option<Outcome<T, E>> {
        if !self.has_outcome() {
            return None;
        }
        match mem::replace(&mut self.state, State::Taken) {
            State::Ready(outcome) => Some(outcome),
            // SAFETY: it is done, and the node was made for these types.
            State::Pending(node) | State::Guarded(node) => Some(unsafe { node.take::<T, E>() }),
            #[cfg(feature = "process")]
            // SAFETY: as above, and the state was taken out of the future that has the ticket.
            State::Gathered(ticket) => Some(unsafe { ticket.take_node().take::<T, E>() }),
            State::Taken => panic!("the outcome of this future was taken before"),
        }
    }

    /// Asks the call to stop, and says what that achieved.
    ///
    /// A call that has not begun is dropped at once, with its arguments. An async method that runs
    /// is dropped at its next await. A sync method that runs sees `ctx.is_cancelled()`; unless it
    /// heeds that, its outcome stands.
    ///
    /// ```
    /// use concurry_core::{Cancel, Mode, TaskPool};
    /// use std::sync::mpsc::channel;
    ///
    /// let pool = TaskPool::new(Mode::Thread, 1)?;
    /// let (open, gate) = channel();
    /// let held = pool.submit(move || gate.recv().unwrap_or(0));
    /// let mut queued = pool.submit(|| 2);
    /// // One worker, one long call: whether that one has begun or not, this one has not.
    /// assert_eq!(queued.cancel(), Cancel::Dequeued);
    /// assert!(queued.result().unwrap_err().is_cancelled());
    /// open.send(1)?;
    /// assert_eq!(held.result()?, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn cancel(&mut self) -> Cancel {
        self.node().map_or(Cancel::TooLate, UserSide::cancel)
    }

    /// Asks the call to stop, or says whom to ask.
    pub(super) fn signal_cancel(&self) -> Signal {
        self.node().map_or(Signal::Arrived(Cancel::TooLate), UserSide::signal_cancel)
    }

    /// Cancels the call when this future is dropped, instead of detaching it.
    ///
    /// ```
    /// use concurry_core::{Mode, TaskPool};
    ///
    /// let pool = TaskPool::new(Mode::Async, 1)?;
    /// let never = pool.spawn(std::future::pending::<()>()).cancel_on_drop();
    /// drop(never); // frees the worker's place
    /// assert_eq!(pool.spawn(async { 3 }).result()?, 3);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn cancel_on_drop(mut self) -> Self {
        self.state = match mem::replace(&mut self.state, State::Taken) {
            State::Pending(node) => State::Guarded(node),
            // SAFETY: the state was taken out of the future that has the ticket.
            #[cfg(feature = "process")]
            State::Gathered(ticket) => State::Guarded(unsafe { ticket.take_node() }),
            other => other,
        };
        self
    }

    /// Its outcome, if it is there.
    pub(crate) fn into_done(mut self) -> Option<Outcome<T, E>> {
        self.try_take()
    }

    /// The pool that works on it. For futures derived from this one.
    pub(crate) fn pool(&self) -> PoolId {
        self.node().map_or(PoolId::NONE, UserSide::pool)
    }

    /// The method that was called, if the future is not done yet.
    pub(crate) fn site(&self) -> Option<CallSite> {
        self.node().map(UserSide::site)
    }

    /// Leaves a waker in place of an earlier one. False if the outcome is there already.
    pub(crate) fn register(&self, waker: Waker) -> bool {
        self.node().is_some_and(|node| node.register(waker))
    }

    /// Takes the waker back. `None` if it is about to be woken or was, or there is none.
    pub(crate) fn unregister(&self) -> Option<Waker> {
        self.node().and_then(UserSide::unregister)
    }

    fn forget_waker(&self) {
        drop(self.unregister());
    }
}

impl<T: Send + 'static, E: Send + 'static> Future for TaskFuture<T, E> {
    type Output = Outcome<T, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Outcome<T, E>> {
        let this = self.get_mut();
        if let Some(outcome) = this.try_take() {
            return Poll::Ready(outcome);
        }
        if this.register(context.waker().clone()) {
            return Poll::Pending;
        }
        match this.try_take() {
            Some(outcome) => Poll::Ready(outcome),
            None => unreachable!("a waker is refused only when the outcome is there"),
        }
    }
}

impl<T: Send + 'static, E: Send + 'static> FusedFuture for TaskFuture<T, E> {
    fn is_terminated(&self) -> bool {
        matches!(self.state, State::Taken)
    }
}

impl<T, E> Drop for TaskFuture<T, E> {
    #[inline]
    fn drop(&mut self) {
        if let State::Guarded(node) = &self.state {
            let _ = node.cancel();
        }
    }
}

impl<T: Send + 'static, E: Send + 'static> From<Result<T, E>> for TaskFuture<T, E> {
    fn from(result: Result<T, E>) -> Self {
        Self::ready(result)
    }
}

impl<T, E> fmt::Debug for TaskFuture<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &self.state {
            State::Ready(_) => "done",
            State::Taken => "taken",
            State::Pending(node) | State::Guarded(node) if node.is_done() => "done",
            State::Pending(node) | State::Guarded(node) if node.is_claimed() => "running",
            State::Pending(_) | State::Guarded(_) => "queued",
            #[cfg(feature = "process")]
            State::Gathered(_) => "queued",
        };
        f.debug_struct("TaskFuture").field("state", &format_args!("{state}")).finish()
    }
}

#[cfg(all(target_pointer_width = "64", not(concurry_loom)))]
const _: () = assert!(size_of::<TaskFuture<u64, Infallible>>() == 16);
