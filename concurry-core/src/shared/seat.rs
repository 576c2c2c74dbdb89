//! A worker's place in its pool.

use std::sync::Arc;

use super::PoolShared;

/// A worker's place in its pool.
#[derive(Debug)]
pub(crate) struct Seat {
    pub(crate) pool: Arc<PoolShared>,
    pub(crate) index: usize,
}
