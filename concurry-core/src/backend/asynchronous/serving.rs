//! An async worker between two constructions of its state: it begins calls, polls them, ends them.

use std::future::Future;
use std::pin::Pin;
use std::ptr::NonNull;
use std::task::{Context, Poll};

use super::inbox::Inbox;
use super::live::LiveCalls;
use super::loan::Loans;
use super::polled_node::PolledHead;
use super::state::SharedState;
use super::worker::AsyncWorker;
use crate::CallError;
use crate::future::node::{Header, Kind, release};
use crate::future::{Call, ClaimedCall, PolledFunctions, Ran, Unpublished};
use crate::queue::{Ahead, CallQueue};
use crate::shared::{Reached, Stage};
use crate::worker::Worker;

/// Polls in a row before the worker lets others of its thread run.
const POLLS_IN_A_ROW: usize = 512;

/// Why a worker stopped serving.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The queue is closed and empty, and no call runs.
    Closed,
    /// A call panicked; the others have ended since.
    Panicked,
}

/// A worker between two constructions of its state.
pub(super) struct Serving<'w, W: Worker, E> {
    pub(super) worker: &'w AsyncWorker<W, E>,
    state: SharedState<W>,
    pub(super) inbox: &'static Inbox,
    pub(super) live: LiveCalls,
    /// Calls on blocking threads.
    pub(super) lent: usize,
    pub(super) loans: Loans,
    /// Wakes the worker when what runs is to be ended.
    pub(super) stopping: Reached,
    /// A `&mut self` call runs.
    exclusive: bool,
    /// The state is not to be trusted any more.
    panicked: bool,
    /// A call has ended without a panic.
    pub(super) succeeded: bool,
    /// In the queue's list of sleepers.
    pub(super) parked: bool,
    pub(super) taken: Taken<W>,
}

/// Calls that left the queue for this worker and were not begun. They outlive its state.
pub(super) struct Taken<W> {
    ahead: Ahead,
    /// A call that waits: a `&mut self` one until it can run alone, or one for the next state.
    /// Nothing is begun before it.
    pub(super) held: Option<Call<W>>,
}

impl<W> Default for Taken<W> {
    fn default() -> Self {
        Self { ahead: Ahead::default(), held: None }
    }
}

impl<'w, W: Worker, E> Serving<'w, W, E> {
    pub(super) fn new(
        worker: &'w AsyncWorker<W, E>,
        state: SharedState<W>,
        taken: Taken<W>,
    ) -> Self {
        let inbox = Inbox::open();
        Self {
            worker,
            state,
            inbox,
            live: LiveCalls::new(),
            lent: 0,
            loans: Loans::new(inbox),
            stopping: worker.seat.pool.shutdown.reached(Stage::Stopping),
            exclusive: false,
            panicked: false,
            succeeded: false,
            parked: false,
            taken,
        }
    }

    pub(super) fn queue(&self) -> &'w CallQueue<W> {
        &self.worker.queues[self.worker.seat.index % self.worker.queues.len()]
    }

    /// Which of the queue's pockets is this worker's.
    fn place(&self) -> usize {
        if self.worker.queues.len() == 1 { self.worker.seat.index } else { 0 }
    }

    pub(super) fn running(&self) -> usize {
        self.live.len() + self.lent
    }

    /// Polls the calls that can go on. Returns how many.
    fn poll_ready(&mut self) -> usize {
        let mut polls = 0;
        for node in self.inbox.take() {
            // SAFETY: the list's reference keeps the node alive until it is released below.
            unsafe {
                node.as_ref().lifecycle.unschedule();
                // A node that is done was woken late, or belongs to an earlier owner of the inbox.
                if !node.as_ref().lifecycle.is_done() {
                    self.poll_node(node);
                    polls += 1;
                }
                release(node);
            }
        }
        polls
    }

    /// # Safety
    /// The node is one of this worker's live calls.
    unsafe fn poll_node(&mut self, node: NonNull<Header>) {
        // SAFETY: by contract the node is alive and started.
        unsafe {
            let functions = polled(node);
            if node.as_ref().lifecycle.is_cancelled() {
                let site = (node.as_ref().vtable.site)(node);
                (functions.interrupt)(node, CallError::Cancelled(site));
                self.end_live(node, Ran::Failed);
            } else if let Poll::Ready(ran) = (functions.poll)(node) {
                self.end_live(node, ran);
            }
        }
    }

    /// # Safety
    /// The node is in the live list, and its outcome is written.
    unsafe fn end_live(&mut self, node: NonNull<Header>, ran: Ran) {
        // SAFETY: by contract.
        unsafe { self.live.remove(node.cast::<PolledHead>()) };
        if polled(node).exclusive {
            self.exclusive = false;
        }
        self.count_end(ran);
        // SAFETY: this worker claimed the node, and the outcome is written.
        unsafe { Unpublished::new(node) }.publish();
    }

    fn count_end(&mut self, ran: Ran) {
        self.worker.seat.pool.workers[self.worker.seat.index].end(ran != Ran::Done);
        self.panicked |= ran == Ran::Panicked;
        self.succeeded |= ran != Ran::Panicked;
    }

    fn count_returned(&mut self) -> usize {
        if self.lent == 0 {
            return 0;
        }
        let returned = self.loans.take_returned();
        for call in &returned {
            self.lent -= 1;
            self.exclusive &= !call.exclusive;
            self.panicked |= call.panicked;
            self.succeeded |= !call.panicked;
        }
        returned.len()
    }

    /// Begins calls from the queue, as many as may run now. Returns how many it looked at.
    fn begin_calls(&mut self, budget: usize) -> usize {
        let mut looked_at = 0;
        while looked_at < budget && self.may_begin() {
            if let Some(call) = self.taken.held.take() {
                looked_at += 1;
                self.begin(call);
                continue;
            }
            let (queue, place) = (self.queue(), self.place());
            let ahead = &mut self.taken.ahead;
            let call = queue.next(place, ahead).or_else(|| queue.steal());
            let Some(call) = call else { break };
            // Nobody may rely any more on this worker to search: its calls may keep the thread.
            self.leave_sleepers();
            looked_at += 1;
            // Whoever made the call may have seen another one panic on a blocking thread: this one
            // is for the next state.
            if self.is_poisoned() {
                self.taken.held = Some(call);
                break;
            }
            self.begin(call);
        }
        looked_at
    }

    pub(super) fn may_begin(&self) -> bool {
        let blocked = self.is_poisoned() || self.exclusive;
        let alone = self.taken.held.is_none() || self.running() == 0;
        !blocked && alone && self.running() < self.worker.concurrency
    }

    /// Whether a call panicked, here or on a blocking thread, returned or not.
    fn is_poisoned(&self) -> bool {
        self.panicked || (self.lent > 0 && self.loans.is_poisoned())
    }

    fn begin(&mut self, call: Call<W>) {
        let kind = call.kind();
        let exclusive = match kind {
            Kind::Blocking(functions) => functions.exclusive,
            Kind::Polled(functions) => functions.exclusive,
            #[cfg(feature = "process")]
            Kind::Remote(_) => unreachable!("calls that run elsewhere have queues of their own"),
            Kind::Promised => unreachable!("promises are never queued"),
        };
        if exclusive && self.running() > 0 {
            self.taken.held = Some(call);
            return;
        }
        if let Kind::Polled(_) = kind {
            // SAFETY: the call is of the polled kind and not claimed yet.
            unsafe { PolledHead::assign(call.node(), self.inbox) };
        }
        let counters = &self.worker.seat.pool.workers[self.worker.seat.index];
        let Some(claimed) = call.claim() else { return counters.lose() };
        counters.begin();
        match kind {
            Kind::Polled(functions) => self.start(claimed, functions),
            _ if self.worker.lends => self.lend(claimed, exclusive),
            _ => {
                // SAFETY: calls of this worker run on this thread only; an exclusive one waited
                // until it is alone.
                let (ran, outcome) =
                    unsafe { claimed.run(self.state.pointer(), &self.worker.seat) };
                self.count_end(ran);
                outcome.publish();
            }
        }
    }

    fn start(&mut self, call: ClaimedCall<W>, functions: &'static PolledFunctions) {
        let node = call.claimed.into_node();
        // SAFETY: the node is claimed by us; the state outlives the future, since every live call
        // is ended before this `Serving` lets go of it; the gate keeps to the receivers' rules.
        unsafe {
            self.exclusive = functions.exclusive;
            self.live.insert(node.cast::<PolledHead>());
            match (functions.start)(node, self.state.pointer().cast(), &self.worker.seat) {
                Some(ran) => self.end_live(node, ran),
                None => self.poll_node(node),
            }
        }
    }

    /// Runs a sync method on a blocking thread, beside whatever else may run.
    fn lend(&mut self, call: ClaimedCall<W>, exclusive: bool) {
        self.lent += 1;
        self.exclusive = exclusive;
        // SAFETY: `lends` says that the state is `Send + Sync`, and the gate keeps to the rules.
        unsafe { self.loans.lend(call, exclusive, &self.state, &self.worker.seat) };
    }

    /// Drops the futures of all calls that run here.
    fn interrupt_live(&mut self) {
        while let Some(head) = self.live.first() {
            let node = head.cast::<Header>();
            // SAFETY: live calls are started and not ended.
            unsafe {
                let site = (node.as_ref().vtable.site)(node);
                (polled(node).interrupt)(node, CallError::Stopped(site));
                self.end_live(node, Ran::Failed);
            }
        }
    }

    /// Ends everything that runs or waits, because the pool is being stopped.
    fn stop_all(&mut self) {
        self.interrupt_live();
        self.taken.held = None;
        while let Some(call) = self.queue().take_or_steal() {
            drop(call); // which fails it as stopped
        }
    }
}

impl<W: Worker, E> Future for Serving<'_, W, E> {
    type Output = End;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<End> {
        let this = self.get_mut();
        this.inbox.stay_awake();
        let mut budget = POLLS_IN_A_ROW;
        loop {
            let stage = this.worker.seat.pool.shutdown.stage();
            if stage >= Stage::Stopping {
                this.stop_all();
            }
            let mut done = this.poll_ready() + this.count_returned();
            done += this.begin_calls(budget);
            if this.running() == 0 {
                if this.panicked {
                    this.leave_sleepers();
                    return Poll::Ready(End::Panicked);
                }
                if this.taken.held.is_none()
                    && this.queue().is_closed()
                    && !this.queue().has_calls()
                {
                    this.leave_sleepers();
                    return Poll::Ready(End::Closed);
                }
            }
            budget = budget.saturating_sub(done.max(1));
            if budget == 0 {
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            if done == 0 && this.fall_asleep(context) {
                return Poll::Pending;
            }
        }
    }
}

impl<W: Worker, E> Drop for Serving<'_, W, E> {
    /// Also when the runtime drops the task: no future may outlive the state it borrows.
    fn drop(&mut self) {
        self.leave_sleepers();
        self.interrupt_live();
        self.inbox.close();
    }
}

fn polled(node: NonNull<Header>) -> &'static PolledFunctions {
    // SAFETY: every node that gets here is alive.
    match unsafe { &node.as_ref().vtable.kind } {
        Kind::Polled(functions) => functions,
        _ => unreachable!("only polled calls are in the lists of an async worker"),
    }
}
