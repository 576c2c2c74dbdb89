//! When a batch goes.

use super::*;

conformance!(queued:
    a_lone_caller_is_never_kept_waiting,
    what_comes_while_all_workers_are_taken_goes_in_full_batches,
    what_comes_beside_a_running_batch_waits_for_its_window,
    a_full_batch_waits_for_nobody,
    a_crowd_that_comes_back_shares_its_batch_again,
    calls_that_are_made_together_go_together,
    a_map_goes_in_batches_and_keeps_its_order,
    a_stop_sends_what_waits_at_once,
    the_last_handle_leaves_its_calls_to_be_batched,
);
conformance!(at_the_call:
    in_sync_mode_each_call_runs_by_itself,
);

fn a_lone_caller_is_never_kept_waiting(mode: Mode) {
    let setup = setup(mode, 1, unchanged);
    setup.gate.open();
    for number in 1..4 {
        assert_eq!(setup.squarer.square(number).result().unwrap(), number * number);
    }
    assert_eq!(setup.batches.events(), [[1], [2], [3]]);
    assert_eq!(setup.fake.sleepers(), 0, "no timer was needed");
}

fn what_comes_while_all_workers_are_taken_goes_in_full_batches(mode: Mode) {
    let setup = setup(mode, 1, unchanged);
    let first = setup.occupy();
    let calls: Vec<_> = (1..=8).map(|number| setup.squarer.square(number)).collect();
    assert_eq!((setup.stats().waiting, setup.stats().running), (8, 1));
    setup.gate.open();
    assert_eq!(first.result().unwrap(), 0);
    let squares = gather(calls).results().unwrap();
    assert_eq!(squares, [1, 4, 9, 16, 25, 36, 49, 64]);
    let batches = setup.batches.events();
    assert_eq!(batches, [vec![0], vec![1, 2, 3, 4], vec![5, 6, 7, 8]]);
    let stats = setup.stats();
    assert_eq!((stats.batches, stats.calls, stats.full), (3, 9, 2));
    assert_eq!((stats.method, stats.max_size), ("square", 4));
    assert!((stats.fill_ratio() - 0.75).abs() < 1e-9, "{stats:?}");
}

fn what_comes_beside_a_running_batch_waits_for_its_window(mode: Mode) {
    let setup = setup(mode, 2, unchanged);
    let first = setup.occupy();
    let calls = [1, 2].map(|number| setup.squarer.square(number));
    setup.fake.wait_for_sleepers(1);
    assert_eq!(setup.batches.count(), 1);
    setup.fake.advance(WINDOW);
    setup.gate.wait_for_arrivals(2);
    setup.gate.open();
    assert_eq!(setup.batches.events(), [vec![0], vec![1, 2]]);
    assert_eq!(gather(calls).results().unwrap(), [1, 4]);
    assert_eq!(first.result().unwrap(), 0);
}

fn a_full_batch_waits_for_nobody(mode: Mode) {
    let setup = setup(mode, 2, unchanged);
    let _first = setup.occupy();
    let _calls: Vec<_> = (1..=4).map(|number| setup.squarer.square(number)).collect();
    setup.gate.wait_for_arrivals(2);
    assert_eq!(setup.batches.events(), [vec![0], vec![1, 2, 3, 4]]);
    setup.gate.open();
}

fn a_crowd_that_comes_back_shares_its_batch_again(mode: Mode) {
    let setup = setup(mode, 1, unchanged);
    let first = setup.occupy();
    let calls: Vec<_> = (1..=3).map(|number| setup.squarer.square(number)).collect();
    setup.gate.open();
    first.result().unwrap();
    // The first may come back: it is waited for.
    setup.fake.wait_for_sleepers(1);
    let back = setup.squarer.square(4);
    assert_eq!(gather(calls).results().unwrap(), [1, 4, 9]);
    assert_eq!(back.result().unwrap(), 16);
    assert_eq!(setup.batches.events(), [vec![0], vec![1, 2, 3, 4]]);
}

fn calls_that_are_made_together_go_together(mode: Mode) {
    use concurry::__private::{BatchedForm, BatchedFormVisitor, Method, MethodVisitor};

    /// Calls the first method of a worker for some numbers, as a graph would.
    struct Together<'a>(&'a SquarerHandle, Vec<u64>);

    impl MethodVisitor<Squarer> for Together<'_> {
        fn visit<M: Method<Worker = Squarer>>(&mut self) {
            if M::SPEC.name != "square" {
                return;
            }
            assert_eq!(M::visit_batched_form(NameOfForm), Some("squares"));
            let numbers: Vec<Box<dyn std::any::Any>> =
                (1..=6_u64).map(|number| Box::new((number,)) as _).collect();
            let calls = numbers.into_iter().map(|number| *number.downcast::<M::Args>().unwrap());
            let futures = self.0.__handle().call_together::<M>(calls);
            for (future, _) in futures {
                let output: Box<dyn std::any::Any> = Box::new(future.result().ok().unwrap());
                self.1.push(*output.downcast::<u64>().unwrap());
            }
        }
    }

    struct NameOfForm;

    impl<M: Method> BatchedFormVisitor<M> for NameOfForm {
        type Output = &'static str;

        fn visit<B: BatchedForm<Single = M, Worker = M::Worker>>(self) -> &'static str {
            B::SPEC.name
        }
    }

    let setup = setup(mode, 2, unchanged);
    setup.gate.open();
    let mut together = Together(&setup.squarer, Vec::new());
    <Squarer as concurry::__private::Worker>::visit_methods(&mut together);
    assert_eq!(together.1, [1, 4, 9, 16, 25, 36]);
    let mut batches = setup.batches.events();
    batches.sort();
    assert_eq!(batches, [vec![1, 2, 3, 4], vec![5, 6]]);
}

fn a_map_goes_in_batches_and_keeps_its_order(mode: Mode) {
    let setup = setup(mode, 1, |options| {
        options.on_square(|square| square.batch(Batching::new().max_wait(Duration::ZERO)))
    });
    setup.gate.open();
    let squares = setup.squarer.map(5_000..6_000, |squarer, number| squarer.square(number));
    let squares = squares.in_flight(8).results().unwrap();
    assert!(
        squares.iter().zip(5_000..).all(|(&square, number): (&u64, u64)| square == number * number)
    );
    assert!(setup.batches.events().iter().all(|batch| batch.len() <= 4));
    assert_eq!(setup.stats().calls, 1_000);
    assert_eq!(setup.singles.count(), 0);
}

fn a_stop_sends_what_waits_at_once(mode: Mode) {
    let setup = setup(mode, 2, unchanged);
    let first = setup.occupy();
    let calls = [1, 2].map(|number| setup.squarer.square(number));
    let stop = setup.squarer.stop();
    setup.gate.wait_for_arrivals(2);
    setup.gate.open();
    assert_eq!(gather(calls).results().unwrap(), [1, 4]);
    assert_eq!(first.result().unwrap(), 0);
    assert!(stop.result().unwrap().drained);
    assert!(matches!(setup.squarer.square(3).result(), Err(CallError::Stopped(_))));
}

fn the_last_handle_leaves_its_calls_to_be_batched(mode: Mode) {
    let setup = setup(mode, 1, unchanged);
    let _first = setup.occupy();
    let calls: Vec<_> = (1..=4).map(|number| setup.squarer.square(number)).collect();
    let Setup { squarer, gate, .. } = setup;
    drop(squarer);
    gate.open();
    assert_eq!(gather(calls).results().unwrap(), [1, 4, 9, 16]);
}

fn in_sync_mode_each_call_runs_by_itself(mode: Mode) {
    let setup = setup(mode, 1, unchanged);
    assert_eq!(setup.squarer.square(3).result().unwrap(), 9);
    assert_eq!((setup.singles.events(), setup.batches.count()), (vec![3], 0));
    assert!(setup.squarer.stats().batching.is_empty());
}
