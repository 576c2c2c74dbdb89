//! Subject `ractor`: actors that answer through a reply port.

use ractor::concurrency::{OneshotReceiver, oneshot};
use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort};
use tokio::runtime::Runtime;

use super::round_robin::RoundRobin;
use super::tokio_spawn::multi_thread_runtime;
use crate::pool::{Counter, Pool};

struct CounterActor;

/// The message `add(x)`.
struct Add(u64, RpcReplyPort<u64>);

impl Actor for CounterActor {
    type Msg = Add;
    type State = Counter;
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<Add>, (): ()) -> Result<Counter, ActorProcessingErr> {
        Ok(Counter::default())
    }

    async fn handle(
        &self,
        _: ActorRef<Add>,
        Add(x, reply): Add,
        counter: &mut Counter,
    ) -> Result<(), ActorProcessingErr> {
        Ok(reply.send(counter.add(x))?)
    }
}

/// Actors, called in turn.
pub struct Ractor {
    actors: RoundRobin<ActorRef<Add>>,
    _runtime: Runtime, // last: it ends the actors
}

impl Pool for Ractor {
    const NAME: &'static str = "ractor";
    type Reply<'pool> = OneshotReceiver<u64>;

    fn start(workers: usize) -> Self {
        let runtime = multi_thread_runtime(workers);
        let start = |_| {
            let spawned = runtime.block_on(Actor::spawn(None, CounterActor, ()));
            spawned.expect("the actor starts").0
        };
        let actors = RoundRobin::new((0..workers).map(start));
        Self { actors, _runtime: runtime }
    }

    fn submit(&self, x: u64) -> OneshotReceiver<u64> {
        let (reply, receiver) = oneshot();
        self.actors.next().send_message(Add(x, reply.into())).expect("the actor lives");
        receiver
    }

    fn collect(&self, reply: OneshotReceiver<u64>) -> u64 {
        reply.blocking_recv().expect("the actor answers")
    }
}
