//! The subjects of the benches on calls: each peer in a file of its own, used as its users use it.
//!
//! To add one: a file here that implements [`Pool`](crate::pool::Pool) (and [`AsyncPool`] where
//! callers may await), and a line in each bench.

mod actix;
mod async_pool;
mod block_floor;
mod concurry;
mod crossbeam_oneshot;
mod kameo;
mod mailbox_floor;
mod ractor;
mod rayon_spawn;
mod round_robin;
mod tokio_spawn;

pub use actix::Actix;
pub use async_pool::AsyncPool;
pub use block_floor::{BlockFloor, ParkingBlockFloor};
pub use concurry::{Adder, AsyncConcurry, Concurry};
pub use crossbeam_oneshot::CrossbeamOneshot;
pub use kameo::Kameo;
pub use mailbox_floor::{MailboxFloor, ParkingMailboxFloor};
pub use ractor::Ractor;
pub use rayon_spawn::RayonSpawn;
pub use tokio_spawn::{AsyncTokioSpawn, TokioSpawn, multi_thread_runtime};
