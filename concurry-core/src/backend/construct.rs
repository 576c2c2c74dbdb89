//! Running a constructor so that its panics are data.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use super::{ConstructFailure, held_wakes, runtime};
use crate::error::CallSite;
use crate::panics;
use crate::shared::PoolShared;
use crate::worker::{Construct, MethodSpec, Worker, WorkerType};

/// The constructor of `W`, as panics name it.
pub(crate) fn constructor_site<W: WorkerType>() -> CallSite {
    CallSite::new(
        const { &MethodSpec { exclusive: true, ..MethodSpec::of_our_own(W::NAME, "new") } },
    )
}

/// Runs a constructor; a panic becomes a failure.
pub(crate) async fn construct_caught<W: Worker, E: 'static>(
    construct: &dyn Construct<W, E>,
) -> Result<W, ConstructFailure<E>> {
    let site = constructor_site::<W>();
    let started = catch_unwind(AssertUnwindSafe(|| construct.construct()));
    let result = match started {
        Ok(future) => Caught(future).await,
        Err(payload) => Err(payload),
    };
    match result {
        Ok(Ok(worker)) => Ok(worker),
        Ok(Err(error)) => Err(ConstructFailure::Failed(error)),
        Err(payload) => Err(ConstructFailure::Panicked(panics::describe(site, payload))),
    }
}

/// Runs a constructor to its end on the current thread. Where a scheduler would hold an async one
/// up, on another one, if what it makes may leave that.
pub(crate) fn construct_here<W: Worker, E: Send + 'static>(
    construct: &dyn Construct<W, E>,
    pool: &PoolShared,
) -> Result<W, ConstructFailure<E>> {
    let build = || {
        let _scope = runtime::Scope::enter(pool);
        runtime::block_on(construct_caught(construct))
    };
    if construct.is_async() && W::STATE.send && held_wakes::are_held_back() {
        // SAFETY: a constructor is `Send` and only we have it; so are its error and, as `STATE` says,
        // what it makes. Everybody may use what is shared in a pool.
        unsafe { held_wakes::on_another_thread(W::NAME, build) }
    } else {
        build()
    }
}

/// Catches panics of a future's polls.
struct Caught<F: ?Sized>(Pin<Box<F>>);

impl<F: Future + ?Sized> Future for Caught<F> {
    type Output = std::thread::Result<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match catch_unwind(AssertUnwindSafe(|| self.0.as_mut().poll(context))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
            Err(payload) => Poll::Ready(Err(payload)),
        }
    }
}

/// Drops a worker's state, whose destructor is the user's code.
pub(crate) fn drop_caught<T>(value: T) {
    panics::contain(move || drop(value));
}
