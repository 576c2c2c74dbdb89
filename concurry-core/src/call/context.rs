//! What a running method is told about its call.

use std::fmt;
use std::ptr::NonNull;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use concurry_limits::{Amount, CallLimit, LimitSet, Limits, Permit, PermitError};
use concurry_time::Clock;

use super::{CallEnvironment, EnvironmentRef};
use crate::future::node::Header;
use crate::shared::{Seat, Stage};
use crate::sync::lock;

/// What a running method is told about its call.
///
/// A method gets it by a first parameter `ctx: &CallContext`, which is not an argument of the call.
/// In a unit test of the method alone, use [`CallContext::detached`].
///
/// ```
/// use concurry_core::CallContext;
///
/// fn method(ctx: &CallContext, item: u32) -> Option<u32> {
///     (!ctx.is_cancelled()).then_some(item * 2)
/// }
/// assert_eq!(method(&CallContext::detached(), 4), Some(8));
/// ```
pub struct CallContext {
    inner: Option<Inner>,
}

struct Inner {
    seat: Arc<Seat>,
    environment: Option<EnvironmentRef>,
    node: Option<NodeWatch>,
}

/// Looks at a running call's node.
struct NodeWatch(NonNull<Header>);

// SAFETY: only the node's atomic state word is read, and the context lives no longer than the call
// that it was made for.
unsafe impl Send for NodeWatch {}
// SAFETY: as above.
unsafe impl Sync for NodeWatch {}

/// The permit that the pool took for a call before it was sent to a worker.
#[derive(Default)]
pub struct CallPermit {
    held: Mutex<Holding>,
    /// In a batch: what its calls brought along, each with its permit.
    members: Option<Box<[EnvironmentRef]>>,
}

/// What the pool took. A permit lies apart: most calls have none, and the less a call brings along the
/// less has to travel from the caller to the worker.
#[derive(Default)]
enum Holding {
    #[default]
    Nothing,
    /// One call, counted. Its permit is made when somebody looks at it.
    Counted,
    Permit(Box<Permit<'static>>),
}

impl Holding {
    fn new(permit: Option<Permit<'static>>) -> Self {
        permit.map_or(Self::Nothing, |permit| Self::Permit(Box::new(permit)))
    }

    fn permit(&self) -> Option<&Permit<'static>> {
        match self {
            Self::Permit(permit) => Some(permit),
            Self::Nothing | Self::Counted => None,
        }
    }

    fn permit_mut(&mut self) -> Option<&mut Permit<'static>> {
        match self {
            Self::Permit(permit) => Some(permit),
            Self::Nothing | Self::Counted => None,
        }
    }
}

impl CallPermit {
    pub(crate) fn new(permit: Option<Permit<'static>>) -> Self {
        Self { held: Mutex::new(Holding::new(permit)), members: None }
    }

    /// Of a call that was counted, and took nothing else.
    pub(crate) fn counted() -> Self {
        Self { held: Mutex::new(Holding::Counted), members: None }
    }

    /// Of a batch of these calls.
    pub(crate) fn of_batch(members: Vec<EnvironmentRef>) -> Self {
        Self { held: Mutex::default(), members: Some(members.into()) }
    }

    /// Of a batch: what its calls brought along.
    pub(super) fn members(&self) -> &[EnvironmentRef] {
        self.members.as_deref().unwrap_or_default()
    }

    /// Of a call that has none yet.
    pub(crate) fn put(&self, permit: Permit<'static>) {
        *lock(&self.held) = Holding::new(Some(permit));
    }

    /// Makes a permit of these limits for a call that was only counted.
    fn make_permit(&self, limits: &Limits) {
        let mut held = lock(&self.held);
        if let Holding::Counted = *held {
            *held = Holding::new(limits.counted_call());
        }
    }

    /// Looks at it, if the pool has taken one: in a batch, at that of each call.
    #[cfg(feature = "process")]
    pub(crate) fn look_at(&self, look: &mut dyn FnMut(&Permit<'static>)) {
        self.members().iter().for_each(|member| member.permit.look_at(look));
        if let Some(permit) = lock(&self.held).permit() {
            look(permit);
        }
    }

    /// Gives everything back.
    #[cfg(feature = "process")]
    pub(crate) fn refund(&self) -> Result<(), PermitError> {
        self.members().iter().try_for_each(|member| member.permit.refund())?;
        lock(&self.held).permit_mut().map_or(Ok(()), Permit::refund)
    }

    /// Says how much was really used. What was reserved beyond is given back; what was used beyond
    /// is charged.
    ///
    /// In a batched form it says so for the whole batch; each call is charged its part, in proportion
    /// to what it reserved.
    ///
    /// Where the pool reserves nothing for this method nothing happens, so that a method need not
    /// know its pool's options.
    ///
    /// # Errors
    ///
    /// As [`Permit::update`]: an unknown key, an illegal amount.
    pub fn update<K: AsRef<str>, A: Amount>(
        &self,
        used: impl IntoIterator<Item = (K, A)>,
    ) -> Result<(), PermitError> {
        if !self.members().is_empty() {
            return self.split(used);
        }
        match lock(&self.held).permit_mut() {
            Some(permit) => update(permit, used),
            None => Ok(()),
        }
    }

    /// Takes the permit out, for what outlives the call: a stream that the method returns holds its
    /// resources until it ends, and settles then. `None` if the pool took none.
    #[must_use = "a permit that is dropped gives its resources back at once"]
    pub fn detach(&self) -> Option<Permit<'static>> {
        let mut held = lock(&self.held);
        match std::mem::take(&mut *held) {
            Holding::Permit(permit) => Some(*permit),
            Holding::Nothing | Holding::Counted => None,
        }
    }

    /// The limit set that the permit came from: of a pool of sets, the one of this call.
    #[must_use]
    pub fn limit_set(&self) -> Option<LimitSet> {
        if let Some(member) = self.members().first() {
            return member.permit.limit_set();
        }
        lock(&self.held).permit().map(Permit::limit_set)
    }

    /// How much the pool took of a limit. `None` if nothing.
    #[must_use]
    pub fn amount(&self, key: &str) -> Option<f64> {
        if !self.members().is_empty() {
            return self
                .members()
                .iter()
                .filter_map(|member| member.permit.amount(key))
                .reduce(|one, more| one + more);
        }
        lock(&self.held).permit().and_then(|permit| permit.amount(key))
    }

    /// Splits what a batch used among its calls. Whole amounts are split into whole amounts.
    fn split<K: AsRef<str>, A: Amount>(
        &self,
        used: impl IntoIterator<Item = (K, A)>,
    ) -> Result<(), PermitError> {
        for (key, used) in used {
            let (key, used) = (key.as_ref(), used.to_f64());
            let reserved = |member: &CallEnvironment| {
                let held = lock(&member.permit.held);
                held.permit().and_then(|permit| permit.amount(key)).unwrap_or(0.0)
            };
            let all: f64 = self.members().iter().map(|member| reserved(member)).sum();
            let part = |reserved: f64| if all > 0.0 { used * reserved / all } else { 0.0 };
            let rounded = |part: f64| if used.fract() == 0.0 { part.round() } else { part };
            let (mut seen, mut charged) = (0.0, 0.0);
            for member in self.members() {
                seen += reserved(member);
                let upto = rounded(part(seen));
                if let Some(permit) = lock(&member.permit.held).permit_mut() {
                    update(permit, [(key, upto - charged)])?;
                }
                charged = upto;
            }
        }
        Ok(())
    }

    /// A value of the configuration of the limit set that the permit came from.
    #[must_use]
    pub fn config(&self, key: &str) -> Option<String> {
        lock(&self.held).permit().and_then(|permit| permit.config(key).map(str::to_owned))
    }
}

/// Settles a permit. Of one that only counts the call nothing else is known: the pool reserves
/// nothing.
fn update<K: AsRef<str>, A: Amount>(
    permit: &mut Permit<'static>,
    used: impl IntoIterator<Item = (K, A)>,
) -> Result<(), PermitError> {
    if permit.amounts().all(|(key, _)| key == CallLimit::KEY) {
        return permit.update(used.into_iter().filter(|(key, _)| key.as_ref() == CallLimit::KEY));
    }
    permit.update(used)
}

impl CallContext {
    /// Of no pool: never cancelled, first attempt, no limits. For unit tests of methods.
    #[must_use]
    pub const fn detached() -> Self {
        Self { inner: None }
    }

    /// # Safety
    /// The node outlives the context.
    pub(crate) unsafe fn of_node(
        seat: &Arc<Seat>,
        environment: Option<EnvironmentRef>,
        node: NonNull<Header>,
    ) -> Self {
        Self {
            inner: Some(Inner { seat: Arc::clone(seat), environment, node: Some(NodeWatch(node)) }),
        }
    }

    pub(crate) fn of_seat(seat: &Arc<Seat>, environment: Option<EnvironmentRef>) -> Self {
        Self { inner: Some(Inner { seat: Arc::clone(seat), environment, node: None }) }
    }

    /// What the pool shares, if the call is one of a pool.
    pub(crate) fn pool(&self) -> Option<&crate::shared::PoolShared> {
        self.inner.as_ref().map(|inner| &*inner.seat.pool)
    }

    fn environment(&self) -> Option<&CallEnvironment> {
        self.inner.as_ref()?.environment.as_deref()
    }

    /// The limits of the pool, seen from inside a call. Without limits, every request succeeds at
    /// once.
    ///
    /// The call limit is taken by the pool for each call by itself, so it is left out here.
    #[must_use]
    pub fn limits(&self) -> Limits {
        match &self.inner {
            Some(inner) => inner.seat.pool.limits.inside_call(),
            None => Limits::unlimited(),
        }
    }

    /// The permit that the pool took before it sent the call.
    #[must_use]
    pub fn permit(&self) -> &CallPermit {
        static NONE: CallPermit = CallPermit { held: Mutex::new(Holding::Nothing), members: None };
        let Some(environment) = self.environment() else { return &NONE };
        if let Some(pool) = self.pool() {
            environment.permit.make_permit(&pool.limits);
        }
        &environment.permit
    }

    /// Whether nobody wants the result any more: the call was cancelled, its deadline has passed, or
    /// the pool is being stopped without waiting for it. Long sync methods look at it now and then;
    /// async ones are dropped at their next await anyway.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        let Some(inner) = &self.inner else { return false };
        // SAFETY: the node outlives the context (`of_node`).
        inner
            .node
            .as_ref()
            .is_some_and(|watch| unsafe { watch.0.as_ref() }.lifecycle.is_cancelled())
            || inner.environment.as_ref().is_some_and(|environment| environment.is_cancelled())
            || inner.seat.pool.shutdown.stage() >= Stage::Stopping
            || self.remaining().is_some_and(|remaining| remaining.is_zero())
    }

    /// Which attempt of the call this is, from 1.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.environment().map_or(1, |environment| environment.attempt)
    }

    /// The moment by which the whole call has to be done.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.environment()?.deadline
    }

    /// The time left until the deadline. Zero once it has passed.
    #[must_use]
    pub fn remaining(&self) -> Option<Duration> {
        Some(self.deadline()?.saturating_duration_since(self.clock().now()))
    }

    /// The key under which the called service may recognise repetitions of this call.
    #[must_use]
    pub fn idempotency_key(&self) -> Option<&str> {
        self.environment()?.idempotency_key.as_deref()
    }

    /// The number of the worker that runs the call, from 0.
    #[must_use]
    pub fn worker_index(&self) -> usize {
        let index = |inner: &Inner| inner.seat.pool.serves_as.unwrap_or(0) + inner.seat.index;
        self.inner.as_ref().map_or(0, index)
    }

    /// Whether the call was made in another process: what the method returns has to leave this one.
    ///
    /// ```
    /// use concurry_core::CallContext;
    ///
    /// assert!(!CallContext::detached().is_remote());
    /// ```
    #[must_use]
    pub fn is_remote(&self) -> bool {
        self.inner.as_ref().is_some_and(|inner| inner.seat.pool.serves_as.is_some())
    }

    /// The span of the running attempt, so that what the method logs belongs to its call:
    /// `let _entered = ctx.span().entered();` in a sync method, `.instrument(ctx.span())` around
    /// futures in an async one. Disabled for plain calls, and where nobody collects spans.
    ///
    /// ```
    /// use concurry_core::CallContext;
    ///
    /// assert!(CallContext::detached().span().is_disabled());
    /// ```
    #[cfg(feature = "tracing")]
    #[must_use]
    pub fn span(&self) -> tracing::Span {
        let call = self.environment().map(|environment| environment.call);
        match (&self.inner, call) {
            (Some(inner), Some(call)) => inner.seat.pool.events.span(call),
            _ => tracing::Span::none(),
        }
    }

    /// The pool's clock.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.inner.as_ref().map_or_else(Clock::system, |inner| inner.seat.pool.clock.clone())
    }
}

impl fmt::Debug for CallPermit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallPermit")
            .field("permit", &lock(&self.held).permit())
            .field("calls", &self.members().len())
            .finish()
    }
}

impl fmt::Debug for CallContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallContext")
            .field("worker_index", &self.worker_index())
            .field("attempt", &self.attempt())
            .field("deadline", &self.deadline())
            .field("is_cancelled", &self.is_cancelled())
            .finish()
    }
}
