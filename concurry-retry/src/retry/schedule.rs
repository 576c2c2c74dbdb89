//! The waits of one call. Pure: no clock, no waiting.

use std::time::Duration;

use crate::backoff::{Backoff, Growth, Jitter};
use crate::random::Random;
use crate::retry::RetryPolicy;

/// The waits of one call, made after its first failure by [`RetryPolicy::schedule`].
///
/// It is an iterator of waits as well, for a look at what a policy does.
///
/// ```
/// use concurry_retry::{Jitter, RetryPolicy};
/// use std::time::Duration;
///
/// let mut schedule = RetryPolicy::linear(Duration::from_secs(1))
///     .max_retries(3)
///     .jitter(Jitter::None)
///     .schedule();
/// assert_eq!(schedule.next_wait(None), Some(Duration::from_secs(1)));
/// let retry_after = Some(Duration::from_millis(1234));
/// assert_eq!(schedule.next_wait(retry_after), retry_after);
/// assert_eq!(schedule.retries_left(), 1);
/// ```
#[derive(Debug)]
pub struct Schedule {
    growth: Growth,
    jitter: Jitter,
    random: Random,
    max_wait: Duration,
    retries_left: u32,
    /// Kept to start the series anew after a wait the server asked for.
    start: (Backoff, Duration),
}

impl RetryPolicy {
    /// Starts the waits of one call. Worth making only after a first failure.
    #[must_use]
    pub fn schedule(&self) -> Schedule {
        let jitter = match self.backoff {
            Backoff::Decorrelated => Jitter::None,
            _ => self.jitter,
        };
        Schedule {
            growth: Growth::new(&self.backoff, self.first, self.max_wait),
            jitter,
            random: Random::new(self.seed),
            max_wait: self.max_wait,
            retries_left: self.max_retries,
            start: (self.backoff.clone(), self.first),
        }
    }
}

impl Schedule {
    /// The wait before the next attempt, or `None` when there is to be no further attempt.
    ///
    /// A `hint` (the server's `Retry-After`) is taken as it is, without cap or jitter, and starts
    /// the series anew, as gRPC does after a pushback (proposal A6): the server has said what it
    /// needs. It still counts as a retry.
    pub fn next_wait(&mut self, hint: Option<Duration>) -> Option<Duration> {
        self.retries_left = self.retries_left.checked_sub(1)?;
        if let Some(hint) = hint {
            let (backoff, first) = &self.start;
            self.growth = Growth::new(backoff, *first, self.max_wait);
            return Some(hint);
        }
        let wait = self.growth.next(&mut self.random)?.min(self.max_wait);
        Some(self.jitter.apply(wait, &mut self.random))
    }

    /// How many retries are left.
    #[must_use]
    pub fn retries_left(&self) -> u32 {
        self.retries_left
    }
}

impl Iterator for Schedule {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        self.next_wait(None)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_hint_is_taken_exactly_and_starts_the_series_anew() {
        let policy = RetryPolicy::exponential(SECOND).max_retries(5).jitter(Jitter::None);
        let mut schedule = policy.max_wait(3 * SECOND).schedule();
        assert_eq!(schedule.next_wait(None), Some(SECOND));
        assert_eq!(schedule.next_wait(None), Some(2 * SECOND));
        assert_eq!(schedule.next_wait(Some(50 * SECOND)), Some(50 * SECOND));
        assert_eq!(schedule.next_wait(None), Some(SECOND));
        assert_eq!(schedule.next_wait(Some(SECOND / 8)), Some(SECOND / 8));
        assert_eq!(schedule.next_wait(Some(SECOND)), None);
    }

    /// Any legal policy.
    pub(crate) fn any_policy() -> impl Strategy<Value = RetryPolicy> {
        let wait = (1_u64..10_000).prop_map(Duration::from_millis);
        let jitter = prop_oneof![
            Just(Jitter::Full),
            Just(Jitter::Equal),
            Just(Jitter::None),
            (0.0..=1.0).prop_map(Jitter::Factor),
        ];
        (wait, 0_u32..20, 0..5, jitter, any::<u64>()).prop_map(
            |(first, retries, kind, jitter, seed)| {
                let policy = match kind {
                    0 => RetryPolicy::constant(first),
                    1 => RetryPolicy::linear(first),
                    2 => RetryPolicy::fibonacci(first),
                    3 => RetryPolicy::decorrelated(first),
                    _ => RetryPolicy::exponential(first),
                };
                policy.max_retries(retries).jitter(jitter).seed(seed)
            },
        )
    }

    proptest! {
        #[test]
        fn no_computed_wait_passes_the_cap_and_there_are_exactly_the_retries_allowed(
            policy in any_policy(),
        ) {
            let waits: Vec<_> = policy.schedule().collect();
            prop_assert_eq!(waits.len(), policy.retry_limit() as usize);
            prop_assert!(waits.iter().all(|wait| *wait <= policy.max_wait));
            prop_assert_eq!(waits, policy.schedule().collect::<Vec<_>>());
        }
    }
}
