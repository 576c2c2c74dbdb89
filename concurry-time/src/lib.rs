//! Time for the concurry crates: one clock, one timer thread, one way to block on a future.
//!
//! Everything in concurry that depends on time takes a [`Clock`], so that tests can replace the
//! machine's clock by a `FakeClock` (feature `test-util`) and advance it by hand. All time is
//! monotonic: a step of the wall clock changes nothing.
//!
//! - [`Clock`] tells the time and makes [`Sleep`]s.
//! - [`block_on`] and [`block_on_until`] wait for a future on the current thread, without a runtime.

#![warn(unreachable_pub)] // `pub` means public: visibility is read as documentation
#![forbid(unsafe_code)]

mod block_on;
mod clock;
#[cfg(any(test, feature = "test-util"))]
mod fake;
mod moment;
mod sleep;
mod system;
mod wheel;

pub use block_on::{block_on, block_on_until, wake_held, wake_together};
pub use clock::Clock;
#[cfg(any(test, feature = "test-util"))]
pub use fake::FakeClock;
pub use moment::after;
pub use sleep::{Sleep, TimedOut, Timeout};
