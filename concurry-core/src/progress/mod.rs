//! Progress bars: over an iterator, by hand, and for `gather` and `map`.
//!
//! - [`ProgressBar::new`] wraps anything that can be iterated over.
//! - [`ProgressBar::with_total`] is moved by hand, from one thread or many.
//! - [`Progress`] is what `.progress(..)` accepts: a description, settings, a bar, `true` or
//!   `false`, or a function that is told how far the work is.
//! - [`Tally`] is how an engine reports outcomes, retries and throttling.
//! - [`suspend`] and [`LogWriter`] print without tearing the bars.
//!
//! On a terminal a bar is drawn in place, ten times a second; elsewhere (a log file, a CI job) it is
//! a plain line every five seconds and a last line with the final state. The environment decides
//! too: `CONCURRY_PROGRESS=off`, `lines`, `terminal` or `auto`, and `NO_COLOR`.
//!
//! # How it works
//!
//! Moving a bar adds to an atomic counter and does nothing else: no clock, no lock, no output. One
//! thread per [`Target`] draws all of its bars at a fixed rate. It starts with the first bar and ends
//! with the last one, whose final state is drawn before the call that ends it returns. So a stuck
//! or closed terminal holds up at most that call, and the throttle countdown moves on while nothing
//! completes.
//!
//! Lock order: a target's canvas, then a meter's text. Neither is held over the caller's code.

#![forbid(unsafe_code)]

mod bar;
mod frames;
mod iter;
mod log;
mod meter;
mod settings;
#[cfg_attr(
    not(feature = "progress"),
    expect(dead_code, reason = "only a terminal has colours and a graphic")
)]
mod style;
mod tally;
mod targets;
#[cfg(test)]
mod tests;
mod text;

pub use bar::ProgressBar;
pub use iter::ProgressIter;
pub use log::{LogWriter, suspend};
pub use meter::State;
pub use settings::Progress;
pub use style::Colour;
pub use tally::{Tally, Waiting};
#[cfg(all(feature = "progress", any(test, feature = "test-util")))]
pub use targets::MemoryTerminal;
pub use targets::Target;
