//! Series of waits: how the next one follows from the last.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::random::Random;

/// Which series a policy uses. Plain data: the running series is a [`Growth`].
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Backoff {
    Constant,
    Linear,
    Exponential { factor: f64 },
    Fibonacci,
    Decorrelated,
    Custom(Waits),
}

/// A way to make a fresh series of waits: any iterator can be one.
///
/// Two are equal when one is a clone of the other.
#[derive(Clone)]
pub struct Waits {
    make: Arc<dyn Fn() -> Series + Send + Sync>,
}

type Series = Box<dyn Iterator<Item = Duration> + Send>;

impl Waits {
    /// Wraps a closure that starts the series anew each time it is called.
    pub fn new<I>(make: impl Fn() -> I + Send + Sync + 'static) -> Self
    where
        I: Iterator<Item = Duration> + Send + 'static,
    {
        Self { make: Arc::new(move || Box::new(make())) }
    }
}

impl PartialEq for Waits {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.make, &other.make)
    }
}

impl fmt::Debug for Waits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waits").finish_non_exhaustive()
    }
}

/// A running series of waits, before cap and jitter.
pub(crate) enum Growth {
    Constant { wait: Duration },
    Linear { step: Duration, next: Duration },
    Exponential { next: Duration, factor: f64 },
    Fibonacci { next: Duration, after: Duration },
    Decorrelated { first: Duration, last: Duration, max: Duration },
    Custom(Series),
}

impl Growth {
    pub(crate) fn new(backoff: &Backoff, first: Duration, max: Duration) -> Self {
        match backoff {
            Backoff::Constant => Self::Constant { wait: first },
            Backoff::Linear => Self::Linear { step: first, next: first },
            Backoff::Exponential { factor } => Self::Exponential { next: first, factor: *factor },
            Backoff::Fibonacci => Self::Fibonacci { next: first, after: first },
            Backoff::Decorrelated => Self::Decorrelated { first, last: first, max },
            Backoff::Custom(waits) => Self::Custom((waits.make)()),
        }
    }

    /// The next wait; `None` when a custom series has ended.
    pub(crate) fn next(&mut self, random: &mut Random) -> Option<Duration> {
        Some(match self {
            Self::Constant { wait } => *wait,
            Self::Linear { step, next } => {
                let wait = *next;
                *next = wait.saturating_add(*step);
                wait
            }
            Self::Exponential { next, factor } => {
                let wait = *next;
                let longer = Duration::try_from_secs_f64(wait.as_secs_f64() * *factor);
                *next = longer.unwrap_or(Duration::MAX);
                wait
            }
            Self::Fibonacci { next, after } => {
                let wait = *next;
                (*next, *after) = (*after, wait.saturating_add(*after));
                wait
            }
            // "Decorrelated jitter" of Brooker's article: the last wait sets the range of the next.
            Self::Decorrelated { first, last, max } => {
                *last = random.between(*first, last.saturating_mul(3)).min(*max);
                *last
            }
            Self::Custom(series) => return series.next(),
        })
    }
}

impl fmt::Debug for Growth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Constant { .. } => "Constant",
            Self::Linear { .. } => "Linear",
            Self::Exponential { .. } => "Exponential",
            Self::Fibonacci { .. } => "Fibonacci",
            Self::Decorrelated { .. } => "Decorrelated",
            Self::Custom(_) => "Custom",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(backoff: &Backoff) -> Vec<u64> {
        let (second, max) = (Duration::from_secs(1), Duration::from_secs(1000));
        let mut growth = Growth::new(backoff, second, max);
        let mut random = Random::seeded(1);
        (0..6).map_while(|_| growth.next(&mut random)).map(|wait| wait.as_secs()).collect()
    }

    #[test]
    fn each_series_follows_its_formula() {
        assert_eq!(series(&Backoff::Constant), [1, 1, 1, 1, 1, 1]);
        assert_eq!(series(&Backoff::Linear), [1, 2, 3, 4, 5, 6]);
        assert_eq!(series(&Backoff::Exponential { factor: 2.0 }), [1, 2, 4, 8, 16, 32]);
        assert_eq!(series(&Backoff::Fibonacci), [1, 1, 2, 3, 5, 8]);
        let waits = Waits::new(|| [3, 1].map(Duration::from_secs).into_iter());
        assert_eq!(series(&Backoff::Custom(waits)), [3, 1]);
    }

    #[test]
    fn growth_without_end_saturates_instead_of_overflowing() {
        let mut random = Random::seeded(1);
        for backoff in [Backoff::Linear, Backoff::Exponential { factor: 1e9 }, Backoff::Fibonacci] {
            let mut growth = Growth::new(&backoff, Duration::MAX / 2, Duration::MAX);
            let last = (0..9).map_while(|_| growth.next(&mut random)).last();
            assert_eq!(last, Some(Duration::MAX), "{backoff:?}");
        }
    }

    #[test]
    fn decorrelated_waits_stay_between_the_first_and_three_times_the_last() {
        let (first, max) = (Duration::from_millis(10), Duration::from_secs(1));
        let mut growth = Growth::new(&Backoff::Decorrelated, first, max);
        let mut random = Random::seeded(5);
        let mut last = first;
        for _ in 0..1000 {
            let wait = growth.next(&mut random).unwrap();
            assert!(first <= wait && wait <= (last * 3).min(max));
            last = wait;
        }
    }
}
