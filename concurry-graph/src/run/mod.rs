//! A run: the units of a plan, until all have ended or the run is left.
//!
//! Three parties work on it. The **driver** is whoever computes: it begins ordinary calls and what is
//! to run on its own thread, and sleeps until there is more of that. A **visitor** is a worker of a
//! thread pool that has come by: it takes ready units of its pool, runs them, and says what has ended,
//! without the driver. A call's **waker** only notes its unit and wakes the driver.
//!
//! They meet under one lock (`state.rs`), which is held for moments and never over foreign code.

mod driver;
mod lane;
mod levels;
mod ready;
mod rows;
mod state;
mod visit;

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Wake, Waker};
use std::time::Duration;

use concurry_core::progress::Tally;

use crate::node::{SharedNode, VisitAsker};
use crate::plan::{Edges, Gathering, Plan};
use crate::sync::lock;

pub(crate) use driver::{Driver, Limits};
use rows::{RowPart, RowRest};
use state::{Ended, State};
use visit::Guest;

/// A run.
pub(crate) struct Run {
    dependants: Edges,
    gatherings: Vec<Gathering>,
    state: Mutex<State>,
    /// Asks the pool of each lane for a worker.
    askers: Vec<Option<VisitAsker>>,
    seat: Mutex<Seat>,
    /// Nobody wants the results any more.
    left: AtomicBool,
    tally: Option<Tally>,
}

/// Where the driver sleeps.
#[derive(Default)]
struct Seat {
    waker: Option<Waker>,
    /// Units whose wakers were woken.
    woken: Vec<u32>,
    /// There is something to do.
    roused: bool,
}

/// The number of a new run.
pub(crate) fn next_number() -> u32 {
    static MADE: AtomicU32 = AtomicU32::new(0);
    // Zero means no run. Relaxed: only the number matters.
    loop {
        let number = MADE.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
        if number != 0 {
            return number;
        }
    }
}

/// What was done, and what is wanted next.
#[derive(Default)]
struct Hands {
    ended: Vec<Ended>,
    back: Vec<(u32, SharedNode)>,
    taken: Vec<(u32, SharedNode)>,
    /// Calls of a row that were taken.
    part: Option<RowPart>,
    /// What was done with those before.
    rest: Option<RowRest>,
    /// Ended since the last exchange; kept until it is known how long they took.
    finished: Vec<SharedNode>,
    /// Calls that succeeded and failed since the last exchange.
    done: u64,
    failed: u64,
}

impl Hands {
    /// Whether there is nothing to do.
    fn are_empty(&self) -> bool {
        self.taken.is_empty() && self.part.is_none()
    }

    /// Notes how long each of the finished took, and lets go of them.
    fn finish(&mut self, each: Duration) {
        self.finished.drain(..).for_each(|node| node.header().note_took(each));
    }
}

impl Run {
    fn new(plan: Plan, tally: Option<Tally>) -> (Arc<Self>, Vec<(u32, SharedNode)>) {
        let asker = |lane: &crate::plan::Lane| plan.units[lane.example as usize].visit_asker();
        let askers = plan.ranked.lanes.iter().map(asker).collect();
        let foreign = plan.foreign.iter().map(|&unit| (unit, plan.units[unit as usize].clone()));
        let foreign = foreign.collect();
        let state = State::new(plan.units, plan.waiting, plan.ranked, &plan.foreign, plan.rows);
        let state = Mutex::new(state);
        let run = Arc::new(Self {
            dependants: plan.dependants,
            gatherings: plan.gatherings,
            state,
            askers,
            seat: Mutex::default(),
            left: AtomicBool::new(false),
            tally,
        });
        (run, foreign)
    }

    fn is_left(&self) -> bool {
        // Relaxed: a hint to stop early; what is shared is under the lock.
        self.left.load(Ordering::Relaxed)
    }

    /// Hands the values of units that are done to those who take them early.
    fn gather(&self, ended: &[Ended]) {
        if self.gatherings.is_empty() {
            return;
        }
        for row in ended.chunk_by(Ended::is_followed_by) {
            let (Some(first), Some(last)) = (row.first(), row.last()) else { continue };
            let done = first.unit()..last.unit() + 1;
            self.gatherings.iter().for_each(|gathering| gathering.take(&done));
        }
    }

    /// Says what was done, and lets `take` take what is to be done next.
    fn exchange(self: &Arc<Self>, hands: &mut Hands, take: impl FnOnce(&mut State, &mut Hands)) {
        let mut missing: Vec<(usize, usize)> = Vec::new();
        let (rouse, over) = {
            let mut state = lock(&self.state);
            for ended in hands.ended.drain(..) {
                state.end(ended, &self.dependants);
            }
            for (unit, node) in hands.back.drain(..) {
                // Looked at under the lock: a run that is left takes its units back under it, too.
                match self.is_left() {
                    true => node.unclaim(),
                    false => state.put_back(unit, node),
                }
            }
            if let Some(rest) = hands.rest.take() {
                state.bring_back(rest, &self.dependants);
            }
            take(&mut state, hands);
            if !self.is_left() {
                for (number, lane) in state.lanes.iter_mut().enumerate() {
                    let more = lane.missing_visits();
                    if more > 0 {
                        lane.visits += more;
                        missing.push((number, more));
                    }
                }
            }
            (state.driver_is_needed || state.remaining == 0, std::mem::take(&mut state.over))
        };
        drop(over);
        if let Some(tally) = &self.tally
            && hands.done + hands.failed > 0
        {
            tally.record(hands.done, hands.failed);
        }
        (hands.done, hands.failed) = (0, 0);
        for (lane, more) in missing {
            for _ in 0..more {
                self.ask_for_visit(lane);
            }
        }
        if rouse {
            self.rouse();
        }
    }

    fn ask_for_visit(self: &Arc<Self>, lane: usize) {
        let guest = Guest::new(Arc::clone(self), lane);
        match &self.askers[lane] {
            Some(ask) => ask(Box::new(move |visitor| guest.come(visitor))),
            None => drop(guest),
        }
    }

    /// Wakes the driver.
    fn rouse(&self) {
        let waker = {
            let mut seat = lock(&self.seat);
            seat.roused = true;
            seat.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// A unit's call has something to say.
    fn woken(&self, unit: u32) {
        let waker = {
            let mut seat = lock(&self.seat);
            seat.woken.push(unit);
            seat.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// The waker of one unit's call.
struct UnitWaker {
    run: Arc<Run>,
    unit: u32,
}

impl Wake for UnitWaker {
    fn wake(self: Arc<Self>) {
        self.run.woken(self.unit);
    }
}
