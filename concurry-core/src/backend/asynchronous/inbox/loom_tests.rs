//! Models of the ready list: what a waker told before its wake is seen by the poll after it.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use loom::future::block_on;
use loom::sync::atomic::{AtomicBool, Ordering};
use loom::thread;

use super::Inbox;
use crate::future::PoolSide;
use crate::future::Schedule;
use crate::future::model_node::{Alive, queued};
use crate::future::node::release;
use crate::model::check;

fn inbox() -> &'static Inbox {
    Box::leak(Box::new(Inbox::new()))
}

/// As the worker does it, with one live call, which is done when both facts are told.
fn poll_until_told(inbox: &'static Inbox, facts: &[AtomicBool]) {
    block_on(poll_fn(|context| {
        inbox.stay_awake();
        loop {
            inbox.set_waker(context.waker());
            let mut looked = false;
            for node in inbox.take() {
                // SAFETY: the list's reference keeps the node alive until it is released.
                unsafe { node.as_ref().lifecycle.unschedule() };
                looked = true;
                let told = facts.iter().all(|fact| fact.load(Ordering::Relaxed));
                // SAFETY: the list's reference, given up last.
                unsafe { release(node) };
                if told {
                    return Poll::Ready(());
                }
            }
            if !looked && inbox.fall_asleep() {
                return Poll::Pending;
            }
        }
    }));
}

struct Shared(PoolSide);

// SAFETY: only the node's atomics are reached through it.
unsafe impl Sync for Shared {}

impl Shared {
    fn wake(&self, inbox: &Inbox) {
        let node = self.0.node();
        // SAFETY: the shared side keeps the node alive; SCHEDULED is ours if we are told to push.
        unsafe {
            if node.as_ref().lifecycle.schedule() == Schedule::Push {
                inbox.push(node);
            }
        }
    }
}

#[test]
fn no_wake_of_a_call_is_lost() {
    check(|| {
        let alive = Arc::new(Alive::default());
        let (call, future) = queued(&alive);
        let (call, facts) =
            (Arc::new(Shared(call)), Arc::new([(); 2].map(|()| AtomicBool::new(false))));
        let inbox = inbox();
        let wakers: Vec<_> = (0..2)
            .map(|fact| {
                let (call, facts) = (Arc::clone(&call), Arc::clone(&facts));
                thread::spawn(move || {
                    // Relaxed: the wake alone has to carry it.
                    facts[fact].store(true, Ordering::Relaxed);
                    call.wake(inbox);
                })
            })
            .collect();
        poll_until_told(inbox, &*facts);
        wakers.into_iter().for_each(|waker| waker.join().unwrap());
        inbox.close();
        drop((call, future));
        alive.assert_all_gone();
    });
}

#[test]
fn a_call_that_is_woken_as_its_worker_goes_keeps_no_reference() {
    check(|| {
        let alive = Arc::new(Alive::default());
        let (call, future) = queued(&alive);
        let call = Arc::new(Shared(call));
        let inbox = inbox();
        let waker = thread::spawn({
            let call = Arc::clone(&call);
            move || call.wake(inbox)
        });
        inbox.close();
        waker.join().unwrap();
        drop((call, future));
        alive.assert_all_gone();
    });
}

#[test]
fn a_returned_loan_rouses_a_sleeping_worker() {
    check(|| {
        let inbox = inbox();
        let returned = Arc::new(std::sync::Mutex::new(false));
        let lender = thread::spawn({
            let returned = Arc::clone(&returned);
            move || {
                *returned.lock().unwrap() = true;
                inbox.rouse();
            }
        });
        block_on(poll_fn(|context| {
            inbox.stay_awake();
            loop {
                inbox.set_waker(context.waker());
                if *returned.lock().unwrap() {
                    return Poll::Ready(());
                }
                if inbox.fall_asleep() {
                    if !*returned.lock().unwrap() {
                        return Poll::Pending;
                    }
                    inbox.stay_awake();
                }
            }
        }));
        lender.join().unwrap();
        inbox.close();
    });
}
