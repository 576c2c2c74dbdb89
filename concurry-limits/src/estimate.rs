//! What to reserve: the 95th percentile of what was really used.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use crate::amount::{Amount, is_legal};

/// How many uses are remembered.
const MEMORY: usize = 256;

/// Suggests an amount to reserve from what the same kind of work really used before.
///
/// Reserving the most that could be used leaves most of the budget idle; reserving the mean makes
/// debt every second time. The 95th percentile of the last 256 uses does neither.
///
/// ```
/// use concurry_limits::UsageEstimate;
///
/// let estimate = UsageEstimate::starting_at(4_000);
/// assert_eq!(estimate.amount(), 4_000.0); // nothing is known yet
/// for used in 1..=100 {
///     estimate.record(used);
/// }
/// assert_eq!(estimate.amount(), 95.0);
/// ```
#[derive(Debug)]
pub struct UsageEstimate {
    first: f64,
    recent: Mutex<Recent>,
}

/// The last uses, in the order of time and in the order of size.
#[derive(Debug, Default)]
struct Recent {
    by_time: VecDeque<f64>,
    by_size: Vec<f64>,
}

impl UsageEstimate {
    /// Suggests `amount` until a use is known.
    #[must_use]
    pub fn starting_at(amount: impl Amount) -> Self {
        Self { first: amount.to_f64(), recent: Mutex::default() }
    }

    /// Remembers what one piece of work used. Negative, infinite and NaN values are passed over.
    pub fn record(&self, used: impl Amount) {
        let used = used.to_f64();
        if !is_legal(used) {
            return;
        }
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        if recent.by_time.len() == MEMORY
            && let Some(oldest) = recent.by_time.pop_front()
        {
            let position = recent.by_size.partition_point(|other| *other < oldest);
            recent.by_size.remove(position);
        }
        let position = recent.by_size.partition_point(|other| *other < used);
        recent.by_size.insert(position, used);
        recent.by_time.push_back(used);
    }

    /// What to reserve: at least so much was enough for 95 of 100 recent uses.
    #[must_use]
    pub fn amount(&self) -> f64 {
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let rank = (recent.by_size.len() * 95).div_ceil(100);
        rank.checked_sub(1).map_or(self.first, |index| recent.by_size[index])
    }
}

/// Suggests amounts of several limits, and learns them from permits by itself.
///
/// A request that is [`learning`](crate::Acquire::learning) tells it, when its permit is dropped,
/// what [`update`](crate::Permit::update) said was really used; permits without an update teach
/// nothing. A worker's method does so by `reserve_learned`. Cloning shares what was learned.
///
/// ```
/// use concurry_limits::{LimitSet, RateAlgorithm, RateLimit, UsageEstimates};
///
/// let tokens = RateLimit::per_minute("tokens", 50_000).algorithm(RateAlgorithm::TokenBucket);
/// let limits = LimitSet::builder().with(tokens).build()?;
/// let usual = UsageEstimates::from([("tokens", 4_000)]); // until the first use is known
/// for used in [900, 1_000, 1_100] {
///     let mut permit = limits.acquire(usual.amounts()).learning(&usual).wait()?;
///     permit.update([("tokens", used)])?;
/// }
/// assert_eq!(usual.amount("tokens"), Some(1_100.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct UsageEstimates {
    keys: Arc<[(String, UsageEstimate)]>,
}

impl UsageEstimates {
    /// What to reserve of each limit. One at least: what was reserved can be settled.
    #[must_use]
    pub fn amounts(&self) -> Vec<(&str, f64)> {
        self.keys.iter().map(|(key, usage)| (key.as_str(), usage.amount().max(1.0))).collect()
    }

    /// What to reserve of one limit. `None` for a limit that nothing was guessed for.
    #[must_use]
    pub fn amount(&self, key: &str) -> Option<f64> {
        self.find(key).map(|usage| usage.amount().max(1.0))
    }

    /// Remembers what one piece of work used. Other keys are passed over.
    pub fn record(&self, key: &str, used: impl Amount) {
        if let Some(usage) = self.find(key) {
            usage.record(used);
        }
    }

    fn find(&self, key: &str) -> Option<&UsageEstimate> {
        self.keys.iter().find(|(name, _)| name == key).map(|(_, usage)| usage)
    }
}

/// The amounts are reserved until uses are known.
impl<K: Into<String>, A: Amount, const N: usize> From<[(K, A); N]> for UsageEstimates {
    fn from(guesses: [(K, A); N]) -> Self {
        let keys = guesses.into_iter();
        let keys = keys.map(|(key, guess)| (key.into(), UsageEstimate::starting_at(guess)));
        Self { keys: keys.collect() }
    }
}

impl From<&UsageEstimates> for UsageEstimates {
    fn from(shared: &UsageEstimates) -> Self {
        shared.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_uses_are_forgotten() {
        let estimate = UsageEstimate::starting_at(1);
        for _ in 0..MEMORY {
            estimate.record(1_000);
        }
        for _ in 0..MEMORY {
            estimate.record(7_u64);
        }
        estimate.record(f64::NAN);
        estimate.record(-1);
        assert_eq!(estimate.amount(), 7.0);
        assert_eq!(estimate.recent.lock().unwrap().by_size.len(), MEMORY);
    }
}
