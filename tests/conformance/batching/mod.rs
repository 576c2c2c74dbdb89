//! Dynamic batching: which calls share a batch, when it goes, and what becomes of each of them.

mod arguments;
mod failures;
mod layers;
mod leaving;
mod windows;

use std::time::Duration;

use concurry::prelude::*;
use concurry::{BatchStats, Batching, RestartPolicy};
use concurry_testkit::{Gate, Recorder};
use concurry_time::FakeClock;

/// Refused alone.
const ODD_ONE: u64 = 13;
/// Refuses its whole batch.
const POISON: u64 = 666;
/// Throttles its whole batch.
const BUSY: u64 = 429;
/// Makes its batch panic.
const BOMB: u64 = 4_096;
/// Its batch gives one result too few.
const LOST: u64 = 404;

/// The window of [`Llm::squares`].
const WINDOW: Duration = Duration::from_millis(5);

#[derive(Debug, PartialEq, serde::Deserialize, serde::Serialize)]
struct Refused(u64);

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} is refused", self.0)
    }
}

impl Retryable for Refused {
    fn verdict(&self) -> Verdict {
        if self.0 == BUSY { Verdict::Throttle(None) } else { Verdict::Fatal }
    }
}

/// Squares numbers, one by one or in batches, which it holds up at a gate.
#[derive(Clone, serde::Deserialize, serde::Serialize, Worker)]
struct Squarer {
    gate: Gate,
    batches: Recorder<Vec<u64>>,
    singles: Recorder<u64>,
}

#[worker]
impl Squarer {
    pub fn square(&self, number: u64) -> Result<u64, Refused> {
        self.singles.record(number);
        Ok(number * number)
    }

    #[batch(of = "square", max_size = 4, max_wait = "5ms")]
    fn squares(&self, numbers: Vec<u64>) -> Result<Vec<Result<u64, Refused>>, Refused> {
        self.batches.record(numbers.clone());
        self.gate.pass();
        if numbers.contains(&POISON) {
            return Err(Refused(POISON));
        }
        if numbers.contains(&BUSY) {
            return Err(Refused(BUSY));
        }
        assert!(!numbers.contains(&BOMB), "a bomb");
        let square = |number: u64| match number {
            ODD_ONE => Err(Refused(ODD_ONE)),
            other => Ok(other * other),
        };
        Ok(numbers.into_iter().filter(|&number| number != LOST).map(square).collect())
    }
}

struct Setup {
    squarer: SquarerHandle,
    gate: Gate,
    batches: Recorder<Vec<u64>>,
    singles: Recorder<u64>,
    fake: FakeClock,
}

fn setup(mode: Mode, workers: usize, change: fn(SquarerOptions) -> SquarerOptions) -> Setup {
    let fake = FakeClock::new();
    let squarer = Squarer { gate: Gate::new(), batches: Recorder::new(), singles: Recorder::new() };
    let (gate, batches, singles) =
        (squarer.gate.clone(), squarer.batches.clone(), squarer.singles.clone());
    let options = change(Squarer::options(mode, workers).clock(fake.clock()));
    Setup { squarer: options.init(squarer).unwrap(), gate, batches, singles, fake }
}

impl Setup {
    /// Makes a call whose batch takes one worker until the gate is opened.
    fn occupy(&self) -> TaskFuture<u64, Refused> {
        let before = self.gate.arrived();
        let call = self.squarer.square(0);
        self.gate.wait_for_arrivals(before + 1);
        call
    }

    /// Makes a call, and lets the time pass for which it may wait for others.
    fn square(&self, number: u64) -> Result<u64, CallError<Refused>> {
        patiently(&self.fake, self.squarer.square(number))
    }

    fn stats(&self) -> BatchStats {
        self.squarer.stats().batching[0].clone()
    }
}

/// Lets the time pass for which a call may wait for others.
fn patiently<T, E>(fake: &FakeClock, call: TaskFuture<T, E>) -> Result<T, CallError<E>>
where
    T: Send + 'static,
    E: Send + 'static,
{
    concurry_testkit::wait_until("a call by itself is done", || {
        fake.advance(WINDOW);
        call.is_done()
    });
    call.result()
}

fn unchanged(options: SquarerOptions) -> SquarerOptions {
    options
}
