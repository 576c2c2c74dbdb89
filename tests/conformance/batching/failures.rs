//! What becomes of the calls of a batch that does not end well.

use super::*;

conformance!(queued:
    a_call_that_fails_by_itself_fails_alone,
    the_error_of_a_batch_reaches_each_of_its_calls,
    a_wrong_number_of_results_is_an_error_that_names_both_numbers,
    a_panic_fails_the_calls_of_its_batch_and_no_others,
    a_bisected_batch_fails_only_those_that_make_it_fail,
    a_batch_whose_error_blames_no_argument_is_not_bisected,
    a_stop_now_fails_what_waits,
    batches_that_fail_one_after_the_other_need_no_deeper_stack,
);

/// Has the given numbers share a batch.
fn together(setup: &Setup, numbers: [u64; 4]) -> Vec<Result<u64, CallError<Refused>>> {
    let first = setup.occupy();
    let calls: Vec<_> = numbers.map(|number| setup.squarer.square(number)).into();
    setup.gate.open();
    assert!(first.result().is_ok());
    let outcomes = gather(calls).outcomes();
    assert_eq!(setup.batches.events()[1], numbers);
    outcomes
}

fn a_call_that_fails_by_itself_fails_alone(mode: Mode) {
    let outcomes = together(&setup(mode, 1, unchanged), [1, ODD_ONE, 2, 3]);
    let oks: Vec<_> = outcomes.iter().map(|outcome| outcome.as_ref().ok()).collect();
    assert_eq!(oks, [Some(&1), None, Some(&4), Some(&9)]);
    assert!(matches!(outcomes[1], Err(CallError::Failed(Refused(ODD_ONE)))));
}

fn the_error_of_a_batch_reaches_each_of_its_calls(mode: Mode) {
    let setup = setup(mode, 1, unchanged);
    let outcomes = together(&setup, [1, POISON, 2, 3]);
    for outcome in outcomes {
        let error = outcome.unwrap_err();
        assert_eq!(error.failure(), Some(&Refused(POISON)));
        let text = error.to_string();
        assert_eq!(text, "`Squarer::squares` failed for its batch of 4: 666 is refused");
        let CallError::BatchFailed(failed) = &error else { panic!("{error:?}") };
        assert_eq!((failed.size(), failed.site().method()), (4, "squares"));
        assert_eq!(failed.error(), Some(&Refused(POISON)));
    }
    assert_eq!(setup.square(5).unwrap(), 25);
}

fn a_wrong_number_of_results_is_an_error_that_names_both_numbers(mode: Mode) {
    let outcomes = together(&setup(mode, 1, unchanged), [1, LOST, 2, 3]);
    for outcome in outcomes {
        let error = outcome.unwrap_err();
        let CallError::InvalidBatch(invalid) = &error else { panic!("{error:?}") };
        assert_eq!((invalid.calls, invalid.results), (4, 3));
        assert!(error.to_string().contains("got 4 calls and gave 3 results"), "{error}");
    }
}

fn a_panic_fails_the_calls_of_its_batch_and_no_others(mode: Mode) {
    let setup = setup(mode, 1, unchanged);
    let outcomes = together(&setup, [1, BOMB, 2, 3]);
    for outcome in outcomes {
        let error = outcome.unwrap_err();
        let CallError::Panicked(panic) = &error else { panic!("{error:?}") };
        assert_eq!((&*panic.message, panic.site.method()), ("a bomb", "squares"));
    }
    assert_eq!(setup.square(5).unwrap(), 25);
    assert_eq!(setup.squarer.stats().restarts, 1);
}

fn a_bisected_batch_fails_only_those_that_make_it_fail(mode: Mode) {
    let setup = setup(mode, 1, |options| {
        options.on_square(|square| square.batch(Batching::new().bisect(true)))
    });
    let outcomes = together(&setup, [1, 2, POISON, 3]);
    let oks: Vec<_> = outcomes.iter().map(|outcome| outcome.as_ref().ok()).collect();
    assert_eq!(oks, [Some(&1), Some(&4), None, Some(&9)]);
    assert!(matches!(outcomes[2], Err(CallError::Failed(Refused(POISON)))), "{outcomes:?}");
    let batches = setup.batches.events();
    assert_eq!(batches[1..3], [vec![1, 2, POISON, 3], vec![1, 2]]);
    assert_eq!(batches.len(), 6, "{batches:?}");
    assert_eq!(setup.stats().bisected, 4);
}

fn a_batch_whose_error_blames_no_argument_is_not_bisected(mode: Mode) {
    let setup = setup(mode, 1, |options| {
        options.on_square(|square| square.batch(Batching::new().bisect(true)))
    });
    for outcome in together(&setup, [1, 2, BUSY, 3]) {
        let error = outcome.unwrap_err();
        assert!(matches!(error, CallError::BatchFailed(_)), "{error:?}");
        assert_eq!(error.failure(), Some(&Refused(BUSY)));
    }
    assert_eq!((setup.batches.count(), setup.stats().bisected), (2, 0));
}

fn a_stop_now_fails_what_waits(mode: Mode) {
    let setup = setup(mode, 1, unchanged);
    let _first = setup.occupy();
    let calls = [1, 2].map(|number| setup.squarer.square(number));
    let stop = setup.squarer.stop_now();
    for outcome in gather(calls).outcomes() {
        assert!(matches!(outcome, Err(CallError::Stopped(_))), "{outcome:?}");
    }
    setup.gate.open();
    assert!(stop.result().unwrap().complete);
    assert_eq!(setup.batches.count(), 1);
}

/// Is never built a second time.
#[derive(Worker)]
struct Mortal {
    held: Gate,
    died: Gate,
}

#[worker]
impl Mortal {
    fn new(held: Gate, died: Gate, tries: Gate) -> Result<Self, String> {
        tries.pass();
        if died.arrived() > 0 {
            Err("no model any more".to_owned())
        } else {
            Ok(Self { held, died })
        }
    }

    pub fn number(&self, number: u64) -> u64 {
        number
    }

    #[batch(of = "number", max_size = 1)]
    fn numbers(&self, _numbers: Vec<u64>) -> Vec<u64> {
        self.held.pass();
        self.died.open();
        self.died.pass();
        panic!("the last words")
    }
}

fn batches_that_fail_one_after_the_other_need_no_deeper_stack(mode: Mode) {
    // Here as well as there: a worker in another process asks them.
    let [held, died, tries] = [0; 3].map(|_| Gate::new());
    tries.open();
    let policy = RestartPolicy::new().first_wait(Duration::ZERO).max_failures(1);
    let mortal = Mortal::options(mode, 1)
        .restart(policy)
        .init(held.clone(), died.clone(), tries.clone())
        .unwrap();
    let mut calls = vec![mortal.number(0)];
    held.wait_for_arrivals(1);
    calls.extend((1..30_000).map(|number| mortal.number(number)));
    held.open();
    let mut outcomes = gather(calls).outcomes();
    assert!(outcomes.swap_remove(0).unwrap_err().is_panic());
    assert!(outcomes.iter().all(Result::is_err));
    assert_eq!(died.arrived(), 1, "no other batch was run");
    // In process mode twice: where it was, and in a process of its own.
    assert!(tries.arrived() <= 3, "it was built {} times", tries.arrived());
}
