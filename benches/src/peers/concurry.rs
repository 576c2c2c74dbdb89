//! Subject `concurry`: a worker in thread mode for callers that block, in async mode for those that
//! await.

use concurry::prelude::*;

use super::AsyncPool;
use crate::pool::{Counter, Pool};

/// The worker: a counter.
#[derive(Worker)]
pub struct Adder(Counter);

#[worker]
impl Adder {
    /// Starts at zero.
    pub fn new() -> Self {
        Self(Counter::default())
    }

    /// Adds to the state; returns the argument.
    pub fn add(&mut self, x: u64) -> u64 {
        self.0.add(x)
    }

    /// Does nothing; returns the argument.
    pub async fn echo(&self, x: u64) -> u64 {
        x
    }
}

/// Workers on threads.
pub struct Concurry(AdderHandle);

impl Pool for Concurry {
    const NAME: &'static str = "concurry";
    type Reply<'pool> = TaskFuture<u64, std::convert::Infallible>;

    fn start(workers: usize) -> Self {
        Self(Adder::options(Mode::Thread, workers).init().expect("the pool starts"))
    }

    fn submit(&self, x: u64) -> Self::Reply<'_> {
        self.0.add(x)
    }

    fn collect(&self, reply: Self::Reply<'_>) -> u64 {
        reply.result().expect("the call succeeds")
    }
}

/// An async worker on a thread of concurry's own.
pub struct AsyncConcurry(AdderHandle);

type Succeeded = fn(Result<u64, CallError<std::convert::Infallible>>) -> u64;

impl AsyncPool for AsyncConcurry {
    const NAME: &'static str = "concurry";
    type Reply = futures::future::Map<TaskFuture<u64, std::convert::Infallible>, Succeeded>;

    fn start(_: &tokio::runtime::Handle) -> Self {
        Self(Adder::options(Mode::Async, 1).init().expect("the pool starts"))
    }

    fn submit(&self, x: u64) -> Self::Reply {
        futures::FutureExt::map(self.0.echo(x), |outcome| outcome.expect("the call succeeds"))
    }
}
