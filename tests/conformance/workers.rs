//! Workers that many behaviours use.

use concurry::prelude::*;
use concurry_testkit::{Counted, Dropped, Gate, Recorder};

/// A counter: its state and its calls are plain data.
#[derive(Worker)]
pub(crate) struct Counter {
    total: u64,
}

#[worker]
impl Counter {
    pub(crate) fn new(start: u64) -> Self {
        Self { total: start }
    }

    pub(crate) fn add(&mut self, number: u64) -> u64 {
        self.total += number;
        self.total
    }

    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    pub(crate) async fn add_later(&mut self, number: u64) -> u64 {
        tokio::task::yield_now().await;
        self.total += number;
        self.total
    }

    pub(crate) fn checked(&self, number: u64) -> Result<u64, String> {
        if number.is_multiple_of(2) { Ok(number / 2) } else { Err(format!("{number} is odd")) }
    }

    pub(crate) async fn checked_later(&self, number: u64) -> Result<u64, String> {
        tokio::task::yield_now().await;
        self.checked(number)
    }

    pub(crate) fn panic(&mut self, message: String) -> u64 {
        self.total = 1_000;
        panic!("{message}")
    }

    pub(crate) async fn panic_later(&mut self, message: String) -> u64 {
        tokio::task::yield_now().await;
        self.total = 1_000;
        panic!("{message}")
    }

    pub(crate) fn index(&self, ctx: &CallContext) -> usize {
        ctx.worker_index()
    }
}

/// A worker whose calls the test holds up and watches.
#[derive(Worker)]
pub(crate) struct Probe {
    /// What the calls recorded.
    seen: Recorder<u64>,
    /// Tells when the state is dropped.
    _state: Counted,
}

#[worker]
impl Probe {
    pub(crate) fn new(seen: Recorder<u64>, states: Dropped) -> Self {
        Self { seen, _state: states.value() }
    }

    /// Records a number.
    pub(crate) fn record(&self, number: u64) -> u64 {
        self.seen.record(number);
        number
    }

    /// Records a number, with something whose drop is counted.
    pub(crate) fn record_with(&self, number: u64, _value: Counted) -> u64 {
        self.seen.record(number);
        number
    }

    /// Waits at a gate, on the thread.
    pub(crate) fn hold(&self, gate: Gate) -> usize {
        let _inside = self.seen.enter();
        gate.pass();
        gate.arrived()
    }

    /// Waits at a gate, alone with the state.
    pub(crate) fn hold_alone(&mut self, gate: Gate) -> usize {
        self.hold(gate)
    }

    /// Waits at a gate without a thread.
    pub(crate) async fn hold_later(&self, gate: Gate) -> usize {
        let _inside = self.seen.enter();
        gate.passed().await;
        gate.arrived()
    }

    /// Waits at a gate without a thread, alone with the state.
    pub(crate) async fn hold_alone_later(&mut self, gate: Gate) -> usize {
        let _inside = self.seen.enter();
        gate.passed().await;
        gate.arrived()
    }

    /// Comes to `begun`, waits at `gate`, with something whose drop is counted.
    pub(crate) async fn hold_with(&self, gate: Gate, value: Counted) -> usize {
        gate.passed().await;
        drop(value);
        gate.arrived()
    }

    /// Waits at a gate, and says whether the call was cancelled meanwhile.
    pub(crate) fn heed(&self, ctx: &CallContext, gate: Gate) -> Result<u64, String> {
        gate.pass();
        if ctx.is_cancelled() {
            self.seen.record(1);
            return Err("cancelled".to_owned());
        }
        Ok(0)
    }
}

/// A probe with nobody looking at its records.
pub(crate) fn probe(mode: Mode, workers: usize) -> ProbeHandle {
    Probe::options(mode, workers).init(Recorder::new(), Dropped::new()).unwrap()
}

/// A counter that starts at zero.
pub(crate) fn counter(mode: Mode, workers: usize) -> CounterHandle {
    Counter::options(mode, workers).init(0).unwrap()
}
