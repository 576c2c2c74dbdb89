//! Test support: futures driven to their end on a clock that jumps from timer to timer.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use concurry_time::FakeClock;

pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// Polls a future to its end, moving the clock to each timer in turn. Returns the waits as well,
/// in seconds.
pub(crate) fn drive<F: Future>(fake: &FakeClock, future: F) -> (F::Output, Vec<u64>) {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    let mut waits = Vec::new();
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return (output, waits),
            Poll::Pending => {
                let step = fake.advance_to_next().expect("a pending future has a timer");
                waits.push(step.as_secs());
            }
        }
    }
}
