//! The seam for workers that run elsewhere: what a backend outside this crate is made of.
//!
//! Process mode is built on it, and so is Ray mode, which lives in a crate of its own. A backend
//! brings a way to start workers and to move bytes to them and back. Everything else is here.
//!
//! **In the program.** A crate puts a [`Factory`] for its mode into `FACTORIES`. `init` calls it
//! with a [`Launch`]: how many workers, what each is to be told first ([`Launch::hello`]), what its
//! users have set ([`Launch::option`], written by [`set_option`] in an extension trait of theirs),
//! and the pool's own side ([`RemotePool`]). It gives back an [`Elsewhere`], to which calls are then
//! submitted. A backend keeps them in a [`RemoteQueue`], takes as many as a worker should have, and
//! puts each into the worker's [`CallTable`], which numbers them. Encoding it there makes a
//! message of a call; [`RemotePool::receive`] handles every message that comes back. A backend whose
//! workers are on other machines also brings them each [`SharedValue`] that a call names.
//!
//! **In the worker.** The same executable is started with the environment variable
//! [`WORKER_VARIABLE`] and a stream socket as its standard input, through which the other side has
//! sent [`greeting`] before. The hook that runs before `main` finds both and serves; there is nothing
//! else to start. Messages then go both ways in the form of [`Frame`](crate::wire::Frame).
//!
//! **When a worker is gone.** [`RemotePool::bury`] takes its table, and what is known about which
//! calls had begun. Those that had are failed with `WorkerDied`, or kept from the pool if they have
//! ended too many workers; the others go back to the queue, in order. [`Restarts`] tells how long to
//! wait before the next one is started.

mod bury;
mod call;
mod chunk;
mod collector;
mod elsewhere;
pub(crate) mod gathered;
mod leases;
mod limits;
mod pool;
mod queue;
mod remains;
mod restarts;
mod table;
mod together;

pub use bury::{Begun, Death};
pub use call::{RemoteCall, TakenCall};
pub use elsewhere::{
    BuiltFailure, Elsewhere, FACTORIES, Factory, Launch, LaunchError, option_of, set_option,
};
pub use limits::LimitDesk;
#[doc(hidden)]
pub use linkme;
pub(crate) use pool::Outcomes;
pub use pool::{Received, RemotePool};
pub use queue::RemoteQueue;
pub use remains::Remains;
pub use restarts::Restarts;
pub use table::CallTable;

pub(crate) use call::Anywhere;
pub(crate) use chunk::{Chunk, Rest};

pub use crate::serving::{WORKER_VARIABLE, greeting, greeting_with_table};
pub use crate::wire::deliveries::SharedValue;
pub use crate::wire::table_length;
