//! What an account may use, wired to limits and retries.

mod options;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use concurry_limits::{
    LimitBuildError, LimitSet, LimitSetBuilder, RateAlgorithm, RateLimit, UsageEstimate, Window,
};
use concurry_retry::{BreakerConfigError, CircuitBreaker, Jitter, RetryPolicy};
use thiserror::Error;

use crate::tokens::estimate_tokens;
use crate::usage::{REQUESTS, TOKENS, Usage};

type CountTokens = dyn Fn(&str) -> u64 + Send + Sync;

/// What an account may use, wired for a client: `ChatClient::options(…).tier(&tier)`.
///
/// - **Limits:** requests (not calls: a batch is one) and tokens, shared by all pools that are given
///   the same tier. Each call reserves the tokens of its prompt and as many as 95 of 100 answers had lately; what it really
///   used is settled afterwards, both ways.
/// - **Retries:** what passes is tried again with exponential backoff and full jitter. An answer 429
///   pauses the limits, and so everybody, for as long as the service asks.
/// - **Fallback and breaker:** `.tier_with_fallback(&tier, &other)` asks another client, of another
///   model or another service, for what fails after all attempts. While half of the last calls failed,
///   the tier's breaker sends everything there at once. Without a fallback there is no breaker: it
///   would only make calls fail that could have waited.
///
/// An option that is set after `.tier(…)` takes the place of the tier's.
///
/// ```
/// use concurry_llm::Tier;
///
/// let tier = Tier::per_minute(500, 200_000).max_retries(8).build()?;
/// assert_eq!(tier.limits().stats().limits[0].capacity, 500.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Tier {
    limits: LimitSet,
    /// No request reserves more: it could never go.
    most_tokens: f64,
    retry: RetryPolicy,
    breaker: CircuitBreaker,
    estimate: Arc<Estimate>,
}

/// What a call is about to use.
struct Estimate {
    count: Box<CountTokens>,
    /// The tokens of answers.
    answers: UsageEstimate,
}

/// Sets up a [`Tier`].
#[must_use = "a builder does nothing unless `build` is called"]
pub struct TierBuilder {
    requests: f64,
    tokens: f64,
    window: Window,
    algorithm: RateAlgorithm,
    retry: RetryPolicy,
    breaker: Option<CircuitBreaker>,
    answer_tokens: f64,
    count: Box<CountTokens>,
}

impl Tier {
    /// So many requests and tokens a minute, as most services state their tiers (RPM and TPM).
    pub fn per_minute(requests: u64, tokens: u64) -> TierBuilder {
        Self::of(requests, tokens, Window::MINUTE)
    }

    /// So many requests and tokens in any window.
    pub fn of(requests: u64, tokens: u64, window: impl Into<Window>) -> TierBuilder {
        let retry = RetryPolicy::exponential(Duration::from_secs(1)).jitter(Jitter::Full);
        TierBuilder {
            requests: requests as f64,
            tokens: tokens as f64,
            window: window.into(),
            algorithm: RateAlgorithm::default(),
            retry: retry.max_retries(5),
            breaker: None,
            answer_tokens: 500.0,
            count: Box::new(estimate_tokens),
        }
    }

    /// The limits, under the keys [`REQUESTS`] and [`TOKENS`]: for their statistics, or for a pool of
    /// other workers on the same account.
    #[must_use]
    pub fn limits(&self) -> &LimitSet {
        &self.limits
    }

    /// The breaker that stands between its clients and their fallback.
    #[must_use]
    pub fn breaker(&self) -> &CircuitBreaker {
        &self.breaker
    }

    /// What a call should reserve that is a request by itself.
    fn request(&self, prompt: u64) -> [(&'static str, f64); 2] {
        let [tokens] = self.answered(prompt, 1);
        [(REQUESTS, 1.0), tokens]
    }

    /// The tokens of prompts with so many answers. The client counts the requests.
    fn answered(&self, prompts: u64, answers: u64) -> [(&'static str, f64); 1] {
        let answers = self.estimate.answers.amount() * answers as f64;
        [(TOKENS, (prompts as f64 + answers).ceil().clamp(1.0, self.most_tokens))]
    }

    /// The tokens of texts that are only read. The client counts the requests.
    fn read(&self, texts: u64) -> [(&'static str, f64); 1] {
        [(TOKENS, (texts as f64).clamp(1.0, self.most_tokens))]
    }

    fn count(&self, text: &str) -> u64 {
        (self.estimate.count)(text)
    }

    /// Learns from an answer of which only the text is known.
    fn learn_text(&self, text: &str) {
        self.estimate.answers.record(self.count(text));
    }

    /// Learns from an answer.
    fn learn(&self, usage: Usage) {
        if usage != Usage::default() {
            self.estimate.answers.record(usage.total_tokens.saturating_sub(usage.prompt_tokens));
        }
    }
}

impl TierBuilder {
    /// How often a call is tried again (5 times unless set).
    pub fn max_retries(mut self, retries: u32) -> Self {
        self.retry = self.retry.max_retries(retries);
        self
    }

    /// When a call is tried again, instead of the exponential backoff from one second.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// When a fallback is asked at once, instead of [`CircuitBreaker`]'s defaults.
    pub fn breaker(mut self, breaker: CircuitBreaker) -> Self {
        self.breaker = Some(breaker);
        self
    }

    /// By which rule the limits count (the sliding window unless set, which holds in every window).
    pub fn algorithm(mut self, algorithm: RateAlgorithm) -> Self {
        self.algorithm = algorithm;
        self
    }

    /// How many tokens an answer has, until some have come (500 unless set).
    pub fn answer_tokens(mut self, tokens: u32) -> Self {
        self.answer_tokens = f64::from(tokens);
        self
    }

    /// How the tokens of prompts are counted, instead of [`estimate_tokens`]: for example by
    /// `Tokenizer::count`, with the feature `tokenizer`.
    pub fn count_tokens(mut self, count: impl Fn(&str) -> u64 + Send + Sync + 'static) -> Self {
        self.count = Box::new(count);
        self
    }

    /// Checks the values and makes what is shared.
    ///
    /// # Errors
    ///
    /// [`TierError`] names a capacity or a window that can't be.
    pub fn build(self) -> Result<Tier, TierError> {
        let breaker = match self.breaker {
            Some(breaker) => breaker,
            None => CircuitBreaker::builder("tier").build()?,
        };
        let requests = RateLimit::new(REQUESTS, self.requests, self.window);
        let tokens = RateLimit::new(TOKENS, self.tokens, self.window);
        let estimate =
            Estimate { count: self.count, answers: UsageEstimate::starting_at(self.answer_tokens) };
        let limits = [requests, tokens].map(|limit| limit.algorithm(self.algorithm));
        let limits = limits.into_iter().fold(LimitSet::builder(), LimitSetBuilder::with);
        Ok(Tier {
            limits: limits.build()?,
            most_tokens: self.tokens,
            retry: self.retry,
            breaker,
            estimate: Arc::new(estimate),
        })
    }
}

/// Why a tier can't be made.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum TierError {
    /// A limit can't be.
    #[error(transparent)]
    Limit(#[from] LimitBuildError),
    /// The breaker can't be.
    #[error(transparent)]
    Breaker(#[from] BreakerConfigError),
}

impl fmt::Debug for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tier")
            .field("limits", &self.limits)
            .field("retry", &self.retry)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for TierBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TierBuilder")
            .field("requests", &self.requests)
            .field("tokens", &self.tokens)
            .field("window", &self.window)
            .finish_non_exhaustive()
    }
}
