//! Copies of one call inside one future: started by plan, the first success wins.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use concurry_time::{Clock, Sleep};

use crate::redundant::{AllFailed, CopyPlan};
use crate::retry::{Accept, AttemptError, AttemptRecord, Attempts, Judge};
use crate::verdict::Verdict;

/// Whoever pays for the copies after the first, and learns how calls go.
pub(crate) trait Extra: Sync {
    /// Whether one more copy may be started.
    fn permit(&self, now: Instant) -> bool;
    /// A copy failed with this verdict.
    fn failed(&self, verdict: Verdict, now: Instant);
    /// The call succeeded after this long.
    fn succeeded(&self, latency: Duration);
}

/// Everything about the copies but the operation itself.
pub(crate) struct Copies<'h, T, E, J, A> {
    pub(crate) plan: CopyPlan,
    pub(crate) clock: Clock,
    pub(crate) extra: Option<&'h dyn Extra>,
    judge: J,
    accept: A,
    failures: Attempts<AttemptError<E, T>>,
}

impl<'h, T, E, J, A> Copies<'h, T, E, J, A> {
    pub(crate) fn new(plan: CopyPlan, clock: Clock, judge: J, accept: A) -> Self {
        Self { plan, clock, extra: None, judge, accept, failures: Attempts::new() }
    }

    /// Exchanges the closures before the first copy.
    pub(crate) fn rebuild<K, B>(
        self,
        rules: impl FnOnce(J, A) -> (K, B),
    ) -> Copies<'h, T, E, K, B> {
        let Self { plan, clock, extra, judge, accept, failures } = self;
        let (judge, accept) = rules(judge, accept);
        Copies { plan, clock, extra, judge, accept, failures }
    }

    /// Whether another copy is to be started now. Refused is refused for good, and never touches
    /// the copies that run.
    fn starts_another(&mut self, now: Instant) -> bool {
        if !self.plan.is_due(now) {
            return false;
        }
        let paid = self.plan.started() == 0 || self.extra.is_none_or(|extra| extra.permit(now));
        if !paid {
            self.plan.suppress();
        }
        paid
    }

    /// Takes the result of a copy: the value if it wins, else whether the call goes on.
    fn settle(
        &mut self,
        result: Result<T, E>,
        copy: u32,
        began: Instant,
        now: Instant,
    ) -> Result<T, GoesOn>
    where
        J: Judge<E>,
        A: Accept<T>,
    {
        let (failure, verdict) = match result {
            Ok(value) => match self.accept.refused_by(&value) {
                None => return Ok(value),
                Some(check) => (AttemptError::Rejected { value, check }, Verdict::Retry),
            },
            Err(error) => {
                let verdict = self.judge.judge(&error);
                (AttemptError::Failed(error), verdict)
            }
        };
        self.failures.push(AttemptRecord::new(copy, failure).timed(Some(began), now));
        if let Some(extra) = self.extra {
            extra.failed(verdict, now);
        }
        match verdict {
            Verdict::Retry => self.plan.hurry(now),
            // The other side asks to be left alone: no new copies.
            Verdict::RetryAfter(_) | Verdict::Throttle(_) => self.plan.suppress(),
            Verdict::Fatal | Verdict::Poison => return Err(GoesOn(false)),
        }
        Err(GoesOn(true))
    }
}

/// Whether other copies may still win after one has failed.
struct GoesOn(bool);

/// The future of several copies: of [`redundant`](crate::redundant) or a
/// [`Hedger`](crate::Hedger).
#[must_use = "futures do nothing unless polled"]
pub struct CopiesFuture<'h, Op, Fut, T, E, J, A> {
    operation: Op,
    copies: Copies<'h, T, E, J, A>,
    /// The copies that run. There are few, so each wake polls them all.
    running: Vec<Running<Fut>>,
    began: Option<Instant>,
    timer: Option<Sleep>,
}

struct Running<Fut> {
    copy: u32,
    began: Instant,
    future: Pin<Box<Fut>>,
}

impl<'h, Op, Fut, T, E, J, A> CopiesFuture<'h, Op, Fut, T, E, J, A> {
    pub(crate) fn new(operation: Op, copies: Copies<'h, T, E, J, A>) -> Self {
        Self { operation, copies, running: Vec::new(), began: None, timer: None }
    }
}

/// The copies are boxed, and nothing else is pinned.
impl<Op, Fut, T, E, J, A> Unpin for CopiesFuture<'_, Op, Fut, T, E, J, A> {}

impl<Op, I, T, E, J, A> CopiesFuture<'_, Op, I::IntoFuture, T, E, J, A>
where
    Op: FnMut() -> I,
    I: IntoFuture<Output = Result<T, E>>,
{
    fn start_due(&mut self) {
        let now = self.copies.clock.now();
        self.began.get_or_insert(now);
        while self.copies.starts_another(now) {
            let copy = self.copies.plan.start(now);
            let future = Box::pin((self.operation)().into_future());
            self.running.push(Running { copy, began: now, future });
        }
        // The plan has moved on: the timer is made anew when it is needed.
        self.timer = None;
    }

    /// Polls the copies until one ends, and takes it out.
    fn poll_running(&mut self, context: &mut Context<'_>) -> Option<(u32, Instant, Result<T, E>)> {
        for index in 0..self.running.len() {
            if let Poll::Ready(result) = self.running[index].future.as_mut().poll(context) {
                let Running { copy, began, .. } = self.running.remove(index);
                return Some((copy, began, result));
            }
        }
        None
    }

    /// Waits for the moment at which the next copy is due.
    fn poll_timer(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let Some(at) = self.copies.plan.next_at() else { return Poll::Pending };
        let clock = &self.copies.clock;
        let timer = self.timer.get_or_insert_with(|| clock.sleep_until(at));
        Pin::new(timer).poll(context)
    }
}

impl<Op, I, T, E, J, A> Future for CopiesFuture<'_, Op, I::IntoFuture, T, E, J, A>
where
    Op: FnMut() -> I,
    I: IntoFuture<Output = Result<T, E>>,
    J: Judge<E>,
    A: Accept<T>,
{
    type Output = Result<T, AllFailed<AttemptError<E, T>>>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        if this.began.is_none() {
            this.start_due();
        }
        loop {
            if let Some((copy, began, result)) = this.poll_running(context) {
                let now = this.copies.clock.now();
                let goes_on = match this.copies.settle(result, copy, began, now) {
                    Ok(value) => {
                        this.running.clear();
                        if let Some(extra) = this.copies.extra {
                            extra.succeeded(now - this.began.unwrap_or(began));
                        }
                        return Poll::Ready(Ok(value));
                    }
                    Err(GoesOn(goes_on)) => goes_on,
                };
                if goes_on {
                    this.start_due();
                } else {
                    this.running.clear();
                }
                if !this.running.is_empty() {
                    continue;
                }
            }
            if this.running.is_empty() {
                let failures = std::mem::take(&mut this.copies.failures);
                return Poll::Ready(Err(AllFailed::new(failures)));
            }
            if this.poll_timer(context).is_pending() {
                return Poll::Pending;
            }
            this.start_due();
        }
    }
}

impl<Op, Fut, T, E, J, A> fmt::Debug for CopiesFuture<'_, Op, Fut, T, E, J, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CopiesFuture")
            .field("plan", &self.copies.plan)
            .field("running", &self.running.len())
            .finish_non_exhaustive()
    }
}
