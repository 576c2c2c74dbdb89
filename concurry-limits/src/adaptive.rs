//! A capacity that finds its own value: gentle increase, one decrease a window.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::amount::Amount;
use crate::error::LimitBuildError;
use crate::limit_set::LimitSet;

/// Moves the capacity of one limit by what the service answers: additive increase, multiplicative
/// decrease.
///
/// Tell it about every answer: [`on_success`](Self::on_success) raises the capacity by `step` once a
/// window, [`on_overload`](Self::on_overload) lowers it by a factor, at most once a window, so that a
/// burst of answers 429 that belong together counts as one. It never leaves the range from floor to
/// ceiling. Cloning shares the state.
///
/// Source: D. Chiu, R. Jain, "Analysis of the increase and decrease algorithms for congestion
/// avoidance in computer networks", Computer Networks and ISDN Systems 17, 1989.
///
/// # Default
///
/// A decrease to 0.7 of the capacity, a step of a twentieth of the ceiling, a window of ten seconds.
///
/// ```
/// use concurry_limits::{AdaptiveLimit, LimitSet, ResourceLimit};
///
/// let limits = LimitSet::builder().with(ResourceLimit::new("calls", 100)).build()?;
/// let adaptive = AdaptiveLimit::new(&limits, "calls", 10, 100)?;
/// adaptive.on_overload();
/// adaptive.on_overload(); // the same overload: one decrease a window
/// assert_eq!(adaptive.capacity(), 70.0);
/// assert_eq!(limits.stats().limits[0].capacity, 70.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct AdaptiveLimit {
    limits: LimitSet,
    index: usize,
    floor: f64,
    ceiling: f64,
    whole: bool,
    factor: f64,
    step: f64,
    window: Duration,
    /// Taken inside the lock of the set, never around it.
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    capacity: f64,
    lowered_at: Option<Instant>,
    raised_at: Option<Instant>,
}

impl AdaptiveLimit {
    /// Begins at the ceiling.
    ///
    /// # Errors
    ///
    /// [`LimitBuildError::Adaptive`] for a key that the set does not have, and for a floor that is
    /// not a legal capacity or is above the ceiling.
    pub fn new(
        limits: &LimitSet,
        key: &str,
        floor: impl Amount,
        ceiling: impl Amount,
    ) -> Result<Self, LimitBuildError> {
        let (floor, ceiling) = (floor.to_f64(), ceiling.to_f64());
        let illegal = |reason| LimitBuildError::Adaptive { key: key.to_owned(), reason };
        let keys = &limits.shared.keys;
        let index = keys.find(key).ok_or_else(|| illegal("the set has no such limit"))?;
        let kind = keys.limits[index].kind;
        if kind.illegal_capacity(floor).is_some() || kind.illegal_capacity(ceiling).is_some() {
            return Err(illegal("floor and ceiling must be legal capacities of the limit"));
        }
        if floor > ceiling || ceiling.is_infinite() {
            return Err(illegal("the floor must be at most the ceiling, and the ceiling finite"));
        }
        let state = State { capacity: ceiling, lowered_at: None, raised_at: None };
        let adaptive = Self {
            limits: limits.clone(),
            index,
            floor,
            ceiling,
            whole: kind.is_resource(),
            factor: 0.7,
            step: ceiling / 20.0,
            window: Duration::from_secs(10),
            state: Arc::new(Mutex::new(state)),
        };
        adaptive.apply();
        Ok(adaptive)
    }

    /// Sets to which part of the capacity an overload lowers it (0.7 unless set; kept between 0.1
    /// and 1).
    #[must_use]
    pub fn decrease(mut self, factor: f64) -> Self {
        self.factor = if factor.is_nan() { 0.7 } else { factor.clamp(0.1, 1.0) };
        self
    }

    /// Sets by how much a window without overload raises the capacity (a twentieth of the ceiling
    /// unless set; not below zero).
    #[must_use]
    pub fn increase(mut self, step: impl Amount) -> Self {
        self.step = step.to_f64().max(0.0);
        self
    }

    /// Sets how long answers belong together (ten seconds unless set).
    #[must_use]
    pub fn window(mut self, window: Duration) -> Self {
        self.window = window;
        self
    }

    /// The service answered.
    pub fn on_success(&self) {
        let now = self.limits.shared.clock.now();
        let mut state = self.lock();
        let calm = |at: Option<Instant>| {
            at.is_none_or(|at| now.saturating_duration_since(at) >= self.window)
        };
        if state.capacity < self.ceiling && calm(state.lowered_at) && calm(state.raised_at) {
            state.raised_at = Some(now);
            state.capacity = (state.capacity + self.step).min(self.ceiling);
            drop(state);
            self.apply();
        }
    }

    /// The service said that it is too much: 429, 503, a timeout.
    pub fn on_overload(&self) {
        let now = self.limits.shared.clock.now();
        let mut state = self.lock();
        let same = |at: Instant| now.saturating_duration_since(at) < self.window;
        if !state.lowered_at.is_some_and(same) {
            state.lowered_at = Some(now);
            state.capacity = (state.capacity * self.factor).max(self.floor);
            drop(state);
            self.apply();
        }
    }

    /// The capacity that holds, before rounding down to whole resources.
    #[must_use]
    pub fn capacity(&self) -> f64 {
        self.lock().capacity
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The capacity is read when the set is locked: of two changes that cross, the set ends with
    /// the later.
    fn apply(&self) {
        self.limits.shared.change(self.index, |ledger, now| {
            let capacity = self.capacity();
            let capacity = if self.whole { capacity.floor() } else { capacity };
            ledger.store.set_capacity(self.index, capacity, now);
        });
    }
}

impl fmt::Debug for AdaptiveLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AdaptiveLimit")
            .field("key", &self.limits.shared.keys.limits[self.index].key)
            .field("floor", &self.floor)
            .field("ceiling", &self.ceiling)
            .field("capacity", &self.capacity())
            .finish_non_exhaustive()
    }
}
