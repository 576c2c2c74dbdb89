//! A race that many calls share.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use concurry_time::Clock;

use crate::race::config::{Candidate, Check, names};
use crate::race::state::{Health, Suspension};
use crate::race::waiters::Waiters;
use crate::race::{AllSuspended, RaceBuilder, RaceCall, RaceError};

/// Named candidates and their health. Cloning shares both.
///
/// ```
/// use concurry_retry::Race;
/// use std::time::Duration;
///
/// # concurry_time::block_on(async {
/// let race: Race<_, _, String> = Race::builder()
///     .max_failures(2)
///     .candidate("model_a", |question: String| async move { Err::<String, _>(question + "?") })
///     .candidate("model_b", |question: String| async move { Ok::<_, String>(question + "!") })
///     .timeout("model_b", Duration::from_millis(500))
///     .build()?;
/// let answer = race.call("why".to_owned(), &[&["model_a", "model_b"]]).await?;
/// assert_eq!(answer, "why!");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
pub struct Race<A, T, E> {
    pub(crate) shared: Arc<Shared<A, T, E>>,
}

/// A candidate that sits out.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Suspended {
    /// Its name.
    pub candidate: Arc<str>,
    /// For how much longer.
    pub time_left: Duration,
}

pub(crate) struct Shared<A, T, E> {
    pub(crate) candidates: Vec<Candidate<A, T, E>>,
    pub(crate) all_suspended: AllSuspended,
    pub(crate) clock: Clock,
    checks: Vec<Check<T>>,
    suspension: Suspension,
    /// One for each candidate, in their order. Held for arithmetic only.
    health: Mutex<Vec<Health>>,
    pub(crate) waiters: Arc<Waiters>,
}

impl<A, T, E> Race<A, T, E> {
    /// Starts with the default options and nobody to race.
    pub fn builder() -> RaceBuilder<A, T, E> {
        RaceBuilder::new()
    }

    pub(crate) fn from_checked(builder: RaceBuilder<A, T, E>) -> Self {
        let RaceBuilder { candidates, suspension, all_suspended, checks, clock, .. } = builder;
        let health = Mutex::new(vec![Health::default(); candidates.len()]);
        let waiters = Arc::default();
        let shared =
            Shared { candidates, all_suspended, clock, checks, suspension, health, waiters };
        Self { shared: Arc::new(shared) }
    }

    /// Asks the buckets of candidates, each in its own order, for the first answer. Await it, or
    /// block on it with [`RaceCall::wait`].
    ///
    /// # Errors
    ///
    /// When a bucket names somebody who is not there, when everybody named sits out, and when
    /// everybody who was tried failed.
    ///
    /// # Cancel safety
    ///
    /// Dropping it drops all calls that run; they count for nobody's health.
    pub fn call(&self, arguments: A, buckets: &[&[&str]]) -> RaceCall<A, T, E>
    where
        A: Clone,
    {
        RaceCall::new(self.clone(), arguments, self.resolve(buckets))
    }

    /// Who sits out, and for how much longer.
    #[must_use]
    pub fn suspended(&self) -> Vec<Suspended> {
        let now = self.shared.clock.now();
        let health = self.shared.health();
        let pairs = self.shared.candidates.iter().zip(health.iter());
        let suspended = pairs.filter_map(|(candidate, health)| {
            let time_left = health.suspended_for(now)?;
            Some(Suspended { candidate: Arc::clone(&candidate.name), time_left })
        });
        suspended.collect()
    }

    /// Lets a candidate take part again at once, also in calls that wait for somebody. `false` when
    /// nobody has this name.
    pub fn reactivate(&self, candidate: &str) -> bool {
        let position = self.shared.candidates.iter().position(|known| *known.name == *candidate);
        if let Some(index) = position {
            self.shared.succeeded(index);
        }
        position.is_some()
    }

    /// Turns names into places in the list of candidates.
    fn resolve(&self, buckets: &[&[&str]]) -> Result<Vec<Vec<usize>>, RaceError<E, T>> {
        let candidates = &self.shared.candidates;
        let place = |name: &&str| {
            let found = candidates.iter().position(|candidate| *candidate.name == **name);
            found.ok_or_else(|| RaceError::UnknownCandidate {
                name: (*name).into(),
                candidates: names(candidates),
            })
        };
        let bucket = |names: &&[&str]| names.iter().map(place).collect::<Result<Vec<_>, _>>();
        let buckets = buckets.iter().map(bucket).collect::<Result<Vec<_>, _>>()?;
        if buckets.iter().all(Vec::is_empty) { Err(RaceError::NoCandidates) } else { Ok(buckets) }
    }
}

impl<A, T, E> Shared<A, T, E> {
    /// The number of the first check that refuses the answer.
    pub(crate) fn refused_by(&self, answer: &T) -> Option<usize> {
        self.checks.iter().position(|check| !check(answer))
    }

    pub(crate) fn suspended_for(&self, candidate: usize, now: Instant) -> Option<Duration> {
        self.health()[candidate].suspended_for(now)
    }

    pub(crate) fn failed(&self, candidate: usize, began: Instant) {
        let now = self.clock.now();
        self.health()[candidate].failed(&self.suspension, began, now);
    }

    pub(crate) fn succeeded(&self, candidate: usize) {
        let was_suspended = self.health()[candidate].succeeded();
        if was_suspended {
            self.waiters.tell();
        }
    }

    fn health(&self) -> MutexGuard<'_, Vec<Health>> {
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<A, T, E> Clone for Race<A, T, E> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<A, T, E> fmt::Debug for Race<A, T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Race")
            .field("candidates", &names(&self.shared.candidates))
            .field("suspended", &self.suspended())
            .finish_non_exhaustive()
    }
}
