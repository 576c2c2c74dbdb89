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

use concurry_testkit::{REQUIRE_RAY, RayCluster};
use libtest_mimic::{Arguments, Trial};

type Test = (&'static str, fn());

/// A test under its name.
type Named = (String, Box<dyn FnOnce() + Send>);

/// What holds in every mode.
fn behaviours() -> Vec<Named> {
    let behaviours = conformance::BEHAVIOURS.iter().map(|(name, behaviour)| {
        let name = name.rsplit("behaviours::").next().unwrap_or(name);
        let run = move || conformance::check(name, *behaviour);
        (format!("conformance::{name}"), Box::new(run) as Box<dyn FnOnce() + Send>)
    });
    // Pools end with their tests: none is left with a call that nothing ends.
    let no_worker_is_left = || {
        concurry_testkit::wait_until("the workers of all behaviours are gone", || {
            noters::workers().is_empty()
        });
    };
    let last = ("conformance::no_worker_is_left".to_owned(), Box::new(no_worker_is_left) as _);
    behaviours.chain([last]).collect()
}

/// What is about the cluster. Some do things to it that others would feel, the last one ends it.
fn own() -> Vec<Named> {
    let own = [
        calls::TESTS,
        graphs::TESTS,
        setting_up::TESTS,
        traffic::TESTS,
        shared::TESTS,
        faults::TESTS,
    ];
    own.concat().into_iter().map(|(name, test)| (name.to_owned(), Box::new(test) as _)).collect()
}

fn main() {
    if let Some(address) = std::env::var_os(traffic::VICTIM) {
        return traffic::be_victim(&address.to_string_lossy());
    }
    let mut arguments = Arguments::from_args();
    // One cluster on a small machine.
    arguments.test_threads = arguments.test_threads.or(Some(1));
    let tests: Vec<_> = behaviours().into_iter().chain(own()).collect();
    let wanted =
        |name: &str| arguments.filter.as_deref().is_none_or(|filter| name.contains(filter));
    let needed = !arguments.list && tests.iter().any(|(name, _)| wanted(name));
    let missing = if needed { cluster::start(RayCluster::start()) } else { None };
    if let Some(why) = &missing {
        let count = tests.len();
        eprintln!("=== {count} tests of Ray mode did NOT run: {why}");
        assert!(std::env::var_os(REQUIRE_RAY).is_none(), "{REQUIRE_RAY} is set, and {why}");
    }
    let trials = tests.into_iter().map(|(name, test)| {
        let run = move || {
            concurry_testkit::within(test);
            Ok(())
        };
        Trial::test(name, run).with_ignored_flag(missing.is_some())
    });
    let conclusion = libtest_mimic::run(&arguments, trials.collect());
    cluster::stop();
    conclusion.exit();
}
