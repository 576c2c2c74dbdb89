//! One call of a race: a runner per bucket, all inside one future.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use concurry_time::{Sleep, block_on};

use crate::race::config::Running;
use crate::race::shared::Shared;
use crate::race::waiters::Pause;
use crate::race::{AllSuspended, CandidateFailure, Race, RaceError, Suspended};
use crate::retry::AttemptError;

/// A call of a [`Race`]. Await it, or block on it with [`wait`](RaceCall::wait).
#[must_use = "a call does nothing until it is awaited or waited for"]
pub struct RaceCall<A, T, E> {
    race: Race<A, T, E>,
    arguments: A,
    /// Why the call cannot begin: told at the first poll.
    refused: Option<RaceError<E, T>>,
    runners: Vec<Runner<T, E>>,
    failures: Vec<CandidateFailure<E, T>>,
    /// The wait for the first candidate to come back.
    pause: Option<Pause>,
}

/// Works through a bucket, one candidate after the other.
struct Runner<T, E> {
    bucket: Vec<usize>,
    next: usize,
    leg: Option<Leg<T, E>>,
}

/// One candidate's turn.
struct Leg<T, E> {
    candidate: usize,
    began: Instant,
    future: Running<T, E>,
    cutoff: Option<Sleep>,
}

/// The arguments are not pinned, and the futures are boxed.
impl<A, T, E> Unpin for RaceCall<A, T, E> {}

impl<A, T, E> RaceCall<A, T, E> {
    pub(crate) fn new(
        race: Race<A, T, E>,
        arguments: A,
        buckets: Result<Vec<Vec<usize>>, RaceError<E, T>>,
    ) -> Self {
        let (buckets, refused) = match buckets {
            Ok(buckets) => (buckets, None),
            Err(error) => (Vec::new(), Some(error)),
        };
        let runner = |bucket| Runner { bucket, next: 0, leg: None };
        let runners = buckets.into_iter().map(runner).collect();
        Self { race, arguments, refused, runners, failures: Vec::new(), pause: None }
    }

    /// Blocks this thread until somebody has won or nobody can.
    ///
    /// # Errors
    ///
    /// As [`Race::call`].
    pub fn wait(self) -> Result<T, RaceError<E, T>>
    where
        A: Clone,
    {
        block_on(self)
    }

    /// Nobody runs any more and nobody won: fails, or waits for the first to come back.
    fn nobody_left(&mut self) -> Option<RaceError<E, T>> {
        let shared = &self.race.shared;
        let now = shared.clock.now();
        if !self.failures.is_empty() {
            let suspended = self.not_tried(now);
            let failures = std::mem::take(&mut self.failures);
            return Some(RaceError::AllFailed { failures, suspended });
        }
        let places = self.runners.iter().flat_map(|runner| &runner.bucket);
        let left = |place: &usize| shared.suspended_for(*place, now).unwrap_or(Duration::ZERO);
        let retry_after = places.map(left).min().unwrap_or_default();
        if shared.all_suspended == AllSuspended::Fail {
            return Some(RaceError::AllSuspended { retry_after });
        }
        self.pause = Some(shared.waiters.pause(shared.clock.sleep(retry_after)));
        self.runners.iter_mut().for_each(|runner| runner.next = 0);
        None
    }

    /// Who was passed over. All buckets are used up.
    fn not_tried(&self, now: Instant) -> Vec<Suspended> {
        let shared = &self.race.shared;
        let mut suspended: Vec<Suspended> = Vec::new();
        for place in self.runners.iter().flat_map(|runner| &runner.bucket) {
            let candidate = &shared.candidates[*place].name;
            let told = suspended.iter().map(|other| &other.candidate);
            if told.chain(self.failures.iter().map(|f| &f.candidate)).all(|name| name != candidate)
            {
                let time_left = shared.suspended_for(*place, now).unwrap_or_default();
                suspended.push(Suspended { candidate: Arc::clone(candidate), time_left });
            }
        }
        suspended
    }
}

impl<A: Clone, T, E> Future for RaceCall<A, T, E> {
    type Output = Result<T, RaceError<E, T>>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        if let Some(error) = this.refused.take() {
            return Poll::Ready(Err(error));
        }
        loop {
            if let Some(pause) = &mut this.pause {
                // Watched first, so that whoever comes back from here on is seen or told.
                pause.watch(context.waker());
                let shared = &this.race.shared;
                let now = shared.clock.now();
                let is_back = |place: &usize| shared.suspended_for(*place, now).is_none();
                if !this.runners.iter().flat_map(|runner| &runner.bucket).any(is_back) {
                    ready!(Pin::new(&mut pause.sleep).poll(context));
                }
                this.pause = None;
            }
            let mut running = false;
            let Self { race, arguments, runners, failures, .. } = this;
            let mut winner = None;
            for runner in runners.iter_mut() {
                match runner.poll(&race.shared, arguments, failures, context) {
                    Poll::Ready(Some(answer)) => {
                        winner = Some(answer);
                        break;
                    }
                    Poll::Ready(None) => {}
                    Poll::Pending => running = true,
                }
            }
            if let Some(answer) = winner {
                // The losers are dropped before the answer is handed out.
                this.runners.clear();
                return Poll::Ready(Ok(answer));
            }
            if running {
                return Poll::Pending;
            }
            if let Some(error) = this.nobody_left() {
                return Poll::Ready(Err(error));
            }
        }
    }
}

impl<T, E> Runner<T, E> {
    /// Ready with the answer, or with nothing when the bucket is used up.
    fn poll<A: Clone>(
        &mut self,
        shared: &Arc<Shared<A, T, E>>,
        arguments: &A,
        failures: &mut Vec<CandidateFailure<E, T>>,
        context: &mut Context<'_>,
    ) -> Poll<Option<T>> {
        loop {
            let Some(leg) = &mut self.leg else {
                self.leg = self.next_leg(shared, arguments);
                if self.leg.is_none() {
                    return Poll::Ready(None);
                }
                continue;
            };
            let result = ready!(leg.poll(context));
            let (candidate, began) = (leg.candidate, leg.began);
            self.leg = None;
            let error = match result {
                Ok(answer) => match shared.refused_by(&answer) {
                    None => {
                        shared.succeeded(candidate);
                        return Poll::Ready(Some(answer));
                    }
                    Some(check) => AttemptError::Rejected { value: answer, check },
                },
                Err(error) => error,
            };
            shared.failed(candidate, began);
            let candidate = Arc::clone(&shared.candidates[candidate].name);
            failures.push(CandidateFailure { candidate, error });
        }
    }

    /// Starts the next candidate of the bucket that does not sit out.
    fn next_leg<A: Clone>(&mut self, shared: &Shared<A, T, E>, arguments: &A) -> Option<Leg<T, E>> {
        let began = shared.clock.now();
        while let Some(candidate) = self.bucket.get(self.next).copied() {
            self.next += 1;
            if shared.suspended_for(candidate, began).is_some() {
                continue;
            }
            let entry = &shared.candidates[candidate];
            let future = (entry.call)(arguments.clone());
            let cutoff = entry.timeout.map(|limit| shared.clock.sleep(limit));
            return Some(Leg { candidate, began, future, cutoff });
        }
        None
    }
}

impl<T, E> Leg<T, E> {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<T, AttemptError<E, T>>> {
        if let Poll::Ready(result) = self.future.as_mut().poll(context) {
            return Poll::Ready(result.map_err(AttemptError::Failed));
        }
        let Some(cutoff) = &mut self.cutoff else { return Poll::Pending };
        Pin::new(cutoff).poll(context).map(|()| Err(AttemptError::TimedOut))
    }
}

impl<A, T, E> fmt::Debug for RaceCall<A, T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RaceCall").field("race", &self.race).finish_non_exhaustive()
    }
}
