//! A `tracing` span for each call, and one for each of its attempts.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use tracing::level_filters::LevelFilter;
use tracing::{Span, debug, debug_span, error, field, info_span, warn};

use crate::CallId;
use crate::event::Event;
use crate::sync::lock;

/// The open spans of a pool.
#[derive(Default)]
pub(super) struct Trace {
    /// How many there are. They have to be closed even if the subscriber has gone meanwhile.
    open: AtomicUsize,
    /// Never held while a subscriber runs.
    calls: Mutex<HashMap<CallId, Spans>>,
}

#[derive(Clone)]
struct Spans {
    call: Span,
    attempt: Span,
}

impl Trace {
    /// Whether an event would be seen. With no subscriber this is one load.
    pub(super) fn watches(&self) -> bool {
        // Relaxed: a call that is made meanwhile misses at most its own first events.
        LevelFilter::current() != LevelFilter::OFF || self.open.load(Ordering::Relaxed) > 0
    }

    /// The span of a call's running attempt, or of the call.
    pub(super) fn span(&self, call: CallId) -> Span {
        match lock(&self.calls).get(&call) {
            Some(spans) if spans.attempt.is_disabled() => spans.call.clone(),
            Some(spans) => spans.attempt.clone(),
            None => Span::none(),
        }
    }

    pub(super) fn tell(&self, event: &Event) {
        match event {
            Event::CallStarted { call, site } => {
                let span = info_span!(
                    target: "concurry",
                    "call",
                    worker = site.worker(),
                    method = site.method(),
                    ok = field::Empty,
                    attempts = field::Empty,
                    limit_wait = field::Empty,
                    total = field::Empty,
                );
                self.open(*call, span);
            }
            Event::AttemptStarted { call, attempt, .. } => self.begin_attempt(*call, *attempt),
            Event::AttemptDone { call, ok, times, .. } => self.inside(*call, |spans| {
                let span = &spans.attempt;
                span.record("ok", ok);
                span.record("worker_index", times.worker);
                span.record("limit_wait", times.limit_wait.as_secs_f64());
                span.record("queued", times.queued.as_secs_f64());
                span.record("running", times.running.as_secs_f64());
                self.end_attempt(*call);
            }),
            Event::Throttled { call, limit, wait, .. } => self.inside(*call, |spans| {
                let wait = wait.map(|wait| wait.as_secs_f64());
                let limit = limit.as_deref();
                debug!(target: "concurry", parent: spans.inner(), limit, wait, "waits for a limit");
            }),
            Event::Retrying { call, attempt, wait, .. } => self.inside(*call, |spans| {
                let wait = wait.as_secs_f64();
                debug!(target: "concurry", parent: &spans.call, attempt, wait, "will try again");
            }),
            Event::Hedged { call, attempt, copy, .. } => self.inside(*call, |spans| {
                debug!(target: "concurry", parent: &spans.call, attempt, copy, "starts a further copy");
            }),
            Event::CopyWasted { call, attempt, copy, running, .. } => {
                let running = running.as_secs_f64();
                // Its call may be over already.
                debug!(target: "concurry", call = %call, attempt, copy, running, "a copy had lost");
            }
            Event::FellBack { call, step, ok, .. } => {
                debug!(target: "concurry", call = %call, step, ok, "asked a fallback");
            }
            Event::BreakerChanged { worker_name, breaker, from, to } => {
                warn!(target: "concurry", worker = worker_name, breaker = &**breaker, %from, %to, "circuit breaker changed");
            }
            Event::CallDone { call, ok, attempts, throttled, total, .. } => {
                self.inside(*call, |spans| {
                    spans.call.record("ok", ok);
                    spans.call.record("attempts", attempts);
                    spans.call.record("limit_wait", throttled.as_secs_f64());
                    spans.call.record("total", total.as_secs_f64());
                });
                self.close(*call);
            }
            Event::WorkerRestarted { worker_name, worker, in_a_row } => {
                warn!(target: "concurry", worker = worker_name, worker_index = worker, in_a_row, "worker built again after a panic");
            }
            Event::WorkerGivenUp { worker_name, worker, message } => {
                error!(target: "concurry", worker = worker_name, worker_index = worker, message, "worker given up");
            }
        }
    }

    fn open(&self, call: CallId, span: Span) {
        if span.is_disabled() {
            return;
        }
        let spans = Spans { call: span, attempt: Span::none() };
        lock(&self.calls).insert(call, spans);
        self.open.fetch_add(1, Ordering::Relaxed);
    }

    fn begin_attempt(&self, call: CallId, attempt: u32) {
        self.inside(call, |spans| {
            let span = debug_span!(
                target: "concurry",
                parent: &spans.call,
                "attempt",
                attempt,
                ok = field::Empty,
                worker_index = field::Empty,
                limit_wait = field::Empty,
                queued = field::Empty,
                running = field::Empty,
            );
            let before = lock(&self.calls)
                .get_mut(&call)
                .map(|spans| std::mem::replace(&mut spans.attempt, span));
            drop(before);
        });
    }

    fn end_attempt(&self, call: CallId) {
        let ended = lock(&self.calls)
            .get_mut(&call)
            .map(|spans| std::mem::replace(&mut spans.attempt, Span::none()));
        drop(ended);
    }

    /// Works on a call's spans, outside the lock.
    fn inside(&self, call: CallId, work: impl FnOnce(&Spans)) {
        let spans = lock(&self.calls).get(&call).cloned();
        if let Some(spans) = spans {
            work(&spans);
        }
    }

    fn close(&self, call: CallId) {
        let closed = lock(&self.calls).remove(&call);
        if closed.is_some() {
            self.open.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl Spans {
    /// The attempt's span, or where it is not wanted the call's.
    fn inner(&self) -> &Span {
        if self.attempt.is_disabled() { &self.call } else { &self.attempt }
    }
}
