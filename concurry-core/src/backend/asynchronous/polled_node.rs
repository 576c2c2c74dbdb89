//! The node of an async call: queue link, task and result slot in one.

use std::convert::Infallible;
use std::future::Future;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::ptr::NonNull;
use std::sync::Arc;
use std::task::{Context, Poll, RawWaker, RawWakerVTable, Waker};

use super::inbox::Inbox;
use crate::CallError;
use crate::call::{CallContext, EnvironmentRef};
use crate::error::CallSite;
use crate::future::node::{Header, Kind, VTable, larger_layout, layout_of, release};
use crate::future::{Cancel, Lifecycle, Outcome, PolledFunctions, Ran, Schedule, Signal};
use crate::panics;
use crate::shared::{Seat, running};
use crate::worker::{CallParts, Method, QueuedCall};

/// What every polled node begins with.
#[repr(C)]
pub(crate) struct PolledHead {
    header: Header,
    /// Links of the worker's live list. Touched by the worker's thread only.
    pub(crate) previous: *mut PolledHead,
    pub(crate) following: *mut PolledHead,
    /// The worker's inbox. Written before the node is claimed; read by those who know that it is.
    inbox: Option<&'static Inbox>,
}

impl PolledHead {
    /// Says which worker is about to claim the node.
    ///
    /// # Safety
    /// The caller owns the pool's reference to a node of the polled kind, and has not claimed it.
    pub(crate) unsafe fn assign(node: NonNull<Header>, inbox: &'static Inbox) {
        // SAFETY: by contract; nobody reads the field before the claim publishes it.
        unsafe { (*node.cast::<Self>().as_ptr()).inbox = Some(inbox) };
    }
}

#[repr(C)]
struct PolledView<X> {
    head: PolledHead,
    value: X,
}

/// What a call brings to its worker.
struct Order<M: Method, S> {
    args: M::Args,
    environment: Option<EnvironmentRef>,
    start: S,
}

/// A call that has begun.
struct Running<F, G> {
    future: F,
    finish: G,
    /// Kept to the end: it says by when the call has to be done, and when it has ended.
    environment: Option<EnvironmentRef>,
}

impl<F, G> Running<F, G> {
    /// While this lives, calls that are made have to be done by the deadline of this one.
    fn within(&self) -> Option<running::Within> {
        let deadline = self.environment.as_ref()?.deadline?;
        Some(running::Within::enter(Some(deadline)))
    }
}

struct PolledNode<M, S, F, G>(PhantomData<(M, S, F, G)>);

/// Makes a call of an async method. `start` and `finish` hold nothing; they ride along for their
/// types.
pub(crate) fn polled_node<M, S, F, G>(parts: CallParts<M>, start: S, finish: G) -> QueuedCall<M>
where
    M: Method,
    S: FnOnce(*mut M::Worker, CallContext, M::Args) -> F,
    F: Future,
    G: FnOnce(F::Output) -> Result<M::Output, M::Error> + Copy,
{
    const { assert!(size_of::<S>() == 0 && size_of::<G>() == 0) };
    let node = Header::allocate(PolledNode::<M, S, F, G>::VTABLE, parts.pool, Lifecycle::queued);
    let head = node.cast::<PolledHead>().as_ptr();
    // SAFETY: the layout has room for the head and the order, and a queued node has one reference
    // for each side. `finish` is of no size; `start` makes it up again from nothing.
    unsafe {
        (&raw mut (*head).previous).write(std::ptr::null_mut());
        (&raw mut (*head).following).write(std::ptr::null_mut());
        (&raw mut (*head).inbox).write(None);
        let order = Order { args: parts.args, environment: parts.environment, start };
        PolledNode::<M, S, F, G>::order(node).write((order, finish));
        QueuedCall::new(node)
    }
}

impl<M, S, F, G> PolledNode<M, S, F, G>
where
    M: Method,
    S: FnOnce(*mut M::Worker, CallContext, M::Args) -> F,
    F: Future,
    G: FnOnce(F::Output) -> Result<M::Output, M::Error> + Copy,
{
    const SITE: CallSite = CallSite::new(const { &M::SPEC });

    const VTABLE: &'static VTable = &VTable {
        site: |_| Self::SITE,
        layout: {
            let first = layout_of::<PolledView<(Order<M, S>, G)>, PolledView<Running<F, G>>>();
            larger_layout(
                first,
                std::alloc::Layout::new::<PolledView<Outcome<M::Output, M::Error>>>(),
            )
        },
        outcome: std::mem::offset_of!(PolledView<Outcome<M::Output, M::Error>>, value),
        abandon: Self::abandon,
        // SAFETY: the caller owns the outcome.
        drop_outcome: |node| unsafe { Self::outcome(node).drop_in_place() },
        signal: Self::signal,
        dispose: |_| {},
        kind: Kind::Polled(PolledFunctions {
            exclusive: M::SPEC.exclusive,
            start: Self::start,
            poll: Self::poll,
            interrupt: Self::interrupt,
        }),
    };

    fn value<X>(node: NonNull<Header>) -> *mut X {
        // SAFETY: within the node.
        unsafe { node.byte_add(std::mem::offset_of!(PolledView<X>, value)).cast::<X>() }.as_ptr()
    }

    fn order(node: NonNull<Header>) -> *mut (Order<M, S>, G) {
        Self::value(node)
    }

    fn running(node: NonNull<Header>) -> *mut Running<F, G> {
        Self::value(node)
    }

    fn outcome(node: NonNull<Header>) -> *mut Outcome<M::Output, M::Error> {
        Self::value(node)
    }

    /// # Safety
    /// See [`VTable::abandon`].
    unsafe fn abandon(node: NonNull<Header>, error: CallError<Infallible>) {
        // SAFETY: by contract the order is ours. Its destructor is the user's code.
        unsafe {
            let order = Self::order(node);
            panics::contain(|| order.drop_in_place());
            Self::outcome(node).write(Err(error.widen()));
        }
    }

    /// # Safety
    /// See [`PolledFunctions::start`].
    unsafe fn start(node: NonNull<Header>, worker: *mut (), seat: &Arc<Seat>) -> Option<Ran> {
        // SAFETY: by contract the order is ours; it is moved out, which makes room.
        let (Order { args, environment, start }, finish) = unsafe { Self::order(node).read() };
        if let Some(environment) = &environment
            && let Err(timeout) = environment.begin(seat)
        {
            panics::contain(|| drop(args));
            // SAFETY: the order is moved out; this is its place.
            unsafe { Self::outcome(node).write(Err(CallError::TimedOut(timeout))) };
            return Some(Ran::Failed);
        }
        let context = if M::SPEC.uses_context {
            // SAFETY: the context lives in the future, which the node holds.
            unsafe { CallContext::of_node(seat, environment.clone(), node) }
        } else {
            CallContext::detached()
        };
        let deadline = environment.as_ref().and_then(|environment| environment.deadline);
        let within = deadline.map(|deadline| running::Within::enter(Some(deadline)));
        let future = AssertUnwindSafe(|| start(worker.cast::<M::Worker>(), context, args));
        let started = catch_unwind(future);
        drop(within);
        match started {
            Ok(future) => {
                let running = Running { future, finish, environment };
                // SAFETY: the order is moved out; this is its place.
                unsafe { Self::running(node).write(running) };
                None
            }
            Err(payload) => {
                let panic = panics::describe(Self::SITE, payload);
                // SAFETY: as above.
                unsafe { Self::outcome(node).write(Err(CallError::Panicked(Box::new(panic)))) };
                Some(Ran::Panicked)
            }
        }
    }

    /// # Safety
    /// See [`PolledFunctions::poll`].
    unsafe fn poll(node: NonNull<Header>) -> Poll<Ran> {
        // SAFETY: it owns no reference, and gives none up (`ManuallyDrop`): it lives as long as this
        // poll, during which the worker holds the node.
        let waker = ManuallyDrop::new(unsafe { Waker::from_raw(raw_waker(node)) });
        let mut context = Context::from_waker(&waker);
        // SAFETY: started and not ended, so the future is there; it never moves before it is
        // dropped in place.
        let running = unsafe { &mut *Self::running(node) };
        let finish = running.finish;
        let within = running.within();
        let polled = catch_unwind(AssertUnwindSafe(|| {
            // SAFETY: as above.
            unsafe { Pin::new_unchecked(&mut running.future) }.poll(&mut context).map(finish)
        }));
        drop(within);
        let (outcome, ran) = match polled {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(Ok(output))) => (Ok(output), Ran::Done),
            Ok(Poll::Ready(Err(error))) => (Err(CallError::Failed(error)), Ran::Failed),
            Err(payload) => {
                let panic = panics::describe(Self::SITE, payload);
                (Err(CallError::Panicked(Box::new(panic))), Ran::Panicked)
            }
        };
        // SAFETY: it will not be polled again.
        unsafe { Self::end(node, outcome) };
        Poll::Ready(ran)
    }

    /// # Safety
    /// See [`PolledFunctions::interrupt`].
    unsafe fn interrupt(node: NonNull<Header>, error: CallError<Infallible>) {
        // SAFETY: by contract the future is there.
        unsafe { Self::end(node, Err(error.widen())) };
    }

    /// Drops the future, whose destructor is the user's code, and writes the outcome in its place.
    ///
    /// # Safety
    /// The future is there.
    unsafe fn end(node: NonNull<Header>, outcome: Outcome<M::Output, M::Error>) {
        // SAFETY: by contract.
        unsafe {
            let running = Self::running(node);
            panics::contain(|| running.drop_in_place());
            Self::outcome(node).write(outcome);
        }
    }

    /// # Safety
    /// See [`VTable::signal`].
    unsafe fn signal(node: NonNull<Header>) -> Signal {
        // The worker finds the node in its ready list, sees that it is cancelled, and drops the
        // future.
        // SAFETY: the node is alive by contract, and the cancel has seen that it is claimed.
        unsafe { wake_node(node) };
        Signal::Arrived(Cancel::Signalled)
    }
}

/// Puts a node on its worker's ready list, if it is not there and not done.
///
/// # Safety
/// The node is alive and claimed.
unsafe fn wake_node(node: NonNull<Header>) {
    // SAFETY: by contract. Inboxes are never freed, so a wake may come as late as it likes.
    unsafe {
        if let Some(inbox) = (*node.cast::<PolledHead>().as_ptr()).inbox
            && node.as_ref().lifecycle.schedule() == Schedule::Push
        {
            inbox.push(node);
        }
    }
}

fn raw_waker(node: NonNull<Header>) -> RawWaker {
    // SAFETY (each): a waker that exists owns a reference to its node, except the one that `poll`
    // lends, which the worker's own reference covers.
    #[allow(clippy::undocumented_unsafe_blocks)] // one argument for all four
    const VTABLE: RawWakerVTable = RawWakerVTable::new(
        |data| unsafe {
            let node = NonNull::new_unchecked(data.cast_mut()).cast::<Header>();
            node.as_ref().lifecycle.retain();
            raw_waker(node)
        },
        |data| unsafe {
            let node = NonNull::new_unchecked(data.cast_mut()).cast::<Header>();
            wake_node(node);
            release(node);
        },
        |data| unsafe { wake_node(NonNull::new_unchecked(data.cast_mut()).cast::<Header>()) },
        |data| unsafe { release(NonNull::new_unchecked(data.cast_mut()).cast::<Header>()) },
    );
    RawWaker::new(node.as_ptr().cast_const().cast(), &VTABLE)
}
