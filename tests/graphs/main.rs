//! Lazy graphs as users see them, with calls in every mode.

#![allow(clippy::unwrap_used)] // a test fails by panicking
#![allow(unreachable_pub)] // methods are public as in a library, where they can be reached

mod arguments;
mod bad_input;
mod basics;
mod batching;
mod comparing;
mod early;
mod inspecting;
mod journals;
mod large;
mod random;
mod rows;
mod running;
mod worker;
