//! The one hook through which a pool can be watched.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use concurry_retry::BreakerState;

use crate::error::CallSite;

/// Something that happened in a pool.
///
/// Calls that go through the layers (limits, retries, timeouts, options of single calls) are told of
/// from their start to their end. Each [`CallStarted`](Self::CallStarted) is followed by one
/// [`CallDone`](Self::CallDone), also if the call is cancelled; an
/// [`AttemptStarted`](Self::AttemptStarted) is followed by one [`AttemptDone`](Self::AttemptDone),
/// unless the whole call ends before. Plain calls go straight to the queue and make no events; with
/// [`observe_calls`](crate::WorkerOptions::observe_calls) they do.
///
/// ```
/// use concurry_core::{Event, Mode, TaskPool, WorkerOptions};
/// use std::sync::atomic::{AtomicU32, Ordering};
/// use std::sync::Arc;
///
/// let restarts = Arc::new(AtomicU32::new(0));
/// let counted = Arc::clone(&restarts);
/// let pool = TaskPool::options(Mode::Thread, 1)
///     .on_event(move |event| {
///         let restarted = matches!(event, Event::WorkerRestarted { .. });
///         counted.fetch_add(u32::from(restarted), Ordering::Relaxed);
///     })
///     .init()?;
/// assert!(pool.submit(|| panic!("bad luck")).result().unwrap_err().is_panic());
/// pool.submit(|| ()).result()?; // the worker is there again
/// assert_eq!(restarts.load(Ordering::Relaxed), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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
    /// A call was made. Told on the caller's thread.
    CallStarted {
        /// The call.
        call: CallId,
        /// The method.
        site: CallSite,
    },
    /// An attempt begins: it takes its limits, and is then sent to a worker.
    AttemptStarted {
        /// The call.
        call: CallId,
        /// The method.
        site: CallSite,
        /// Which attempt it is, from 1.
        attempt: u32,
    },
    /// An attempt has ended.
    AttemptDone {
        /// The call.
        call: CallId,
        /// The method.
        site: CallSite,
        /// Which attempt it was, from 1.
        attempt: u32,
        /// Whether it gave an output that the method's `until` accepts.
        ok: bool,
        /// Where the time went.
        times: AttemptTimes,
    },
    /// A call waits for a limit, before a worker is asked.
    Throttled {
        /// The call.
        call: CallId,
        /// The method.
        site: CallSite,
        /// The key of the limit, if it is known.
        limit: Option<String>,
        /// About how long.
        wait: Option<Duration>,
    },
    /// An attempt failed, and another one will follow.
    Retrying {
        /// The call.
        call: CallId,
        /// The method.
        site: CallSite,
        /// The attempt that failed, from 1.
        attempt: u32,
        /// The wait before the next.
        wait: Duration,
    },
    /// A further copy of an attempt is started: the first is slow, failed, or several were asked for.
    Hedged {
        /// The call.
        call: CallId,
        /// The method.
        site: CallSite,
        /// Which attempt it is a copy of, from 1.
        attempt: u32,
        /// Which copy it is, from 2.
        copy: u32,
    },
    /// A copy of an attempt has ended after another one had won.
    CopyWasted {
        /// The call.
        call: CallId,
        /// The method.
        site: CallSite,
        /// Which attempt it was a copy of, from 1.
        attempt: u32,
        /// Which copy it was, from 1.
        copy: u32,
        /// How long a worker ran it.
        running: Duration,
    },
    /// A circuit breaker that the pool asks went from one state to another, here or elsewhere.
    BreakerChanged {
        /// The worker's type.
        worker_name: &'static str,
        /// The breaker's name.
        breaker: Arc<str>,
        /// Where it was.
        from: BreakerState,
        /// Where it is.
        to: BreakerState,
    },
    /// A fallback was asked after a call had failed.
    FellBack {
        /// The call.
        call: CallId,
        /// The method.
        site: CallSite,
        /// Its place in the chain of fallbacks, from 1.
        step: usize,
        /// Whether it gave an output.
        ok: bool,
    },
    /// A call that went through the layers is done.
    CallDone {
        /// The call.
        call: CallId,
        /// The method.
        site: CallSite,
        /// Whether it gave an output, before a fallback is asked. A call that was cancelled did not.
        ok: bool,
        /// How many attempts were made.
        attempts: u32,
        /// How long it waited for limits.
        throttled: Duration,
        /// From the call to its end.
        total: Duration,
    },
}

/// One call of this process, through all of its attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CallId(u64);

impl CallId {
    /// Of a call that began when nobody watched its pool.
    pub(crate) const UNWATCHED: Self = Self(0);

    pub(crate) fn next() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        // Relaxed: only has to differ.
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// Where the time of an attempt went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct AttemptTimes {
    /// The number of the worker that began it. `None` if none did.
    pub worker: Option<usize>,
    /// The wait for limits that the pool takes before a worker is asked.
    pub limit_wait: Duration,
    /// The wait for a worker.
    pub queued: Duration,
    /// From the moment at which a worker began it to its end. Limits that the method itself waits for
    /// are a part of it.
    pub running: Duration,
}

/// A function that is told of events. It runs where the event happens, so it has to be quick.
pub(crate) type EventHook = dyn Fn(&Event) + Send + Sync;
