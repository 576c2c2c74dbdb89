//! What can cross, what can't, and when that is found out.

use std::fmt;

use concurry::prelude::*;
use concurry::{InitError, OptionsError};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// Not for other processes.
#[derive(Clone, Debug)]
struct Local;

#[derive(Debug)]
struct LocalError;

impl fmt::Display for LocalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the model is gone")
    }
}

impl std::error::Error for LocalError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&fmt::Error)
    }
}

impl Retryable for LocalError {
    fn verdict(&self) -> Verdict {
        Verdict::Fatal
    }
}

#[derive(Worker)]
#[worker(process)]
struct Mixed;

#[worker]
impl Mixed {
    pub fn new() -> Self {
        Self
    }

    pub fn fail(&self) -> Result<u64, LocalError> {
        Err(LocalError)
    }

    pub fn json(&self, value: serde_json::Value) -> serde_json::Value {
        value
    }

    pub async fn json_later(&self, value: serde_json::Value) -> serde_json::Value {
        value
    }
}

#[derive(Worker)]
struct Stays;

#[worker]
impl Stays {
    pub fn new() -> Self {
        Self
    }

    pub fn take(&self, _local: Local) -> u64 {
        1
    }
}

/// Of any model.
#[derive(Worker)]
#[worker(process)]
struct Ranker<M> {
    model: M,
}

#[worker]
impl<M: Clone + Send + Sync + Serialize + DeserializeOwned> Ranker<M> {
    pub fn new(model: M) -> Self {
        Self { model }
    }

    pub fn model(&self) -> M {
        self.model.clone()
    }
}

#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
struct Bert(u64);

concurry::register!(Ranker<Bert>);

#[task]
fn square(number: u64) -> u64 {
    number * number
}

#[test]
fn an_error_that_can_not_cross_comes_back_as_text_with_its_verdict() {
    let mixed = Mixed::options(Mode::Process, 1).init().unwrap();
    let CallError::FailedRemote(failure) = mixed.fail().result().unwrap_err() else { panic!() };
    assert_eq!(failure.message, "the model is gone");
    assert_eq!(failure.sources, [fmt::Error.to_string()]);
    assert_eq!(failure.verdict, Verdict::Fatal);
}

#[test]
fn json_crosses_sync_and_async() {
    let mixed = Mixed::options(Mode::Process, 1).init().unwrap();
    let value = serde_json::json!({"a": [1, -2.5, null, "text"], "b": {"c": true}});
    assert_eq!(mixed.json(value.clone()).result().unwrap(), value);
    assert_eq!(mixed.json_later(value.clone()).result().unwrap(), value);
}

#[test]
fn a_type_that_stays_is_an_error_of_init_that_names_method_and_remedy() {
    let error = Stays::options(Mode::Process, 1).init().unwrap_err();
    let text = error.to_string();
    let InitError::Options(OptionsError::Method { worker, method, .. }) = error else {
        panic!("{text}")
    };
    assert_eq!((worker, method), ("Stays", "take"));
    assert!(text.contains("Local") && text.contains("Serialize"), "{text}");
    assert_eq!(Stays::options(Mode::Thread, 1).init().unwrap().take(Local).result().unwrap(), 1);
}

#[test]
fn a_retry_predicate_for_an_error_that_can_not_cross_is_refused() {
    let options = Mixed::options(Mode::Process, 1);
    let policy = RetryPolicy::constant(std::time::Duration::from_millis(1)).max_retries(1);
    let options = options.retry(policy).retry_if(|_: &LocalError| true);
    let text = options.init().unwrap_err().to_string();
    assert!(text.contains("retry_if") && text.contains("LocalError"), "{text}");
}

#[test]
fn a_generic_worker_needs_a_line_and_is_told_so() {
    let ranker = Ranker::<Bert>::options(Mode::Process, 1).init(Bert(3)).unwrap();
    assert_eq!(ranker.model().result().unwrap(), Bert(3));
    let error = Ranker::<u64>::options(Mode::Process, 1).init(3).unwrap_err();
    assert!(error.to_string().contains("register!"), "{error}");
}

#[test]
fn a_task_runs_in_processes_by_its_name() {
    let pool = square::options(Mode::Process, 2).init().unwrap();
    assert_eq!(pool.submit(7).result().unwrap(), 49);
    let squares = pool.map(0..10_000).results().unwrap();
    assert!(squares.iter().enumerate().all(|(n, square)| *square == (n * n) as u64));
}

#[test]
fn closures_stay_and_are_told_so() {
    let error = TaskPool::new(Mode::Process, 1).unwrap_err();
    assert!(error.to_string().contains("#[task]"), "{error}");
}
