//! Whoever computes: it begins calls, and sleeps until they or the visitors have something to say.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use concurry_core::journal::JournalError;
use concurry_core::progress::Tally;

use super::state::Ended;
use super::{Hands, Run, UnitWaker, next_number};
use crate::journal::Ledger;
use crate::node::{AnyNode, Place, Progress, SharedNode, guarded};
use crate::plan::{Passes, Plan, plan};
use crate::sync::lock;

/// Units that the driver takes at once.
const AT_ONCE: usize = 64;

/// What bounds a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Ordinary calls to each pool that are under way at a time.
    pub(crate) in_flight: usize,
    /// Calls that are ready at the same time may share a call of their batched form.
    pub(crate) batch: bool,
}

/// Drives a run. Dropped before the end, it leaves the run: calls that are under way are cancelled,
/// and what has not begun stays as it was.
pub(crate) struct Driver {
    run: Arc<Run>,
    limits: Limits,
    started: Instant,
    /// Calls under way, with their lanes.
    pending: HashMap<u32, (SharedNode, usize)>,
    /// How many of them each lane has.
    in_flight: Vec<usize>,
    hands: Hands,
    /// What other runs work on.
    foreign: HashMap<u32, SharedNode>,
    /// What another run was to do and has left; so it is done here, as a run of its own.
    adopted: Vec<(u32, SharedNode, Driver)>,
    /// Some of that was not polled yet.
    adopts: bool,
    /// What earlier runs have done. Used by what is adopted, too.
    ledger: Option<Ledger>,
    /// The run has ended.
    over: bool,
}

impl Driver {
    pub(crate) fn new(
        plan: Plan,
        limits: Limits,
        tally: Option<Tally>,
        ledger: Option<Ledger>,
    ) -> Self {
        let lanes = plan.ranked.lanes.len();
        let (run, foreign) = Run::new(plan, tally);
        for (unit, node) in &foreign {
            let (run, unit) = (Arc::downgrade(&run), *unit);
            node.when_over(Box::new(move || {
                if let Some(run) = run.upgrade() {
                    run.woken(unit);
                }
            }));
        }
        Self {
            run,
            limits,
            started: Instant::now(),
            pending: HashMap::new(),
            in_flight: vec![0; lanes],
            hands: Hands::default(),
            foreign: foreign.into_iter().collect(),
            adopted: Vec::new(),
            adopts: false,
            ledger,
            over: false,
        }
    }

    /// Begins what can begin. Ready once everything has ended.
    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let mut ledger = self.ledger.take();
        let progress = self.advance(context, ledger.as_mut());
        self.ledger = ledger;
        progress
    }

    /// The same, with the journal of whoever polls it.
    fn advance(&mut self, context: &mut Context<'_>, mut ledger: Option<&mut Ledger>) -> Poll<()> {
        loop {
            self.advance_adopted(context, ledger.as_deref_mut());
            let woken = std::mem::take(&mut lock(&self.run.seat).woken);
            for unit in woken {
                self.go_on(unit, ledger.as_deref_mut());
            }
            let (limits, in_flight) = (self.limits, &self.in_flight);
            let mut remaining = 0;
            self.run.exchange(&mut self.hands, |state, hands| {
                state.driver_is_needed = false;
                state.take_doomed(AT_ONCE, &mut hands.taken);
                for (lane, under_way) in in_flight.iter().enumerate() {
                    let room = match state.lanes[lane].place {
                        Place::Visit { .. } => 0,
                        Place::Anywhere | Place::Here { .. } | Place::Elsewhere => usize::MAX,
                        Place::Call { max_queued, .. } => limits
                            .in_flight
                            .min(max_queued.unwrap_or(usize::MAX))
                            .saturating_sub(*under_way),
                    };
                    let before = hands.taken.len();
                    // Calls are taken all at once, so that they can be batched.
                    let most = if room == usize::MAX { AT_ONCE } else { room };
                    while hands.taken.len() - before < most
                        && let Some(unit) = state.take(lane)
                    {
                        hands.taken.push(unit);
                    }
                }
                remaining = state.remaining;
            });
            if remaining == 0 {
                self.over = true;
                return Poll::Ready(());
            }
            if !self.hands.taken.is_empty() {
                self.begin_taken(ledger.as_deref_mut());
                continue;
            }
            if std::mem::take(&mut self.adopts) {
                continue;
            }
            if let Some(ledger) = &mut ledger {
                ledger.poll_idle(context);
            }
            let mut seat = lock(&self.run.seat);
            if std::mem::take(&mut seat.roused) || !seat.woken.is_empty() {
                continue;
            }
            seat.waker = Some(context.waker().clone());
            return Poll::Pending;
        }
    }

    fn begin_taken(&mut self, mut ledger: Option<&mut Ledger>) {
        let taken = std::mem::take(&mut self.hands.taken);
        let (units, begun) = (taken.len(), Instant::now());
        let mut rest = &taken[..];
        while let Some((unit, node)) = rest.first() {
            // Nothing that is ready at the same time has a path to the other.
            if self.limits.batch && node.header().is_batched() && !node.header().is_copy() {
                let wakers: Vec<Waker> =
                    rest.iter().map(|(unit, node)| self.waker(*unit, &**node)).collect();
                let begun = node.begin_together(rest, &wakers, ledger.as_deref_mut());
                let (together, after) = rest.split_at(begun.len());
                for ((unit, node), progress) in together.iter().zip(begun) {
                    self.note(*unit, node.clone(), progress);
                }
                rest = after;
            } else {
                let waker = self.waker(*unit, &**node);
                let ledger = ledger.as_deref_mut();
                let progress = guarded(&**node, || node.begin(&waker, ledger));
                self.note(*unit, node.clone(), progress);
                rest = &rest[1..];
            }
        }
        self.hands.finish(begun.elapsed() / units as u32);
    }

    /// What wakes the driver when a unit's call has something to say.
    fn waker(&self, unit: u32, node: &dyn AnyNode) -> Waker {
        match node.place() {
            Place::Anywhere | Place::Here { .. } => Waker::noop().clone(),
            _ => {
                node.header().note_begin(self.started.elapsed());
                Waker::from(Arc::new(UnitWaker { run: Arc::clone(&self.run), unit }))
            }
        }
    }

    /// A call has something to say.
    fn go_on(&mut self, unit: u32, ledger: Option<&mut Ledger>) {
        let Some((node, lane)) = self.pending.remove(&unit) else {
            return self.foreign_is_over(unit, ledger);
        };
        self.in_flight[lane] -= 1;
        let waker = Waker::from(Arc::new(UnitWaker { run: Arc::clone(&self.run), unit }));
        let progress = guarded(&*node, || node.go_on(&waker, ledger));
        if progress != Progress::Pending {
            node.header().note_end(self.started.elapsed());
        }
        self.note(unit, node, progress);
    }

    /// Another run has no more to do with a unit.
    fn foreign_is_over(&mut self, unit: u32, ledger: Option<&mut Ledger>) {
        let Some(node) = self.foreign.remove(&unit) else { return };
        if node.header().is_over() {
            self.hands.ended.push(Ended::of(unit, &*node));
        } else {
            let plan = plan(node.clone(), false, next_number(), &Passes::none(), ledger);
            self.adopted.push((unit, node, Self::new(plan, self.limits, None, None)));
            self.adopts = true;
        }
    }

    fn advance_adopted(&mut self, context: &mut Context<'_>, mut ledger: Option<&mut Ledger>) {
        let ended = &mut self.hands.ended;
        self.adopted.retain_mut(|(unit, node, driver)| {
            let over = driver.advance(context, ledger.as_deref_mut()).is_ready();
            if over {
                ended.push(Ended::of(*unit, &**node));
            }
            !over
        });
    }

    fn note(&mut self, unit: u32, node: SharedNode, progress: Progress) {
        match progress {
            Progress::Over { done, failed } | Progress::Unfinished { done, failed } => {
                self.hands.done += u64::from(done);
                self.hands.failed += u64::from(failed);
                self.hands.ended.push(Ended::of(unit, &*node));
                if node.header().took().is_none() {
                    self.hands.finished.push(node);
                }
            }
            Progress::Pending => {
                let lane = lock(&self.run.state).lane_number(unit);
                self.in_flight[lane] += 1;
                self.pending.insert(unit, (node, lane));
            }
        }
    }

    /// After the end: whether the journal has everything.
    pub(crate) fn finish_journal(&mut self) -> Result<(), Arc<JournalError>> {
        self.ledger.as_mut().map_or(Ok(()), Ledger::finish)
    }

    /// Leaves the run.
    pub(crate) fn leave(&mut self) {
        if std::mem::replace(&mut self.over, true) {
            return;
        }
        // Relaxed: see `is_left`.
        self.run.left.store(true, Ordering::Relaxed);
        for (_, (node, _)) in self.pending.drain() {
            node.cancel();
            node.unclaim();
        }
        self.adopted.clear();
        let units: Vec<_> =
            lock(&self.run.state).units.iter_mut().filter_map(Option::take).collect();
        units.iter().for_each(|unit| unit.unclaim());
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.leave();
    }
}
