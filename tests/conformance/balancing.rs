//! Which worker gets a call.

use concurry::Balance;
use concurry::prelude::*;
use concurry_testkit::{Dropped, Gate, Recorder};

use crate::workers::{Counter, CounterHandle, Probe};

conformance!(queued:
    round_robin_goes_around_and_state_is_per_worker,
    round_robin_is_even_over_many_threads,
    random_and_two_choices_reach_every_worker,
    failures_do_not_count_as_unfinished_for_ever,
);
conformance!(queued:
    least_total_evens_the_calls_out,
);
conformance!(threads:
    any_idle_worker_takes_the_oldest_call,
    least_active_prefers_who_has_less_to_do,
    a_call_for_a_busy_worker_waits_for_it_where_each_has_its_queue,
);

fn balanced(mode: Mode, workers: usize, balance: Balance) -> CounterHandle {
    Counter::options(mode, workers).load_balance(balance).init(0).unwrap()
}

fn given(counter: &CounterHandle) -> Vec<u64> {
    counter.stats().per_worker.iter().map(|worker| worker.given).collect()
}

fn round_robin_goes_around_and_state_is_per_worker(mode: Mode) {
    let counter = balanced(mode, 3, Balance::RoundRobin);
    let totals: Vec<u64> = (0..9).map(|_| counter.add(1).result().unwrap()).collect();
    assert_eq!(totals, [1, 1, 1, 2, 2, 2, 3, 3, 3]);
    let indices: Vec<usize> = (0..4).map(|_| counter.index().result().unwrap()).collect();
    assert_eq!(indices, [0, 1, 2, 0]);
    assert_eq!(given(&counter), [5, 4, 4]);
}

fn round_robin_is_even_over_many_threads(mode: Mode) {
    let counter = balanced(mode, 5, Balance::RoundRobin);
    std::thread::scope(|scope| {
        for _ in 0..10 {
            scope.spawn(|| gather((0..100).map(|_| counter.add(1))).results().unwrap());
        }
    });
    assert_eq!(given(&counter), [200; 5]);
    let done: Vec<u64> = counter.stats().per_worker.iter().map(|worker| worker.done).collect();
    assert_eq!(done, [200; 5]);
}

fn least_total_evens_the_calls_out(mode: Mode) {
    let counter = balanced(mode, 4, Balance::LeastTotal);
    let indices: Vec<usize> = (0..8).map(|_| counter.index().result().unwrap()).collect();
    assert_eq!(indices, [0, 1, 2, 3, 0, 1, 2, 3]);
}

fn random_and_two_choices_reach_every_worker(mode: Mode) {
    for balance in [Balance::Random, Balance::TwoChoices] {
        let counter = balanced(mode, 4, balance);
        gather((0..400).map(|_| counter.add(1))).results().unwrap();
        let given = given(&counter);
        assert_eq!(given.iter().sum::<u64>(), 400);
        assert!(given.iter().all(|&calls| calls > 40), "{balance:?}: {given:?}");
    }
}

fn failures_do_not_count_as_unfinished_for_ever(mode: Mode) {
    let counter = balanced(mode, 2, Balance::LeastActive);
    // On the first worker, since nobody has anything to do.
    for _ in 0..3 {
        assert!(counter.checked(1).result().is_err());
        assert!(counter.checked_later(1).result().is_err());
    }
    assert_eq!(counter.index().result().unwrap(), 0);
    assert_eq!(given(&counter), [7, 0]);
    assert_eq!(counter.stats().running, 0);
}

fn any_idle_worker_takes_the_oldest_call(mode: Mode) {
    let (seen, gate) = (Recorder::new(), Gate::new());
    let probe = Probe::options(mode, 2).init(seen.clone(), Dropped::new()).unwrap();
    let held = probe.hold(gate.clone());
    gate.wait_for_arrivals(1);
    // One is held for long; the other takes everything, in order.
    let futures: Vec<_> = (0..50).map(|number| probe.record(number)).collect();
    gather(futures).results().unwrap();
    assert_eq!(seen.events(), (0..50).collect::<Vec<_>>());
    gate.open();
    held.result().unwrap();
}

fn least_active_prefers_who_has_less_to_do(mode: Mode) {
    let gate = Gate::new();
    let options = Probe::options(mode, 3).load_balance(Balance::LeastActive);
    let probe = options.init(Recorder::new(), Dropped::new()).unwrap();
    let held: Vec<_> = (0..6).map(|_| probe.hold(gate.clone())).collect();
    gate.wait_for_arrivals(3);
    let given: Vec<u64> = probe.stats().per_worker.iter().map(|worker| worker.given).collect();
    assert_eq!(given, [2, 2, 2], "what waits counts as well as what runs");
    gate.open();
    gather(held).results().unwrap();
}

fn a_call_for_a_busy_worker_waits_for_it_where_each_has_its_queue(mode: Mode) {
    let (seen, gate) = (Recorder::new(), Gate::new());
    let options = Probe::options(mode, 2).load_balance(Balance::RoundRobin);
    let probe = options.init(seen.clone(), Dropped::new()).unwrap();
    let held = probe.hold(gate.clone());
    gate.wait_for_arrivals(1);
    let futures: Vec<_> = (0..10).map(|number| probe.record(number)).collect();
    // The second worker has every other call, the first one's wait.
    for future in futures.iter().step_by(2) {
        concurry_testkit::wait_until("the other worker is done", || future.is_done());
    }
    assert_eq!(seen.events(), [0, 2, 4, 6, 8]);
    gate.open();
    held.result().unwrap();
    assert_eq!(gather(futures).results().unwrap(), (0..10).collect::<Vec<_>>());
}
