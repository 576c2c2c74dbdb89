//! Ray mode, on one cluster of two nodes that is started for all tests.
//!
//! Where there can be no cluster, the tests are counted as ignored and the reason is printed; with
//! `CONCURRY_REQUIRE_RAY` set they fail.

#![allow(clippy::unwrap_used)] // a test fails by panicking

mod calls;
mod cluster;
mod faults;
mod setting_up;
mod workers;

use concurry_testkit::{REQUIRE_RAY, RayCluster};
use libtest_mimic::{Arguments, Trial};

type Test = (&'static str, fn());

fn main() {
    let mut arguments = Arguments::from_args();
    // One cluster on a small machine.
    arguments.test_threads = arguments.test_threads.or(Some(1));
    let tests: Vec<Test> = [calls::TESTS, setting_up::TESTS, faults::TESTS].concat();
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
