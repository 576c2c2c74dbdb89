//! Subject `concurry`: sleeping calls of one async worker, their futures kept in a vector.

#![expect(unreachable_pub, reason = "the public methods of a worker are those that can be called")]

use concurry::prelude::*;

use super::sleeping::{Counted, count, sleep_then_return};

/// More than any sample has, so that all calls sleep at once.
const AT_A_TIME: usize = 2_000_000;

#[derive(Worker)]
struct Sleeper;

#[worker]
impl Sleeper {
    pub fn new() -> Self {
        Self
    }

    pub async fn sleep(&self, x: u64) -> u64 {
        sleep_then_return(x).await
    }
}

/// Submitted at once, collected in turn.
pub(crate) fn measure(calls: u64) -> Counted {
    let options = Sleeper::options(Mode::Async, 1).concurrency(AT_A_TIME);
    let sleeper = options.init().expect("the pool starts");
    count(calls, || {
        let futures: Vec<_> = (0..calls).map(|x| sleeper.sleep(x)).collect();
        futures.into_iter().map(|future| future.result().expect("the call succeeds")).sum()
    })
}
