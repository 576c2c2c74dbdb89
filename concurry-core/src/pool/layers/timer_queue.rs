//! One timer for all calls of a method that may have to be looked at some time after they were made.
//!
//! Calls of one method usually have the same deadlines, timeouts and delays of hedges, so their
//! moments come in the order of the calls, and entries are added at the end. Nearly all calls are
//! over long before their moment. They are not taken out one by one, and not by who makes calls, since
//! their lines are in the cache of who ended them: those at the front go when so many others have
//! ended, those in between when they are as many as the rest, and the timer is set to the first that is
//! left when it goes off.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, Weak};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use concurry_time::{Clock, Sleep};

use crate::error::CallSite;
use crate::future::drive_future;
use crate::padded::Padded;
use crate::shared::PoolId;
use crate::sync::{AtomicUsize, Ordering, lock};

/// Something that may have to be looked at.
pub(crate) trait Timed: Send + Sync + 'static {
    /// Whether it need not be looked at any more. Dropping it runs no foreign code then.
    fn is_over(&self) -> bool;

    /// Looks at it. If it has to be looked at again, it is added again.
    fn look(&self);
}

/// Entries by the moment at which they are to be looked at.
pub(crate) struct TimerQueue<T> {
    clock: Clock,
    /// The method whose calls they are.
    site: CallSite,
    /// Never held while an entry is looked at or a waker runs.
    state: Mutex<State<T>>,
    /// How many calls that had an entry are over. Written by those who complete them.
    ended: Padded<AtomicUsize>,
}

struct State<T> {
    entries: VecDeque<(Instant, T)>,
    /// When the timer that runs goes off.
    armed: Option<Instant>,
    /// Wakes the timer's task.
    waker: Option<Waker>,
    /// The task was started.
    started: bool,
    /// How many were left when all that were over were last taken out.
    kept: usize,
}

/// How far from the end an entry may be put: to put it further away would move too many others.
const FARTHEST: usize = 1_024;
/// After how many calls that end the front is cleared.
const CLEARED: usize = 64;

/// What is to be done next.
enum Next<T> {
    /// To look at this.
    Due(T),
    /// To wait, if there is anything to wait for.
    At(Option<Instant>),
}

impl<T: Timed> TimerQueue<T> {
    pub(crate) fn new(clock: &Clock, site: CallSite) -> Arc<Self> {
        let entries = VecDeque::new();
        let state = State { entries, armed: None, waker: None, started: false, kept: 0 };
        let (state, ended) = (Mutex::new(state), Padded::default());
        Arc::new(Self { clock: clock.clone(), site, state, ended })
    }

    /// Adds an entry. False, without it, if its place would be far from the end.
    pub(crate) fn push(self: &Arc<Self>, at: Instant, entry: T) -> bool {
        let (waker, start) = {
            let mut state = lock(&self.state);
            state.sweep();
            if !state.insert(at, entry) {
                return false;
            }
            // A timer that goes off earlier will look at what there is by then.
            if state.armed.is_some_and(|armed| armed <= at) {
                return true;
            }
            (state.waker.take(), !std::mem::replace(&mut state.started, true))
        };
        if let Some(waker) = waker {
            waker.wake();
        }
        if start {
            self.start();
        }
        true
    }

    /// A call that has an entry is over.
    pub(crate) fn ended(&self) {
        // Relaxed: only the number matters.
        if self.ended.fetch_add(1, Ordering::Relaxed) % CLEARED == CLEARED - 1 {
            // Dropped without the lock, which others want for every call.
            let over = lock(&self.state).take_front();
            drop(over);
        }
    }

    /// Lets go of what is over at the front; if nothing is left, the timer is taken back.
    pub(crate) fn clear(&self) {
        let waker = {
            let mut state = lock(&self.state);
            state.clear_front();
            let idle = state.entries.is_empty() && state.armed.is_some();
            if idle { state.waker.take() } else { None }
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Starts the timer's task. It ends with the queue.
    #[cold]
    fn start(self: &Arc<Self>) {
        let queue = Arc::downgrade(self);
        let task = async move {
            let mut sleep = None;
            poll_fn(|context| Self::poll(&queue, &mut sleep, context)).await;
            Ok::<(), crate::CallError<std::convert::Infallible>>(())
        };
        drop(drive_future(self.site, PoolId::NONE, task, || true));
    }

    fn poll(queue: &Weak<Self>, sleep: &mut Option<Sleep>, context: &mut Context<'_>) -> Poll<()> {
        loop {
            // Not kept: the last one to have the queue ends the task.
            let Some(queue) = queue.upgrade() else { return Poll::Ready(()) };
            let now = queue.clock.now();
            let mut state = lock(&queue.state);
            match state.next(now) {
                Next::Due(entry) => {
                    drop(state);
                    entry.look();
                }
                Next::At(at) => {
                    let fits = |sleep: &Sleep| at.is_some_and(|at| sleep.deadline() <= at);
                    if !sleep.as_ref().is_some_and(fits) {
                        *sleep = at.map(|at| queue.clock.sleep_until(at));
                    }
                    state.armed = sleep.as_ref().map(Sleep::deadline);
                    let before = state.waker.replace(context.waker().clone());
                    drop(state);
                    drop(before);
                    let Some(timer) = sleep else { return Poll::Pending };
                    if Pin::new(timer).poll(context).is_pending() {
                        return Poll::Pending;
                    }
                    *sleep = None;
                }
            }
        }
    }
}

impl<T: Timed> State<T> {
    fn clear_front(&mut self) {
        while self.entries.front().is_some_and(|(_, entry)| entry.is_over()) {
            drop(self.entries.pop_front());
        }
    }

    /// The entries at the front that are over.
    fn take_front(&mut self) -> Vec<(Instant, T)> {
        let over = self.entries.iter().take_while(|(_, entry)| entry.is_over()).count();
        self.entries.drain(..over).collect()
    }

    /// Takes out what is over behind something that is not, once that may be half of all.
    fn sweep(&mut self) {
        if self.entries.len() > 2 * self.kept + FARTHEST {
            self.entries.retain(|(_, entry)| !entry.is_over());
            self.kept = self.entries.len();
        }
    }

    fn insert(&mut self, at: Instant, entry: T) -> bool {
        match self.entries.back() {
            Some((last, _)) if *last > at => {
                let place = self.entries.partition_point(|(other, _)| *other <= at);
                let near = self.entries.len() - place <= FARTHEST;
                if near {
                    self.entries.insert(place, (at, entry));
                }
                near
            }
            _ => {
                self.entries.push_back((at, entry));
                true
            }
        }
    }

    fn next(&mut self, now: Instant) -> Next<T> {
        self.clear_front();
        match self.entries.front() {
            Some((at, _)) if *at > now => Next::At(Some(*at)),
            _ => match self.entries.pop_front() {
                Some((_, entry)) => Next::Due(entry),
                None => Next::At(None),
            },
        }
    }
}

impl<T> Drop for TimerQueue<T> {
    fn drop(&mut self) {
        let waker = lock(&self.state).waker.take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

#[cfg(all(test, not(concurry_loom)))]
mod tests {
    use super::*;
    use concurry_time::FakeClock;
    use std::sync::atomic::AtomicBool;
    use std::time::Duration;

    const SECOND: Duration = Duration::from_secs(1);

    struct Entry {
        number: u64,
        over: Arc<AtomicBool>,
        looked_at: Arc<Mutex<Vec<u64>>>,
    }

    impl Timed for Entry {
        fn is_over(&self) -> bool {
            self.over.load(Ordering::Relaxed)
        }

        fn look(&self) {
            lock(&self.looked_at).push(self.number);
        }
    }

    struct Setup {
        fake: FakeClock,
        queue: Arc<TimerQueue<Entry>>,
        looked_at: Arc<Mutex<Vec<u64>>>,
    }

    fn setup() -> Setup {
        const SPEC: &crate::worker::MethodSpec =
            &crate::worker::MethodSpec::of_our_own("Test", "timers");
        let fake = FakeClock::new();
        let queue = TimerQueue::new(&fake.clock(), CallSite::new(SPEC));
        Setup { fake, queue, looked_at: Arc::default() }
    }

    impl Setup {
        /// Adds an entry that is due after so many seconds; one that is due now is to be refused. It
        /// is over when the result says so.
        fn push(&self, seconds: u64) -> Arc<AtomicBool> {
            let over = Arc::new(AtomicBool::new(false));
            let looked_at = Arc::clone(&self.looked_at);
            let entry = Entry { number: seconds, over: Arc::clone(&over), looked_at };
            let at = self.fake.clock().after(SECOND * seconds as u32);
            assert_eq!(self.queue.push(at, entry), seconds > 0);
            over
        }
    }

    #[test]
    fn one_timer_looks_at_each_entry_at_its_moment_whatever_the_order_in_which_they_came() {
        let setup = setup();
        let over: Vec<_> = [5, 1, 3, 2].map(|seconds| setup.push(seconds)).into();
        assert_eq!(setup.fake.sleepers(), 1);
        setup.fake.advance(SECOND);
        assert_eq!(*lock(&setup.looked_at), [1]);
        over[3].store(true, Ordering::Relaxed);
        setup.fake.advance(SECOND * 2);
        assert_eq!(*lock(&setup.looked_at), [1, 3], "one was over");
        setup.fake.advance(SECOND * 60);
        assert_eq!((setup.fake.sleepers(), &**lock(&setup.looked_at)), (0, &[1, 3, 5][..]));
    }

    #[test]
    fn what_is_over_leaves_with_those_that_end_and_the_timer_with_the_last() {
        let setup = setup();
        for _ in 0..10 * CLEARED {
            setup.push(9).store(true, Ordering::Relaxed);
            setup.queue.ended();
            assert!(lock(&setup.queue.state).entries.len() < CLEARED);
        }
        setup.queue.clear();
        assert_eq!(setup.fake.sleepers(), 0);
        setup.push(9);
        assert_eq!(setup.fake.sleepers(), 1, "there is one again");
    }

    #[test]
    fn what_is_over_behind_one_that_is_not_leaves_when_it_is_half_of_all() {
        let setup = setup();
        setup.push(9);
        for _ in 0..10 * FARTHEST {
            setup.push(9).store(true, Ordering::Relaxed);
            assert!(lock(&setup.queue.state).entries.len() <= FARTHEST + 4);
        }
    }

    #[test]
    fn calls_that_end_clear_the_front_when_no_others_come() {
        let setup = setup();
        let over: Vec<_> = (0..2 * CLEARED).map(|_| setup.push(9)).collect();
        for over in over {
            over.store(true, Ordering::Relaxed);
            setup.queue.ended();
        }
        assert_eq!(lock(&setup.queue.state).entries.len(), 0);
    }

    #[test]
    fn an_entry_far_from_the_end_is_not_taken() {
        let setup = setup();
        (0..FARTHEST).for_each(|_| drop(setup.push(9)));
        setup.push(1);
        setup.push(9);
        setup.push(0);
        assert_eq!(lock(&setup.queue.state).entries.len(), FARTHEST + 2);
    }

    #[test]
    fn a_dropped_queue_takes_its_timer_back() {
        let setup = setup();
        setup.push(9);
        let Setup { fake, queue, .. } = setup;
        drop(queue);
        assert_eq!(fake.sleepers(), 0);
    }
}
