//! Subject `actix`: actors on arbiters of their own, with unbounded mailboxes.

use actix::dev::Request;
use actix::{Actor, Addr, Arbiter, Context, Handler, Message, System, SystemRunner};
use futures::executor::block_on;

use super::round_robin::RoundRobin;
use crate::pool::{Counter, Pool};

/// The actor: a counter.
#[derive(Default)]
pub struct CounterActor(Counter);

/// The message `add(x)`.
pub struct Add(u64);

impl Message for Add {
    type Result = u64;
}

impl Actor for CounterActor {
    type Context = Context<Self>;
}

impl Handler<Add> for CounterActor {
    type Result = u64;

    fn handle(&mut self, Add(x): Add, _: &mut Context<Self>) -> u64 {
        self.0.add(x)
    }
}

/// Actors, called in turn.
pub struct Actix {
    workers: Option<RoundRobin<(Addr<CounterActor>, Arbiter)>>,
    _system: SystemRunner,
}

impl Pool for Actix {
    const NAME: &'static str = "actix";
    type Reply<'pool> = Request<CounterActor, Add>;

    fn start(workers: usize) -> Self {
        let system = System::new();
        let start = |_| {
            let arbiter = Arbiter::new();
            let build = |context: &mut Context<CounterActor>| {
                context.set_mailbox_capacity(0); // unbounded
                CounterActor::default()
            };
            (CounterActor::start_in_arbiter(&arbiter.handle(), build), arbiter)
        };
        let workers = RoundRobin::new((0..workers).map(start));
        Self { workers: Some(workers), _system: system }
    }

    fn submit(&self, x: u64) -> Self::Reply<'_> {
        let workers = self.workers.as_ref().expect("the workers live until the pool is dropped");
        workers.next().0.send(Add(x))
    }

    fn collect(&self, reply: Self::Reply<'_>) -> u64 {
        block_on(reply).expect("the actor answers")
    }
}

impl Drop for Actix {
    fn drop(&mut self) {
        for (actor, arbiter) in self.workers.take().into_iter().flat_map(RoundRobin::into_items) {
            drop(actor);
            arbiter.stop();
            arbiter.join().expect("the arbiter does not panic");
        }
    }
}
