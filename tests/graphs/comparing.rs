//! Code of the user's that a graph calls: comparing arguments, copying values.

use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use concurry::prelude::*;
use concurry_testkit::{Gate, within};
use serde::Serialize;

/// Can be written, and not be compared.
#[derive(Clone, Serialize)]
struct Question {
    text: &'static str,
    temperature: f32,
}

/// Does not want to be compared.
#[derive(Clone, PartialEq, Eq)]
struct Touchy;

impl Hash for Touchy {
    fn hash<H: Hasher>(&self, _: &mut H) {
        panic!("don't touch me")
    }
}

#[derive(Worker)]
struct Answers {
    calls: Arc<AtomicUsize>,
}

#[worker]
impl Answers {
    fn new(calls: Arc<AtomicUsize>) -> Self {
        Self { calls }
    }

    #[pure]
    pub fn answer(&self, question: Question) -> f32 {
        self.calls.fetch_add(1, Ordering::Relaxed);
        question.temperature + question.text.len() as f32
    }

    #[pure]
    pub fn touch(&self, _touchy: Touchy) -> usize {
        self.calls.fetch_add(1, Ordering::Relaxed)
    }
}

fn answers() -> (AnswersHandle, Arc<AtomicUsize>) {
    let calls = Arc::new(AtomicUsize::new(0));
    (Answers::options(Mode::Thread, 2).init(Arc::clone(&calls)).unwrap(), calls)
}

#[test]
fn arguments_that_are_only_serialisable_are_compared_by_what_they_are_written_as() {
    within(|| {
        let (pool, calls) = answers();
        let asked = |text, temperature| pool.lazy().answer(Question { text, temperature });
        // No number, and no end: in JSON these two would be the same.
        let all = [("a", 0.5), ("a", 0.5), ("b", 0.5), ("a", f32::NAN), ("a", f32::INFINITY)];
        let answers = compute(all.map(|(text, temperature)| asked(text, temperature))).unwrap();
        assert_eq!(answers[..3], [1.5, 1.5, 1.5]);
        assert!(answers[3].is_nan() && answers[4].is_infinite());
        assert_eq!(calls.load(Ordering::Relaxed), 4);
    });
}

#[test]
fn arguments_whose_comparison_panics_are_like_no_other() {
    within(|| {
        let (pool, calls) = answers();
        let touched = [pool.lazy().touch(Touchy), pool.lazy().touch(Touchy)];
        let mut touched = compute(touched).unwrap();
        touched.sort_unstable();
        assert_eq!((touched, calls.load(Ordering::Relaxed)), ([0, 1], 2));
    });
}

/// Waits at a gate when it is copied.
struct Slow(Gate);

impl Clone for Slow {
    fn clone(&self) -> Self {
        self.0.pass();
        Self(self.0.clone())
    }
}

#[test]
fn a_value_that_is_being_copied_can_be_looked_at() {
    within(|| {
        let gate = Gate::new();
        let value = Lazy::value(Slow(gate.clone()));
        let users = [value.clone(), value.clone()].map(|user| thread::spawn(|| user.compute()));
        gate.wait_for_arrivals(1);
        assert_eq!(value.graph().nodes().len(), 1);
        gate.open();
        for user in users {
            user.join().unwrap().unwrap();
        }
        value.compute().unwrap();
    });
}
