//! The one hook through which a pool can be watched.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::error::CallSite;

/// Something that happened in a pool.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// A worker was built again after a panic.
    WorkerRestarted {
        /// The worker's type.
        worker_name: &'static str,
        /// The worker's number.
        worker: usize,
        /// How many restarts there have been in a row, without a call done between them.
        in_a_row: u32,
    },
    /// A worker was given up: its constructor failed too often in a row.
    WorkerGivenUp {
        /// The worker's type.
        worker_name: &'static str,
        /// The worker's number.
        worker: usize,
        /// The last failure.
        message: String,
    },
    /// A call waits for a limit, before a worker is asked.
    Throttled {
        /// The method.
        site: CallSite,
        /// The key of the limit, if it is known.
        limit: Option<String>,
        /// About how long.
        wait: Option<Duration>,
    },
    /// An attempt failed, and another one will follow.
    Retrying {
        /// The method.
        site: CallSite,
        /// The attempt that failed, from 1.
        attempt: u32,
        /// The wait before the next.
        wait: Duration,
    },
    /// A call that went through the layers is done.
    CallDone {
        /// The method.
        site: CallSite,
        /// Whether it gave an output.
        ok: bool,
        /// How many attempts were made.
        attempts: u32,
        /// How long it waited for limits.
        throttled: Duration,
        /// From the call to its end.
        total: Duration,
    },
}

/// A function that is told of events. It runs where the event happens, so it has to be quick.
pub(crate) type EventHook = dyn Fn(&Event) + Send + Sync;

/// The hooks of a pool. Without one, an event is not even made.
#[derive(Clone, Default)]
pub(crate) struct Events {
    hook: Option<Arc<EventHook>>,
}

impl Events {
    pub(crate) fn to(hook: Arc<EventHook>) -> Self {
        Self { hook: Some(hook) }
    }

    #[inline]
    pub(crate) fn emit(&self, event: impl FnOnce() -> Event) {
        if let Some(hook) = &self.hook {
            // A hook that panics must not take a worker with it.
            let event = event();
            let call = std::panic::AssertUnwindSafe(|| hook(&event));
            let _ = std::panic::catch_unwind(call);
        }
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events").field("hooked", &self.hook.is_some()).finish()
    }
}
