//! Sync mode: the call runs at once, on the caller's thread, and nothing is allocated for it.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, TryLockError};

use super::{construct_here, drop_caught, held_wakes, restart, runtime};
use crate::CallError;
use crate::call::{CallContext, EnvironmentRef};
use crate::error::{CallSite, Panicked, Rejected, Rejection, WorkerDeath, WorkerDied};
use crate::future::Outcome;
use crate::panics;
use crate::shared::{PoolShared, Seat, Stage, running};
use crate::worker::{Construct, Method, Shape, Worker};

/// The one worker of a pool in sync mode.
pub(crate) struct SyncWorker<W> {
    seat: Arc<Seat>,
    state: Mutex<State<W>>,
    /// The thread that is inside a call, as a token. For telling a call of itself from one that has
    /// to wait for another thread.
    owner: AtomicUsize,
    /// The thread that built the state, if no other may use it.
    home: Option<usize>,
}

struct State<W> {
    worker: Option<W>,
    rebuild: Box<dyn Rebuild<W>>,
}

/// Builds the state again, whatever the constructor's error type is.
trait Rebuild<W> {
    fn rebuild(&self, pool: &PoolShared) -> Result<W, String>;
}

struct Rebuilder<W, E>(Box<dyn Construct<W, E>>);

impl<W: Worker, E: Send + 'static> Rebuild<W> for Rebuilder<W, E> {
    fn rebuild(&self, pool: &PoolShared) -> Result<W, String> {
        construct_here(&*self.0, pool).map_err(|failure| failure.describe())
    }
}

// SAFETY: state that is not `Send` is used and dropped on its home thread only (`home`); what is
// left of it elsewhere is forgotten, not dropped. The constructor is `Send`.
unsafe impl<W> Send for SyncWorker<W> {}
// SAFETY: as above, and calls are made one at a time.
unsafe impl<W> Sync for SyncWorker<W> {}

thread_local! {
    static TOKEN: Cell<usize> = const { Cell::new(0) };
}

/// A number that no other thread has, has had or will have: an address would return with the next
/// thread, which could then use state that is not `Send`.
#[inline]
fn token() -> usize {
    static GIVEN: AtomicUsize = AtomicUsize::new(0);
    // The cell has no destructor, so it is there as long as its thread.
    TOKEN.with(|token| {
        if token.get() == 0 {
            // Relaxed: only the number matters.
            token.set(GIVEN.fetch_add(1, Ordering::Relaxed) + 1);
        }
        token.get()
    })
}

impl<W: Worker> SyncWorker<W> {
    pub(crate) fn new<E: Send + 'static>(
        seat: Arc<Seat>,
        worker: W,
        construct: Box<dyn Construct<W, E>>,
    ) -> Self {
        Self {
            seat,
            state: Mutex::new(State {
                worker: Some(worker),
                rebuild: Box::new(Rebuilder(construct)),
            }),
            owner: AtomicUsize::new(0),
            home: (!W::STATE.send).then(token),
        }
    }

    /// Runs a call.
    #[inline]
    pub(crate) fn call<M: Method<Worker = W>>(
        &self,
        args: M::Args,
        environment: Option<EnvironmentRef>,
    ) -> Outcome<M::Output, M::Error> {
        let site = CallSite::new(const { &M::SPEC });
        let me = token();
        if self.home.is_some_and(|home| home != me) {
            return Err(rejected(site, Rejection::WrongThread, args));
        }
        // The lock is the worker itself: `&mut self` needs the state alone. A panic is caught
        // below, so it is never poisoned by one.
        let mut state = match self.state.try_lock() {
            Ok(state) => state,
            // Relaxed: only this thread's own mark matters.
            Err(_) if self.owner.load(Ordering::Relaxed) == me => {
                return Err(rejected(site, Rejection::Reentrant, args));
            }
            Err(TryLockError::WouldBlock | TryLockError::Poisoned(_)) => {
                crate::sync::lock(&self.state)
            }
        };
        let pool = &self.seat.pool;
        if pool.shutdown.stage() >= Stage::Draining {
            return Err(CallError::Stopped(site));
        }
        self.owner.store(me, Ordering::Relaxed);
        let counters = &pool.workers[0];
        counters.begin();
        let moves = M::SPEC.asynchronous && W::STATE.send;
        let outcome = if moves && held_wakes::are_held_back() {
            let run = || {
                // Calls that it makes come from that thread.
                self.owner.store(token(), Ordering::Relaxed);
                self.run::<M>(&mut state, site, args, environment)
            };
            // SAFETY: the lock makes us the only user of the state, which is `Send`, as are arguments
            // and outcomes. Everybody may use what is shared in a pool.
            unsafe { held_wakes::on_another_thread(W::NAME, run) }
        } else {
            self.run::<M>(&mut state, site, args, environment)
        };
        counters.end(outcome.is_err());
        if let Err(CallError::Panicked(_)) = &outcome {
            if let Some(worker) = state.worker.take() {
                drop_caught(worker);
            }
            if let Ok(worker) = state.rebuild.rebuild(pool) {
                state.worker = Some(worker);
                restart::restarted(&self.seat, 1);
            } else if pool.serves_as.is_some() {
                // Here the next call would try again. Of another process, the pool that it serves
                // decides: it counts failures, waits between them, and gives the worker up.
                pool.shutdown.advance(Stage::Draining);
            }
        }
        self.owner.store(0, Ordering::Relaxed);
        outcome
    }

    #[inline]
    fn run<M: Method<Worker = W>>(
        &self,
        state: &mut State<W>,
        site: CallSite,
        args: M::Args,
        environment: Option<EnvironmentRef>,
    ) -> Outcome<M::Output, M::Error> {
        let worker = match &mut state.worker {
            Some(worker) => worker,
            None => match state.rebuild.rebuild(&self.seat.pool) {
                Ok(worker) => state.worker.insert(worker),
                Err(message) => return Err(self.died(site, message)),
            },
        };
        let _scope = M::SPEC.asynchronous.then(|| runtime::Scope::enter(&self.seat.pool));
        let mut deadline = None;
        if let Some(environment) = &environment {
            if let Err(timeout) = environment.begin(&self.seat) {
                return Err(CallError::TimedOut(timeout));
            }
            deadline = environment.deadline;
        }
        let _within = deadline.map(|deadline| running::Within::enter(Some(deadline)));
        let context = if M::SPEC.uses_context {
            CallContext::of_seat(&self.seat, environment)
        } else {
            CallContext::detached()
        };
        let worker: *mut W = worker;
        // SAFETY: the lock makes us the only user.
        let run = AssertUnwindSafe(|| unsafe { M::Shape::run(worker, context, args, None) });
        match catch_unwind(run) {
            Ok(Some(result)) => result.map_err(CallError::Failed),
            Ok(None) => Err(CallError::Cancelled(site)),
            Err(payload) => {
                let panic: Panicked = panics::describe(site, payload);
                Err(CallError::Panicked(Box::new(panic)))
            }
        }
    }

    #[cold]
    fn died<E>(&self, site: CallSite, message: String) -> CallError<E> {
        let cause = WorkerDeath::Constructor { failures: 1, message };
        CallError::WorkerDied(Box::new(WorkerDied { site, worker: 0, cause, attempt: 1 }))
    }

    /// Drops the state, unless a call runs or another thread is its home.
    pub(crate) fn end(&self) {
        if let Ok(mut state) = self.state.try_lock() {
            state.discard(self.home);
        }
        self.seat.pool.shutdown.advance(Stage::Ended);
    }
}

impl<W> Drop for SyncWorker<W> {
    fn drop(&mut self) {
        let state = self.state.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner);
        state.discard(self.home);
    }
}

impl<W> State<W> {
    /// Drops the worker. On another thread than its home it is left alone: only there can it be
    /// dropped, and nobody can make that thread do it.
    fn discard(&mut self, home: Option<usize>) {
        if let Some(worker) = self.worker.take() {
            if home.is_none_or(|home| home == token()) {
                drop_caught(worker);
            } else {
                std::mem::forget(worker);
            }
        }
    }
}

#[cold]
fn rejected<A: Send + 'static, E>(site: CallSite, reason: Rejection, args: A) -> CallError<E> {
    CallError::Rejected(Box::new(Rejected::new(site, reason, Some(Box::new(args)))))
}
