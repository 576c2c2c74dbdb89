//! What becomes of the calls of a worker that died.

use super::{CallTable, RemotePool, TakenCall};
use crate::CallError;
use crate::error::{WorkerDeath, WorkerDied};

/// What is known about whether a call had begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begun {
    /// It had not: it may be sent to another worker.
    No,
    /// It had, or it may have: only an idempotent one may be run again, and that its policy says.
    Yes,
}

/// How a worker died.
#[derive(Clone, Debug)]
pub struct Death {
    /// What ended it.
    pub cause: WorkerDeath,
    /// How many workers one call may end before it is kept from the others.
    pub quarantine_after: u32,
}

impl RemotePool {
    /// Ends or returns the calls of a worker that died. `begun` says of each number what is known.
    ///
    /// A call that had begun fails with `WorkerDied`, which its retry policy may answer if the method
    /// is idempotent. One that has ended too many workers is failed for good, with its arguments.
    pub fn bury(
        &self,
        worker: usize,
        table: &mut CallTable,
        death: &Death,
        mut begun: impl FnMut(u64) -> Begun,
    ) {
        let mut back = Vec::new();
        for number in table.numbers() {
            let begun = begun(number);
            let Some(call) = table.remove(number) else { continue };
            match begun {
                Begun::Yes => {
                    self.shared.workers[worker].end(true);
                    blame(worker, call, death);
                }
                Begun::No => back.extend(self.take_back(worker, call)),
            }
        }
        self.queue.give_back(back);
    }

    /// A call that was sent and not begun is not with the worker any more. `None`: its user has
    /// cancelled it, so it is over.
    #[must_use]
    pub fn take_back(&self, worker: usize, call: TakenCall) -> Option<TakenCall> {
        self.shared.workers[worker].lose_begun(1);
        if call.is_cancelled() {
            let site = call.site();
            call.fail(CallError::Cancelled(site));
            return None;
        }
        Some(call)
    }
}

fn blame(worker: usize, call: TakenCall, death: &Death) {
    let environment = call.environment();
    let deaths = 1 + environment.as_ref().map_or(0, |environment| environment.deaths);
    if deaths >= death.quarantine_after {
        return call.quarantine(deaths);
    }
    let (site, cause) = (call.site(), death.cause.clone());
    let attempt = environment.map_or(1, |environment| environment.attempt);
    call.fail(CallError::WorkerDied(Box::new(WorkerDied { site, worker, cause, attempt })));
}

/// Fails a call because there is no worker left to run it.
pub(crate) fn fail_unbuilt(call: TakenCall, worker: usize, failures: u32, message: &str) {
    let site = call.site();
    let cause = WorkerDeath::Constructor { failures, message: message.to_owned() };
    let died = WorkerDied { site, worker, cause, attempt: 1 };
    call.fail(CallError::WorkerDied(Box::new(died)));
}
