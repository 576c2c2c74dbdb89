//! Ray mode, on one cluster of two nodes that is started for all tests.
//!
//! Where there can be no cluster, the tests are counted as ignored and the reason is printed; with
//! `CONCURRY_REQUIRE_RAY` set they fail.

#![allow(clippy::unwrap_used)] // a test fails by panicking

mod calls;
mod cluster;
#[macro_use]
mod conformance;
/// Held to the same text as in every other mode.
#[allow(dead_code)] // what only other rows use
#[path = "../conformance"]
mod behaviours {
    mod bad_options;
    mod balancing;
    mod batching;
    mod bounded_queue;
    mod breakers;
    mod callbacks;
    mod cancelling;
    mod construction;
    mod counted;
    mod dedup;
    mod functions;
    mod gathering;
    mod hedging;
    mod late;
    mod leaks;
    mod limits;
    mod mapping;
    mod nesting;
    mod order;
    mod overlap;
    mod panics;
    mod pipelines;
    mod restarts;
    mod retries;
    mod stopping;
    mod storms;
    mod surroundings;
    mod waiting;
    mod waits;
}
mod faults;
mod graphs;
mod noters;
mod setting_up;
mod shared;
mod traffic;
/// The workers of the behaviours that every mode has.
#[allow(dead_code)] // what only other rows use
#[path = "../conformance/workers.rs"]
mod workers;

use std::time::Duration;

use concurry_testkit::{REQUIRE_RAY, RayCluster};
use libtest_mimic::{Arguments, Trial};

type Test = (&'static str, fn());

/// An actor takes Python seconds to start, and several tests do so at once.
const PATIENCE: Duration = Duration::from_secs(90);

/// A test under its name.
type Named = (String, Box<dyn FnOnce() + Send>);

/// What goes on beside each other.
fn together() -> Vec<Named> {
    // First what takes longest.
    let own = [
        setting_up::TESTS,
        traffic::TESTS,
        faults::TESTS,
        shared::TESTS,
        graphs::TESTS,
        calls::TESTS,
    ];
    // What holds in every mode.
    let behaviours = conformance::BEHAVIOURS.iter().map(|(name, behaviour)| {
        let name = name.rsplit("behaviours::").next().unwrap_or(name);
        let run = move || conformance::check(name, *behaviour);
        (format!("conformance::{name}"), Box::new(run) as Box<dyn FnOnce() + Send>)
    });
    named(own.concat()).chain(behaviours).collect()
}

/// What others would feel, or what they would disturb, one after the other. The last one ends the cluster.
fn alone() -> Vec<Named> {
    let tests =
        [&[NO_WORKER_IS_LEFT], setting_up::ALONE, calls::ALONE, traffic::ALONE, faults::ALONE];
    named(tests.concat()).collect()
}

/// Pools end with their tests: none is left with a call that nothing ends.
const NO_WORKER_IS_LEFT: Test = ("conformance::no_worker_is_left", || {
    concurry_testkit::wait_until("the workers of all behaviours are gone", || {
        noters::workers().is_empty()
    });
});

fn named(tests: Vec<Test>) -> impl Iterator<Item = Named> {
    tests.into_iter().map(|(name, test)| (name.to_owned(), Box::new(test) as _))
}

fn main() {
    if let Some(address) = std::env::var_os(traffic::VICTIM) {
        return traffic::be_victim(&address.to_string_lossy());
    }
    let arguments = Arguments::from_args();
    let (together, alone) = (together(), alone());
    let wanted =
        |(name, _): &Named| arguments.filter.as_deref().is_none_or(|filter| name.contains(filter));
    let needed = !arguments.list && together.iter().chain(&alone).any(wanted);
    let missing = if needed { cluster::start(RayCluster::start()) } else { None };
    if let Some(why) = &missing {
        let count = together.len() + alone.len();
        eprintln!("=== {count} tests of Ray mode did NOT run: {why}");
        assert!(std::env::var_os(REQUIRE_RAY).is_none(), "{REQUIRE_RAY} is set, and {why}");
    }
    let run = |tests: Vec<Named>, threads: usize| {
        let mut arguments = arguments.clone();
        arguments.test_threads =
            Some(arguments.test_threads.map_or(threads, |most| most.min(threads)));
        let trials = tests.into_iter().map(|(name, test)| {
            let run = move || {
                concurry_testkit::within_patience(PATIENCE, test);
                Ok(())
            };
            Trial::test(name, run).with_ignored_flag(missing.is_some())
        });
        libtest_mimic::run(&arguments, trials.collect())
    };
    // Each waits for the cluster for about half of its time.
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let together = run(together, 2 * processors);
    let alone = run(alone, 1);
    cluster::stop();
    together.exit_if_failed();
    alone.exit();
}
