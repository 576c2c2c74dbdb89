//! What the tests of concurry share, so that each states one fact and none sleeps.
//!
//! - A [`Gate`] holds calls up until the test opens it, and tells who has arrived.
//! - A [`Dropped`] counts values that are dropped.
//! - A [`Recorder`] keeps what happened, in order.
//! - A [`RayCluster`] is one of two nodes, on this machine.
//! - [`threads_named`] and [`wait_until`] look for threads that should be gone.
//! - [`within`] turns a test that hangs into one that fails.
//!
//! Every wait is bounded by [`PATIENCE`], and says what it waited for when that is over.

#![forbid(unsafe_code)]
#![warn(unreachable_pub)] // `pub` means public: visibility is read as documentation

mod bounded;
mod drops;
mod gate;
mod ray;
mod reach;
mod recorder;
mod threads;

pub use bounded::{PATIENCE, within, within_patience};
pub use drops::{Counted, Dropped};
pub use gate::Gate;
pub use ray::{REQUIRE_RAY, RayCluster, ray_python};
pub use recorder::{Entered, Recorder};
pub use threads::{threads_named, wait_until};
