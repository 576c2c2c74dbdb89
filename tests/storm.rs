//! Many threads do to one pool, at random, all that a user may do: whatever happens, each call ends
//! once, no argument is kept, and nothing is left running.

#![allow(clippy::unwrap_used)] // a test fails by panicking

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use concurry::prelude::*;
use concurry::{Balance, Cancel, Overflow, RestartPolicy, Timeout};
use concurry_testkit::{Counted, Dropped, threads_named, wait_until, within};
use fastrand::Rng;

const SUBMITTERS: usize = 4;
const CALLS: usize = 2_000;

/// Counts what it runs.
#[derive(Worker)]
struct Stormy {
    ran: Arc<AtomicUsize>,
    _state: Counted,
}

#[worker]
impl Stormy {
    fn new(ran: Arc<AtomicUsize>, states: Dropped) -> Self {
        Self { ran, _state: states.value() }
    }

    pub fn quick(&self, _value: Counted) -> usize {
        self.ran.fetch_add(1, Ordering::Relaxed)
    }

    pub async fn yields(&self, _value: Counted) -> usize {
        for _ in 0..3 {
            tokio::task::yield_now().await;
        }
        self.ran.fetch_add(1, Ordering::Relaxed)
    }

    pub async fn alone(&mut self, _value: Counted) -> Result<usize, String> {
        tokio::task::yield_now().await;
        self.ran.fetch_add(1, Ordering::Relaxed);
        Err("on purpose".to_owned())
    }

    pub fn panics(&mut self, _value: Counted) -> usize {
        self.ran.fetch_add(1, Ordering::Relaxed);
        std::panic::resume_unwind(Box::new("on purpose"))
    }
}

/// What became of the calls of one submitter.
#[derive(Debug, Default)]
struct Tally {
    dequeued: usize,
    detached: usize,
    ended: usize,
}

impl Tally {
    /// Makes a call and does something at random with its future.
    fn one<T, E>(&mut self, random: &mut Rng, kept: &mut Vec<Keep>, future: TaskFuture<T, E>)
    where
        T: Send + 'static,
        E: Send + std::fmt::Debug + 'static,
    {
        let mut future = future;
        match random.u32(..8) {
            0 => {
                if future.cancel() == Cancel::Dequeued {
                    self.dequeued += 1;
                }
                let _ = future.result();
                self.ended += 1;
            }
            1 => {
                drop(future);
                self.detached += 1;
            }
            2 => {
                drop(future.cancel_on_drop());
                self.detached += 1;
            }
            3 => {
                let _ = future.result();
                self.ended += 1;
            }
            4 => match future.result_timeout(Duration::ZERO) {
                Err(CallError::TimedOut(Timeout::Wait)) => {
                    kept.push(Box::new(move || drop(future.result())));
                }
                _ => self.ended += 1,
            },
            5 => {
                let pipeline = future.map_ok(drop).map_err(drop);
                kept.push(Box::new(move || drop(pipeline.result())));
            }
            _ => kept.push(Box::new(move || drop(future.result()))),
        }
        if kept.len() > 256 {
            self.collect(kept);
        }
    }

    fn collect(&mut self, kept: &mut Vec<Keep>) {
        self.ended += kept.len();
        kept.drain(..).for_each(|wait| wait());
    }
}

type Keep = Box<dyn FnOnce() + Send>;

fn submit(pool: &StormyHandle, values: &Dropped, seed: u8) -> Tally {
    let mut random = Rng::with_seed(u64::from(seed));
    let (mut tally, mut kept) = (Tally::default(), Vec::new());
    for _ in 0..CALLS {
        let value = values.value();
        match random.u32(..16) {
            0 => tally.one(&mut random, &mut kept, pool.panics(value)),
            1..=4 => tally.one(&mut random, &mut kept, pool.yields(value)),
            5..=7 => tally.one(&mut random, &mut kept, pool.alone(value)),
            _ => tally.one(&mut random, &mut kept, pool.quick(value)),
        }
    }
    tally.collect(&mut kept);
    tally
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// Everything that was submitted is still run.
    Drained,
    /// Another thread stops the pool in the middle.
    StoppedNow,
    /// The last handle is dropped.
    Dropped,
}

fn storm(mode: Mode, workers: usize, balance: Balance, end: End, seed: u8) {
    let (ran, states, values) = (Arc::<AtomicUsize>::default(), Dropped::new(), Dropped::new());
    let options = Stormy::options(mode, workers)
        .restart(RestartPolicy::new().first_wait(Duration::ZERO))
        .load_balance(balance)
        .max_queued(512)
        .overflow(if seed.is_multiple_of(2) { Overflow::Wait } else { Overflow::Reject });
    let pool = options.init(Arc::clone(&ran), states.clone()).unwrap();
    let tallies: Vec<Tally> = thread::scope(|scope| {
        let submitters: Vec<_> = (0..SUBMITTERS)
            .map(|number| {
                let (pool, values) = (pool.clone(), values.clone());
                let seed = seed.wrapping_mul(31).wrapping_add(u8::try_from(number).unwrap());
                scope.spawn(move || submit(&pool, &values, seed))
            })
            .collect();
        if end == End::StoppedNow {
            wait_until("the storm has begun", || ran.load(Ordering::Relaxed) > CALLS / 4);
            assert!(pool.stop_now().result().unwrap().complete);
        }
        submitters.into_iter().map(|submitter| submitter.join().unwrap()).collect()
    });
    match end {
        End::Drained => assert!(pool.stop().result().unwrap().complete),
        End::StoppedNow | End::Dropped => {}
    }
    drop(pool);
    let made = SUBMITTERS * CALLS;
    let told: usize = tallies.iter().map(|tally| tally.ended + tally.detached).sum();
    assert_eq!(told, made, "each call had one end");
    wait_until("every argument is dropped", || values.count() == made);
    let dequeued: usize = tallies.iter().map(|tally| tally.dequeued).sum();
    assert!(ran.load(Ordering::Relaxed) <= made - dequeued, "none that was taken back has run");
}

/// In one test, since threads are counted by their workers' name.
#[test]
fn calls_end_once_and_leave_nothing_whatever_is_done_to_them() {
    within(|| {
        let mut seed = 0;
        for mode in [Mode::Thread, Mode::Async] {
            for balance in [Balance::AnyIdle, Balance::RoundRobin, Balance::LeastActive] {
                for end in [End::Drained, End::StoppedNow, End::Dropped] {
                    storm(mode, 3, balance, end, seed);
                    seed += 1;
                }
            }
            storm(mode, 1, Balance::AnyIdle, End::Drained, seed);
        }
        wait_until("no thread is left", || threads_named("Stormy") == 0);
    });
}
