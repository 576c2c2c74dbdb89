//! Panics, restarts and stops that meet calls which wait: none of them is left without an outcome.

#![allow(clippy::unwrap_used)] // a test fails by panicking

use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use concurry::prelude::*;
use concurry::{CallError, Event, Rejection, RestartPolicy};

/// Far beyond what any of these takes: only a call that is lost waits so long.
const LOST: Duration = Duration::from_secs(20);
const NEVER: Duration = Duration::from_secs(3_600);

/// Counts how often its state is built, and refuses from a given time on.
#[derive(Worker)]
struct Patient {
    calls: u32,
}

#[worker]
impl Patient {
    pub fn new(built: Arc<AtomicUsize>, allowed: usize) -> Result<Self, String> {
        if built.fetch_add(1, Ordering::Relaxed) < allowed {
            Ok(Self { calls: 0 })
        } else {
            Err("no more".to_owned())
        }
    }

    /// Keeps the thread until the test has queued what is to wait behind.
    pub async fn hold(&self, go_on: Receiver<()>) {
        let _ = go_on.recv();
    }

    pub async fn yield_then_panic(&self) {
        tokio::task::yield_now().await;
        panic!("on purpose");
    }

    pub async fn count(&mut self) -> u32 {
        self.calls += 1;
        self.calls
    }

    pub async fn wait_for_ever(&self, begun: Sender<()>) {
        let _ = begun.send(());
        std::future::pending().await
    }

    pub fn meet_then_panic(&self, barrier: Arc<Barrier>) {
        barrier.wait();
        panic!("on purpose");
    }

    pub fn panic_now(&self) {
        panic!("on purpose");
    }
}

fn always() -> (Arc<AtomicUsize>, usize) {
    (Arc::default(), usize::MAX)
}

#[test]
fn a_call_that_waits_to_run_alone_outlives_a_panic() {
    let (built, allowed) = always();
    let workers = Patient::options(Mode::Async, 1).init(built, allowed).unwrap();
    let (go_on, held) = channel();
    let first = workers.hold(held);
    let panics = workers.yield_then_panic();
    let mut waits = workers.count();
    go_on.send(()).unwrap();
    first.result().unwrap();
    assert!(matches!(panics.result(), Err(CallError::Panicked(_))));
    assert_eq!(waits.result_timeout(LOST).unwrap(), 1);
}

#[test]
fn a_stop_ends_async_calls_of_a_worker_that_can_take_no_more() {
    let (built, allowed) = always();
    let workers = Patient::options(Mode::Async, 1).concurrency(1).init(built, allowed).unwrap();
    let (begun, has_begun) = channel();
    let call = workers.wait_for_ever(begun);
    has_begun.recv().unwrap();
    assert!(workers.stop_now().result().unwrap().complete);
    assert!(matches!(call.result(), Err(CallError::Stopped(_))));
}

#[test]
fn a_stop_whose_time_is_over_ends_async_calls() {
    let (built, allowed) = always();
    let workers = Patient::options(Mode::Async, 1)
        .stop_timeout(Duration::from_millis(20))
        .init(built, allowed)
        .unwrap();
    let (begun, has_begun) = channel();
    let call = workers.wait_for_ever(begun);
    has_begun.recv().unwrap();
    let report = workers.stop().result().unwrap();
    assert!(report.complete && !report.drained);
    assert!(matches!(call.result(), Err(CallError::Stopped(_))));
}

#[test]
fn a_stop_during_the_wait_for_a_restart_fails_what_is_queued() {
    for mode in [Mode::Thread, Mode::Async] {
        let (built, allowed) = always();
        let workers = Patient::options(mode, 1)
            .restart(RestartPolicy::new().first_wait(NEVER).max_wait(NEVER))
            .init(built, allowed)
            .unwrap();
        for _ in 0..2 {
            assert!(matches!(workers.panic_now().result(), Err(CallError::Panicked(_))));
        }
        let mut waits = workers.count();
        assert!(workers.stop_now().result().unwrap().complete);
        assert!(matches!(waits.result_timeout(LOST), Err(CallError::Stopped(_))), "{mode}");
    }
}

#[test]
fn workers_that_are_given_up_at_the_same_time_leave_no_call_behind() {
    // A race between them, so more than once.
    for _ in 0..100 {
        let given_up = Barrier::new(2);
        let workers = Patient::options(Mode::Thread, 2)
            .restart(RestartPolicy::new().max_failures(1))
            .on_event(move |event| {
                if matches!(event, Event::WorkerGivenUp { .. }) {
                    given_up.wait();
                }
            })
            .init(Arc::default(), 2)
            .unwrap();
        let barrier = Arc::new(Barrier::new(2));
        let meeting = [(); 2].map(|()| workers.meet_then_panic(Arc::clone(&barrier)));
        let mut waits = workers.count();
        for call in meeting {
            assert!(matches!(call.result(), Err(CallError::Panicked(_))));
        }
        // Queued before they were given up, or refused after it.
        let outcome = waits.result_timeout(LOST);
        assert!(matches!(outcome, Err(CallError::WorkerDied(_) | CallError::Stopped(_))));
    }
}

/// State that stays where it was built, and whose destructor panics.
#[derive(Worker)]
struct Local {
    value: Rc<u32>,
}

#[worker]
impl Local {
    pub fn new(value: u32) -> Self {
        Self { value: Rc::new(value) }
    }

    pub fn get(&self) -> u32 {
        *self.value
    }
}

impl Drop for Local {
    fn drop(&mut self) {
        assert_ne!(*self.value, 13, "on purpose");
    }
}

#[test]
fn local_state_of_a_thread_that_ended_is_for_no_later_thread() {
    // Threads that follow each other get the same memory for their locals.
    for _ in 0..20 {
        let workers =
            thread::spawn(|| Local::options(Mode::Sync, 1).init(1).unwrap()).join().unwrap();
        let outcome = thread::spawn(move || workers.get().result()).join().unwrap();
        let Err(CallError::Rejected(rejected)) = outcome else { panic!("{outcome:?}") };
        assert!(matches!(rejected.reason(), Rejection::WrongThread));
    }
}

#[test]
fn a_state_whose_destructor_panics_does_not_keep_a_stop_waiting() {
    for mode in [Mode::Thread, Mode::Async] {
        let workers = Local::options(mode, 2).init(13).unwrap();
        assert_eq!(workers.get().result().unwrap(), 13);
        assert!(workers.stop().result().unwrap().complete, "{mode}");
    }
}
