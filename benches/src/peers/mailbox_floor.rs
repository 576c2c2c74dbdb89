//! Subject `mailbox-floor`: one allocation a call, any closure, many submitters.

use crate::floor::mailbox::{Mailbox, Reply};
use crate::pool::{Counter, Pool};

/// The mailbox whose workers stay off the line `DOUBLINGS` times, about a microsecond with 6.
#[derive(Debug)]
pub struct MailboxFloor<const DOUBLINGS: u32 = 6>(Mailbox<Counter>);

/// The mailbox whose workers park as soon as they run dry.
pub type ParkingMailboxFloor = MailboxFloor<0>;

impl<const DOUBLINGS: u32> Pool for MailboxFloor<DOUBLINGS> {
    const NAME: &'static str = "mailbox-floor";
    type Reply<'pool> = Reply<u64>;

    fn start(workers: usize) -> Self {
        Self(Mailbox::start(workers, DOUBLINGS, Counter::default))
    }

    fn submit(&self, x: u64) -> Reply<u64> {
        self.0.submit(move |counter: &mut Counter| counter.add(x))
    }

    fn collect(&self, reply: Reply<u64>) -> u64 {
        reply.wait()
    }
}
