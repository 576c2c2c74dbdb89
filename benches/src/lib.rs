//! What the benchmarks share: the harness, the hand-written floors and the peers.
//!
//! Each bench is a binary (`cargo run --release --bin calls`). It names its cases; a case names its
//! subjects and the sum that a correct run returns; [`harness`] does the rest.

pub mod echo;
pub mod floor;
pub mod harness;
pub mod peers;
pub mod pool;
pub mod system;
