//! A wait for a permit: to be blocked on or awaited.

use std::fmt;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use concurry_time::{Sleep, block_on};
use smallvec::SmallVec;

use crate::error::LimitError;
use crate::estimate::UsageEstimates;
use crate::permit::{Owner, Permit};
use crate::queue::{Outcome, Ticket};
use crate::remote::RemoteAcquire;
use crate::request::Takes;
use crate::shared::{Entry, Shared};
use crate::store::{Fit, Shortage};

/// A request on its way to a [`Permit`]. Await it, or block on it with [`wait`](Self::wait).
///
/// Nothing happens before the first poll. Then it takes its place behind those who came earlier.
///
/// # Cancel safety
///
/// Dropping it at any time gives its place back, and what it was granted but has not returned.
///
/// ```
/// use concurry_limits::{LimitError, LimitSet, ResourceLimit};
/// use std::time::Duration;
///
/// let limits = LimitSet::builder().with(ResourceLimit::new("connections", 1)).build()?;
/// let permit = limits.acquire([("connections", 1)]).wait()?;
/// let second = limits.acquire([("connections", 1)]).timeout(Duration::from_millis(1)).wait();
/// assert!(matches!(second, Err(LimitError::TimedOut { .. })));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a request does nothing unless it is awaited or waited for"]
pub struct Acquire {
    /// One for each set that can serve it; the first that does wins.
    candidates: SmallVec<[Candidate; 1]>,
    failed: Option<LimitError>,
    timeout: Option<Duration>,
    deadline: Option<Sleep>,
    learner: Option<UsageEstimates>,
    done: bool,
    /// Another process decides; there are no candidates then.
    remote: Option<Box<RemoteAcquire>>,
}

/// The request at one set.
struct Candidate {
    shared: Arc<Shared>,
    takes: Takes,
    ticket: Option<Ticket>,
}

impl Acquire {
    pub(crate) fn new(shared: Arc<Shared>, takes: Result<Takes, LimitError>) -> Self {
        Self::first_of([(shared, takes)])
    }

    /// A request that any of several sets may serve. It fails only if none of them can.
    pub(crate) fn first_of(
        sets: impl IntoIterator<Item = (Arc<Shared>, Result<Takes, LimitError>)>,
    ) -> Self {
        let mut candidates = SmallVec::new();
        let mut failed = None;
        for (shared, takes) in sets {
            match takes {
                Ok(takes) => {
                    candidates.push(Candidate { shared, takes, ticket: None });
                }
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        if !candidates.is_empty() {
            failed = None;
        }
        Self {
            candidates,
            failed,
            timeout: None,
            deadline: None,
            learner: None,
            done: false,
            remote: None,
        }
    }

    /// A request that another process decides.
    pub(crate) fn remote(remote: RemoteAcquire) -> Self {
        let mut request = Self::first_of([]);
        request.remote = Some(Box::new(remote));
        request
    }

    /// Gives up after a time, counted from the first poll. Zero tries once.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Lets these estimates learn what the permit's [`update`](Permit::update) says was used.
    pub fn learning(mut self, estimates: &UsageEstimates) -> Self {
        self.learner = Some(estimates.clone());
        self
    }

    /// Gives up at a moment of the set's clock.
    pub fn deadline(mut self, deadline: Instant) -> Self {
        if self.remote.is_some() {
            self.timeout = Some(deadline.saturating_duration_since(Instant::now()));
        } else if let Some(first) = self.candidates.first() {
            self.timeout = Some(deadline.saturating_duration_since(first.shared.clock.now()));
        }
        self
    }

    /// Blocks the current thread until the permit is there.
    ///
    /// # Errors
    ///
    /// Whatever makes the request impossible, and [`LimitError::TimedOut`].
    pub fn wait(mut self) -> Result<Permit<'static>, LimitError> {
        if let Some(remote) = &mut self.remote
            && let Some(answer) = remote.wait(self.timeout)
        {
            return answer;
        }
        block_on(self)
    }

    /// Takes without waiting, from the first set that has it.
    pub(crate) fn try_now(mut self) -> Result<Permit<'static>, LimitError> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        let mut refusal = None;
        for mut candidate in self.candidates.drain(..) {
            match candidate.shared.try_take(&candidate.takes) {
                Ok(at) => return Ok(candidate.permit(at)),
                Err(error) => refusal = Some(sooner(refusal, error)),
            }
        }
        Err(refusal.unwrap_or_else(no_candidate))
    }

    /// The first poll: takes a free set, else stands in the queues of all.
    fn enter(&mut self, context: &Context<'_>) -> Option<Result<Permit<'static>, LimitError>> {
        if self.candidates.len() > 1 {
            for candidate in &mut self.candidates {
                if let Ok(at) = candidate.shared.try_take(&candidate.takes) {
                    return Some(Ok(candidate.permit(at)));
                }
            }
        }
        let mut failed = None;
        for candidate in &mut self.candidates {
            match candidate.shared.take_or_enter(&candidate.takes, context.waker()) {
                Ok(Entry::Taken(at)) => return Some(Ok(candidate.permit(at))),
                Ok(Entry::Queued(ticket)) => candidate.ticket = Some(ticket),
                Err(error) => failed = Some(error),
            }
        }
        self.candidates.retain(|candidate| candidate.ticket.is_some());
        match self.candidates.first() {
            None => Some(Err(failed.unwrap_or_else(no_candidate))),
            Some(first) => {
                self.deadline = self.timeout.map(|timeout| first.shared.clock.sleep(timeout));
                None
            }
        }
    }

    fn look(&mut self, context: &mut Context<'_>) -> Option<Result<Permit<'static>, LimitError>> {
        let mut index = 0;
        while index < self.candidates.len() {
            match self.candidates[index].look(context) {
                None => index += 1,
                Some(Ok(permit)) => return Some(Ok(permit)),
                Some(Err(error)) if self.candidates.len() == 1 => return Some(Err(error)),
                Some(Err(_)) => drop(self.candidates.remove(index)),
            }
        }
        None
    }

    fn timed_out(&self) -> LimitError {
        let refusals = self.candidates.iter().filter_map(|candidate| {
            Some(LimitError::Refused(candidate.shared.why_waiting(candidate.ticket?)?))
        });
        match refusals.fold(None, |best, error| Some(sooner(best, error))) {
            Some(LimitError::Refused(refusal)) => {
                LimitError::TimedOut { timeout: self.timeout.unwrap_or_default(), refusal }
            }
            other => other.unwrap_or_else(no_candidate),
        }
    }
}

impl Candidate {
    /// The end of the request: what it took belongs to the permit.
    fn permit(&mut self, at: Duration) -> Permit<'static> {
        Permit::new(Owner::Owned(Arc::clone(&self.shared)), mem::take(&mut self.takes), at)
    }

    fn look(&mut self, context: &Context<'_>) -> Option<Result<Permit<'static>, LimitError>> {
        let outcome = self.shared.look(self.ticket?, context.waker())?;
        self.ticket = None;
        Some(match outcome {
            Outcome::Granted(at) => Ok(self.permit(at)),
            Outcome::NeverFits(index) => {
                let shortage = Shortage { index, fit: Fit::Never };
                let ledger = self.shared.lock();
                let now = self.shared.now();
                Err(self.shared.error(&ledger, &self.takes, shortage, now))
            }
        })
    }
}

impl Drop for Candidate {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket {
            self.shared.leave(ticket, &self.takes);
        }
    }
}

impl Future for Acquire {
    type Output = Result<Permit<'static>, LimitError>;

    /// # Panics
    ///
    /// When it is polled after it has returned.
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        assert!(!this.done, "polled after it returned");
        if let Some(remote) = &mut this.remote {
            let polled = remote.poll(this.timeout, context);
            this.done = polled.is_ready();
            return polled;
        }
        let entered = this.candidates.iter().any(|candidate| candidate.ticket.is_some());
        let mut result = this.failed.take().map(Err);
        if result.is_none() && !entered {
            result = this.enter(context);
        }
        let mut result = result.or_else(|| this.look(context));
        if result.is_none()
            && let Some(deadline) = &mut this.deadline
            && Pin::new(deadline).poll(context).is_ready()
        {
            result = Some(Err(this.timed_out()));
        }
        match result {
            None => Poll::Pending,
            Some(result) => {
                this.done = true;
                // Places in other queues are given back now, not when this is dropped.
                this.candidates.clear();
                Poll::Ready(result.map(|mut permit| {
                    if let Some(learner) = this.learner.take() {
                        permit.teach(learner);
                    }
                    permit
                }))
            }
        }
    }
}

impl fmt::Debug for Acquire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let takes: Vec<_> = self.candidates.iter().map(|candidate| &candidate.takes).collect();
        f.debug_struct("Acquire")
            .field("takes", &takes)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// Of two refusals the one that ends sooner; a refusal rather than another error.
fn sooner(best: Option<LimitError>, error: LimitError) -> LimitError {
    let wait = |error: &LimitError| match error.refusal() {
        Some(refusal) => (0, refusal.retry_after().unwrap_or(Duration::MAX)),
        None => (1, Duration::MAX),
    };
    match best {
        Some(best) if wait(&best) <= wait(&error) => best,
        _ => error,
    }
}

/// A request always has a candidate or an error; this is what is said if that is ever wrong.
fn no_candidate() -> LimitError {
    LimitError::UnknownKey { key: String::new(), known: "none".to_owned() }
}
