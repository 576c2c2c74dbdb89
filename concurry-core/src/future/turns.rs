//! Pipelines of any length, moved forward and cancelled step by step instead of recursively.
//!
//! The end of one step wakes the next, whose end wakes another: a chain of a million steps would
//! need a million stack frames. So a step that becomes due while an earlier one is being handed over
//! waits until that is done; the outermost hand-over runs all of them, one after the other. A step's
//! own code is never part of a hand-over: what it wakes runs at once, so it may wait for that.

#[cfg(all(test, concurry_loom))]
mod loom_tests;

use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::Arc;

use super::Cancel;
use crate::sync::thread_local;

/// A step of a pipeline.
pub(super) trait Turn: Send + Sync {
    /// Runs the step as far as it goes. True if that was its end, which is to be handed over.
    fn run(self: Arc<Self>) -> bool;
    /// Hands the outcome over, which wakes whoever waits for it.
    fn hand_over(self: Arc<Self>);
}

type Due = VecDeque<Arc<dyn Turn>>;

thread_local! {
    /// The steps that became due during the hand-over that is going on.
    static DUE: RefCell<Option<Due>> = const { RefCell::new(None) };
}

/// Runs a step: now, or after the hand-over that woke it.
pub(super) fn run(turn: Arc<dyn Turn>) {
    // It may run code that waits for whoever was about to be woken.
    concurry_time::wake_held();
    let mut turn = Some(turn);
    // A thread that is ending has no list: there everything runs at once.
    let _ = DUE.try_with(|due| {
        if let Some(due) = &mut *due.borrow_mut() {
            due.extend(turn.take());
        }
    });
    let mut due = Due::new();
    let mut next = turn;
    while let Some(turn) = next {
        if Arc::clone(&turn).run() {
            let _ = DUE.try_with(|slot| slot.replace(Some(std::mem::take(&mut due))));
            turn.hand_over();
            due = DUE.try_with(RefCell::take).ok().flatten().unwrap_or_default();
        }
        next = due.pop_front();
    }
}

/// Hears that the future of a promise was cancelled.
pub(crate) trait OnCancel: Send + Sync {
    /// What the cancel achieves.
    fn cancel(self: Arc<Self>) -> Cancel;
    /// Takes the cancel in, and says who has to hear of it next.
    fn begin_cancel(self: Arc<Self>) -> Asked {
        Asked::Said(self.cancel())
    }
    /// The one who had to hear of it has.
    fn end_cancel(self: Arc<Self>) {}
}

/// What came of asking somebody.
pub(crate) enum Asked {
    /// There is nothing more to do.
    Said(Cancel),
    /// It asks on; `end_cancel` is due after the answer.
    AsksOn(Signal),
}

/// Whom a cancel is for.
pub(crate) enum Signal {
    /// It has arrived.
    Arrived(Cancel),
    /// This one takes it in.
    For(Arc<dyn OnCancel>),
}

impl Signal {
    /// Carries a cancel to the one whom it is for in the end.
    pub(crate) fn deliver(self) -> Cancel {
        let mut signal = self;
        let mut on_the_way = Vec::new();
        let outcome = loop {
            match signal {
                Self::Arrived(outcome) => break outcome,
                Self::For(hook) => match Arc::clone(&hook).begin_cancel() {
                    Asked::Said(outcome) => break outcome,
                    Asked::AsksOn(next) => {
                        on_the_way.push(hook);
                        signal = next;
                    }
                },
            }
        };
        while let Some(hook) = on_the_way.pop() {
            hook.end_cancel();
        }
        outcome
    }
}
