//! How a worker ended, and what is left of it.

use std::time::Duration;

use concurry_core::WorkerDeath;

use crate::protocol::{Ended, Refusal};

/// How a worker ended.
#[derive(Debug)]
pub(crate) struct End {
    pub(crate) cause: WorkerDeath,
    /// In words, for whoever waits for its constructor.
    pub(crate) text: String,
    /// Whether its actor lives and can take the next process.
    pub(crate) actor_lives: bool,
    /// Whether its process has to be ended.
    pub(crate) process_lives: bool,
    /// What the process noted about its calls.
    pub(crate) notes: Vec<u8>,
}

impl End {
    /// Its process ended, as its actor tells.
    pub(crate) fn of_process(ended: &Ended, notes: &[u8]) -> Self {
        let cause = match ended.code {
            code @ 0.. => WorkerDeath::Exit { code },
            code => WorkerDeath::Signal { signal: -code },
        };
        let text = match ended.log.trim() {
            "" => cause.to_string(),
            log => format!("{cause}; it printed: {log}"),
        };
        Self { cause, text, actor_lives: true, process_lives: false, notes: notes.to_vec() }
    }

    /// Its actor, or the whole node, is gone.
    pub(crate) fn of_actor(refusal: Refusal) -> Self {
        Self::lost(format!("{}: {}", refusal.code, refusal.text))
    }

    /// The way to the cluster is gone.
    pub(crate) fn of_gateway(text: &str) -> Self {
        Self::lost(text.to_owned())
    }

    /// What came from it is no message.
    pub(crate) fn of_garbage(error: &std::io::Error) -> Self {
        let message = format!("it sent what is no message: {error}");
        Self::to_be_ended(WorkerDeath::Lost { message })
    }

    /// Its state is gone and can't be built again.
    pub(crate) fn of_constructor(message: String) -> Self {
        let cause = WorkerDeath::Constructor { failures: 1, message: message.clone() };
        Self { text: message, ..Self::to_be_ended(cause) }
    }

    /// Nothing was heard of it for so long. Its actor may come back, which nobody wants then.
    pub(crate) fn of_silence(silent: Duration) -> Self {
        let cause = WorkerDeath::Hung { silent };
        Self { actor_lives: false, ..Self::to_be_ended(cause) }
    }

    /// A call did not end when it had to.
    pub(crate) fn overdue() -> Self {
        Self::to_be_ended(WorkerDeath::Overdue)
    }

    fn to_be_ended(cause: WorkerDeath) -> Self {
        let text = cause.to_string();
        Self { cause, text, actor_lives: true, process_lives: true, notes: Vec::new() }
    }

    fn lost(message: String) -> Self {
        let cause = WorkerDeath::Lost { message: message.clone() };
        Self { text: message, actor_lives: false, process_lives: false, cause, notes: Vec::new() }
    }
}
