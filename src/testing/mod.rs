//! For your own tests: a clock that stands still, a terminal in memory, and faults by script.
//!
//! - A [`FakeClock`] is given to a pool by `.clock(fake.clock())` and moved by the test. Backoffs,
//!   deadlines, limits and restarts run on it.
//! - A [`MemoryTerminal`] shows what a person would see of a bar.
//! - A [`Script`] says what each call of a worker or closure under test does.
//!
//! ```
//! use concurry::prelude::*;
//! use concurry::testing::{FakeClock, Script, ScriptedFault};
//! use std::time::Duration;
//!
//! #[derive(Worker, Clone)]
//! struct Service {
//!     script: Script<u32>,
//! }
//!
//! #[worker]
//! impl Service {
//!     pub fn ask(&self) -> Result<u32, ScriptedFault> {
//!         self.script.call()
//!     }
//! }
//!
//! // Down twice, then fine: a policy with two retries gets through, after two waits.
//! let script = Script::new(42).fail("down").fail("still down");
//! let fake = FakeClock::new();
//! let retry = RetryPolicy::constant(Duration::from_secs(60)).max_retries(2).jitter(Jitter::None);
//! let service = Service::options(Mode::Thread, 1)
//!     .clock(fake.clock())
//!     .retry(retry)
//!     .init(Service { script: script.clone() })?;
//!
//! let answer = service.ask();
//! for _ in 0..2 {
//!     fake.wait_for_sleepers(1);
//!     fake.advance(Duration::from_secs(60));
//! }
//! assert_eq!(answer.result()?, 42);
//! assert_eq!(script.calls(), 3);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod script;
#[cfg(test)]
mod tests;

#[cfg(feature = "progress")]
pub use concurry_core::progress::MemoryTerminal;
pub use concurry_core::{Clock, FakeClock};
pub use script::{Script, ScriptedFault};
