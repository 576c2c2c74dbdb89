//! Models of the turn: whatever wakes when, the last poll sees what every waker wrote before.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use loom::sync::atomic::{AtomicBool, Ordering};
use loom::thread;

use super::{Drive, drive};
use crate::error::CallSite;
use crate::future::{Cancel, Completer, Outcome, Signal, model_node};
use crate::model::check;
use crate::shared::PoolId;

/// What a step waits for: two facts, told without any ordering of their own.
#[derive(Default)]
struct Facts {
    told: [AtomicBool; 2],
    waker: Mutex<Option<Waker>>,
}

impl Facts {
    fn tell(&self, fact: usize) {
        // Relaxed: the wake alone has to carry it.
        self.told[fact].store(true, Ordering::Relaxed);
        let waker = self.waker.lock().unwrap().clone();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

struct Step {
    facts: Arc<Facts>,
    wanted: usize,
    cancelled: bool,
}

impl Drive for Step {
    type Completer = Completer<bool, Infallible>;

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Outcome<bool, Infallible>> {
        *self.facts.waker.lock().unwrap() = Some(context.waker().clone());
        let told = self.facts.told[..self.wanted].iter().all(|fact| fact.load(Ordering::Relaxed));
        if told || self.cancelled { Poll::Ready(Ok(told)) } else { Poll::Pending }
    }

    fn cancel(&mut self) -> Signal {
        self.cancelled = true;
        Signal::Arrived(Cancel::Signalled)
    }
}

fn step(wanted: usize) -> (Arc<Facts>, crate::TaskFuture<bool>) {
    let facts = Arc::new(Facts::default());
    let step = Step { facts: Arc::clone(&facts), wanted, cancelled: false };
    (facts, drive(CallSite::new(model_node::SPEC), PoolId::NONE, step))
}

#[test]
fn no_wake_during_a_poll_is_lost() {
    check(|| {
        let (facts, future) = step(2);
        let other = thread::spawn({
            let facts = Arc::clone(&facts);
            move || facts.tell(0)
        });
        facts.tell(1);
        other.join().unwrap();
        assert!(future.into_done().unwrap().unwrap());
        drop(facts.waker.lock().unwrap().take());
    });
}

#[test]
fn three_wakers_share_one_turn() {
    check(|| {
        let (facts, future) = step(2);
        let waker = facts.waker.lock().unwrap().clone().unwrap();
        let others = [0, 1].map(|fact| {
            let facts = Arc::clone(&facts);
            thread::spawn(move || facts.tell(fact))
        });
        waker.wake();
        others.into_iter().for_each(|other| other.join().unwrap());
        assert!(future.into_done().unwrap().unwrap());
        drop(facts.waker.lock().unwrap().take());
    });
}

#[test]
fn a_cancel_during_a_poll_is_heeded() {
    check(|| {
        let (facts, mut future) = step(1);
        let waker = facts.waker.lock().unwrap().clone().unwrap();
        let other = thread::spawn(move || waker.wake());
        let _ = future.cancel();
        other.join().unwrap();
        assert!(!future.into_done().unwrap().unwrap());
        drop(facts.waker.lock().unwrap().take());
    });
}
