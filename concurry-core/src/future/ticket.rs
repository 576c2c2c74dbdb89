//! A call of a map that has no node of its own, unless somebody wants one.
//!
//! The function of a map as a rule gives back the future of the call that it made, and nobody looks at
//! that future but the map. So such a call has a ticket: it says which call of the map it is, and makes
//! a node when the future is used in any other way.

use std::fmt;
use std::mem;
use std::mem::ManuallyDrop;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use super::TaskFuture;
use super::node::Header;
use super::sides::UserSide;
use super::task_future::State;

/// Who has the calls.
pub(crate) trait Gathering: Send + Sync {
    /// Has the outcome of the call of that number go into a node of its own.
    fn part(&self, number: usize) -> UserSide;
}

/// Which call it is. The future that has it and the map that gave it out share it.
pub(crate) struct Ticket {
    calls: Arc<dyn Gathering>,
    number: AtomicUsize,
    parted: OnceLock<ManuallyDrop<UserSide>>,
    /// The future has the node.
    taken: AtomicBool,
}

impl Ticket {
    pub(crate) fn new(calls: Arc<dyn Gathering>) -> Arc<Self> {
        let (number, taken) = (AtomicUsize::new(0), AtomicBool::new(false));
        Arc::new(Self { calls, number, parted: OnceLock::new(), taken })
    }

    /// Map: it is for that call from now on. No future has it.
    pub(crate) fn renumber(&self, number: usize) {
        // Relaxed: whoever gets the future sees what was done before.
        self.number.store(number, Ordering::Relaxed);
    }

    /// Whether the call has a node.
    pub(crate) fn is_parted(&self) -> bool {
        self.parted.get().is_some()
    }

    /// The call's node, which it has from now on.
    pub(crate) fn node(&self) -> &UserSide {
        self.parted
            .get_or_init(|| ManuallyDrop::new(self.calls.part(self.number.load(Ordering::Relaxed))))
    }

    /// Takes the node.
    ///
    /// # Safety
    /// The caller is the future that has the ticket, and gives it up with this.
    pub(super) unsafe fn take_node(&self) -> UserSide {
        let node: NonNull<Header> = self.node().node();
        // Relaxed: looked at by the last owner of the ticket.
        self.taken.store(true, Ordering::Relaxed);
        // SAFETY: the reference of the user's side, which the drop leaves alone from now on. There is
        // one future with the ticket, and it comes here once.
        unsafe { UserSide::from_raw(node) }
    }
}

impl<T, E> TaskFuture<T, E> {
    /// Of a call of a map that has no node.
    pub(crate) fn gathered(ticket: Arc<Ticket>) -> Self {
        Self { state: State::Gathered(ticket) }
    }

    /// Its ticket, if it is of such a call, and the call has no node yet.
    pub(crate) fn ticket(&self) -> Option<&Arc<Ticket>> {
        match &self.state {
            State::Gathered(ticket) if !ticket.is_parted() => Some(ticket),
            _ => None,
        }
    }

    /// Gives up the future of such a call.
    pub(crate) fn into_ticket(mut self) -> Option<Arc<Ticket>> {
        match mem::replace(&mut self.state, State::Taken) {
            State::Gathered(ticket) => Some(ticket),
            _ => None,
        }
    }

    /// Gives up the future of a call that has a node.
    pub(crate) fn into_node(mut self) -> Option<UserSide> {
        match mem::replace(&mut self.state, State::Taken) {
            State::Pending(node) | State::Guarded(node) => Some(node),
            // SAFETY: the state was taken out of the future that has the ticket.
            State::Gathered(ticket) => Some(unsafe { ticket.take_node() }),
            State::Ready(_) | State::Taken => None,
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if !*self.taken.get_mut()
            && let Some(node) = self.parted.take()
        {
            drop(ManuallyDrop::into_inner(node));
        }
    }
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ticket").field("number", &self.number).finish_non_exhaustive()
    }
}
