//! The guarantees of `docs/semantics.md` that concern several calls, or what stands before a call.

mod collecting;
mod documents;
mod layers;

use concurry::Mode;

/// Runs a test in each mode where calls wait for their worker.
fn queued(test: fn(Mode)) {
    for mode in [Mode::Thread, Mode::Async] {
        concurry_testkit::within(move || test(mode));
    }
}

/// Runs a test in each mode of this process.
fn every(test: fn(Mode)) {
    for mode in [Mode::Sync, Mode::Thread, Mode::Async] {
        concurry_testkit::within(move || test(mode));
    }
}
