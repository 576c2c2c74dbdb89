//! One call on its way through the layers: its deadline, its attempts, and what answers at the end.

use std::ptr::NonNull;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use concurry_retry::{AttemptRecord, Retrying};

use super::any_pool::PoolShare;
use super::arguments::{Arguments, Spare};
use super::failure::{Ending, Failure, Kind};
use super::table::MethodLayers;
use super::types::MethodTypes;
use crate::call::{CallOptions, CallTrace, EnvironmentRef, trace};
use crate::error::{CallSite, Timeout};
use crate::event::CallId;
use crate::shared::{PoolShared, QueuePlace};

/// A call on its way. While it lives, its pool counts it as being in the layers.
pub(crate) struct Drive {
    pub(super) call: CallId,
    pub(super) pool: PoolShare,
    /// Of its pool.
    pub(super) layers: Layers,
    pub(super) options: Option<Arc<CallOptions>>,
    pub(super) deadline: Option<Instant>,
    /// When it was made, if anything in it is timed.
    pub(super) started: Option<Instant>,
    /// Nanoseconds that its attempts have waited for limits.
    pub(super) throttled: AtomicU64,
    /// The number of the running attempt, from 1.
    pub(super) attempt: u32,
    /// Who wants to know what becomes of it.
    pub(super) trace: Option<Arc<CallTrace>>,
    /// Whether its end was told.
    pub(super) told: bool,
    /// `None` as long as there is nothing in it: most calls need none of it, and are smaller without.
    pub(super) rest: Mutex<Option<Box<Rest>>>,
}

/// What of a call is behind its lock.
#[derive(Default)]
pub(super) struct Rest {
    /// What has failed so far. Behind a lock only since errors need not be `Sync`.
    pub(super) history: Option<Box<Retrying<Failure>>>,
    /// The place in the bounded queue, until the first attempt takes it along.
    pub(super) place: Option<QueuePlace>,
    /// What the first attempt brings along, where whoever cancels the call looks at it.
    pub(super) first: Option<EnvironmentRef>,
    /// When the first attempt was sent to a worker, if somebody watches.
    pub(super) sent: Option<Instant>,
    /// The deadline of the call in which it was made.
    pub(super) within: Option<Instant>,
}

/// The layers of a call's method.
pub(super) enum Layers {
    /// Those in the table of the call's pool. Found once, since a search in the table is a call through
    /// a vtable, and a call looks at its layers a dozen times.
    Table(NonNull<MethodLayers>),
    /// Of a method that the table does not know: the closures of a task pool.
    Own(Box<MethodLayers>),
}

impl Layers {
    pub(super) fn get(&self) -> &MethodLayers {
        match self {
            // SAFETY: the table neither changes nor moves, and the drive keeps its pool as long as
            // these.
            Self::Table(layers) => unsafe { layers.as_ref() },
            Self::Own(layers) => layers,
        }
    }
}

// SAFETY: a shared reference to what may be shared, or a box of it.
unsafe impl Send for Layers where MethodLayers: Send + Sync {}
// SAFETY: as above.
unsafe impl Sync for Layers where MethodLayers: Send + Sync {}

/// How an attempt has ended, or a copy of it.
pub(super) struct Ended {
    /// Which copy it was, from 1.
    pub(super) copy: u32,
    pub(super) outcome: Ending,
    /// `None` if it was never sent.
    pub(super) environment: Option<EnvironmentRef>,
    /// How long it waited for limits.
    pub(super) limit_wait: Duration,
    /// When it was sent to a worker, if somebody watches.
    pub(super) sent: Option<Instant>,
    /// What it ended with itself, if that came too late and counts as a timeout.
    pub(super) too_late: Option<Failure>,
    /// The copies that failed before it.
    pub(super) others: Vec<AttemptRecord<Failure>>,
}

impl Ended {
    /// The first copy, of which nothing else is known.
    pub(super) fn of(outcome: Ending) -> Self {
        Self {
            copy: 1,
            outcome,
            environment: None,
            limit_wait: Duration::ZERO,
            sent: None,
            too_late: None,
            others: Vec::new(),
        }
    }

    /// Its failure, for the history. What it reserved is settled.
    pub(super) fn into_record(
        self,
        attempt: u32,
        began: Instant,
        now: Instant,
    ) -> Option<AttemptRecord<Failure>> {
        let mut record = AttemptRecord::new(attempt, self.outcome.err()?)
            .timed(Some(began), now)
            .of_copy(self.copy);
        record.worker = self.environment.and_then(|environment| environment.begun_on());
        Some(record)
    }
}

impl Drive {
    /// Inlined, so that it is written where it stays.
    #[inline(always)]
    pub(crate) fn new(
        pool: PoolShare,
        options: Option<Arc<CallOptions>>,
        types: &'static MethodTypes,
        inherited: Option<Instant>,
    ) -> Self {
        let layers = match pool.layers().find(types) {
            Some(layers) => Layers::Table(NonNull::from(layers)),
            None => Layers::Own(Box::new(pool.layers().own(types))),
        };
        let known = layers.get();
        let own = options.as_deref();
        let (asked, after) = (own.and_then(|options| options.deadline), known.deadline);
        let timed = known.timed
            || inherited.is_some()
            || own.is_some_and(|own| own.deadline.is_some() || own.timeout.is_some());
        let shared = pool.shared();
        let watched = shared.events.are_watched();
        let started = (timed || watched).then(|| shared.clock.now());
        let own = match (asked, started) {
            (Some(asked), Some(started)) => asked.at(started),
            (None, Some(started)) => after.and_then(|after| started.checked_add(after)),
            (_, None) => None,
        };
        let deadline = match (own, inherited) {
            (Some(own), Some(inherited)) => Some(own.min(inherited)),
            (own, inherited) => own.or(inherited),
        };
        shared.layered.enter();
        Self {
            // All callers of the program take turns at it, so only who needs it.
            call: if watched { CallId::next() } else { CallId::UNWATCHED },
            pool,
            layers,
            options,
            deadline,
            started,
            throttled: AtomicU64::new(0),
            attempt: 0,
            trace: trace::wanted(),
            told: false,
            rest: Mutex::new(None),
        }
    }

    pub(super) fn rest_mut(&mut self) -> &mut Rest {
        self.rest.get_mut().unwrap_or_else(PoisonError::into_inner).get_or_insert_default()
    }

    pub(super) fn rest(&mut self) -> Option<&Rest> {
        self.rest.get_mut().unwrap_or_else(PoisonError::into_inner).as_deref()
    }

    /// The deadline of the call in which it was made.
    pub(super) fn within(&mut self) -> Option<Instant> {
        self.rest()?.within
    }

    pub(super) fn types(&self) -> &'static MethodTypes {
        self.layers().types
    }

    pub(super) fn site(&self) -> CallSite {
        self.types().site()
    }

    pub(super) fn shared(&self) -> &Arc<PoolShared> {
        self.pool.shared()
    }

    pub(super) fn layers(&self) -> &MethodLayers {
        self.layers.get()
    }

    /// The whole call: deadline > fallback > retry > breaker > hedge > limits > queue > attempt
    /// timeout > run.
    ///
    /// The deadline is no future around the others: whatever waits inside is bounded by it, so a call
    /// has one timer at a time.
    pub(crate) async fn run(mut self, args: &mut dyn Arguments) -> Ending {
        if self.is_late() {
            self.tell_done(false);
            return Err(Failure::timed_out(Timeout::Deadline));
        }
        let mut spare = if self.layers().wants_spare() { Spare::of(args) } else { None };
        let outcome = self.attempts(args, &mut spare).await;
        self.finish(outcome, spare).await
    }

    /// The end of all attempts, and what answers if they failed.
    pub(super) async fn finish(&mut self, outcome: Ending, spare: Option<Spare>) -> Ending {
        self.tell_done(outcome.is_ok());
        match outcome {
            Err(error) if self.falls_back(&error) => self.fall_back(error, spare).await,
            outcome => outcome,
        }
    }

    pub(super) fn falls_back(&self, error: &Failure) -> bool {
        !self.layers().fallbacks.is_empty() && error.kind() != Kind::Cancelled && !self.is_late()
    }

    /// Whether the deadline has passed.
    pub(super) fn is_late(&self) -> bool {
        self.deadline.is_some_and(|deadline| deadline <= self.shared().clock.now())
    }
}

impl Drop for Drive {
    fn drop(&mut self) {
        // Cancelled, or a predicate of the user's panicked.
        if !self.told {
            self.tell_done(false);
        }
        let shared = self.shared();
        shared.layered.leave(&shared.shutdown);
    }
}
