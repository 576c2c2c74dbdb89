//! A batch that runs, and how its outcome reaches the calls in it.

use std::convert::Infallible;
use std::mem;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use super::batcher::Batcher;
use super::ticket::{SingleOutcome, Ticket, site};
use crate::error::{BatchFailed, BatchFailure, CallSite, InvalidBatch};
use crate::future::{Outcome, TaskFuture};
use crate::pool::layers::PoolShare;
use crate::sync::lock;
use crate::worker::{BatchedForm, Method};
use crate::{CallError, panics};

/// How many calls of a batch still want its outcome. When none does, the batch is cancelled.
pub(super) struct Sent {
    live: AtomicUsize,
    /// Never held while it is cancelled.
    call: Mutex<Option<TaskFuture<()>>>,
}

impl Sent {
    pub(super) fn new(calls: usize) -> Arc<Self> {
        Arc::new(Self { live: AtomicUsize::new(calls), call: Mutex::new(None) })
    }

    /// A call of the batch was cancelled.
    pub(super) fn lost_one(&self) {
        // AcqRel: the last one to leave sees the call, or `follow` sees that all have left.
        if self.live.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.cancel();
        }
    }

    /// Keeps the call of the batch, to cancel it.
    pub(super) fn follow(&self, call: TaskFuture<()>) {
        *lock(&self.call) = Some(call);
        if self.live.load(Ordering::Acquire) == 0 {
            self.cancel();
        }
    }

    fn cancel(&self) {
        let call = lock(&self.call).take();
        if let Some(mut call) = call {
            let _ = call.cancel();
        }
    }
}

/// The calls of a batch that runs. Whatever becomes of it, they are completed, and its batcher goes
/// on.
pub(super) struct Batch<B: BatchedForm> {
    pub(super) batcher: Arc<Batcher<B>>,
    pub(super) pool: PoolShare,
    pub(super) tickets: Vec<Arc<Ticket<B>>>,
    /// When it was sent.
    pub(super) began: Instant,
    /// Copies of the arguments, to call it again in halves.
    pub(super) spare: Option<(Vec<B::Item>, B::Rest)>,
}

/// What `Failed` of a batch means to one of its calls.
type EachFails<'e, B> = dyn Fn() -> CallError<<<B as BatchedForm>::Single as Method>::Error> + 'e;

impl<B: BatchedForm> Batch<B> {
    /// Hands each call its part of the outcome.
    pub(super) fn finish(mut self, outcome: Outcome<B::Output, B::Error>) {
        let output = match outcome {
            Ok(output) => output,
            Err(CallError::Failed(error)) => {
                match self.spare.take() {
                    // Found out to be the one.
                    Some(spare) if self.tickets.len() == 1 => {
                        let alone = CallError::Failed(B::failure(error));
                        self.complete([Err(alone)].into_iter());
                        panics::contain(|| drop(spare));
                    }
                    Some(spare) if blames_items::<B>(&error) => self.bisect(spare),
                    spare => {
                        self.fail(CallError::Failed(error));
                        panics::contain(|| drop(spare));
                    }
                }
                return;
            }
            Err(error) => return self.fail(error),
        };
        let results = B::results(output);
        if results.len() == self.tickets.len() {
            return self.complete(results.into_iter().map(|r| r.map_err(CallError::Failed)));
        }
        let (calls, results) = (self.tickets.len(), results.len());
        let invalid = InvalidBatch { site: form_site::<B>(), calls, results };
        self.complete_all(&|| CallError::InvalidBatch(Box::new(invalid.clone())));
    }

    fn complete(&mut self, outcomes: impl Iterator<Item = SingleOutcome<B>>) {
        let tickets = mem::take(&mut self.tickets);
        self.batcher.answered(&self.pool, tickets.len(), self.began);
        for (ticket, outcome) in tickets.iter().zip(outcomes) {
            ticket.complete(outcome);
        }
    }

    fn complete_all(&mut self, error: &EachFails<'_, B>) {
        let calls = self.tickets.len();
        self.complete((0..calls).map(|_| Err(error())));
    }

    /// The batch failed as a whole: so does each call.
    fn fail(&mut self, error: CallError<B::Error>) {
        let size = self.tickets.len();
        match error {
            CallError::Failed(error) => {
                let describe = <B::Single as Method>::abilities().describe;
                let shared = B::share(error).0;
                let failure = BatchFailure::new(form_site::<B>(), size, shared, describe);
                self.complete_all(&|| failure.each());
            }
            CallError::Panicked(panic) => {
                self.complete_all(&|| CallError::Panicked(panic.clone()));
            }
            CallError::Stopped(_) => self.complete_all(&|| CallError::Stopped(site::<B>())),
            CallError::Cancelled(_) => self.complete_all(&|| CallError::Cancelled(site::<B>())),
            CallError::TimedOut(timeout) => self.complete_all(&|| CallError::TimedOut(timeout)),
            CallError::WorkerDied(death) => {
                self.complete_all(&|| CallError::WorkerDied(death.clone()));
            }
            CallError::Codec(error) => self.complete_all(&|| CallError::Codec(error.clone())),
            CallError::FailedRemote(failure) => {
                self.complete_all(&|| CallError::FailedRemote(failure.clone()));
            }
            // Nothing else befalls a call that passes no layers.
            other => {
                let text: Arc<str> = other.map_failure(|_| "").to_string().into();
                self.complete_all(&|| {
                    let text = Arc::clone(&text);
                    CallError::BatchFailed(Box::new(BatchFailed::of_text(
                        form_site::<B>(),
                        size,
                        text,
                    )))
                });
            }
        }
    }

    /// Sends the two halves of the batch, each by itself.
    fn bisect(&mut self, (mut items, rest): (Vec<B::Item>, B::Rest)) {
        let mut tickets = mem::take(&mut self.tickets);
        let half = tickets.len() / 2;
        let (second_tickets, second_items) = (tickets.split_off(half), items.split_off(half));
        let copy = panics::caught(form_site::<B>(), || B::copy_rest(&rest));
        self.batcher.send_half(&self.pool, tickets, items, Ok(rest));
        self.batcher.send_half(&self.pool, second_tickets, second_items, copy);
    }
}

impl<B: BatchedForm> Drop for Batch<B> {
    fn drop(&mut self) {
        if !self.tickets.is_empty() {
            // It was cancelled because nobody wanted it any more, or a conversion of the user's
            // panicked.
            self.complete_all(&|| CallError::Stopped(site::<B>()));
        }
        self.batcher.ended();
    }
}

/// Whether halves of the batch may fare better. Not if waiting is what helps, or a better key: then
/// more calls make it worse. An error that says nothing may be anything.
fn blames_items<B: BatchedForm>(error: &B::Error) -> bool {
    let blames_items = B::batch_abilities().blames_items;
    // What it says is the user's code; if that panics, nothing is known.
    let asked = blames_items.map(|blames_items| {
        panics::caught(form_site::<B>(), || blames_items(error)).unwrap_or(true)
    });
    asked.unwrap_or(true)
}

/// The batched form as a call.
pub(super) fn form_site<B: BatchedForm>() -> CallSite {
    CallSite::new(const { &B::SPEC })
}

/// Runs a batch to its end, on whatever thread brings its outcome.
pub(super) async fn run<B: BatchedForm>(
    call: TaskFuture<B::Output, B::Error>,
    batch: Batch<B>,
) -> Outcome<(), Infallible> {
    let outcome = call.cancel_on_drop().await;
    batch.finish(outcome);
    Ok(())
}
