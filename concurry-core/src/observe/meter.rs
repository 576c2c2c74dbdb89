//! Counters and histograms of calls, through the `metrics` facade.

use metrics::{counter, histogram};

use crate::event::Event;

/// Counts an event. Handles are looked up each time, since the program may install its recorder after
/// it has made its pools.
pub(super) fn count(event: &Event) {
    match event {
        Event::CallDone { site, ok, .. } => {
            let (worker, method) = (site.worker(), site.method());
            if *ok {
                counter!("concurry_calls_done_total", "worker" => worker, "method" => method)
                    .increment(1);
            } else {
                counter!("concurry_calls_failed_total", "worker" => worker, "method" => method)
                    .increment(1);
            }
        }
        Event::Retrying { site, .. } => {
            let (worker, method) = (site.worker(), site.method());
            counter!("concurry_retries_total", "worker" => worker, "method" => method).increment(1);
        }
        Event::AttemptDone { site, times, .. } => {
            let (worker, method) = (site.worker(), site.method());
            histogram!("concurry_limit_wait_seconds", "worker" => worker, "method" => method)
                .record(times.limit_wait);
            histogram!("concurry_queued_seconds", "worker" => worker, "method" => method)
                .record(times.queued);
            if times.worker.is_some() {
                histogram!("concurry_running_seconds", "worker" => worker, "method" => method)
                    .record(times.running);
            }
        }
        Event::Hedged { site, .. } => {
            let (worker, method) = (site.worker(), site.method());
            counter!("concurry_hedges_total", "worker" => worker, "method" => method).increment(1);
        }
        Event::CopyWasted { site, running, .. } => {
            let (worker, method) = (site.worker(), site.method());
            histogram!("concurry_wasted_seconds", "worker" => worker, "method" => method)
                .record(*running);
        }
        Event::FellBack { site, ok: true, .. } => {
            let (worker, method) = (site.worker(), site.method());
            counter!("concurry_fallbacks_total", "worker" => worker, "method" => method)
                .increment(1);
        }
        Event::BreakerChanged { worker_name, breaker, to, .. } => {
            let (breaker, to) = (breaker.to_string(), to.to_string());
            counter!("concurry_breaker_changes_total", "worker" => *worker_name, "breaker" => breaker, "to" => to)
                .increment(1);
        }
        Event::WorkerRestarted { worker_name, .. } => {
            counter!("concurry_worker_restarts_total", "worker" => *worker_name).increment(1);
        }
        Event::WorkerGivenUp { .. }
        | Event::FellBack { .. }
        | Event::CallStarted { .. }
        | Event::AttemptStarted { .. }
        | Event::Throttled { .. } => {}
    }
}
