//! The worker that the graphs of these tests call.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use concurry::prelude::*;
use concurry::progress::Progress;
use concurry_testkit::Gate;

/// Counts its calls, so that a test sees what ran.
#[derive(Worker)]
pub struct Arithmetic {
    calls: Arc<AtomicUsize>,
    gate: Gate,
}

#[worker]
impl Arithmetic {
    pub fn new(calls: Arc<AtomicUsize>, gate: Gate) -> Self {
        Self { calls, gate }
    }

    pub fn add(&self, a: u64, b: u64) -> u64 {
        self.calls.fetch_add(1, Ordering::Relaxed);
        a + b
    }

    #[pure]
    pub fn square(&self, a: u64) -> u64 {
        self.calls.fetch_add(1, Ordering::Relaxed);
        a * a
    }

    pub fn halve(&self, a: u64) -> Result<u64, String> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        if a.is_multiple_of(2) { Ok(a / 2) } else { Err(format!("{a} is odd")) }
    }

    pub fn scale(&self, number: f64, factor: f64) -> f64 {
        self.calls.fetch_add(1, Ordering::Relaxed);
        number * factor
    }

    pub async fn later(&self, a: u64) -> u64 {
        self.calls.fetch_add(1, Ordering::Relaxed);
        a
    }

    pub fn sum(&self, all: Vec<u64>) -> u64 {
        self.calls.fetch_add(1, Ordering::Relaxed);
        all.iter().sum()
    }

    pub fn panic(&self, a: u64) -> u64 {
        panic!("{a} is too much")
    }

    /// Waits until the test opens the gate.
    pub fn held(&self, a: u64) -> u64 {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.gate.pass();
        a
    }
}

/// A pool, and how many calls it has run.
pub fn arithmetic(mode: Mode) -> (ArithmeticHandle, Arc<AtomicUsize>) {
    let (handle, calls, gate) = gated(mode, if mode == Mode::Sync { 1 } else { 2 });
    gate.open();
    (handle, calls)
}

/// A pool whose held calls wait for the gate.
pub fn gated(mode: Mode, workers: usize) -> (ArithmeticHandle, Arc<AtomicUsize>, Gate) {
    let (calls, gate) = (Arc::new(AtomicUsize::new(0)), Gate::new());
    let options = Arithmetic::options(mode, workers);
    let handle = options.init(Arc::clone(&calls), gate.clone()).unwrap();
    (handle, calls, gate)
}

/// Where calls run in these tests.
pub const MODES: [Mode; 3] = [Mode::Sync, Mode::Thread, Mode::Async];

/// A bar, and what it shows: how much is done, of how much.
pub fn shown_bar() -> (Progress, impl Fn() -> (u64, Option<u64>)) {
    let shown = Arc::new(Mutex::new((0, None)));
    let progress = Progress::call({
        let shown = Arc::clone(&shown);
        move |done, total, _| *shown.lock().unwrap() = (done, total)
    });
    (progress, move || *shown.lock().unwrap())
}
