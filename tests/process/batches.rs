//! Batches of calls that run in other processes.

use concurry::prelude::*;

#[derive(Worker)]
struct Squarer;

#[worker]
impl Squarer {
    pub(crate) fn new() -> Self {
        Self
    }

    pub(crate) fn square(&self, number: u64) -> Result<u64, String> {
        Err(format!("{number} was not batched"))
    }

    #[batch(of = "square", max_size = 16)]
    fn squares(&self, numbers: Vec<u64>) -> Result<Vec<Result<u64, String>>, String> {
        if numbers.contains(&4_096) {
            std::process::exit(7);
        }
        if numbers.contains(&666) {
            return Err("poisoned".to_owned());
        }
        Ok(numbers.into_iter().map(|number| Ok(number * number)).collect())
    }
}

fn squarer() -> SquarerHandle {
    Squarer::options(Mode::Process, 2).init().unwrap()
}

#[test]
fn calls_share_batches_in_another_process() {
    let squarer = squarer();
    let squares = squarer.map(1_000..2_000, |squarer, number| squarer.square(number));
    let squares = squares.in_flight(64).results().unwrap();
    assert_eq!(squares, (1_000..2_000).map(|number| number * number).collect::<Vec<_>>());
    let stats = squarer.stats().batching[0].clone();
    assert_eq!(stats.calls, 1_000);
    assert!(stats.batches < 500, "{stats:?}");
}

#[test]
fn the_error_of_a_batch_crosses_with_its_type() {
    let error = squarer().square(666).result().unwrap_err();
    assert!(matches!(error, CallError::BatchFailed(_)), "{error:?}");
    assert_eq!(error.failure().map(String::as_str), Some("poisoned"));
}

#[test]
fn a_batch_whose_worker_dies_fails_its_calls_and_no_others() {
    let squarer = squarer();
    let error = squarer.square(4_096).result().unwrap_err();
    assert!(matches!(error, CallError::WorkerDied(_)), "{error:?}");
    assert_eq!(squarer.square(3).result().unwrap(), 9);
}
