//! Workers that have sync and async methods.

use concurry::WorkerDeath;
use concurry::prelude::*;

#[derive(Worker)]
struct Mixed;

#[worker]
impl Mixed {
    fn new() -> Self {
        Self
    }

    pub fn double(&self, number: u64) -> u64 {
        number * 2
    }

    pub async fn double_later(&self, number: u64) -> u64 {
        number * 2
    }

    pub fn abort(&self) -> u64 {
        std::process::abort()
    }
}

#[test]
fn a_sync_method_that_ends_its_process_takes_no_other_along() {
    let mixed = Mixed::options(Mode::Process, 1).init().unwrap();
    assert_eq!(mixed.double_later(2).result().unwrap(), 4);
    let last = mixed.abort();
    let behind: Vec<_> = (0..20).map(|number| mixed.double(number)).collect();
    let CallError::WorkerDied(died) = last.result().unwrap_err() else { panic!("it has died") };
    assert!(matches!(died.cause, WorkerDeath::Signal { .. }), "{died}");
    let doubles: Vec<_> = (0..20).map(|number| number * 2).collect();
    assert_eq!(gather(behind).results().unwrap(), doubles);
}
