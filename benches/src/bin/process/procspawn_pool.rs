//! procspawn: a pool of processes that run functions.

use std::time::Instant;

use concurry_benches::echo::median;
use concurry_benches::harness::{Measurement, Stopwatch};
use procspawn::{JoinHandle, Pool};

/// Calls that are on their way at a time.
const WINDOW: usize = 64;

/// About one fresh pool in fifty closes the channel of an early call; then it is another one's turn.
fn pool(workers: usize) -> Pool {
    loop {
        let pool = Pool::new(workers).expect("the pool starts");
        let warm =
            (0..64 * workers as u64).all(|x| matches!(pool.spawn(x, same).join(), Ok(y) if x == y));
        if warm {
            return pool;
        }
    }
}

fn same(x: u64) -> u64 {
    x
}

pub(super) fn calls(calls: u64, workers: usize) -> Measurement {
    let pool = pool(workers);
    let mut sum = 0;
    let watch = Stopwatch::start();
    let mut next = 0;
    while next < calls {
        let end = (next + WINDOW as u64).min(calls);
        let handles: Vec<JoinHandle<u64>> = (next..end).map(|x| pool.spawn(x, same)).collect();
        for handle in handles {
            sum += handle.join().expect("it answers");
        }
        next = end;
    }
    watch.stop().per_call(calls, sum)
}

pub(super) fn roundtrip(calls: u64) -> Measurement {
    let pool = pool(1);
    let (mut trips, mut sum) = (Vec::new(), 0);
    let watch = Stopwatch::start();
    for x in 0..calls {
        let start = Instant::now();
        sum += pool.spawn(x, same).join().expect("it answers");
        trips.push(start.elapsed());
    }
    watch.stop().with_value(median(trips), sum)
}

pub(super) fn start(_: u64) -> Measurement {
    let watch = Stopwatch::start();
    let start = Instant::now();
    let pool = Pool::new(2).expect("the pool starts");
    for _ in 0..2 {
        // It may close the channel of an early call.
        while !matches!(pool.spawn(3, same).join(), Ok(3)) {}
    }
    let ready = start.elapsed();
    drop(pool);
    watch.stop().with_value(ready.as_secs_f64() * 1e3, 0)
}
