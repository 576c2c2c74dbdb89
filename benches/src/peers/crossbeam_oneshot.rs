//! Subject `crossbeam-oneshot`: an unbounded shared queue of messages, each with a reply channel.

use std::thread::{self, JoinHandle};

use crossbeam_channel::{Sender, unbounded};

use crate::pool::{Counter, Pool};

type Message = (u64, oneshot::Sender<u64>);

/// Threads that share one queue.
#[derive(Debug)]
pub struct CrossbeamOneshot {
    queue: Option<Sender<Message>>,
    threads: Vec<JoinHandle<()>>,
}

impl Pool for CrossbeamOneshot {
    const NAME: &'static str = "crossbeam-oneshot";
    type Reply<'pool> = oneshot::Receiver<u64>;

    fn start(workers: usize) -> Self {
        let (queue, messages) = unbounded::<Message>();
        let start = |_| {
            let messages = messages.clone();
            thread::spawn(move || {
                let mut counter = Counter::default();
                for (x, reply) in messages {
                    reply.send(counter.add(x)).expect("every reply is collected");
                }
            })
        };
        Self { queue: Some(queue), threads: (0..workers).map(start).collect() }
    }

    fn submit(&self, x: u64) -> oneshot::Receiver<u64> {
        let (reply, receiver) = oneshot::channel();
        let queue = self.queue.as_ref().expect("the queue is open until the pool is dropped");
        queue.send((x, reply)).expect("the workers live until the pool is dropped");
        receiver
    }

    fn collect(&self, reply: oneshot::Receiver<u64>) -> u64 {
        reply.recv().expect("the worker answers")
    }
}

impl Drop for CrossbeamOneshot {
    fn drop(&mut self) {
        self.queue = None;
        for thread in self.threads.drain(..) {
            thread.join().expect("the worker does not panic");
        }
    }
}
