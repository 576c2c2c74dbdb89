//! Subject `rayon-spawn`: a job for each call on a pool of rayon's, with a reply channel.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::pool::Pool;

/// Jobs on a rayon pool.
#[derive(Debug)]
pub struct RayonSpawn {
    pool: ThreadPool,
    total: Arc<AtomicU64>,
}

impl Pool for RayonSpawn {
    const NAME: &'static str = "rayon-spawn";
    type Reply<'pool> = oneshot::Receiver<u64>;

    fn start(workers: usize) -> Self {
        let pool = ThreadPoolBuilder::new().num_threads(workers).build();
        Self { pool: pool.expect("the system has threads to give"), total: Arc::default() }
    }

    fn submit(&self, x: u64) -> oneshot::Receiver<u64> {
        let (reply, receiver) = oneshot::channel();
        let total = Arc::clone(&self.total);
        self.pool.spawn(move || {
            total.fetch_add(x, Relaxed);
            reply.send(x).expect("every reply is collected");
        });
        receiver
    }

    fn collect(&self, reply: oneshot::Receiver<u64>) -> u64 {
        reply.recv().expect("the job answers")
    }
}
