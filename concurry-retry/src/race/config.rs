//! The options of a race.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use concurry_time::Clock;

use crate::race::state::Suspension;
use crate::race::{Race, RaceConfigError};

/// A candidate's call, ready to be polled.
pub(crate) type Running<T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send>>;

/// Somebody who can answer.
pub(crate) struct Candidate<A, T, E> {
    pub(crate) name: Arc<str>,
    pub(crate) call: Box<dyn Fn(A) -> Running<T, E> + Send + Sync>,
    pub(crate) timeout: Option<Duration>,
}

pub(crate) type Check<T> = Box<dyn Fn(&T) -> bool + Send + Sync>;

/// What a call does when every candidate it names sits out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AllSuspended {
    /// It fails at once, and says when the first is back.
    #[default]
    Fail,
    /// It waits for the first to come back.
    WaitForFirst,
}

/// Sets up a [`Race`].
///
/// # Default
///
/// A candidate sits out after 3 failures in a row: 4 s, then twice as long each time, at most
/// 5 min. No time-outs; every answer is accepted; a call with only suspended candidates fails.
///
/// ```
/// use concurry_retry::{AllSuspended, Race};
/// use std::time::Duration;
///
/// #[derive(Debug)]
/// struct AskError;
/// impl From<std::num::ParseIntError> for AskError {
///     fn from(_: std::num::ParseIntError) -> Self { Self }
/// }
///
/// let race: Race<_, _, AskError> = Race::builder()
///     .candidate("parser", |text: String| async move { text.parse::<i32>() })
///     .candidate("length", |text: String| async move { Ok::<_, AskError>(text.len() as i32) })
///     .suspend_for(Duration::from_secs(10), Duration::from_secs(600))
///     .when_all_suspended(AllSuspended::WaitForFirst)
///     .build()?;
/// assert_eq!(race.call("four".into(), &[&["parser", "length"]]).wait().unwrap(), 4);
/// # Ok::<(), concurry_retry::RaceConfigError>(())
/// ```
#[must_use = "a builder does nothing until `build`"]
pub struct RaceBuilder<A, T, E> {
    pub(crate) candidates: Vec<Candidate<A, T, E>>,
    timeouts: Vec<(Arc<str>, Duration)>,
    default_timeout: Option<Duration>,
    pub(crate) suspension: Suspension,
    pub(crate) all_suspended: AllSuspended,
    pub(crate) checks: Vec<Check<T>>,
    pub(crate) clock: Clock,
}

impl<A, T, E> RaceBuilder<A, T, E> {
    pub(crate) fn new() -> Self {
        let minutes = Duration::from_secs(300);
        let suspension =
            Suspension { max_failures: 3, first: Duration::from_secs(4), longest: minutes };
        Self {
            candidates: Vec::new(),
            timeouts: Vec::new(),
            default_timeout: None,
            suspension,
            all_suspended: AllSuspended::Fail,
            checks: Vec::new(),
            clock: Clock::system(),
        }
    }

    /// Adds a candidate: an async function, a closure, a call to a pool. Its error is converted as
    /// `?` would.
    pub fn candidate<F, I, E2>(mut self, name: impl Into<Arc<str>>, call: F) -> Self
    where
        F: Fn(A) -> I + Send + Sync + 'static,
        I: IntoFuture<Output = Result<T, E2>>,
        I::IntoFuture: Send + 'static,
        E2: Into<E>,
    {
        let call = move |arguments: A| -> Running<T, E> {
            let future = call(arguments).into_future();
            Box::pin(async move { future.await.map_err(Into::into) })
        };
        self.candidates.push(Candidate { name: name.into(), call: Box::new(call), timeout: None });
        self
    }

    /// Drops a call to this candidate that takes longer, and counts it as a failure.
    pub fn timeout(mut self, name: impl Into<Arc<str>>, limit: Duration) -> Self {
        self.timeouts.push((name.into(), limit));
        self
    }

    /// Sets the time-out of every candidate that has none of its own.
    pub fn timeout_all(mut self, limit: Duration) -> Self {
        self.default_timeout = Some(limit);
        self
    }

    /// Sets after how many failures in a row a candidate sits out.
    pub fn max_failures(mut self, failures: u32) -> Self {
        self.suspension.max_failures = failures;
        self
    }

    /// Sets how long a candidate sits out the first time, and at most.
    pub fn suspend_for(mut self, first: Duration, longest: Duration) -> Self {
        self.suspension.first = first;
        self.suspension.longest = longest.max(first);
        self
    }

    /// Sets what a call does when every candidate it names sits out.
    pub fn when_all_suspended(mut self, then: AllSuspended) -> Self {
        self.all_suspended = then;
        self
    }

    /// Lets an answer win only if the predicate accepts it; another counts as a failure. Several
    /// checks must all hold.
    pub fn until(mut self, check: impl Fn(&T) -> bool + Send + Sync + 'static) -> Self {
        self.checks.push(Box::new(check));
        self
    }

    /// Reads this clock instead of the machine's.
    pub fn clock(mut self, clock: &Clock) -> Self {
        self.clock = clock.clone();
        self
    }

    /// Makes the race.
    ///
    /// # Errors
    ///
    /// When there is no candidate, two have one name, a time-out names nobody, or a number is zero.
    pub fn build(mut self) -> Result<Race<A, T, E>, RaceConfigError> {
        let zero = |option| Err(RaceConfigError::Zero { option });
        if self.candidates.is_empty() {
            return Err(RaceConfigError::NoCandidates);
        }
        if self.suspension.max_failures == 0 {
            return zero("max_failures");
        }
        if self.suspension.first.is_zero() {
            return zero("suspend_for");
        }
        if self.default_timeout.is_some_and(|limit| limit.is_zero()) {
            return zero("timeout_all");
        }
        for (index, Candidate { name, .. }) in self.candidates.iter().enumerate() {
            if self.candidates[..index].iter().any(|earlier| earlier.name == *name) {
                return Err(RaceConfigError::DuplicateName { name: Arc::clone(name) });
            }
        }
        for (name, limit) in std::mem::take(&mut self.timeouts) {
            if limit.is_zero() {
                return zero("a timeout");
            }
            match self.candidates.iter_mut().find(|candidate| candidate.name == name) {
                Some(candidate) => candidate.timeout = Some(limit),
                None => {
                    let candidates = names(&self.candidates);
                    return Err(RaceConfigError::UnknownName { name, candidates });
                }
            }
        }
        for candidate in &mut self.candidates {
            candidate.timeout = candidate.timeout.or(self.default_timeout);
        }
        Ok(Race::from_checked(self))
    }
}

/// The names of the candidates, for a message.
pub(crate) fn names<A, T, E>(candidates: &[Candidate<A, T, E>]) -> String {
    let names: Vec<_> = candidates.iter().map(|candidate| &*candidate.name).collect();
    names.join(", ")
}

impl<A, T, E> fmt::Debug for RaceBuilder<A, T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RaceBuilder")
            .field("candidates", &names(&self.candidates))
            .field("suspension", &self.suspension)
            .finish_non_exhaustive()
    }
}
