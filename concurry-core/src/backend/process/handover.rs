//! Who works with a process: its own thread, or a caller who sends it one call and fetches the result.
//!
//! The thread gives its [`Feed`] away while it sleeps. A caller who meets it takes it, does what is to
//! be done without a wait, and puts it back; if nobody else needs the process meanwhile, a lone call
//! takes no other thread of this program. The lock is held for the exchange only, never while
//! somebody works.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::task::Wake;
use std::time::Duration;

use super::feed::Feed;
use super::wake::PollWaker;
use crate::sync::lock;

/// Where the feed is while nobody works with it.
#[derive(Debug)]
pub(super) struct Handover {
    place: Mutex<Place>,
    /// Whether the feed is in its place, for those who only want it then.
    is_here: AtomicBool,
    /// Whether the process has no call, while the feed is in its place.
    is_idle: AtomicBool,
    /// The feed is back, and somebody waits for it.
    returned: Condvar,
    /// How many visits there were.
    visits: AtomicU64,
    /// Wakes the caller who waits for the channel.
    pub(super) visitor: Arc<PollWaker>,
    /// Has the thread look after a caller who uses the process while it dozes.
    pub(super) rouser: Arc<PollWaker>,
}

#[derive(Debug, Default)]
struct Place {
    feed: Option<Box<Feed>>,
    /// Its thread is awake, and goes before all callers.
    wanted: bool,
    /// The visit of a caller who waits for the channel in the thread's place.
    visit: Option<VisitId>,
    /// The thread sleeps until it is woken, so nobody looks after a call that takes too long.
    dozes: bool,
    /// The thread looks after a visit, and puts the feed back at once.
    inspected: bool,
}

/// Tells visits of one handover apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct VisitId(u64);

impl Handover {
    pub(super) fn new() -> std::io::Result<Self> {
        let (visitor, rouser) = (PollWaker::new()?, PollWaker::new()?);
        let (place, visits) = (Mutex::default(), AtomicU64::new(0));
        let [is_here, is_idle] = [AtomicBool::new(false), AtomicBool::new(false)];
        Ok(Self { place, is_here, is_idle, returned: Condvar::new(), visits, visitor, rouser })
    }

    /// Thread: gives the feed away for the time of a sleep. `dozes`: nothing will wake it by itself.
    pub(super) fn lend(&self, feed: Box<Feed>, dozes: bool) {
        let idle = feed.table.is_empty();
        let mut place = lock(&self.place);
        *place = Place { feed: Some(feed), dozes, ..Place::default() };
        // Relaxed, everywhere: a hint, and what counts is in the lock.
        self.is_here.store(true, Ordering::Relaxed);
        self.is_idle.store(idle, Ordering::Relaxed);
    }

    /// Thread: takes the feed back, and sends whoever waited for the channel away.
    pub(super) fn take_back(&self) -> Box<Feed> {
        let mut place = lock(&self.place);
        place.wanted = true;
        loop {
            if let Some(feed) = place.feed.take() {
                let visit = std::mem::take(&mut *place).visit;
                self.is_here.store(false, Ordering::Relaxed);
                self.is_idle.store(false, Ordering::Relaxed);
                drop(place);
                if visit.is_some() {
                    self.visitor.wake_by_ref();
                }
                return feed;
            }
            place = self.returned.wait(place).unwrap_or_else(std::sync::PoisonError::into_inner);
        }
    }

    /// Thread: looks after the callers that use the feed, without sending them away. `known`: how many
    /// visits there were at the last look. `roused`: a caller has just used it. `look` says how long the
    /// thread may sleep then, or that it has to take the feed back, as it has to if there was no visit.
    pub(super) fn inspect(
        &self,
        known: &mut u64,
        roused: bool,
        doze_from: Duration,
        look: impl FnOnce(&mut Feed) -> Option<Duration>,
    ) -> Option<Duration> {
        let mut place = lock(&self.place);
        let visits = self.visits.load(Ordering::Relaxed);
        let visited = std::mem::replace(known, visits) != visits;
        // A caller works with it just now.
        let Some(mut feed) = place.feed.take() else { return Some(doze_from) };
        if !roused && !visited && place.visit.is_none() {
            place.feed = Some(feed);
            return None;
        }
        place.inspected = true;
        drop(place);
        let sleep = look(&mut feed);
        let mut place = lock(&self.place);
        place.feed = Some(feed);
        place.inspected = false;
        place.dozes = sleep.is_some_and(|sleep| sleep > doze_from);
        self.returned.notify_all();
        sleep
    }

    /// Caller: whether the process seems to have nothing to do. Without a lock, for those who send many
    /// calls: as a rule it has.
    #[inline]
    pub(super) fn is_idle(&self) -> bool {
        self.is_idle.load(Ordering::Relaxed)
    }

    /// Caller: takes the feed if it is here. `visit`: to go on with that one, which may be over.
    pub(super) fn borrow(&self, visit: Option<VisitId>) -> Option<Borrowed<'_>> {
        if visit.is_none() && !self.is_here.load(Ordering::Relaxed) {
            return None;
        }
        let mut place = lock(&self.place);
        while place.inspected && visit.is_some() {
            place = self.returned.wait(place).unwrap_or_else(std::sync::PoisonError::into_inner);
        }
        if place.wanted || place.visit != visit {
            return None;
        }
        let feed = place.feed.take()?;
        place.visit = None;
        Some(Borrowed { handover: self, feed: Some(feed), visit: None })
    }

    /// How many callers have waited for the channel, all in all.
    pub(super) fn visits(&self) -> u64 {
        self.visits.load(Ordering::Relaxed)
    }

    /// Whether the thread sleeps until it is woken. Asked once: who asks wakes it then.
    pub(super) fn ends_doze(&self) -> bool {
        std::mem::take(&mut lock(&self.place).dozes)
    }
}

/// A feed that a caller works with. It is put back when this is dropped.
#[derive(Debug)]
pub(super) struct Borrowed<'h> {
    handover: &'h Handover,
    feed: Option<Box<Feed>>,
    /// Goes on when the feed is back.
    visit: Option<VisitId>,
}

impl Borrowed<'_> {
    pub(super) fn feed(&mut self) -> Option<&mut Feed> {
        self.feed.as_deref_mut()
    }

    /// Puts it back, and stays to wait for the channel. With what it gives the visit goes on.
    pub(super) fn stay(mut self) -> VisitId {
        // Relaxed: only has to differ.
        let visit = VisitId(self.handover.visits.fetch_add(1, Ordering::Relaxed));
        self.visit = Some(visit);
        visit
    }
}

impl Drop for Borrowed<'_> {
    fn drop(&mut self) {
        let idle = self.feed.as_ref().is_some_and(|feed| feed.table.is_empty());
        let mut place = lock(&self.handover.place);
        place.feed = self.feed.take();
        // In the lock: the thread does not take the feed between the two.
        self.handover.is_idle.store(idle, Ordering::Relaxed);
        place.visit = self.visit;
        if place.wanted {
            self.handover.returned.notify_one();
        }
    }
}
