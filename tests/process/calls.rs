//! Calls and their results.

use std::sync::mpsc;

use concurry::prelude::*;
use concurry::process::ProcessOptions;
use concurry_testkit::{Gate, PATIENCE, wait_until, within};
use concurry_time::block_on;

use crate::workers::{Fragile, fragile, fragile_with};

#[test]
fn calls_run_in_another_process() {
    let fragile = fragile(1);
    assert_ne!(fragile.pid().result().unwrap(), std::process::id());
    assert_eq!(fragile.add(3, 4).result().unwrap(), 7);
    let counts: Vec<_> = (0..100_000).map(|_| fragile.count()).collect();
    let counts = gather(counts).results().unwrap();
    assert_eq!(counts.len(), 100_000);
    assert_eq!(counts.iter().zip(1..).find(|(count, place)| *count != place), None, "in order");
    let bytes = vec![7; 10 << 20];
    assert_eq!(fragile.echo(bytes.clone()).result().unwrap(), bytes);
    assert!(fragile.stop().result().unwrap().complete);
}

#[test]
fn large_arguments_that_are_written_at_one_go_are_answered_to_a_lone_caller() {
    within(|| {
        let fragile = Fragile::options(Mode::Process, 1).init(None).unwrap();
        // The channel takes such a block at once, so that its caller sends all of it by himself.
        for length in [64, 96, 128, 192, 256].map(|kibibytes| kibibytes << 10).repeat(20) {
            let back = fragile.echo(vec![7; length]).result().unwrap();
            assert_eq!((back.len(), back[length - 1]), (length, 7));
        }
    });
}

#[test]
fn large_arguments_and_results_go_both_ways_at_once() {
    let fragile = fragile(1);
    let blocks: Vec<_> = (0..4).map(|number| vec![number; 100 << 20]).collect();
    let futures: Vec<_> = blocks.iter().map(|block| fragile.echo(block.clone())).collect();
    for (future, block) in futures.into_iter().zip(blocks) {
        assert!(future.result().unwrap() == block);
    }
}

#[test]
fn a_message_above_the_bound_is_an_error_that_names_the_option() {
    let fragile = fragile_with(ProcessOptions::new().max_message(1 << 20));
    let error = fragile.echo(vec![0; 2 << 20]).result().unwrap_err();
    assert!(matches!(error, CallError::Codec(_)), "{error:?}");
    assert!(error.to_string().contains("max_message"), "{error}");
    assert_eq!(fragile.add(1, 2).result().unwrap(), 3, "the worker is unharmed");
}

#[test]
fn the_standard_input_of_a_worker_is_empty() {
    assert_eq!(fragile(1).input().result().unwrap(), 0);
}

#[test]
fn the_call_goes_to_a_worker_that_is_free() {
    let fragile = fragile(2);
    // Fast calls, so that many are sent ahead; then a slow one among them.
    let warm: Vec<_> = (0..5_000).map(|_| fragile.count()).collect();
    gather(warm).results().unwrap();
    let gate = Gate::new();
    let held = fragile.hold(gate.clone());
    let futures: Vec<_> = (0..1_000).map(|number| fragile.add(number, 1)).collect();
    assert_eq!(gather(futures).results().unwrap(), (1..=1_000).collect::<Vec<_>>());
    gate.open();
    held.result().unwrap();
}

#[test]
fn a_result_comes_however_its_caller_looks_for_it() {
    within(|| {
        let fragile = fragile(1);
        // After these, callers are taken to fetch their results themselves.
        let trips = || (0..20).for_each(|n| assert_eq!(fragile.add(n, 1).result().unwrap(), n + 1));
        trips();
        let seen = fragile.add(2, 1);
        wait_until("it is done", || seen.is_done());
        trips();
        assert_eq!(block_on(fragile.add(3, 1)).unwrap(), 4);
        trips();
        assert_eq!(gather([fragile.add(4, 1)]).results().unwrap(), [5]);
        trips();
        assert_eq!(fragile.add(5, 1).result_timeout(PATIENCE).unwrap(), 6);
        trips();
        let (sender, receiver) = mpsc::channel();
        let mut told = fragile.add(6, 1);
        told.on_done(move |outcome| sender.send(outcome.is_ok()).unwrap());
        assert!(receiver.recv().unwrap());
        trips();
        drop(fragile.add(7, 1));
        trips();
    });
}

#[test]
fn callers_on_many_threads_get_their_own_results() {
    within(|| {
        for workers in [1, 2] {
            let fragile = fragile(workers);
            std::thread::scope(|scope| {
                for thread in 0..6_u64 {
                    let fragile = &fragile;
                    scope.spawn(move || {
                        for number in 0..2_000 {
                            // Now and then several, so that the process has more than one call.
                            let more: Vec<_> =
                                (0..number % 5 / 3).map(|n| fragile.add(n, number)).collect();
                            let sum = fragile.add(number, thread).result().unwrap();
                            assert_eq!(sum, number + thread);
                            gather(more).results().unwrap();
                        }
                    });
                }
            });
            assert_eq!(fragile.stats().failed, 0);
            assert!(fragile.stop().result().unwrap().complete);
        }
    });
}

#[test]
fn a_caller_who_waits_hears_of_a_cancel_and_of_a_stop() {
    within(|| {
        let fragile = fragile(1);
        for _ in 0..20 {
            fragile.count().result().unwrap();
        }
        let gate = Gate::new();
        std::thread::scope(|scope| {
            let waits = scope.spawn(|| fragile.heed(gate.clone()).result());
            gate.wait_for_arrivals(1);
            gate.open();
            let stopped = fragile.stop_now().result().unwrap();
            assert!(stopped.complete, "{stopped:?}");
            assert!(waits.join().unwrap().is_err());
        });
    });
}
