//! Random spreading of a wait.

use std::time::Duration;

use crate::random::Random;

/// How a computed wait is spread, so that callers that failed together do not retry together.
///
/// The kinds are those of Marc Brooker, "Exponential Backoff And Jitter" (AWS Architecture Blog,
/// 2015). None of them makes a wait longer than the computed one, and none touches a wait that
/// the server asked for.
///
/// ```
/// use concurry_retry::{Jitter, RetryPolicy};
/// use std::time::Duration;
///
/// let second = Duration::from_secs(1);
/// let wait = |jitter| RetryPolicy::constant(second).jitter(jitter).schedule().next().unwrap();
/// assert!(wait(Jitter::Full) <= second);
/// assert!(wait(Jitter::Equal) >= second / 2);
/// assert!(wait(Jitter::Factor(0.1)) >= second.mul_f64(0.9));
/// assert_eq!(wait(Jitter::None), second);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Jitter {
    /// Uniform between nothing and the computed wait: spreads the load best.
    #[default]
    Full,
    /// Half the computed wait, and up to another half: where some wait is needed in any case, as
    /// with rate limits.
    Equal,
    /// The computed wait, shortened by up to this share of it (0 to 1).
    Factor(f64),
    /// Exactly the computed wait.
    None,
}

impl Jitter {
    pub(crate) fn apply(self, wait: Duration, random: &mut Random) -> Duration {
        let shortest = match self {
            Self::Full => Duration::ZERO,
            Self::Equal => wait / 2,
            // The ends are clamped here too, so that an unchecked policy still gives sane waits.
            Self::Factor(share) if share > 0.0 => scaled(wait, (1.0 - share).max(0.0)).min(wait),
            Self::Factor(_) | Self::None => return wait,
        };
        random.between(shortest, wait)
    }
}

/// A part or a multiple of a wait. What is more than a duration holds is the longest there is: also a part
/// of the longest may be rounded up to more.
pub(crate) fn scaled(wait: Duration, factor: f64) -> Duration {
    Duration::try_from_secs_f64(wait.as_secs_f64() * factor).unwrap_or(Duration::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn extremes(jitter: Jitter) -> (u128, u128) {
        let mut random = Random::seeded(3);
        let waits = (0..10_000)
            .map(|_| jitter.apply(Duration::from_millis(100), &mut random).as_millis())
            .collect::<Vec<_>>();
        (*waits.iter().min().unwrap(), *waits.iter().max().unwrap())
    }

    #[test]
    fn each_kind_covers_its_own_range() {
        assert_eq!(extremes(Jitter::Full), (0, 99));
        assert_eq!(extremes(Jitter::Equal), (50, 99));
        assert_eq!(extremes(Jitter::Factor(0.1)), (90, 99));
        assert_eq!(extremes(Jitter::Factor(0.0)), (100, 100));
        assert_eq!(extremes(Jitter::None), (100, 100));
    }

    #[test]
    fn the_longest_wait_can_be_spread() {
        let mut random = Random::seeded(3);
        for jitter in [Jitter::Full, Jitter::Equal, Jitter::Factor(1e-18), Jitter::None] {
            let wait = jitter.apply(Duration::MAX, &mut random);
            assert!(jitter == Jitter::Full || wait >= Duration::MAX / 2, "{jitter:?}: {wait:?}");
        }
    }
}
