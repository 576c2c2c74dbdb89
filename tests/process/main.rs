//! Workers in processes of their own: what only they can do, and what ends them.

#![allow(clippy::unwrap_used)] // a test fails by panicking
#![forbid(unsafe_code)] // as in a user's crate: the macros make do without

mod workers;

mod batches;
mod calls;
mod cancelling;
mod deaths;
mod lifetime;
mod limits;
mod maps;
mod mixed;
mod shared;
mod types;
