//! Sleeping calls of a kameo actor that answers them concurrently.

use std::time::Duration;

use concurry_benches::harness::Measurement;
use concurry_benches::peers::multi_thread_runtime;
use kameo::mailbox;
use kameo::prelude::{Actor, Context, DelegatedReply, Message, Spawn};

use super::sleeping::{count, sleep_then_return};

#[derive(Actor)]
struct Sleeper;

struct Sleep {
    x: u64,
    length: Duration,
}

impl Message<Sleep> for Sleeper {
    type Reply = DelegatedReply<u64>;

    async fn handle(
        &mut self,
        Sleep { x, length }: Sleep,
        context: &mut Context<Self, Self::Reply>,
    ) -> Self::Reply {
        context.spawn(sleep_then_return(x, length))
    }
}

/// Calls enqueued at once, their replies kept in a vector.
pub(crate) fn measure(calls: u64) -> Measurement {
    let runtime = multi_thread_runtime(2);
    let _entered = runtime.enter();
    let actor = Sleeper::spawn_with_mailbox(Sleeper, mailbox::unbounded());
    count(calls, |length| {
        runtime.block_on(async {
            let mut replies = Vec::with_capacity(usize::try_from(calls).expect("they fit"));
            for x in 0..calls {
                replies.push(actor.ask(Sleep { x, length }).enqueue().await.expect("it lives"));
            }
            let mut sum = 0;
            for reply in replies {
                sum += reply.await.expect("the actor answers");
            }
            sum
        })
    })
}
