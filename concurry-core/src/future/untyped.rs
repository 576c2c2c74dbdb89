//! Futures and outcomes whose types only their nodes know.
//!
//! Whoever stands between a call and its worker sees to most calls without looking at what they give.
//! Code that handles these is compiled once, and not for each method.

use std::cell::Cell;
use std::convert::Infallible;
use std::future::Future;
use std::marker::PhantomData;
use std::mem::{self, ManuallyDrop};
use std::pin::Pin;
use std::ptr::NonNull;
use std::task::{Context, Poll, Waker};

use super::lifecycle::Lifecycle;
use super::node::{self, Header, Kind, VTable, View};
use super::sides::{Claimed, UserSide};
use super::task_future::State;
use super::turns::Signal;
use super::{Cancel, Outcome, TaskFuture};
use crate::CallError;
use crate::error::CallSite;
use crate::shared::PoolId;

/// The future of a call. Dropping it cancels the call.
#[derive(Debug)]
pub(crate) struct UntypedFuture(Option<UserSide>);

impl UntypedFuture {
    #[inline]
    pub(crate) fn of(node: UserSide) -> Self {
        Self(Some(node))
    }

    /// What is left in place of a future that moved on.
    pub(crate) const fn gone() -> Self {
        Self(None)
    }

    /// Moves it on, unless it is gone.
    pub(crate) fn take(&mut self) -> Option<Self> {
        self.0.take().map(Self::of)
    }

    /// Leaves a waker in place of an earlier one. False if the outcome is there already.
    pub(crate) fn register(&self, waker: Waker) -> bool {
        self.0.as_ref().is_some_and(|node| node.register(waker))
    }

    /// The same for the first waker of a call that nobody else knows yet.
    ///
    /// # Safety
    /// The pool side has not been given away, and no waker was left before.
    pub(crate) unsafe fn register_first(&self, waker: Waker) {
        if let Some(node) = &self.0 {
            // SAFETY: by contract.
            unsafe { node.register_first(waker) };
        }
    }

    /// What it has ended with, if it has.
    pub(crate) fn into_done(mut self) -> Result<Done, Self> {
        match self.0.take_if(|node| node.is_done()) {
            Some(node) => Ok(Done::of(node)),
            None => Err(self),
        }
    }

    /// The same future for somebody who knows its types. Dropping that one does not cancel the call.
    ///
    /// # Safety
    /// The outcome is of these types.
    pub(crate) unsafe fn typed<T: Send + 'static, E: Send + 'static>(mut self) -> TaskFuture<T, E> {
        match self.0.take() {
            Some(node) => TaskFuture::from_node(node),
            None => TaskFuture::taken(),
        }
    }
}

impl<T: Send + 'static, E: Send + 'static> TaskFuture<T, E> {
    /// The future without its types, to be told them again. `site` is the method's.
    pub(crate) fn untyped(mut self, site: CallSite) -> UntypedFuture {
        match mem::replace(&mut self.state, State::Taken) {
            State::Ready(outcome) => Done::new(site, outcome).into_future(),
            State::Pending(node) | State::Guarded(node) => UntypedFuture::of(node),
            // SAFETY: the state was taken out of the future that has the ticket.
            #[cfg(feature = "process")]
            State::Gathered(ticket) => UntypedFuture::of(unsafe { ticket.take_node() }),
            State::Taken => panic!("the outcome of this future was taken before"),
        }
    }
}

impl Future for UntypedFuture {
    type Output = Done;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Done> {
        let this = self.get_mut();
        let Some(node) = &this.0 else { panic!("the outcome of this future was taken before") };
        if !node.is_done() && node.register(context.waker().clone()) {
            return Poll::Pending;
        }
        match this.0.take() {
            Some(node) => Poll::Ready(Done::of(node)),
            None => unreachable!("looked at above"),
        }
    }
}

impl Drop for UntypedFuture {
    #[inline]
    fn drop(&mut self) {
        if let Some(node) = &self.0 {
            let _ = node.cancel();
        }
    }
}

/// What a call has ended with, in its node.
#[derive(Debug)]
pub(crate) struct Done {
    node: UserSide,
    /// Outcomes need not be `Sync`.
    outcome: PhantomData<Cell<()>>,
}

impl Done {
    fn of(node: UserSide) -> Self {
        Self { node, outcome: PhantomData }
    }

    /// An outcome that no call had, in a node of its own.
    pub(crate) fn new<T: Send + 'static, E: Send + 'static>(
        site: CallSite,
        outcome: Outcome<T, E>,
    ) -> Self {
        let table = OutcomeNode::<T, E>::VTABLE;
        let node = Header::allocate(table, PoolId::NONE, Lifecycle::ended);
        // SAFETY: the vtable's layout is that of the whole node; the header is written, and these are
        // the other fields. It is done, so its one reference is the user's.
        unsafe {
            (&raw mut (*node.cast::<OutcomeNode<T, E>>().as_ptr()).site).write(site);
            node.byte_add(table.outcome).cast::<Outcome<T, E>>().write(outcome);
            Self::of(UserSide::from_raw(node))
        }
    }

    /// # Safety
    /// The outcome is of these types.
    pub(crate) unsafe fn get<T, E>(&self) -> &Outcome<T, E> {
        // SAFETY: it is done, so the outcome is ours; by contract it is of this type.
        unsafe { self.node.outcome().cast::<Outcome<T, E>>().as_ref() }
    }

    /// # Safety
    /// The outcome is of these types.
    pub(crate) unsafe fn take<T, E>(self) -> Outcome<T, E> {
        // SAFETY: it is done; the rest by contract.
        unsafe { self.node.take::<T, E>() }
    }

    /// A future that is done.
    pub(crate) fn into_future(self) -> UntypedFuture {
        UntypedFuture::of(self.node)
    }
}

/// What completes a future. Dropping it completes the future as stopped.
#[derive(Debug)]
pub(crate) struct UntypedCompleter(Claimed);

impl UntypedCompleter {
    pub(super) fn new(claimed: Claimed) -> Self {
        Self(claimed)
    }

    /// Completes the future with an error that has nothing to do with its types.
    pub(crate) fn fail(self, error: CallError<Infallible>) {
        self.0.abandon(error);
    }

    /// Completes the future with what `write` writes.
    ///
    /// # Safety
    /// It writes an outcome of the future's type.
    pub(crate) unsafe fn complete_by(self, write: impl FnOnce(NonNull<()>)) {
        let node = self.0.into_node();
        // SAFETY: nobody has written the outcome before; the rest by contract.
        unsafe {
            write(node.byte_add(node.as_ref().vtable.outcome).cast());
            node::complete(node);
        }
    }
}

/// A node without arguments whose outcome is there: header and outcome.
#[repr(C)]
struct OutcomeNode<T, E> {
    outcome: View<ManuallyDrop<Outcome<T, E>>>,
    site: CallSite,
}

impl<T, E> OutcomeNode<T, E> {
    #[allow(clippy::undocumented_unsafe_blocks)] // one argument for all of them
    const VTABLE: &'static VTable = &VTable {
        // SAFETY (each): the callers' contracts are those of `VTable`.
        site: |node| unsafe { (*node.cast::<Self>().as_ptr()).site },
        layout: std::alloc::Layout::new::<Self>(),
        outcome: View::<ManuallyDrop<Outcome<T, E>>>::OFFSET,
        abandon: |_, _| unreachable!("it was done from the start"),
        drop_outcome: |node| unsafe {
            let outcome = node.byte_add(View::<ManuallyDrop<Outcome<T, E>>>::OFFSET);
            outcome.cast::<Outcome<T, E>>().drop_in_place();
        },
        signal: |_| Signal::Arrived(Cancel::TooLate),
        dispose: |_| {},
        kind: Kind::Promised,
    };
}

#[cfg(all(test, not(concurry_loom)))]
mod tests {
    use super::*;
    use crate::future::promise_for_tests;
    use std::sync::Arc;

    fn site() -> CallSite {
        let (_promise, future) = promise_for_tests::<(), ()>();
        future.site().unwrap_or_else(|| unreachable!("it is not done"))
    }

    #[test]
    fn an_outcome_of_its_own_is_taken_once_or_dropped() {
        let counted = Arc::new(7);
        for takes in [true, false] {
            let done = Done::new::<_, String>(site(), Ok(Arc::clone(&counted)));
            assert_eq!(Arc::strong_count(&counted), 2);
            if takes {
                // SAFETY: it was made of these types.
                let future = unsafe { done.into_future().typed::<Arc<i32>, String>() };
                assert!(future.is_done());
                assert_eq!(future.result().ok().as_deref(), Some(&7));
            } else {
                drop(done);
            }
            assert_eq!(Arc::strong_count(&counted), 1);
        }
    }

    #[test]
    fn a_dropped_future_cancels_and_a_typed_one_does_not() {
        use std::sync::atomic::{AtomicBool, Ordering};
        struct Asked(AtomicBool);
        impl crate::future::OnCancel for Asked {
            fn cancel(self: Arc<Self>) -> Cancel {
                self.0.store(true, Ordering::Relaxed);
                Cancel::Signalled
            }
        }
        for typed in [true, false] {
            let asked = Arc::new(Asked(AtomicBool::new(false)));
            let hook: Arc<dyn crate::future::OnCancel> = Arc::clone(&asked) as _;
            let (promise, future) = promise_for_tests::<u32, ()>();
            promise.on_cancel(Arc::downgrade(&hook));
            let future = future.untyped(site());
            if typed {
                // SAFETY: it is of these types.
                drop(unsafe { future.typed::<u32, ()>() });
            } else {
                drop(future);
            }
            assert_eq!(asked.0.load(Ordering::Relaxed), !typed);
            drop(promise);
        }
    }
}
