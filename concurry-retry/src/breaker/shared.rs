//! A breaker that many callers share: the machine behind a lock, and a way around it while closed.

use std::any::Any;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use concurry_time::Clock;

use crate::breaker::permit::Owner;
use crate::breaker::state::{Grant, Machine};
use crate::breaker::stripes::Stripes;
use crate::breaker::watchers::Watchers;
use crate::breaker::window::{Counts, Span};
use crate::breaker::{BreakerOpen, BreakerPermit, BreakerState, CircuitBreakerBuilder, Outcome};

/// A circuit breaker. Cloning shares it.
///
/// ```
/// use concurry_retry::{BreakerState, CircuitBreaker, Outcome};
/// use std::time::Duration;
///
/// let breaker = CircuitBreaker::builder("openai")
///     .failure_ratio(0.5)
///     .minimum_calls(2)
///     .open_for(Duration::from_secs(30))
///     .build()?;
/// breaker.try_acquire()?.record(Outcome::Success);
/// breaker.try_acquire()?.record(Outcome::Failure);
/// assert_eq!(breaker.state(), BreakerState::Open);
/// let refused = breaker.try_acquire().unwrap_err();
/// assert!(refused.retry_after >= Some(Duration::from_secs(29)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct CircuitBreaker {
    shared: Arc<Shared>,
}

pub(crate) type Listener = Arc<dyn Fn(&StateChange) + Send + Sync>;

/// Leave to make one call, from a breaker that was closed: see [`CircuitBreaker::try_pass`]. It holds
/// nothing, and counts as nothing unless it is recorded.
#[derive(Debug)]
pub struct ClosedPass {
    /// That of the breaker then.
    generation: u64,
}

/// A breaker went from one state to another.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StateChange {
    /// The name of the breaker.
    pub breaker: Arc<str>,
    /// Where it was.
    pub from: BreakerState,
    /// Where it is.
    pub to: BreakerState,
}

pub(crate) struct Shared {
    name: Arc<str>,
    clock: Clock,
    /// When step 0 of a time window began.
    origin: Instant,
    span: Span,
    slow_after: Option<Duration>,
    listener: Option<Listener>,
    watchers: Arc<Watchers>,
    /// The generation if the breaker is closed, else [`NOT_CLOSED`]. Written under the lock. While
    /// it shows a generation, calls are let through and their successes counted without the lock.
    /// It guards no other memory, so relaxed ordering is enough: a call that reads an old value is
    /// one that came a moment earlier.
    closed: AtomicU64,
    stripes: Stripes,
    /// Never held over user code: listeners run after it is released.
    machine: Mutex<Machine>,
}

const NOT_CLOSED: u64 = u64::MAX;

impl CircuitBreaker {
    /// Starts with the default options. The name appears in errors and events.
    pub fn builder(name: impl Into<Arc<str>>) -> CircuitBreakerBuilder {
        CircuitBreakerBuilder::new(name.into())
    }

    pub(crate) fn from_checked(builder: CircuitBreakerBuilder) -> Self {
        Self::watched(builder, Arc::default())
    }

    /// One of several breakers with the same watchers.
    pub(crate) fn watched(builder: CircuitBreakerBuilder, watchers: Arc<Watchers>) -> Self {
        let CircuitBreakerBuilder { name, rules, clock, listener, .. } = builder;
        let shared = Shared {
            name,
            origin: clock.now(),
            clock,
            span: rules.span,
            slow_after: rules.slow.map(|(duration, _)| duration),
            listener,
            watchers,
            closed: AtomicU64::new(0),
            stripes: Stripes::new(),
            machine: Mutex::new(Machine::new(rules)),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Asks leave for one call.
    ///
    /// # Errors
    ///
    /// When the breaker is open, isolated, or has as many calls out as it allows for now.
    #[inline]
    pub fn try_acquire(&self) -> Result<BreakerPermit<'_>, BreakerOpen> {
        let (grant, started) = self.shared.admit()?;
        Ok(BreakerPermit::new(Owner::Borrowed(&self.shared), grant, started))
    }

    /// Asks leave for one call, with a permit that borrows nothing.
    ///
    /// # Errors
    ///
    /// As [`try_acquire`](Self::try_acquire).
    pub fn try_acquire_owned(&self) -> Result<BreakerPermit<'static>, BreakerOpen> {
        let (grant, started) = self.shared.admit()?;
        Ok(BreakerPermit::new(Owner::Owned(Arc::clone(&self.shared)), grant, started))
    }

    /// Asks leave for one call of a closed breaker that watches for no slow calls: a number instead of a
    /// permit, for who keeps very many. `None`: ask for a permit, which tells the rest.
    ///
    /// ```
    /// use concurry_retry::{BreakerState, CircuitBreaker, Outcome};
    ///
    /// let breaker = CircuitBreaker::builder("search").minimum_calls(1).build()?;
    /// let pass = breaker.try_pass().expect("it is closed");
    /// breaker.record(pass, Outcome::Failure);
    /// assert_eq!(breaker.state(), BreakerState::Open);
    /// assert!(breaker.try_pass().is_none());
    /// # Ok::<(), concurry_retry::BreakerConfigError>(())
    /// ```
    #[inline]
    #[must_use = "a pass that is forgotten counts as a call that says nothing"]
    pub fn try_pass(&self) -> Option<ClosedPass> {
        let Shared { closed, slow_after, .. } = &*self.shared;
        let generation = closed.load(Ordering::Relaxed);
        let passes = generation != NOT_CLOSED && slow_after.is_none();
        passes.then_some(ClosedPass { generation })
    }

    /// Says how a call went that was made with a pass of this breaker.
    #[inline]
    pub fn record(&self, pass: ClosedPass, outcome: Outcome) {
        let grant = Grant::closed(pass.generation);
        BreakerPermit::new(Owner::Borrowed(&self.shared), grant, None).record(outcome);
    }

    /// The name given to the builder.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.shared.name
    }

    /// The current state. An open breaker shows as open until a call comes after its time.
    #[must_use]
    pub fn state(&self) -> BreakerState {
        self.shared.lock().state()
    }

    /// Tells every change of state from now on, as
    /// [`on_change`](CircuitBreakerBuilder::on_change) does, until the watcher returns `false`.
    ///
    /// ```
    /// use concurry_retry::CircuitBreaker;
    /// use std::sync::Arc;
    /// use std::sync::atomic::{AtomicU32, Ordering};
    ///
    /// let (breaker, seen) = (CircuitBreaker::builder("search").build()?, Arc::new(AtomicU32::new(0)));
    /// let count = Arc::clone(&seen);
    /// breaker.watch(move |_change| count.fetch_add(1, Ordering::Relaxed) == 0);
    /// breaker.isolate();
    /// breaker.reset();
    /// breaker.isolate();
    /// assert_eq!(seen.load(Ordering::Relaxed), 2); // the second time it had seen enough
    /// # Ok::<(), concurry_retry::BreakerConfigError>(())
    /// ```
    pub fn watch(&self, watcher: impl Fn(&StateChange) -> bool + Send + Sync + 'static) {
        self.shared.watchers.add(Arc::new(watcher));
    }

    /// As [`watch`](Self::watch), and no longer than somebody has the owner.
    #[doc(hidden)] // for pools, of which a breaker may see very many
    pub fn watch_for(
        &self,
        owner: Weak<dyn Any + Send + Sync>,
        watcher: impl Fn(&StateChange) -> bool + Send + Sync + 'static,
    ) {
        self.shared.watchers.add_for(owner, Arc::new(watcher));
    }

    /// Refuses all calls until [`reset`](Self::reset).
    pub fn isolate(&self) {
        self.shared.change(|machine| machine.isolate());
    }

    /// Closes the breaker, whatever its state, and forgets every outcome.
    pub fn reset(&self) {
        self.shared.change(|machine| machine.close());
    }
}

impl Shared {
    #[inline]
    fn admit(&self) -> Result<(Grant, Option<Instant>), BreakerOpen> {
        let started = self.slow_after.map(|_| self.clock.now());
        let generation = self.closed.load(Ordering::Relaxed);
        let grant = match generation {
            NOT_CLOSED => self.admit_by_state()?,
            generation => Grant::closed(generation),
        };
        Ok((grant, started))
    }

    #[cold]
    fn admit_by_state(&self) -> Result<Grant, BreakerOpen> {
        let now = self.clock.now();
        let ((granted, state), change) = self.step(|machine| (machine.admit(now), machine.state()));
        // A listener that panics must not keep the place of a call that is not made then.
        let permit = granted.map(|grant| BreakerPermit::new(Owner::Borrowed(self), grant, None));
        self.tell(change);
        std::mem::forget(permit);
        granted.map_err(|retry_after| BreakerOpen {
            breaker: Arc::clone(&self.name),
            state,
            retry_after,
        })
    }

    #[inline]
    pub(crate) fn record(&self, grant: Grant, started: Option<Instant>, failed: bool) {
        let slow = match (self.slow_after, started) {
            (Some(limit), Some(started)) => self.clock.now() - started > limit,
            _ => false,
        };
        let plain = !failed && !slow;
        if plain && self.closed.load(Ordering::Relaxed) == grant.generation {
            let step = match self.span {
                Span::Calls(_) => 0,
                Span::Time(_) => self.span.step(self.clock.now() - self.origin),
            };
            // A breaker that opens right now leaves this success in its cell; it is thrown away
            // with the rest when the next state begins or ends.
            if self.stripes.add(step) {
                return;
            }
        }
        self.record_by_state(grant, failed, slow);
    }

    #[cold]
    fn record_by_state(&self, grant: Grant, failed: bool, slow: bool) {
        let now = self.clock.now();
        let step = self.span.step(now - self.origin);
        let sample = Counts { calls: 1, failures: failed.into(), slow: slow.into() };
        self.change(|machine| machine.record(grant, sample, step, now));
    }

    #[inline]
    pub(crate) fn abandon(&self, grant: Grant) {
        // While closed nothing is held that could be given back.
        if self.closed.load(Ordering::Relaxed) != grant.generation {
            self.change(|machine| machine.abandon(grant));
        }
    }

    /// Runs a move of the machine, then publishes the new state and tells the listener.
    fn change<R>(&self, step: impl FnOnce(&mut Machine) -> R) -> R {
        let (result, change) = self.step(step);
        self.tell(change);
        result
    }

    /// Runs a move of the machine and publishes the new state. Gives what there is to tell.
    fn step<R>(&self, step: impl FnOnce(&mut Machine) -> R) -> (R, Option<StateChange>) {
        let (result, from, to) = {
            let mut machine = self.lock();
            for (step, count) in self.stripes.drain() {
                machine.add_successes(step, count);
            }
            let from = machine.state();
            let result = step(&mut machine);
            let to = machine.state();
            let open_to_all = to == BreakerState::Closed;
            let closed = if open_to_all { machine.generation() } else { NOT_CLOSED };
            self.closed.store(closed, Ordering::Relaxed);
            (result, from, to)
        };
        let change = || StateChange { breaker: Arc::clone(&self.name), from, to };
        (result, (from != to).then(change))
    }

    fn tell(&self, change: Option<StateChange>) {
        let Some(change) = change else { return };
        if let Some(listener) = &self.listener {
            listener(&change);
        }
        self.watchers.tell(&change);
    }

    fn lock(&self) -> MutexGuard<'_, Machine> {
        self.machine.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for CircuitBreaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CircuitBreaker")
            .field("name", &self.shared.name)
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}
