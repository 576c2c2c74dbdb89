//! Calls with the same key that are on their way at the same time become one call.
//!
//! Keys belong to the user, and so does what compares them: both are looked at without a lock.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::mem;
use std::sync::{Arc, Mutex, Weak};

use crate::CallError;
use crate::error::{CallSite, SharedFailure};
use crate::future::{Cancel, OnCancel, Outcome, Promise, TaskFuture, drive_future, promise};
use crate::panics;
use crate::pool::Handle;
use crate::shared::PoolId;
use crate::sync::lock;
use crate::worker::Method;

/// Makes a call that is shared.
pub(super) type Make<M> = fn(
    &Handle<<M as Method>::Worker>,
    <M as Method>::Args,
) -> TaskFuture<<M as Method>::Output, <M as Method>::Error>;

/// The calls of a method that may be shared, whatever their key.
pub(crate) trait Dedups<M: Method>: Send + Sync {
    /// Joins a call with the same key, or makes one by `make`.
    fn call(
        self: Arc<Self>,
        handle: &Handle<M::Worker>,
        args: M::Args,
        make: Make<M>,
    ) -> TaskFuture<M::Output, M::Error>;
}

/// The calls of a method that are on their way, by key.
pub(crate) struct Dedup<M: Method, K, F> {
    key: F,
    /// Copies an output.
    copy: fn(&M::Output) -> M::Output,
    /// Makes the error that all callers of a failed call share.
    share: fn(CallError<M::Error>) -> SharedFailure<M::Error>,
    hasher: RandomState,
    /// By the hash of the key.
    calls: Mutex<HashMap<u64, Vec<OnTheirWay<M, K>>>>,
}

struct OnTheirWay<M: Method, K> {
    key: Arc<K>,
    shared: Arc<SharedCall<M>>,
}

/// One call and those who wait for it.
struct SharedCall<M: Method> {
    state: Mutex<State<M>>,
}

struct State<M: Method> {
    waiters: Vec<(Arc<Waiter<M>>, Promise<M::Output, M::Error>)>,
    /// Nobody can join any more: it is done, or nobody wanted it any longer.
    closed: bool,
    call: Option<TaskFuture<()>>,
}

/// One caller, who may leave.
struct Waiter<M: Method> {
    shared: Weak<SharedCall<M>>,
}

impl<M, K, F> Dedup<M, K, F>
where
    M: Method,
    M::Output: Clone,
    M::Error: Sync,
    K: Eq + Hash + Send + Sync + 'static,
    F: Fn(&M::Args) -> K + Send + Sync + 'static,
{
    pub(crate) fn new(key: F) -> Self {
        Self {
            key,
            copy: M::Output::clone,
            share: |error| SharedFailure::new(error, M::abilities().describe),
            hasher: RandomState::new(),
            calls: Mutex::default(),
        }
    }
}

fn site<M: Method>() -> CallSite {
    CallSite::new(const { &M::SPEC })
}

impl<M: Method> SharedCall<M> {
    fn new() -> Arc<Self> {
        let state = State { waiters: Vec::new(), closed: false, call: None };
        Arc::new(Self { state: Mutex::new(state) })
    }

    /// Adds a caller. `None` if the call is over.
    fn join(self: &Arc<Self>, pool: PoolId) -> Option<TaskFuture<M::Output, M::Error>> {
        let (promise, future) = promise(site::<M>(), pool);
        let waiter = Arc::new(Waiter { shared: Arc::downgrade(self) });
        let hook: Arc<dyn OnCancel> = Arc::clone(&waiter) as _;
        promise.on_cancel(Arc::downgrade(&hook));
        let mut state = lock(&self.state);
        if state.closed {
            return None;
        }
        state.waiters.push((waiter, promise));
        Some(future)
    }

    /// Keeps the call, to cancel it when nobody is left.
    fn follow(&self, call: TaskFuture<()>) {
        let mut state = lock(&self.state);
        if state.closed && state.waiters.is_empty() {
            drop(state);
            cancel(call);
            return;
        }
        state.call = Some(call);
    }
}

fn cancel(mut call: TaskFuture<()>) {
    let _ = call.cancel();
}

impl<M: Method> OnCancel for Waiter<M> {
    fn cancel(self: Arc<Self>) -> Cancel {
        let Some(shared) = self.shared.upgrade() else { return Cancel::TooLate };
        let (promise, call) = {
            let mut state = lock(&shared.state);
            let place = state.waiters.iter().position(|(waiter, _)| Arc::ptr_eq(waiter, &self));
            let Some(place) = place else { return Cancel::TooLate };
            let (_, promise) = state.waiters.swap_remove(place);
            // The last one to leave takes the call along.
            state.closed |= state.waiters.is_empty();
            (promise, if state.closed { state.call.take() } else { None })
        };
        promise.complete(Err(CallError::Cancelled(site::<M>())));
        if let Some(call) = call {
            cancel(call);
        }
        Cancel::Signalled
    }
}

impl<M, K, F> Dedups<M> for Dedup<M, K, F>
where
    M: Method,
    K: Eq + Hash + Send + Sync + 'static,
    F: Fn(&M::Args) -> K + Send + Sync + 'static,
{
    fn call(
        self: Arc<Self>,
        handle: &Handle<M::Worker>,
        args: M::Args,
        make: Make<M>,
    ) -> TaskFuture<M::Output, M::Error> {
        let pool = handle.pool.shared.id;
        let entered = panics::caught(site::<M>(), || {
            let key = Arc::new((self.key)(&args));
            let hash = self.hasher.hash_one(&*key);
            self.enter(hash, &key, pool)
        });
        let (hash, shared, future) = match entered {
            Ok(Entered::Joined(future)) => return future,
            Ok(Entered::First(hash, shared, future)) => (hash, shared, future),
            Err(panic) => {
                return TaskFuture::from_outcome(Err(CallError::Panicked(Box::new(panic))));
            }
        };
        let call = make(handle, args).cancel_on_drop();
        let leaving = Leaving { dedup: self, hash, shared: Arc::clone(&shared) };
        let run = async move {
            let outcome = call.await;
            leaving.finish(outcome);
            Ok(())
        };
        shared.follow(drive_future(site::<M>(), pool, run, || true));
        future
    }
}

enum Entered<M: Method> {
    /// There was a call with the key.
    Joined(TaskFuture<M::Output, M::Error>),
    /// There was none: it is to be made.
    First(u64, Arc<SharedCall<M>>, TaskFuture<M::Output, M::Error>),
}

impl<M: Method, K: Eq, F> Dedup<M, K, F> {
    fn enter(&self, hash: u64, key: &Arc<K>, pool: PoolId) -> Entered<M> {
        let mut compared = 0;
        loop {
            // Compared without the lock; what was added meanwhile is compared in the next round.
            let candidates: Vec<_> = match lock(&self.calls).get(&hash) {
                Some(calls) => calls
                    .iter()
                    .map(|call| (Arc::clone(&call.key), Arc::clone(&call.shared)))
                    .collect(),
                None => Vec::new(),
            };
            let same = candidates.iter().filter(|(other, _)| other == key);
            if let Some(future) = same.filter_map(|(_, shared)| shared.join(pool)).next() {
                return Entered::Joined(future);
            }
            let mut calls = lock(&self.calls);
            let known = calls.entry(hash).or_default();
            let added = known.iter().any(|call| {
                !candidates.iter().any(|(_, shared)| Arc::ptr_eq(shared, &call.shared))
            });
            if added && compared < MOST_ROUNDS {
                compared += 1;
                continue;
            }
            let shared = SharedCall::new();
            let Some(future) = shared.join(pool) else { continue };
            known.push(OnTheirWay { key: Arc::clone(key), shared: Arc::clone(&shared) });
            return Entered::First(hash, shared, future);
        }
    }
}

/// How often a caller looks again before it makes a call of its own: each time somebody else has
/// made a call whose key has the same hash.
const MOST_ROUNDS: usize = 1_000;

/// The shared call of a key, which is over when this is dropped.
struct Leaving<M: Method, K, F> {
    dedup: Arc<Dedup<M, K, F>>,
    hash: u64,
    shared: Arc<SharedCall<M>>,
}

impl<M: Method, K, F> Leaving<M, K, F> {
    fn finish(self, outcome: Outcome<M::Output, M::Error>) {
        let mut waiters = self.close();
        match outcome {
            Ok(output) => {
                let last = waiters.pop();
                for (_, promise) in waiters {
                    let copy = panics::caught(site::<M>(), || (self.dedup.copy)(&output));
                    promise.complete(copy.map_err(|panic| CallError::Panicked(Box::new(panic))));
                }
                if let Some((_, promise)) = last {
                    promise.complete(Ok(output));
                }
            }
            Err(error) if waiters.len() > 1 => {
                let failure = (self.dedup.share)(error);
                waiters.into_iter().for_each(|(_, promise)| promise.complete(Err(failure.each())));
            }
            Err(error) => {
                if let Some((_, promise)) = waiters.pop() {
                    promise.complete(Err(error));
                }
            }
        }
    }

    /// Lets nobody join any more.
    fn close(&self) -> Vec<(Arc<Waiter<M>>, Promise<M::Output, M::Error>)> {
        let waiters = {
            let mut state = lock(&self.shared.state);
            state.closed = true;
            mem::take(&mut state.waiters)
        };
        let left = {
            let mut calls = lock(&self.dedup.calls);
            let Some(known) = calls.get_mut(&self.hash) else { return waiters };
            let place = known.iter().position(|call| Arc::ptr_eq(&call.shared, &self.shared));
            let left = place.map(|place| known.swap_remove(place));
            if known.is_empty() {
                calls.remove(&self.hash);
            }
            left
        };
        // With the key, which is the user's.
        panics::contain(|| drop(left));
        waiters
    }
}

impl<M: Method, K, F> Drop for Leaving<M, K, F> {
    fn drop(&mut self) {
        for (_, promise) in self.close() {
            promise.complete(Err(CallError::Stopped(site::<M>())));
        }
    }
}
