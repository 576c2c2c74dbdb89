//! What async methods and constructors find around them: timers, I/O, and tasks of their own.

use concurry::prelude::*;
use tokio::sync::{mpsc, oneshot};

conformance!(every:
    an_async_constructor_has_a_runtime_also_when_it_builds_the_state_again,
    what_a_constructor_spawned_serves_every_call,
);
conformance!(in_this_process:
    a_method_has_its_runtime_still_after_a_call_of_a_pool_in_sync_mode,
);

type Question = (u64, oneshot::Sender<u64>);

/// Its constructor spawns a task, as an HTTP client does for each connection.
#[derive(Worker)]
struct Client {
    connection: mpsc::Sender<Question>,
}

#[worker]
impl Client {
    async fn new() -> Self {
        let (connection, mut questions) = mpsc::channel::<Question>(1);
        tokio::spawn(async move {
            while let Some((number, reply)) = questions.recv().await {
                let _ = reply.send(number * 2);
            }
        });
        Self { connection }
    }

    pub async fn double(&self, number: u64) -> Result<u64, String> {
        let (reply, answer) = oneshot::channel();
        self.connection.send((number, reply)).await.map_err(|error| error.to_string())?;
        answer.await.map_err(|error| error.to_string())
    }

    pub fn panic(&mut self) {
        panic!("the state is of no use any more");
    }
}

fn an_async_constructor_has_a_runtime_also_when_it_builds_the_state_again(mode: Mode) {
    let client = Client::options(mode, 1).init().unwrap();
    client.panic().result().unwrap_err();
    assert_eq!(client.double(4).result().unwrap(), 8);
}

fn what_a_constructor_spawned_serves_every_call(mode: Mode) {
    let client = Client::options(mode, 1).init().unwrap();
    for number in 0..3 {
        assert_eq!(client.double(number).result().unwrap(), number * 2);
    }
}

/// Asks another pool in the middle of a method.
#[derive(Worker)]
struct Asks {
    client: ClientHandle,
}

#[worker]
impl Asks {
    fn new(client: ClientHandle) -> Self {
        Self { client }
    }

    pub async fn ask(&self, number: u64) -> Result<u64, String> {
        let answer = self.client.double(number).await.map_err(|error| error.to_string())?;
        tokio::spawn(async move { answer + 1 }).await.map_err(|error| error.to_string())
    }
}

fn a_method_has_its_runtime_still_after_a_call_of_a_pool_in_sync_mode(mode: Mode) {
    let client = Client::options(Mode::Sync, 1).init().unwrap();
    let asks = Asks::options(mode, 1).init(client).unwrap();
    for number in 0..2 {
        assert_eq!(asks.ask(number).result().unwrap(), number * 2 + 1);
    }
}
