//! A worker that has come by: it takes ready units of its pool and runs them.

use std::sync::Arc;
use std::task::Waker;
use std::time::{Duration, Instant};

use concurry_core::__private::Visitor;

use super::rows::Next;
use super::state::{Ended, State};
use super::{Hands, Run};
use crate::node::{Progress, guarded};

/// How long a visit lasts at most, beyond the unit that it is at: other calls of the pool wait.
const STAY: Duration = Duration::from_millis(1);
/// As long as units take less than this together, more of them are taken at once…
const SHORT: Duration = Duration::from_micros(20);
/// …and fewer if they take more than this.
const LONG: Duration = Duration::from_micros(100);
/// How many are taken at once at most.
const MOST: usize = 256;
/// Nodes are fetched so many places ahead: who planned the run had them on another CPU.
const AHEAD: usize = 4;

/// A worker that was asked to come. Dropped without having come, it tells that none will.
pub(super) struct Guest {
    run: Arc<Run>,
    lane: usize,
    came: bool,
}

impl Guest {
    pub(super) fn new(run: Arc<Run>, lane: usize) -> Self {
        Self { run, lane, came: false }
    }

    /// Works until there is nothing to do, or its time is over.
    pub(super) fn come(mut self, visitor: &mut Visitor<'_>) {
        self.came = true;
        let begun = Instant::now();
        let (mut last, mut wish, mut learned) = (begun, 1, None);
        let mut hands = Hands::default();
        loop {
            let closing = visitor.is_closing();
            let leaves = closing
                || visitor.is_spoilt()
                || self.run.is_left()
                || last.saturating_duration_since(begun) >= STAY;
            let lane = self.lane;
            self.run.exchange(&mut hands, |state, hands| {
                if let Some(each) = learned {
                    state.lanes[lane].learn(each);
                }
                if closing {
                    state.refuse_visits(lane);
                }
                if !leaves {
                    take(state, lane, wish, hands);
                }
                if hands.are_empty() {
                    state.lanes[lane].visits -= 1;
                }
            });
            if hands.are_empty() {
                return;
            }
            let units = self.work(visitor, begun, &mut hands);
            let now = Instant::now();
            let took = now.saturating_duration_since(last);
            last = now;
            let each = took / units.max(1);
            learned = Some(each);
            hands.finish(each);
            self.run.gather(&hands.ended);
            if took < SHORT {
                wish = (wish * 2).min(MOST);
            } else if took > LONG {
                wish = (wish / 2).max(1);
            }
        }
    }

    /// Runs what was taken. Gives the number of units and calls of rows that were looked at.
    fn work(&self, visitor: &mut Visitor<'_>, begun: Instant, hands: &mut Hands) -> u32 {
        let time_is_over = || Instant::now().saturating_duration_since(begun) >= STAY;
        let leave = |looks_at_clock| self.run.is_left() || (looks_at_clock && time_is_over());
        let (mut done, mut failed) = (0, 0);
        let mut taken = std::mem::take(&mut hands.taken);
        let mut units = taken.len();
        let mut left = taken.drain(..);
        while let Some((unit, node)) = left.next() {
            if let Some((_, later)) = left.as_slice().get(AHEAD) {
                later.fetch();
            }
            if visitor.is_spoilt() || self.run.is_left() {
                hands.back.push((unit, node));
                continue;
            }
            // Calls of other pools are only taken to fail without being made.
            let progress = guarded(&*node, || match node.header().is_call() {
                true => node.run_on(visitor, &leave),
                false => node.begin(Waker::noop(), None),
            });
            match progress {
                Progress::Over { done: more, failed: more_failed } => {
                    done += u64::from(more);
                    failed += u64::from(more_failed);
                    hands.ended.push(Ended::of(unit, &*node));
                    hands.finished.push(node);
                }
                Progress::Unfinished { done: more, failed: more_failed } => {
                    done += u64::from(more);
                    failed += u64::from(more_failed);
                    hands.back.push((unit, node));
                }
                // Not a kind that a visitor is given.
                Progress::Pending => hands.ended.push(Ended::of(unit, &*node)),
            }
        }
        drop(left);
        hands.taken = taken;
        if let Some(part) = hands.part.take() {
            let (run, rest) = part.run(visitor, &leave);
            done += u64::from(run.done);
            failed += u64::from(run.failed);
            units += run.calls();
            hands.rest = Some(rest);
        }
        visitor.count(done, failed);
        hands.done += done;
        hands.failed += failed;
        units as u32
    }
}

/// Takes what puts values together first, then calls.
fn take(state: &mut State, lane: usize, wish: usize, hands: &mut Hands) {
    state.take_doomed(wish, &mut hands.taken);
    if let Some(anywhere) = state.anywhere {
        while hands.taken.len() < wish
            && let Some(unit) = state.take(anywhere)
        {
            hands.taken.push(unit);
        }
        state.driver_is_needed |= state.lanes[anywhere].ready.len() > 0;
    }
    let share = state.lanes[lane].share(wish);
    while hands.taken.len() < share && hands.part.is_none() {
        match state.take_next(lane, share - hands.taken.len()) {
            Some(Next::Unit(unit, node)) => hands.taken.push((unit, node)),
            Some(Next::Part(part)) => hands.part = Some(part),
            None => break,
        }
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        if !self.came {
            let lane = self.lane;
            self.run.exchange(&mut Hands::default(), |state, _| {
                state.lanes[lane].visits -= 1;
                state.refuse_visits(lane);
            });
        }
    }
}
