//! The other side: what a process does that was started to be a worker.
//!
//! `hook.rs` finds out before `main`, `serve.rs` is its life, `methods.rs` runs calls, `outbox.rs`
//! holds what is sent, `control.rs` hears what is urgent, `running.rs` knows what runs, `replies.rs` hears
//! what a thread waits for. The pool inside is an ordinary one with one worker, in sync mode if no method
//! is async and else in async mode.

mod control;
mod hook;
mod inbox;
mod leases;
mod limits;
#[cfg(all(test, not(concurry_loom)))]
mod limits_tests;
mod methods;
mod outbox;
mod pacing;
mod permits;
mod replies;
mod running;
mod serve;

pub use hook::{WORKER_VARIABLE, greeting, greeting_with_table, init};
pub(crate) use hook::{greeting_of_parent, secret_text};
pub(crate) use inbox::Socket;
pub(crate) use serve::{Building, Served, serve};
