//! Subject `block-floor`: calls in 64-cell blocks, one submitter, one method.

use crate::floor::blocks::{Blocks, Reply};
use crate::pool::{Counter, Pool};

/// The blocks whose workers stay off the line `DOUBLINGS` times, about a microsecond with 6.
#[derive(Debug)]
pub struct BlockFloor<const DOUBLINGS: u32 = 6>(Blocks);

/// The blocks whose workers park as soon as they run dry.
pub type ParkingBlockFloor = BlockFloor<0>;

impl<const DOUBLINGS: u32> Pool for BlockFloor<DOUBLINGS> {
    const NAME: &'static str = "block-floor";
    type Reply<'pool> = Reply;

    fn start(workers: usize) -> Self {
        Self(Blocks::start(workers, DOUBLINGS, Counter::default, Counter::add))
    }

    fn submit(&self, x: u64) -> Reply {
        self.0.submit(x)
    }

    fn collect(&self, reply: Reply) -> u64 {
        reply.wait()
    }
}
