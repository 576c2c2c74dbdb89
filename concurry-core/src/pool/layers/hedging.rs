//! Copies of an attempt: the first that succeeds wins, the others are cancelled.
//!
//! The rule of when a copy starts is [`CopyPlan`](concurry_retry::CopyPlan)'s; here it meets workers.
//! A loser is cancelled when its future is dropped. The winner's output does not wait for it beyond the
//! hedge's grace; the pool does, when it is stopped (see [`CopyOfCall`](crate::call::CopyOfCall)), and
//! what the loser reserved is settled when it has ended.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use concurry_retry::{AttemptRecord, BreakerState, CircuitBreaker, CopyPlan, Hedger, Verdict};
use concurry_time::Sleep;

use super::arguments::{Arguments, Spare};
use super::drive::{Drive, Ended};
use super::waiting::until;
use crate::call::Copies;
use crate::event::Event;

/// A copy that runs.
struct Running<F> {
    began: Instant,
    future: F,
}

/// The copies of an attempt.
pub(super) struct Race<'r> {
    pub(super) copies: &'r Arc<Copies>,
    /// When the first was started.
    pub(super) began: Instant,
    pub(super) plan: CopyPlan,
    /// The arguments of further ones.
    pub(super) spare: &'r Spare,
    pub(super) hedger: &'r Hedger,
    pub(super) breaker: Option<&'r CircuitBreaker>,
}

impl Drive {
    /// Makes the attempt, and copies of it where the method is hedged.
    pub(super) async fn hedged(
        &self,
        args: &mut dyn Arguments,
        spare: Option<&Spare>,
        breaker: Option<&CircuitBreaker>,
    ) -> Ended {
        match (&self.layers().hedger, spare) {
            (Some(hedger), Some(spare)) => {
                let copies = Arc::new(Copies::default());
                let began = self.shared().clock.now();
                let mut plan = hedger.plan();
                let first = self.copy(args, Some((&copies, plan.start(began))));
                let race = Race { copies: &copies, began, plan, spare, hedger, breaker };
                self.race_copies(first, race).await
            }
            _ => self.copy(args, None).await,
        }
    }

    /// Makes copies beside the first one, which was started.
    pub(super) async fn race_copies(
        &self,
        first: impl Future<Output = Ended>,
        race: Race<'_>,
    ) -> Ended {
        let clock = &self.shared().clock;
        let Race { copies, began, mut plan, spare, hedger, breaker } = race;
        // Only the first copy is there in every call, so only it is not boxed.
        let mut place = pin!(Some(first));
        let future = place.as_mut().as_pin_mut();
        let mut first = future.map(|future| Running { began, future });
        let mut others = Vec::new();
        let mut timer: Option<Sleep> = None;
        let mut failures: Vec<AttemptRecord<_>> = Vec::new();
        let mut ended = poll_fn(|context| {
            loop {
                // All are sent off before the first is waited for.
                let done = poll_one(&mut first, context).or_else(|| poll_any(&mut others, context));
                let now = match &done {
                    Some(_) => clock.now(),
                    None => match poll_timer(&plan, &mut timer, clock, context) {
                        Poll::Pending => return Poll::Pending,
                        Poll::Ready(now) => now,
                    },
                };
                let mut last = None;
                if let Some((copy_began, ended)) = done {
                    let Err(error) = &ended.outcome else {
                        copies.won_by(ended.copy);
                        hedger.record(now.saturating_duration_since(began), now);
                        return Poll::Ready(ended);
                    };
                    let verdict = self.verdict(error);
                    hedger.heed(verdict, now);
                    let goes_on = go_on(&mut plan, verdict, now);
                    if !goes_on {
                        return Poll::Ready(ended);
                    }
                    last = Some((copy_began, ended));
                }
                while plan.is_due(now) && self.may_hedge(&mut plan, hedger, breaker, now) {
                    let mut args = spare.copy();
                    let copy = plan.start(now);
                    self.tell_hedged(copy);
                    let future = async move { self.copy(&mut *args, Some((copies, copy))).await };
                    let future = Box::pin(future);
                    others.push(Running { began: now, future });
                    timer = None;
                }
                let Some((copy_began, ended)) = last else { continue };
                if first.is_none() && others.is_empty() {
                    return Poll::Ready(ended);
                }
                failures.extend(ended.into_record(self.attempt, copy_began, now));
            }
        })
        .await;
        // Which cancels the losers.
        place.set(None);
        drop(others);
        // What the one that has ended brought along is here.
        let rest = usize::from(ended.environment.is_some());
        self.await_losers(copies, rest, hedger.grace()).await;
        ended.others = failures;
        ended
    }

    /// Waits until no more than `rest` copies are left, at most for the grace and to the deadline. Those
    /// that take longer end by themselves.
    async fn await_losers(&self, copies: &Copies, rest: usize, grace: Duration) {
        if grace.is_zero() {
            return;
        }
        let clock = &self.shared().clock;
        let end = clock.after(grace);
        let end = self.deadline.map_or(end, |deadline| deadline.min(end));
        let losers = poll_fn(|context| copies.poll_ended(rest, context));
        let _ = self.unless_stopped(until(clock, Some(end), losers)).await;
    }

    /// Whether one more copy may be started: nobody waits for a limit, the breaker is closed, and
    /// somebody pays. Refused is refused for this attempt, and never touches the copies that run.
    fn may_hedge(
        &self,
        plan: &mut CopyPlan,
        hedger: &Hedger,
        breaker: Option<&CircuitBreaker>,
        now: Instant,
    ) -> bool {
        let throttled = self.shared().layer_counters.throttled.load(Ordering::Relaxed) > 0;
        let healthy = breaker.is_none_or(|breaker| breaker.state() == BreakerState::Closed);
        let permitted = !throttled && healthy && hedger.permit(now);
        if !permitted {
            plan.suppress();
        }
        permitted
    }

    fn tell_hedged(&self, copy: u32) {
        let shared = self.shared();
        shared.layer_counters.hedges.fetch_add(1, Ordering::Relaxed);
        shared.events.emit(|| Event::Hedged {
            call: self.call,
            site: self.site(),
            attempt: self.attempt,
            copy,
        });
    }
}

/// What the failure of one copy means for the others; false if they would fail the same way.
fn go_on(plan: &mut CopyPlan, verdict: Verdict, now: Instant) -> bool {
    match verdict {
        Verdict::Retry => plan.hurry(now),
        // The other side asks to be left alone: no new copies.
        Verdict::RetryAfter(_) | Verdict::Throttle(_) => plan.suppress(),
        Verdict::Fatal | Verdict::Poison => return false,
    }
    true
}

fn poll_one<F: Future>(
    running: &mut Option<Running<Pin<&mut F>>>,
    context: &mut Context<'_>,
) -> Option<(Instant, F::Output)> {
    let one = running.as_mut()?;
    let Poll::Ready(output) = one.future.as_mut().poll(context) else { return None };
    let ended = (one.began, output);
    *running = None;
    Some(ended)
}

fn poll_any<F: Future>(
    running: &mut Vec<Running<Pin<Box<F>>>>,
    context: &mut Context<'_>,
) -> Option<(Instant, F::Output)> {
    for index in 0..running.len() {
        if let Poll::Ready(output) = running[index].future.as_mut().poll(context) {
            let Running { began, .. } = running.remove(index);
            return Some((began, output));
        }
    }
    None
}

/// Waits for the moment at which the next copy is due, and tells what time it is then.
fn poll_timer(
    plan: &CopyPlan,
    timer: &mut Option<Sleep>,
    clock: &concurry_time::Clock,
    context: &mut Context<'_>,
) -> Poll<Instant> {
    let Some(at) = plan.next_at() else { return Poll::Pending };
    let timer = timer.get_or_insert_with(|| clock.sleep_until(at));
    Pin::new(timer).poll(context).map(|()| clock.now())
}
