//! What an attempt of a call brings along from the layers to its worker.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use super::copies::CopyOfCall;
use super::{CallPermit, CallTrace};
use crate::error::Timeout;
use crate::event::CallId;
use crate::future::SlabArc;
use crate::nanoseconds::nanoseconds;
use crate::shared::{QueuePlace, Seat};
use crate::sync::lock;

/// Shares what a call brings along.
pub(crate) type EnvironmentRef = SlabArc<CallEnvironment>;

/// What a call brings along that goes through the layers: one for each attempt and each copy of it.
/// It lives until the method has returned or its future is dropped.
pub(crate) struct CallEnvironment {
    #[cfg_attr(not(feature = "tracing"), allow(dead_code))] // for its span
    pub(crate) call: CallId,
    pub(crate) attempt: u32,
    /// How many workers earlier attempts of the call have ended.
    #[cfg_attr(not(feature = "process"), allow(dead_code))] // others are in this process
    pub(crate) deaths: u32,
    /// Whether it is wanted no more in the process that it came from.
    cancelled: AtomicBool,
    /// Whether it had begun, and took longer than an attempt may.
    timed_out: AtomicBool,
    pub(crate) deadline: Option<Instant>,
    pub(crate) idempotency_key: Option<Arc<str>>,
    /// What the pool reserved before dispatch. Settled by the method or, at the end, by the drop.
    pub(crate) permit: CallPermit,
    /// The worker that began it, plus one; zero before.
    worker: AtomicU32,
    /// When a worker began it, if somebody wants to know.
    begun: Begun,
    /// The place in the bounded queue, given back when a worker begins the call. No lock where there is
    /// no bound.
    place: Option<Mutex<Option<QueuePlace>>>,
    /// Set where several copies of the attempt run. Behind the permit, which is to be settled when the
    /// copy counts as ended.
    pub(crate) copy: OnceLock<Box<CopyOfCall>>,
    /// Copies of the attempt were sent in its place.
    copied: AtomicBool,
    /// Who wants to know what becomes of it.
    pub(crate) trace: Option<Arc<CallTrace>>,
}

/// What is known of an attempt before it is sent.
pub(crate) struct Attempt {
    pub(crate) call: CallId,
    pub(crate) number: u32,
    /// How many workers earlier attempts of the call have ended.
    pub(crate) deaths: u32,
    pub(crate) deadline: Option<Instant>,
    pub(crate) idempotency_key: Option<Arc<str>>,
    pub(crate) trace: Option<Arc<CallTrace>>,
    pub(crate) place: Option<QueuePlace>,
    /// A moment before it begins, if somebody wants to know when it does.
    pub(crate) since: Option<Instant>,
}

impl CallEnvironment {
    /// Of the first attempt of a call without options. Inlined, so that it is written where it stays.
    #[inline(always)]
    pub(crate) fn first(place: Option<QueuePlace>) -> Self {
        Self {
            call: CallId::UNWATCHED,
            attempt: 1,
            deaths: 0,
            cancelled: AtomicBool::new(false),
            timed_out: AtomicBool::new(false),
            deadline: None,
            idempotency_key: None,
            permit: CallPermit::default(),
            worker: AtomicU32::new(0),
            begun: Begun::default(),
            place: place.map(|place| Mutex::new(Some(place))),
            copy: OnceLock::new(),
            copied: AtomicBool::new(false),
            trace: None,
        }
    }

    /// Of an attempt of a call in the layers. Inlined, and all of it at once, so that it is written where
    /// it stays.
    #[inline(always)]
    pub(crate) fn of_attempt(attempt: Attempt) -> Self {
        let Attempt { call, number, deaths, deadline, idempotency_key, trace, place, since } =
            attempt;
        Self {
            call,
            attempt: number,
            deaths,
            cancelled: AtomicBool::new(false),
            timed_out: AtomicBool::new(false),
            deadline,
            idempotency_key,
            permit: CallPermit::default(),
            worker: AtomicU32::new(0),
            begun: Begun { since, after: AtomicU64::new(0) },
            place: place.map(|place| Mutex::new(Some(place))),
            copy: OnceLock::new(),
            copied: AtomicBool::new(false),
            trace,
        }
    }

    /// Of a batch of these calls. It may go on as long as one of them.
    pub(crate) fn of_batch(members: Vec<EnvironmentRef>) -> Self {
        let mut batch = Self::first(None);
        batch.attempt = members.iter().map(|member| member.attempt).max().unwrap_or(1);
        let deadlines = members.iter().map(|member| member.deadline);
        batch.deadline = deadlines.reduce(|one, other| Some(one?.max(other?))).flatten();
        batch.permit = CallPermit::of_batch(members);
        batch
    }

    /// A worker is about to run it.
    ///
    /// # Errors
    ///
    /// When its deadline has passed: an expired call is not started.
    pub(crate) fn begin(&self, seat: &Seat) -> Result<(), Timeout> {
        drop(self.give_place());
        if self.begun.since.is_some() || self.deadline.is_some() {
            let now = seat.pool.clock.now();
            if self.deadline.is_some_and(|deadline| deadline <= now) {
                return Err(Timeout::Deadline);
            }
            self.begun.note(now);
        }
        // Relaxed: read for reports, after the attempt's outcome published everything.
        let worker = u32::try_from(seat.index + 1).unwrap_or(u32::MAX);
        self.worker.store(worker, Ordering::Relaxed);
        if let Some(trace) = &self.trace {
            trace.begun(self.attempt, seat.index);
        }
        for member in self.permit.members() {
            // One that has expired is not waited for any more.
            let _ = member.begin(seat);
        }
        Ok(())
    }

    /// When a worker began it, if somebody wants to know.
    pub(crate) fn begun(&self) -> Option<Instant> {
        self.begun.get()
    }

    /// Gives its place in the queue to a copy that is sent instead.
    pub(crate) fn take_place(&self) -> Option<QueuePlace> {
        self.copied.store(true, Ordering::Relaxed);
        self.give_place()
    }

    fn give_place(&self) -> Option<QueuePlace> {
        self.place.as_ref().and_then(|place| lock(place).take())
    }

    /// Whether a worker has begun it, or copies of it were sent.
    pub(crate) fn has_begun(&self) -> bool {
        self.begun_on().is_some() || self.copied.load(Ordering::Relaxed)
    }

    /// It is wanted no more in the process that it came from.
    #[cfg(feature = "process")]
    pub(crate) fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        // Relaxed: a hint to the running code; nothing is published by it.
        self.cancelled.load(Ordering::Relaxed)
    }

    /// It took longer than an attempt may, and is about to be cancelled for that.
    pub(crate) fn note_timeout(&self) {
        // Relaxed: the cancel that follows publishes it.
        self.timed_out.store(true, Ordering::Relaxed);
    }

    /// Whether its time was over at that moment: it was to have ended before.
    #[cfg(feature = "process")]
    pub(crate) fn is_overdue(&self, now: Instant) -> bool {
        let members = self.permit.members();
        let has_timed_out = |one: &Self| one.timed_out.load(Ordering::Relaxed);
        self.deadline.is_some_and(|by| by <= now)
            || has_timed_out(self)
            // A batch is cancelled when nobody waits for it any more.
            || !members.is_empty() && members.iter().all(|member| has_timed_out(member))
    }

    /// The worker that began it.
    pub(crate) fn begun_on(&self) -> Option<usize> {
        self.worker.load(Ordering::Relaxed).checked_sub(1).map(|worker| worker as usize)
    }
}

/// A moment that is noted at most once, by plain stores: every timed call notes one.
#[derive(Default)]
struct Begun {
    /// A moment before. `None` if nobody wants to know.
    since: Option<Instant>,
    /// Nanoseconds from then, plus one; zero before it is known. Relaxed: it is all there is to see.
    after: AtomicU64,
}

impl Begun {
    fn note(&self, now: Instant) {
        // A call that was taken back begins again, but never at two workers at once.
        if let Some(since) = self.since
            && self.after.load(Ordering::Relaxed) == 0
        {
            let after = nanoseconds(now.saturating_duration_since(since)).saturating_add(1);
            self.after.store(after, Ordering::Relaxed);
        }
    }

    fn get(&self) -> Option<Instant> {
        let after = self.after.load(Ordering::Relaxed).checked_sub(1)?;
        self.since?.checked_add(Duration::from_nanos(after))
    }
}

impl Drop for CallEnvironment {
    fn drop(&mut self) {
        if let Some(copy) = self.copy.get() {
            copy.ended(self.begun());
        }
    }
}

// With what counts its owners it lies on three cache lines, which travel to the worker and back.
#[cfg(all(target_os = "linux", target_pointer_width = "64", not(concurry_loom)))]
const _: () = assert!(size_of::<CallEnvironment>() <= 3 * 64 - 8);
