//! One async worker: a task that owns its state and polls its calls itself.

use std::future::Future;
use std::pin::Pin;
use std::ptr::NonNull;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::inbox::Inbox;
use super::live::LiveCalls;
use super::loan::Loans;
use super::polled_node::{PolledFunctions, PolledHead};
use super::state::SharedState;
use crate::backend::{Startup, construct_caught, drop_caught};
use crate::call::Seat;
use crate::future::Call;
use crate::future::call_node::{ClaimedCall, Ran, Unpublished};
use crate::future::node::{Header, Kind, release};
use crate::pool::shutdown::{Reached, Stage};
use crate::queue::{Ahead, CallQueue};
use crate::worker::{Construct, Worker};
use crate::{CallError, restart};

/// Polls in a row before the worker lets others of its thread run.
const POLLS_IN_A_ROW: usize = 512;

/// What an async worker is made of.
pub(crate) struct AsyncWorker<W, E> {
    pub(crate) seat: Arc<Seat>,
    pub(crate) queues: Arc<[CallQueue<W>]>,
    pub(crate) construct: Box<dyn Construct<W, E>>,
    /// How many `&self` calls may overlap.
    pub(crate) concurrency: usize,
    /// Sync methods go to blocking threads, because the state is `Send + Sync`. Otherwise they run
    /// right here, on a thread that no other worker has.
    pub(crate) lends: bool,
}

impl<W: Worker, E: Send + 'static> AsyncWorker<W, E> {
    /// The worker's whole life.
    pub(crate) async fn run(self, startup: Arc<Startup<E>>) {
        let pool = Arc::clone(&self.seat.pool);
        match construct_caught(&*self.construct).await {
            Ok(state) => {
                startup.report(self.seat.index, Ok(()));
                drop(startup);
                self.serve_and_rebuild(state).await;
            }
            Err(failure) => startup.report(self.seat.index, Err(failure)),
        }
        drop_caught(self);
        pool.worker_ended();
    }

    async fn serve_and_rebuild(&self, state: W) {
        let mut state = SharedState::new(state);
        let mut panics_in_a_row = 0;
        let mut taken = Taken::default();
        loop {
            let mut serving = Serving::new(self, state, taken);
            // A worker polls thousands of calls; the budget of one tokio task is not meant for it.
            let end = tokio::task::unconstrained(&mut serving).await;
            if serving.succeeded {
                panics_in_a_row = 0;
            }
            taken = std::mem::take(&mut serving.taken);
            drop_caught(serving);
            if end == End::Closed {
                return;
            }
            match self.rebuild(&mut panics_in_a_row).await {
                Some(rebuilt) => state = SharedState::new(rebuilt),
                None => return,
            }
        }
    }

    async fn rebuild(&self, panics_in_a_row: &mut u32) -> Option<W> {
        let pool = &self.seat.pool;
        let mut failures = 0;
        loop {
            let in_a_row = *panics_in_a_row + failures;
            if !restart::wait_for_restart(pool, in_a_row).await {
                restart::leave(&self.seat, &self.queues);
                return None;
            }
            match construct_caught(&*self.construct).await {
                Ok(worker) => {
                    *panics_in_a_row += 1;
                    restart::restarted(&self.seat, in_a_row + 1);
                    return Some(worker);
                }
                Err(failure) => {
                    failures += 1;
                    if pool.restart.gives_up(failures) {
                        restart::give_up(&self.seat, &self.queues, failures, &failure.describe());
                        return None;
                    }
                }
            }
        }
    }
}

/// Why a worker stopped serving.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// The queue is closed and empty, and no call runs.
    Closed,
    /// A call panicked; the others have ended since.
    Panicked,
}

/// A worker between two constructions of its state.
struct Serving<'w, W: Worker, E> {
    worker: &'w AsyncWorker<W, E>,
    state: SharedState<W>,
    inbox: &'static Inbox,
    live: LiveCalls,
    /// Calls on blocking threads.
    lent: usize,
    loans: Loans,
    /// Wakes the worker when what runs is to be ended.
    stopping: Reached,
    /// A `&mut self` call runs.
    exclusive: bool,
    /// The state is not to be trusted any more.
    panicked: bool,
    succeeded: bool,
    /// In the queue's list of sleepers.
    parked: bool,
    taken: Taken<W>,
}

/// Calls that left the queue for this worker and were not begun. They outlive its state.
struct Taken<W> {
    ahead: Ahead,
    /// A `&mut self` call that waits until it can run alone. Nothing is begun before it.
    held: Option<Call<W>>,
}

impl<W> Default for Taken<W> {
    fn default() -> Self {
        Self { ahead: Ahead::default(), held: None }
    }
}

impl<'w, W: Worker, E> Serving<'w, W, E> {
    fn new(worker: &'w AsyncWorker<W, E>, state: SharedState<W>, taken: Taken<W>) -> Self {
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

    fn queue(&self) -> &'w CallQueue<W> {
        &self.worker.queues[self.worker.seat.index % self.worker.queues.len()]
    }

    /// Which of the queue's pockets is this worker's.
    fn place(&self) -> usize {
        if self.worker.queues.len() == 1 { self.worker.seat.index } else { 0 }
    }

    fn running(&self) -> usize {
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
            let call = queue.next(place, &mut self.taken.ahead).or_else(|| {
                self.taken.ahead = queue.take_ahead(place)?;
                queue.next(place, &mut self.taken.ahead)
            });
            let Some(call) = call.or_else(|| queue.steal()) else { break };
            // Nobody may rely any more on this worker to search: its calls may keep the thread.
            self.leave_sleepers();
            looked_at += 1;
            self.begin(call);
        }
        looked_at
    }

    fn may_begin(&self) -> bool {
        let blocked = self.panicked || self.exclusive;
        let alone = self.taken.held.is_none() || self.running() == 0;
        !blocked && alone && self.running() < self.worker.concurrency
    }

    fn begin(&mut self, call: Call<W>) {
        let kind = call.kind();
        let exclusive = match kind {
            Kind::Blocking(functions) => functions.exclusive,
            Kind::Polled(functions) => functions.exclusive,
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
        let Some(claimed) = call.claim() else { return };
        self.worker.seat.pool.workers[self.worker.seat.index].begin();
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

    /// Ends everything that runs or is held, because the pool is being stopped.
    fn interrupt_all(&mut self) {
        while let Some(head) = self.live.first() {
            let node = head.cast::<Header>();
            // SAFETY: live calls are started and not ended.
            unsafe {
                let site = (node.as_ref().vtable.site)(node);
                (polled(node).interrupt)(node, CallError::Stopped(site));
                self.end_live(node, Ran::Failed);
            }
        }
        self.taken.held = None;
        while let Some(call) = self.queue().take_or_steal() {
            drop(call); // which fails it as stopped
        }
    }

    /// Goes to sleep, if there is nothing to do. False: look again.
    fn fall_asleep(&mut self, context: &mut Context<'_>) -> bool {
        let waker = context.waker();
        if self.inbox.set_waker(waker) && Pin::new(&mut self.stopping).poll(context).is_ready() {
            // Nothing that runs will begin to wait for it again.
            let interrupted = self.live.len() == 0 && self.taken.held.is_none();
            if !interrupted {
                return false;
            }
        }
        // Only a worker that could take a call is to be woken for one.
        let mut takes = self.may_begin() && self.taken.held.is_none();
        if takes && self.queue().is_closed() {
            // The last call may have come just before the close, which is news in itself.
            if self.queue().has_calls() || self.running() == 0 {
                return false;
            }
            takes = false;
        }
        let idle = self.queue().idle();
        let index = self.worker.seat.index;
        if takes && !self.parked {
            idle.start_search();
            self.parked = self.queue().park(index, context.waker().clone());
            if !self.parked {
                self.queue().end_search();
                return false;
            }
        } else if takes {
            // It is on the list still, or was woken off it.
            if !idle.is_parked(index) {
                self.parked = false;
                self.queue().end_search();
                return false;
            }
        } else {
            self.leave_sleepers();
        }
        if !self.inbox.fall_asleep() {
            return false;
        }
        // After the mark: a loan that is returned from here on finds it, and wakes.
        if self.lent > 0 && !self.loans.is_empty() {
            self.inbox.stay_awake();
            return false;
        }
        true
    }

    fn leave_sleepers(&mut self) {
        if std::mem::take(&mut self.parked) {
            let idle = self.queue().idle();
            idle.unpark(self.worker.seat.index);
            // It is counted as searching now, by itself or by a wake that it will not use.
            self.queue().end_search();
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
                this.interrupt_all();
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
        while let Some(head) = self.live.first() {
            let node = head.cast::<Header>();
            // SAFETY: live calls are started and not ended.
            unsafe {
                let site = (node.as_ref().vtable.site)(node);
                (polled(node).interrupt)(node, CallError::Stopped(site));
                self.end_live(node, Ran::Failed);
            }
        }
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
