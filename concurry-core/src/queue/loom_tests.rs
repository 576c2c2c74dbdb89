//! Models of submitters, searching workers and sleeping ones: no call is lost, and none is left to
//! wait while a worker sleeps.

use std::sync::Arc;

use loom::sync::Arc as LoomArc;
use loom::thread;

use super::{Ahead, CallQueue};
use crate::backend::thread::Parker;
use crate::future::Call;
use crate::future::model_node::{Alive, queued, run};
use crate::model::{WakeCount, check};

fn call(alive: &Arc<Alive>) -> (Call<()>, crate::TaskFuture<crate::future::model_node::Tracked>) {
    let (side, future) = queued(alive);
    // SAFETY: model nodes ask nothing of their worker's type.
    (unsafe { Call::new(side) }, future)
}

/// As a thread worker does it, without the short waits. `None`: closed and empty.
fn search(
    queue: &CallQueue<()>,
    worker: usize,
    parker: &(Arc<Parker>, std::task::Waker),
) -> Option<Call<()>> {
    queue.idle().start_search();
    loop {
        let closed = queue.is_closed();
        if let Some(call) = find(queue, worker) {
            queue.end_search();
            return Some(call);
        }
        if closed {
            queue.end_search();
            return None;
        }
        if queue.park(worker, parker.1.clone()) {
            parker.0.sleep();
            queue.idle().unpark(worker);
        }
    }
}

/// One look: ahead into the own pocket, else from the others'. What is left ahead stays there, as if
/// the worker were busy with its first call for ever.
fn find(queue: &CallQueue<()>, worker: usize) -> Option<Call<()>> {
    queue.next(worker, &mut Ahead::default()).or_else(|| queue.steal())
}

#[test]
fn a_worker_that_sleeps_in_between_takes_every_call_once() {
    check(|| {
        let alive = Arc::new(Alive::default());
        let queue = LoomArc::new(CallQueue::<()>::new(2));
        let worker = thread::spawn({
            let (queue, alive) = (LoomArc::clone(&queue), Arc::clone(&alive));
            move || {
                let parker = Parker::new();
                let mut calls = 0;
                while let Some(call) = search(&queue, 0, &parker) {
                    assert!(run(call.into_side(), &alive));
                    calls += 1;
                }
                calls
            }
        });
        for _ in 0..2 {
            let (call, future) = call(&alive);
            queue.push(call).unwrap();
            drop(future);
        }
        queue.close();
        assert_eq!(worker.join().unwrap(), 2);
        drop(queue);
        alive.assert_all_gone();
    });
}

#[test]
fn a_closed_queue_refuses_or_keeps_a_call_but_never_loses_it() {
    check(|| {
        let alive = Arc::new(Alive::default());
        let queue = LoomArc::new(CallQueue::<()>::new(2));
        let closer = thread::spawn({
            let queue = LoomArc::clone(&queue);
            move || queue.close()
        });
        let (call, future) = call(&alive);
        let refused = queue.push(call).is_err();
        closer.join().unwrap();
        assert_eq!(queue.len(), usize::from(!refused));
        drop(queue);
        assert!(future.into_done().unwrap().is_err());
        alive.assert_all_gone();
    });
}

/// One worker sleeps. Another finds a call and is busy with it from then on: it may depend on the
/// next one, which therefore needs the sleeper.
#[test]
fn a_busy_worker_leaves_no_call_to_itself_while_another_sleeps() {
    check(|| {
        let alive = Arc::new(Alive::default());
        let queue = LoomArc::new(CallQueue::<()>::new(2));
        let (sleeper, waker) = WakeCount::new();
        queue.idle().start_search();
        assert!(queue.park(1, waker));
        let finder = thread::spawn({
            let queue = LoomArc::clone(&queue);
            move || {
                queue.idle().start_search();
                let call = find(&queue, 0);
                queue.end_search();
                call
            }
        });
        let futures = [(); 2].map(|()| {
            let (call, future) = call(&alive);
            queue.push(call).unwrap();
            future
        });
        let taken = finder.join().unwrap();
        assert!(queue.len() == 0 || sleeper.wakes() > 0, "a call waits, and nobody was woken");
        drop((taken, queue, futures));
        alive.assert_all_gone();
    });
}

/// A worker took the first of three calls, and the second one ahead. Another looks for work, or a stop
/// takes what is left: the second call has exactly one taker.
#[test]
fn a_call_taken_ahead_is_stolen_once_or_stays() {
    check(|| {
        let alive = Arc::new(Alive::default());
        let queue = LoomArc::new(CallQueue::<()>::new(1));
        let futures = [(); 3].map(|()| {
            let (call, future) = call(&alive);
            queue.push(call).unwrap();
            future
        });
        let mut ahead = Ahead::default();
        let first = queue.next(0, &mut ahead);
        let thief = thread::spawn({
            let queue = LoomArc::clone(&queue);
            move || queue.steal().is_some()
        });
        // The second call, or the third if that was stolen.
        let own = queue.next(0, &mut ahead);
        let stolen = thief.join().unwrap();
        assert!(first.is_some() && own.is_some());
        assert_eq!(queue.len(), usize::from(!stolen));
        drop((first, own, queue, futures));
        alive.assert_all_gone();
    });
}
