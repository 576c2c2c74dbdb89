//! Subject `kameo`: an actor whose handler spawns; a semaphore on the caller's side admits.

use std::sync::Arc;

use concurry_benches::harness::Measurement;
use kameo::mailbox;
use kameo::prelude::{Actor, Context, DelegatedReply, Message, Spawn};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::asynchronous::{self, AT_A_TIME, request};

#[derive(Actor)]
struct Requester;

struct Request(u64, OwnedSemaphorePermit);

impl Message<Request> for Requester {
    type Reply = DelegatedReply<u64>;

    async fn handle(
        &mut self,
        Request(x, permit): Request,
        context: &mut Context<Self, Self::Reply>,
    ) -> Self::Reply {
        context.spawn(async move {
            let result = request(x).await;
            drop(permit);
            result
        })
    }
}

pub(crate) fn measure(calls: u64) -> Measurement {
    let permits = usize::try_from(AT_A_TIME).expect("the window fits in memory");
    let admitted = Arc::new(Semaphore::new(permits));
    asynchronous::measure(calls, async {
        let actor = Requester::spawn_with_mailbox(Requester, mailbox::unbounded());
        let mut replies = Vec::new();
        for x in 0..calls {
            let permit = Arc::clone(&admitted).acquire_owned().await.expect("it is never closed");
            replies.push(actor.ask(Request(x, permit)).enqueue().await.expect("the actor lives"));
        }
        let mut sum = 0;
        for reply in replies {
            sum += reply.await.expect("the actor answers");
        }
        sum
    })
}
