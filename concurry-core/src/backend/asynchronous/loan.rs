//! Sync methods of an async worker, on blocking threads.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use super::executor::blocking_thread_name;
use super::inbox::Inbox;
use super::state::SharedState;
use crate::backend::drop_caught;
use crate::future::{ClaimedCall, Ran};
use crate::shared::{Seat, spawn_detached};
use crate::sync::lock;

/// A call that ran on a blocking thread has ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Returned {
    /// The method panicked.
    pub(crate) panicked: bool,
    /// The method took `&mut self`.
    pub(crate) exclusive: bool,
}

/// The loans of one worker that have ended, and how to tell it.
#[derive(Clone)]
pub(crate) struct Loans {
    inbox: &'static Inbox,
    returned: Arc<Mutex<Vec<Returned>>>,
    /// A lent call panicked. Set before its outcome is out, so that nobody who has seen the panic
    /// gets a call to the state that it left.
    poisoned: Arc<AtomicBool>,
}

impl Loans {
    pub(crate) fn new(inbox: &'static Inbox) -> Self {
        Self { inbox, returned: Arc::default(), poisoned: Arc::default() }
    }

    /// Takes what has ended since the last look.
    pub(crate) fn take_returned(&self) -> Vec<Returned> {
        std::mem::take(&mut *lock(&self.returned))
    }

    /// Whether a lent call panicked, returned or not.
    pub(crate) fn is_poisoned(&self) -> bool {
        // Acquire: pairs with the Release in `lend`. A call made after the panic was seen is also
        // taken from the queue after it.
        self.poisoned.load(Ordering::Acquire)
    }

    pub(crate) fn is_empty(&self) -> bool {
        lock(&self.returned).is_empty()
    }

    /// Runs a sync method on a blocking thread, beside whatever else may run.
    ///
    /// # Safety
    /// The state is `Send + Sync`, and the worker keeps to the receivers' rules until the loan is
    /// returned.
    pub(crate) unsafe fn lend<W: 'static>(
        &self,
        call: ClaimedCall<W>,
        exclusive: bool,
        state: &SharedState<W>,
        seat: &Arc<Seat>,
    ) {
        let returned = Returned { panicked: false, exclusive };
        let loan = Loan {
            call,
            state: state.share(),
            seat: Arc::clone(seat),
            give_back: GiveBack { loans: self.clone(), returned },
        };
        let waiting = Waiting(Some(loan));
        let _detached = tokio::task::spawn_blocking(move || waiting.run());
    }
}

/// What a blocking thread borrows, for which call.
struct Loan<W: 'static> {
    call: ClaimedCall<W>,
    state: SharedState<W>,
    seat: Arc<Seat>,
    give_back: GiveBack,
}

// SAFETY: `lend` is called only for state that is `Send + Sync`.
unsafe impl<W: 'static> Send for Loan<W> {}

impl<W: 'static> Loan<W> {
    fn run(self) {
        let Self { call, state, seat, mut give_back } = self;
        // SAFETY: `lend` says who else may use the state meanwhile.
        let (ran, outcome) = unsafe { call.run(state.pointer(), &seat) };
        seat.pool.workers[seat.index].end_lent(ran != Ran::Done);
        give_back.returned.panicked = ran == Ran::Panicked;
        if ran == Ran::Panicked {
            give_back.loans.poisoned.store(true, Ordering::Release);
        }
        // The worker's next step may be to drop the state: it has to be the last to have it.
        drop_caught((state, seat));
        outcome.publish();
        drop(give_back);
    }

    /// The system has no thread for it.
    fn fail(self) {
        let Self { call, state, seat, give_back } = self;
        seat.pool.workers[seat.index].end_lent(true);
        drop_caught((state, seat));
        drop(call); // which fails it as stopped
        drop(give_back);
    }
}

/// A loan that waits for a blocking thread. A runtime that ends drops what waits, and what comes
/// later; but the pool goes on, so the call then has a thread to itself.
struct Waiting<W: 'static>(Option<Loan<W>>);

impl<W: 'static> Waiting<W> {
    fn run(mut self) {
        if let Some(loan) = self.0.take() {
            loan.run();
        }
    }
}

impl<W: 'static> Drop for Waiting<W> {
    fn drop(&mut self) {
        let Some(loan) = self.0.take() else { return };
        let name = blocking_thread_name(loan.seat.pool.worker_name);
        let loan = Arc::new(Mutex::new(Some(loan)));
        let run = {
            let loan = Arc::clone(&loan);
            move || {
                let loan = lock(&loan).take();
                if let Some(loan) = loan {
                    loan.run();
                }
            }
        };
        if spawn_detached(name, run).is_err() {
            let loan = lock(&loan).take();
            if let Some(loan) = loan {
                loan.fail();
            }
        }
    }
}

/// Tells the worker that a loan has ended, also if the blocking thread never came to run it.
struct GiveBack {
    loans: Loans,
    returned: Returned,
}

impl Drop for GiveBack {
    fn drop(&mut self) {
        lock(&self.loans.returned).push(self.returned);
        self.loans.inbox.rouse();
    }
}
