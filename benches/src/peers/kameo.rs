//! Subject `kameo`: actors with unbounded mailboxes, asked from a blocking caller.

use kameo::mailbox;
use kameo::prelude::{Actor, ActorRef, Context, Message, Spawn};
use kameo::request::BlockingPendingReply;
use tokio::runtime::Runtime;

use super::round_robin::RoundRobin;
use super::tokio_spawn::multi_thread_runtime;
use crate::pool::{Counter, Pool};

/// The actor: a counter.
#[derive(Actor, Default)]
struct CounterActor(Counter);

/// The message `add(x)`.
pub struct Add(u64);

impl Message<Add> for CounterActor {
    type Reply = u64;

    async fn handle(&mut self, Add(x): Add, _: &mut Context<Self, u64>) -> u64 {
        self.0.add(x)
    }
}

/// Actors, called in turn.
pub struct Kameo {
    actors: RoundRobin<ActorRef<CounterActor>>,
    _runtime: Runtime, // last: it ends the actors
}

impl Pool for Kameo {
    const NAME: &'static str = "kameo";
    type Reply<'pool> = BlockingPendingReply<'pool, Add, u64>;

    fn start(workers: usize) -> Self {
        let runtime = multi_thread_runtime(workers);
        let _entered = runtime.enter();
        let start =
            |_| CounterActor::spawn_with_mailbox(CounterActor::default(), mailbox::unbounded());
        Self { actors: RoundRobin::new((0..workers).map(start)), _runtime: runtime }
    }

    fn submit(&self, x: u64) -> Self::Reply<'_> {
        self.actors.next().ask(Add(x)).blocking_enqueue().expect("the actor lives")
    }

    fn collect(&self, reply: Self::Reply<'_>) -> u64 {
        reply.recv().expect("the actor answers")
    }
}
