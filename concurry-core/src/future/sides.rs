//! Who holds a node: the pool before and after it began the call, and the user.

use std::convert::Infallible;
use std::mem::ManuallyDrop;
use std::ptr::NonNull;
use std::task::Waker;

use super::lifecycle::{CancelClaim, Claim, Completion};
#[cfg(feature = "process")]
use super::node::Kind;
use super::node::{Header, VTable, complete, drop_outcome, free, release, wake};
use super::turns::Signal;
use super::{Cancel, Outcome};
use crate::CallError;
use crate::error::CallSite;
use crate::shared::PoolId;
#[cfg(feature = "process")]
use crate::shared::unheard;

/// The pool's reference to a call that nobody has begun. Dropping it fails the call, so that no
/// future is left waiting.
#[derive(Debug)]
pub(crate) struct PoolSide(NonNull<Header>);

// SAFETY: what a node holds for the worker is `Send` (`Method::Args`), and the header is shared
// by design.
unsafe impl Send for PoolSide {}

impl PoolSide {
    /// # Safety
    /// The caller owns the pool's reference, and hands it over.
    #[inline]
    pub(crate) unsafe fn from_raw(node: NonNull<Header>) -> Self {
        Self(node)
    }

    #[inline]
    pub(crate) fn into_raw(self) -> NonNull<Header> {
        ManuallyDrop::new(self).0
    }

    pub(crate) fn node(&self) -> NonNull<Header> {
        self.0
    }

    pub(crate) fn header(&self) -> &Header {
        // SAFETY: the reference that we own keeps the node alive.
        unsafe { self.0.as_ref() }
    }

    /// Takes the call to run or abandon it. `None` if it was cancelled while it was queued.
    #[inline]
    pub(crate) fn claim(self) -> Option<Claimed> {
        let claim = self.header().lifecycle.claim();
        let node = self.into_raw();
        match claim {
            Claim::Won => Some(Claimed(node)),
            Claim::Lost => {
                // SAFETY: `into_raw` handed us the pool's reference.
                unsafe { release(node) };
                None
            }
        }
    }
}

impl PoolSide {
    /// Of a node that was made as running, so that no cancel can have claimed it.
    pub(crate) fn already_claimed(self) -> Claimed {
        Claimed(self.into_raw())
    }
}

impl Drop for PoolSide {
    fn drop(&mut self) {
        let node = self.0;
        // SAFETY: we own the reference; `mem::forget`-like use of it ends here.
        if let Some(claimed) = unsafe { Self::from_raw(node) }.claim() {
            let site = claimed.site();
            claimed.abandon(CallError::Stopped(site));
        }
    }
}

/// A call that the pool has begun: arguments and outcome belong to the holder, who completes it.
#[derive(Debug)]
#[must_use = "a claimed call has to be completed"]
pub(crate) struct Claimed(NonNull<Header>);

// SAFETY: as for `PoolSide`.
unsafe impl Send for Claimed {}

impl Claimed {
    #[inline]
    pub(crate) fn node(&self) -> NonNull<Header> {
        self.0
    }

    #[inline]
    pub(crate) fn vtable(&self) -> &'static VTable {
        // SAFETY: the pool's reference keeps the node alive.
        unsafe { self.0.as_ref() }.vtable
    }

    pub(crate) fn site(&self) -> CallSite {
        // SAFETY: the pool's reference keeps the node alive.
        unsafe { (self.vtable().site)(self.0) }
    }

    /// Hands the node over to code that completes it by itself.
    #[inline]
    pub(crate) fn into_node(self) -> NonNull<Header> {
        ManuallyDrop::new(self).0
    }

    /// Ends the call without running it.
    pub(crate) fn abandon(self, error: CallError<Infallible>) {
        let node = self.into_node();
        // SAFETY: we claimed the node, so arguments and outcome are ours.
        unsafe {
            (node.as_ref().vtable.abandon)(node, error);
            complete(node);
        }
    }
}

impl Drop for Claimed {
    fn drop(&mut self) {
        let site = self.site();
        Self(self.0).abandon(CallError::Stopped(site));
    }
}

/// The user's reference to a call. What `TaskFuture` is made of.
#[derive(Debug)]
pub(crate) struct UserSide(NonNull<Header>);

// SAFETY: the outcome is `Send` (`TaskFuture` asks it of its types), and the header is shared by
// design.
unsafe impl Send for UserSide {}
// SAFETY: through `&UserSide` only atomics are reached.
unsafe impl Sync for UserSide {}

impl UserSide {
    /// # Safety
    /// The caller owns the user's reference, and hands it over.
    #[inline]
    pub(crate) unsafe fn from_raw(node: NonNull<Header>) -> Self {
        Self(node)
    }

    #[inline]
    fn header(&self) -> &Header {
        // SAFETY: the reference that we own keeps the node alive.
        unsafe { self.0.as_ref() }
    }

    #[cfg(feature = "process")]
    pub(super) fn node(&self) -> NonNull<Header> {
        self.0
    }

    pub(crate) fn pool(&self) -> PoolId {
        self.header().tag().pool()
    }

    pub(crate) fn site(&self) -> CallSite {
        // SAFETY: the reference that we own keeps the node alive.
        unsafe { (self.header().vtable.site)(self.0) }
    }

    #[inline]
    pub(crate) fn is_done(&self) -> bool {
        self.header().lifecycle.is_done()
    }

    /// Whether a worker has begun it.
    pub(crate) fn is_claimed(&self) -> bool {
        self.header().lifecycle.is_claimed()
    }

    /// Leaves a waker. False if the outcome is there already.
    pub(crate) fn register(&self, waker: Waker) -> bool {
        let registered = self.header().lifecycle.register(waker);
        #[cfg(feature = "process")]
        if registered {
            self.heed();
        }
        registered
    }

    /// The same for the first waker of a call that nobody else knows yet.
    ///
    /// # Safety
    /// The pool side has not been given away, and no waker was left before.
    pub(crate) unsafe fn register_first(&self, waker: Waker) {
        // SAFETY: by contract.
        unsafe { self.header().lifecycle.register_first(waker) };
        #[cfg(feature = "process")]
        self.heed();
    }

    /// Somebody looks at the call, and does not block on it: then its outcome has to come by itself.
    #[cfg(feature = "process")]
    pub(crate) fn heed(&self) {
        if let Kind::Remote(functions) = &self.header().vtable.kind
            && unheard::any()
        {
            // SAFETY: the node is alive, and of that kind.
            unsafe { (functions.heed)(self.0) };
        }
    }

    /// Takes the waker back. `None` if the completer has it, or there is none.
    pub(crate) fn unregister(&self) -> Option<Waker> {
        self.header().lifecycle.unregister()
    }

    /// Before a wait on this thread: does what may bring the outcome of a call that runs elsewhere.
    /// True: it is there.
    #[cfg(feature = "process")]
    pub(crate) fn attend(&self) -> bool {
        if let Kind::Remote(functions) = &self.header().vtable.kind {
            // SAFETY: the node is alive, and of that kind.
            unsafe { (functions.attend)(self.0) };
        }
        self.is_done()
    }

    /// Takes the outcome out of a call that is done.
    ///
    /// # Safety
    /// The call is done, and its outcome is of this type.
    #[inline]
    pub(crate) unsafe fn take<T, E>(self) -> Outcome<T, E> {
        let node = ManuallyDrop::new(self).0;
        // SAFETY: DONE gives the outcome to the user side, and we consume the user side.
        unsafe {
            let outcome =
                node.byte_add(node.as_ref().vtable.outcome).cast::<Outcome<T, E>>().read();
            if node.as_ref().lifecycle.is_done_and_unshared() {
                free(node);
            } else {
                release(node);
            }
            outcome
        }
    }

    /// Where the outcome of a call that is done lies.
    pub(crate) fn outcome(&self) -> NonNull<u8> {
        // SAFETY: within the node.
        unsafe { self.0.byte_add(self.header().vtable.outcome).cast() }
    }

    /// Asks the call to stop.
    pub(crate) fn cancel(&self) -> Cancel {
        self.signal_cancel().deliver()
    }

    /// Asks the call to stop, or says whom to ask.
    pub(super) fn signal_cancel(&self) -> Signal {
        let header = self.header();
        match header.lifecycle.cancel() {
            CancelClaim::TooLate => Signal::Arrived(Cancel::TooLate),
            // SAFETY: the node is alive, and running or about to end.
            CancelClaim::Signalled => unsafe { (header.vtable.signal)(self.0) },
            CancelClaim::Won => {
                let error = CallError::Cancelled(self.site());
                // SAFETY: the claim gave us the arguments.
                unsafe { (header.vtable.abandon)(self.0, error) };
                // The queue keeps its reference until it meets the node. Nobody else waits than
                // whoever registered through this very side.
                if let Completion::Wake(waker) = header.lifecycle.complete_cancelled() {
                    wake(waker);
                }
                Signal::Arrived(Cancel::Dequeued)
            }
        }
    }
}

impl Drop for UserSide {
    fn drop(&mut self) {
        if self.header().lifecycle.detach() {
            return;
        }
        // SAFETY: the call is done, so the outcome is ours, and so is the user's reference.
        unsafe {
            drop_outcome(self.0);
            release(self.0);
        }
    }
}
