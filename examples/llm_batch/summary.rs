//! The figures of a run, for people and for programs.

use std::fmt;
use std::time::Duration;

use concurry::llm::Reply;
use serde::Serialize;

/// What a run did. Serialises to the object that `--json` prints.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// From the first call to the last outcome.
    pub wall_s: f64,
    /// What the answered prompts would have taken one after the other. `None` without a sample.
    pub sequential_estimate_s: Option<f64>,
    pub speedup: Option<f64>,
    /// Answered prompts a second.
    pub requests_per_s: f64,
    pub tokens_per_s: f64,
    pub ok: usize,
    /// Prompts without an answer; the output file says why.
    pub failed: usize,
    pub retries: u64,
    /// How long calls waited for the limits, all of them added up.
    pub throttled_s: f64,
    /// The latency of the requests that were answered, without waits for limits and retries.
    pub p50_ms: f64,
    pub p95_ms: f64,
    pub p99_ms: f64,
}

/// What is counted while a run goes on.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    pub latencies: Vec<Duration>,
    pub tokens: u64,
    pub failed: usize,
    pub retries: u64,
    pub throttled: Duration,
}

impl Figures {
    /// Counts a reply.
    pub fn add(&mut self, reply: &Reply) {
        self.latencies.push(reply.latency);
        self.tokens += reply.usage.total_tokens;
    }

    /// Sums up a run that took so long, where one prompt alone takes `each`.
    pub fn summary(mut self, wall: Duration, each: Option<Duration>) -> Summary {
        self.latencies.sort_unstable();
        let percentile = |percent| milliseconds(percentile(&self.latencies, percent));
        let (seconds, ok) = (wall.as_secs_f64(), self.latencies.len());
        let sequential = each.map(|each| each.as_secs_f64() * ok as f64);
        Summary {
            wall_s: rounded(seconds),
            sequential_estimate_s: sequential.map(rounded),
            speedup: sequential.map(|estimate| rounded(estimate / seconds)),
            requests_per_s: rounded(ok as f64 / seconds),
            tokens_per_s: rounded(self.tokens as f64 / seconds),
            ok,
            failed: self.failed,
            retries: self.retries,
            throttled_s: rounded(self.throttled.as_secs_f64()),
            p50_ms: percentile(50),
            p95_ms: percentile(95),
            p99_ms: percentile(99),
        }
    }
}

/// A duration in milliseconds.
pub fn milliseconds(duration: Duration) -> f64 {
    rounded(duration.as_secs_f64() * 1e3)
}

/// To three decimals: more would only pretend to be exact.
fn rounded(figure: f64) -> f64 {
    (figure * 1e3).round() / 1e3
}

/// The smallest of the sorted values that `percent` of them do not exceed (nearest rank).
fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { wall_s, requests_per_s, tokens_per_s, ok, failed, retries, .. } = self;
        let Self { throttled_s, p50_ms, p95_ms, p99_ms, .. } = self;
        let prompts = (ok + failed).max(1) as f64;
        writeln!(f, "  prompts      {ok} answered, {failed} failed")?;
        writeln!(f, "  wall time    {wall_s:.2} s")?;
        if let (Some(estimate), Some(speedup)) = (self.sequential_estimate_s, self.speedup) {
            writeln!(f, "  speed-up     {speedup:.1} x (one by one: about {estimate:.0} s)")?;
        }
        writeln!(f, "  throughput   {requests_per_s:.0} prompts/s, {tokens_per_s:.0} tokens/s")?;
        writeln!(f, "  retries      {retries}")?;
        writeln!(f, "  throttled    {:.0} ms a prompt", throttled_s * 1e3 / prompts)?;
        write!(f, "  latency      p50 {p50_ms:.0} ms, p95 {p95_ms:.0} ms, p99 {p99_ms:.0} ms")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_json_object_has_exactly_the_promised_keys() {
        let figures = Figures {
            latencies: (1..=200).map(Duration::from_millis).collect(),
            tokens: 4_000,
            ..Figures::default()
        };
        let summary = figures.summary(Duration::from_secs(2), Some(Duration::from_millis(500)));
        let json = serde_json::to_string(&summary).unwrap();
        let expected = concat!(
            r#"{"wall_s":2.0,"sequential_estimate_s":100.0,"speedup":50.0,"requests_per_s":100.0,"#,
            r#""tokens_per_s":2000.0,"ok":200,"failed":0,"retries":0,"throttled_s":0.0,"#,
            r#""p50_ms":100.0,"p95_ms":190.0,"p99_ms":198.0}"#,
        );
        assert_eq!(json, expected);
    }

    #[test]
    fn a_run_without_answers_has_figures_too() {
        let summary = Figures::default().summary(Duration::from_secs(1), None);
        assert_eq!((summary.ok, summary.p99_ms, summary.speedup), (0, 0.0, None));
    }
}
