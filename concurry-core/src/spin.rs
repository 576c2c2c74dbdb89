//! Short waits without a system call, where a CPU is free for them.
//!
//! A park and a wake cost some 12 µs between two CPUs, a hand-over between running threads under
//! 1 µs. Spinning pays only if the other side runs on another CPU and answers soon. So nobody spins
//! while as many workers are awake as the process has CPUs; and who spun in vain lets the next
//! chances pass, twice as many each time.

use std::cell::Cell;
use std::hint;
use std::mem;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Workers of all pools that are not parked.
static AWAKE: AtomicUsize = AtomicUsize::new(0);

/// About a third of what a park and a wake cost.
const SHORT: Duration = Duration::from_micros(4);
/// What a park and a wake cost where the woken CPU was idle: a wait that ends within it was worth it.
const WORTH_IT: Duration = Duration::from_micros(50);
/// Covers the other side's own wake-up: this is what gets two threads that answer each other out of
/// parking alternately, which feeds itself otherwise.
const LONG: Duration = Duration::from_micros(100);

fn cpus() -> usize {
    static CPUS: OnceLock<usize> = OnceLock::new();
    *CPUS.get_or_init(|| thread::available_parallelism().map_or(1, usize::from))
}

/// Whether one more thread may spin: one CPU stays free for the other side.
fn cpu_to_spare() -> bool {
    // Relaxed: a rough count is enough for a decision about speed.
    AWAKE.load(Ordering::Relaxed) < cpus()
}

/// Callers that spin at the moment. Not counted as awake: the worker that they wait for may spin
/// beside them.
static CALLERS: AtomicUsize = AtomicUsize::new(0);

/// A caller's right to spin.
#[derive(Debug)]
struct CallersTurn(());

impl CallersTurn {
    /// `None` if the workers and the other callers leave no CPU. Where hundreds wait for the same
    /// batch, all but one or two sleep: spinning they would only keep each other from their answers.
    fn take() -> Option<Self> {
        // Relaxed: as above.
        let others = CALLERS.fetch_add(1, Ordering::Relaxed);
        let turn = Self(());
        (AWAKE.load(Ordering::Relaxed) + others < cpus()).then_some(turn)
    }
}

impl Drop for CallersTurn {
    fn drop(&mut self) {
        CALLERS.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Whether a process and the caller that waits for it find a CPU each.
#[cfg(feature = "process")]
pub(crate) fn room_for_pair() -> bool {
    // Relaxed: as above.
    AWAKE.load(Ordering::Relaxed) + 2 <= cpus()
}

/// Counts a worker as awake while it lives.
#[derive(Debug)]
pub(crate) struct Awake(());

impl Awake {
    pub(crate) fn new() -> Self {
        AWAKE.fetch_add(1, Ordering::Relaxed);
        Self(())
    }
}

impl Drop for Awake {
    fn drop(&mut self) {
        AWAKE.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Lets 2^k - 1 chances pass after k failures in a row.
#[derive(Clone, Copy, Debug)]
struct Patience {
    failures: u32,
    skip: u32,
    max_failures: u32,
}

impl Patience {
    const fn new(max_failures: u32) -> Self {
        Self { failures: 0, skip: 0, max_failures }
    }

    fn try_now(&mut self) -> bool {
        if self.skip == 0 {
            return true;
        }
        self.skip -= 1;
        false
    }

    fn record(&mut self, success: bool) {
        if success {
            self.failures = 0;
        } else {
            self.failures = (self.failures + 1).min(self.max_failures);
            self.skip = (1 << self.failures) - 1;
        }
    }
}

/// When a thread spins, and for how long.
#[derive(Clone, Copy, Debug)]
struct Spinner {
    short: Patience,
    long: Patience,
    /// The last long wait ended late.
    forgiven: bool,
}

impl Spinner {
    const fn new() -> Self {
        Self { short: Patience::new(6), long: Patience::new(8), forgiven: false }
    }

    /// Waits for `ready` as long as is worth it; false: park. Looks `interval` pauses apart.
    fn wait_until(&mut self, interval: u32, ready: impl Fn() -> bool) -> bool {
        if self.long.try_now() {
            let waited = spin(LONG, interval, ready);
            let worth_it = waited.is_some_and(|waited| waited < WORTH_IT);
            // A long wait that ended may have been the other side's wake-up: the next one tells.
            let forgiven = waited.is_some() && !mem::replace(&mut self.forgiven, !worth_it);
            if !forgiven {
                self.long.record(worth_it);
            }
            waited.is_some()
        } else if self.short.try_now() {
            let success = spin(SHORT, interval, ready).is_some();
            self.short.record(success);
            success
        } else {
            false
        }
    }
}

/// How a worker waits for the next call before it parks.
#[derive(Debug)]
pub(crate) struct WorkerSpin {
    spinner: Spinner,
    /// How often in a row the next call was there at the first look: somebody submits one after the
    /// other, and the worker keeps pace with him.
    streaming: u32,
}

/// A worker that keeps pace with a submitter takes the queue's line away from him at every call. So
/// it waits longer and longer, without a look, for a batch to form: at most 2^6 pauses, a
/// microsecond.
const LONGEST_STREAM: u32 = 6;

impl WorkerSpin {
    pub(crate) const fn new() -> Self {
        Self { spinner: Spinner::new(), streaming: 0 }
    }

    /// Waits a little for `ready`. False: park.
    pub(crate) fn wait_until(&mut self, ready: impl Fn() -> bool) -> bool {
        if cpus() == 1 {
            return false;
        }
        pause(1 << self.streaming);
        if ready() {
            self.streaming = (self.streaming + 1).min(LONGEST_STREAM);
            return true;
        }
        self.streaming /= 2;
        cpu_to_spare() && self.spinner.wait_until(INTERVAL, ready)
    }
}

/// Pauses between two looks of a thread that expects its answer soon.
const INTERVAL: u32 = 8;

fn pause(times: u32) {
    for _ in 0..times {
        hint::spin_loop();
    }
}

/// How long it took, if not longer than `budget`.
fn spin(budget: Duration, interval: u32, ready: impl Fn() -> bool) -> Option<Duration> {
    let start = Instant::now();
    loop {
        pause(interval);
        let (ready, waited) = (ready(), start.elapsed());
        if ready || waited >= budget {
            return ready.then_some(waited);
        }
    }
}

thread_local! {
    static CALLER: Cell<Caller> = const {
        Cell::new(Caller { spinner: Spinner::new(), streak: 0, is_one_of_many: false })
    };
}

/// What a thread that waits for results has learnt.
#[derive(Clone, Copy)]
struct Caller {
    spinner: Spinner,
    /// Waits in a row without a submit between them.
    streak: u32,
    /// Its last call waits with others for a batch that somebody else sends.
    is_one_of_many: bool,
}

#[cfg(feature = "process")]
thread_local! {
    static CALLER_OF_PROCESS: Cell<Spinner> = const { Cell::new(Spinner::new()) };
}

/// Waits a little for what another process does for this thread alone. False: sleep.
#[cfg(feature = "process")]
pub(crate) fn caller_of_process(ready: impl Fn() -> bool) -> bool {
    if !room_for_pair() {
        return false;
    }
    let _both = (Awake::new(), Awake::new());
    CALLER_OF_PROCESS.try_with(|cell| wait_with(cell, ready)).unwrap_or(false)
}

/// How a worker's process waits for the next call of a caller that sends one after the other.
#[cfg(feature = "process")]
#[derive(Debug)]
pub(crate) struct ProcessSpin(Cell<Spinner>);

#[cfg(feature = "process")]
impl ProcessSpin {
    pub(crate) const fn new() -> Self {
        Self(Cell::new(Spinner::new()))
    }

    /// Waits a little for `ready`. False: sleep.
    pub(crate) fn wait_until(&self, ready: impl Fn() -> bool) -> bool {
        wait_with(&self.0, ready)
    }
}

/// How long a thread that moves large blocks between processes tries again before it sleeps: the other
/// side is at the same, and each sleep would leave it without work.
#[cfg(feature = "process")]
#[derive(Debug, Default)]
pub(crate) struct BlockSpin {
    /// What was moved when there was progress last, and since when there is none.
    seen: Option<(u64, Instant)>,
}

#[cfg(feature = "process")]
impl BlockSpin {
    /// Whether to try again at once. `moved`: how many bytes were moved so far.
    pub(crate) fn tries_again(&mut self, moved: u64) -> bool {
        match self.seen {
            Some((before, since)) if before == moved => since.elapsed() < LONG,
            _ => {
                self.seen = Some((moved, Instant::now()));
                true
            }
        }
    }
}

#[cfg(feature = "process")]
fn wait_with(cell: &Cell<Spinner>, ready: impl Fn() -> bool) -> bool {
    let mut spinner = cell.get();
    let success = spinner.wait_until(1, ready);
    cell.set(spinner);
    success
}

/// A thread that collects many results looks ever more rarely, up to this many doublings apart.
const LONGEST_STREAK: u32 = 6;

/// The current thread submitted a call.
#[inline]
pub(crate) fn caller_submitted() {
    let _ = CALLER.try_with(|cell| {
        let mut caller = cell.get();
        if caller.streak != 0 || caller.is_one_of_many {
            caller.streak = 0;
            caller.is_one_of_many = false;
            cell.set(caller);
        }
    });
}

/// The current thread's call waits for a batch: it is not worth spinning for, unless this thread
/// submits the batch itself. Of a crowd each would spin in turn while the others want to run.
pub(crate) fn caller_waits_for_batch() {
    let _ = CALLER.try_with(|cell| cell.set(Caller { is_one_of_many: true, ..cell.get() }));
}

/// Waits a little for `ready`. False: park.
pub(crate) fn caller_until(ready: impl Fn() -> bool) -> bool {
    CALLER
        .try_with(|cell| {
            let mut caller = cell.get();
            // Collecting: the worker is some calls behind. Following it call by call would take
            // each line away from it in turn.
            let interval = INTERVAL << caller.streak;
            let collecting = caller.streak > 0;
            caller.streak = (caller.streak + 1).min(LONGEST_STREAK);
            let success = if cpus() == 1 || caller.is_one_of_many {
                false
            } else if let Some(_turn) = CallersTurn::take() {
                caller.spinner.wait_until(interval, ready)
            } else if collecting {
                pause(interval);
                ready()
            } else {
                false
            };
            cell.set(caller);
            success
        })
        .unwrap_or(false)
}

#[cfg(all(test, not(concurry_loom)))]
mod tests {
    use super::*;

    #[test]
    fn who_waits_for_a_batch_of_others_does_not_spin() {
        caller_waits_for_batch();
        assert!(!caller_until(|| panic!("it looks")));
        assert!(CALLER.get().is_one_of_many);
        caller_submitted();
        assert!(!CALLER.get().is_one_of_many);
    }

    #[test]
    fn callers_that_spin_leave_the_others_no_cpu() {
        let taken: Vec<_> = std::iter::from_fn(CallersTurn::take).take(cpus() + 1).collect();
        assert!(taken.len() <= cpus());
    }
}
