//! One timer for all calls of a method that may have to be looked at some time after they were made.
//!
//! Calls of one method usually have the same deadlines, timeouts and delays of hedges, so their
//! moments come in the order of the calls, and entries are added at the end. Nearly all calls are
//! over long before their moment. They are not taken out one by one, and not by who makes calls, since
//! their lines are in the cache of who ended them: the oldest go when so many others have ended, and the
//! timer is set to the first that is left when it goes off.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, Weak};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use concurry_time::{Clock, Sleep};

use super::timer_entries::{CHUNK, Entries};
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
    entries: Entries<T>,
    /// When the timer that runs goes off.
    armed: Option<Instant>,
    /// Wakes the timer's task.
    waker: Option<Waker>,
    /// The task was started.
    started: bool,
}

/// What the timer's task keeps.
#[derive(Default)]
struct Timer {
    sleep: Option<Sleep>,
    /// Before that it looks at nothing.
    rests_until: Option<Instant>,
}

/// What is to be done next.
enum Next<T> {
    /// To look at this.
    Due(T),
    /// To wait, if there is anything to wait for.
    At(Option<Instant>),
}

impl<T: Timed> TimerQueue<T> {
    pub(crate) fn new(clock: &Clock, site: CallSite) -> Arc<Self> {
        let state = State { entries: Entries::new(), armed: None, waker: None, started: false };
        let (state, ended) = (Mutex::new(state), Padded::default());
        Arc::new(Self { clock: clock.clone(), site, state, ended })
    }

    /// Adds an entry.
    pub(crate) fn push(self: &Arc<Self>, at: Instant, entry: T) {
        let (waker, start) = {
            let mut state = lock(&self.state);
            state.entries.add(at, entry);
            if state.is_armed_by(at) {
                return;
            }
            (state.waker.take(), !std::mem::replace(&mut state.started, true))
        };
        if let Some(waker) = waker {
            waker.wake();
        }
        if start {
            self.start();
        }
    }

    /// A call that has an entry is over. What is to be woken for it may be other calls, so that is for the
    /// end of whatever the caller does.
    #[must_use = "the timer may have to be set"]
    pub(crate) fn ended(&self) -> Option<Waker> {
        // Relaxed: only the number matters.
        let clears = self.ended.fetch_add(1, Ordering::Relaxed) % CHUNK == CHUNK - 1;
        if clears { self.clear_chunks() } else { None }
    }

    /// Lets go of what is over among the oldest entries. They are looked at and dropped without the lock,
    /// which others want for every call.
    #[cold]
    fn clear_chunks(&self) -> Option<Waker> {
        let mut to_wake = None;
        let mut next = lock(&self.state).entries.take_chunk();
        while let Some(mut chunk) = next {
            chunk.retain(|(_, entry)| !entry.is_over());
            let first = chunk.front().map(|(at, _)| *at);
            let mut state = lock(&self.state);
            state.entries.put_back(chunk);
            // The timer may have been set without them.
            if first.is_some_and(|at| !state.is_armed_by(at)) {
                to_wake = state.waker.take().or(to_wake);
            }
            next = state.entries.take_owed_chunk();
        }
        to_wake
    }

    /// Lets go of what is over at the front; if nothing is left, the timer is taken back.
    pub(crate) fn clear(&self) {
        let waker = {
            let mut state = lock(&self.state);
            let idle = state.entries.first().is_none() && state.armed.is_some();
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
            let mut timer = Timer::default();
            poll_fn(|context| Self::poll(&queue, &mut timer, context)).await;
            Ok::<(), crate::CallError<std::convert::Infallible>>(())
        };
        drop(drive_future(self.site, PoolId::NONE, task, || true));
    }

    fn poll(queue: &Weak<Self>, timer: &mut Timer, context: &mut Context<'_>) -> Poll<()> {
        let mut began = None;
        loop {
            // Not kept: the last one to have the queue ends the task.
            let Some(queue) = queue.upgrade() else { return Poll::Ready(()) };
            let now = queue.clock.now();
            let began_at = *began.get_or_insert(now);
            let mut state = lock(&queue.state);
            let next = match timer.rests_until {
                Some(end) if now < end => Next::At(state.entries.first()),
                _ => state.next(began_at),
            };
            match next {
                Next::Due(entry) => {
                    drop(state);
                    entry.look();
                }
                Next::At(at) => {
                    let goes_off = at.map(|at| timer.goes_off(at, began_at, now));
                    let fits = |sleep: &Sleep| goes_off.is_some_and(|at| sleep.deadline() <= at);
                    if !timer.sleep.as_ref().is_some_and(fits) {
                        timer.sleep = goes_off.map(|at| queue.clock.sleep_until(at));
                    }
                    // Where it rests: by the end of that it looks at all that is due.
                    let sleeps_until = timer.sleep.as_ref().map(Sleep::deadline);
                    state.armed = sleeps_until.into_iter().chain(at).min();
                    let before = state.waker.replace(context.waker().clone());
                    drop(state);
                    drop(before);
                    let Some(sleep) = &mut timer.sleep else { return Poll::Pending };
                    if Pin::new(sleep).poll(context).is_pending() {
                        return Poll::Pending;
                    }
                    (timer.sleep, began) = (None, None);
                }
            }
        }
    }
}

impl Timer {
    /// When it goes off for what is due then. What has become due while others were looked at waits as long
    /// as that has taken: the thread has the timers of everybody else as well.
    fn goes_off(&mut self, at: Instant, began: Instant, now: Instant) -> Instant {
        if self.rests_until.is_none_or(|end| end <= now) {
            let busy = now.saturating_duration_since(began);
            self.rests_until = if at <= now { now.checked_add(busy) } else { None };
        }
        self.rests_until.map_or(at, |end| end.max(at))
    }
}

impl<T: Timed> State<T> {
    /// Whether a timer goes off by then. It looks at what there is when it does.
    fn is_armed_by(&self, at: Instant) -> bool {
        self.armed.is_some_and(|armed| armed <= at)
    }

    fn next(&mut self, now: Instant) -> Next<T> {
        match self.entries.first() {
            Some(at) if at <= now => self.entries.pop_first().map_or(Next::At(None), Next::Due),
            at => Next::At(at),
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

    const SPEC: &crate::worker::MethodSpec =
        &crate::worker::MethodSpec::of_our_own("Test", "timers");

    fn setup() -> Setup {
        let fake = FakeClock::new();
        let queue = TimerQueue::new(&fake.clock(), CallSite::new(SPEC));
        Setup { fake, queue, looked_at: Arc::default() }
    }

    impl Setup {
        /// A call ends.
        fn end(&self) {
            if let Some(waker) = self.queue.ended() {
                waker.wake();
            }
        }

        /// Adds an entry that is due after so many seconds. It is over when the result says so.
        fn push(&self, seconds: u64) -> Arc<AtomicBool> {
            let over = Arc::new(AtomicBool::new(false));
            let looked_at = Arc::clone(&self.looked_at);
            let entry = Entry { number: seconds, over: Arc::clone(&over), looked_at };
            let at = self.fake.clock().after(SECOND * seconds as u32);
            self.queue.push(at, entry);
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
        let dropped: Vec<_> = (0..2 * CHUNK).map(|_| setup.push(9)).collect();
        for over in &dropped {
            over.store(true, Ordering::Relaxed);
            setup.end();
        }
        assert!(dropped.iter().all(|over| Arc::strong_count(over) == 1), "no others have to come");
        assert_eq!(setup.fake.sleepers(), 1);
        setup.queue.clear();
        assert_eq!(setup.fake.sleepers(), 0);
        setup.push(9);
        assert_eq!(setup.fake.sleepers(), 1, "there is one again");
    }

    #[test]
    fn one_that_is_not_over_holds_up_no_others_and_is_looked_at() {
        let setup = setup();
        setup.push(5);
        let mut over = Vec::new();
        for _ in 0..10 * CHUNK {
            over.push(setup.push(9));
            over[over.len() - 1].store(true, Ordering::Relaxed);
            setup.end();
        }
        let left = over.iter().filter(|over| Arc::strong_count(over) > 1).count();
        assert!(left < 2 * CHUNK, "{left}");
        setup.fake.advance(SECOND * 5);
        assert_eq!(*lock(&setup.looked_at), [5]);
    }

    #[test]
    fn a_timer_that_has_gone_off_keeps_nothing_that_is_over() {
        let setup = setup();
        let due = setup.push(1);
        let over: Vec<_> = (0..10 * CHUNK).map(|_| setup.push(9)).collect();
        // It takes the one that is due and those that are over behind it out of the first chunk.
        over[..3].iter().for_each(|over| over.store(true, Ordering::Relaxed));
        setup.fake.advance(SECOND);
        assert_eq!(*lock(&setup.looked_at), [1]);
        drop(due);
        over.iter().for_each(|over| over.store(true, Ordering::Relaxed));
        (0..over.len()).for_each(|_| setup.end());
        let left = over.iter().filter(|over| Arc::strong_count(over) > 1).count();
        assert!(left < CHUNK, "{left}");
    }

    #[test]
    fn one_that_is_taken_out_when_the_timer_is_set_is_looked_at_when_it_is_back() {
        let setup = setup();
        let over: Vec<_> = (0..CHUNK).map(|_| setup.push(5)).collect();
        over[1..].iter().for_each(|over| over.store(true, Ordering::Relaxed));
        setup.push(9);
        let chunk = lock(&setup.queue.state).entries.take_chunk();
        // The timer goes off, finds the last one only, and is set to its moment.
        setup.fake.advance(SECOND * 6);
        assert!(lock(&setup.looked_at).is_empty());
        lock(&setup.queue.state).entries.put_back(chunk.unwrap_or_default());
        (0..2 * CHUNK).for_each(|_| drop(setup.push(20)));
        (0..CHUNK).for_each(|_| setup.end());
        setup.fake.advance(SECOND * 3);
        assert_eq!(*lock(&setup.looked_at), [5, 9]);
    }

    #[test]
    fn what_is_due_again_and_again_leaves_the_thread_to_other_timers() {
        struct Endless(Weak<TimerQueue<Endless>>, Arc<AtomicBool>);
        impl Timed for Endless {
            fn is_over(&self) -> bool {
                self.1.load(Ordering::Relaxed)
            }

            fn look(&self) {
                if let Some(queue) = self.0.upgrade() {
                    queue.push(queue.clock.now(), Self(self.0.clone(), Arc::clone(&self.1)));
                }
            }
        }
        let (clock, over) = (Clock::system(), Arc::new(AtomicBool::new(false)));
        let queue = TimerQueue::new(&clock, CallSite::new(SPEC));
        let entry = Endless(Arc::downgrade(&queue), Arc::clone(&over));
        queue.push(clock.after(SECOND / 1_000), entry);
        let (sender, receiver) = std::sync::mpsc::channel();
        let other = std::thread::spawn(move || {
            clock.sleep(SECOND / 100).wait();
            sender.send(())
        });
        let told = receiver.recv_timeout(SECOND * 10);
        over.store(true, Ordering::Relaxed);
        assert!(told.is_ok() && other.join().is_ok());
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
