//! Sleeping calls of actors that answer concurrently: the handler spawns, the task replies.

use concurry_benches::peers::multi_thread_runtime;
use kameo::mailbox;
use kameo::prelude::{Context, DelegatedReply, Message, Spawn};
use ractor::concurrency::oneshot;
use ractor::{Actor as _, ActorProcessingErr, ActorRef, RpcReplyPort};

use super::sleeping::{Counted, count, sleep_then_return};

const THREADS: usize = 2;

#[derive(kameo::Actor)]
struct KameoSleeper;

struct Sleep(u64);

impl Message<Sleep> for KameoSleeper {
    type Reply = DelegatedReply<u64>;

    async fn handle(
        &mut self,
        Sleep(x): Sleep,
        context: &mut Context<Self, Self::Reply>,
    ) -> Self::Reply {
        context.spawn(sleep_then_return(x))
    }
}

/// Messages enqueued at once, their replies kept in a vector.
pub(crate) fn kameo(calls: u64) -> Counted {
    let runtime = multi_thread_runtime(THREADS);
    let _entered = runtime.enter();
    let actor = KameoSleeper::spawn_with_mailbox(KameoSleeper, mailbox::unbounded());
    count(calls, || {
        runtime.block_on(async {
            let mut replies = Vec::new();
            for x in 0..calls {
                replies.push(actor.ask(Sleep(x)).enqueue().await.expect("it lives"));
            }
            let mut sum = 0;
            for reply in replies {
                sum += reply.await.expect("the actor answers");
            }
            sum
        })
    })
}

struct RactorSleeper;

impl ractor::Actor for RactorSleeper {
    type Msg = (Sleep, RpcReplyPort<u64>);
    type State = ();
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<Self::Msg>, (): ()) -> Result<(), ActorProcessingErr> {
        Ok(())
    }

    async fn handle(
        &self,
        _: ActorRef<Self::Msg>,
        (Sleep(x), reply): Self::Msg,
        (): &mut (),
    ) -> Result<(), ActorProcessingErr> {
        tokio::spawn(async move { reply.send(sleep_then_return(x).await) });
        Ok(())
    }
}

/// Messages sent at once, their replies kept in a vector.
pub(crate) fn ractor(calls: u64) -> Counted {
    let runtime = multi_thread_runtime(THREADS);
    let started = runtime.block_on(RactorSleeper::spawn(None, RactorSleeper, ()));
    let (actor, _) = started.expect("the actor starts");
    count(calls, || {
        let send = |x| {
            let (reply, receiver) = oneshot();
            actor.send_message((Sleep(x), reply.into())).expect("the actor lives");
            receiver
        };
        let replies: Vec<_> = (0..calls).map(send).collect();
        runtime.block_on(async {
            let mut sum = 0;
            for reply in replies {
                sum += reply.await.expect("the actor answers");
            }
            sum
        })
    })
}
