//! What to reserve: the 95th percentile of what was really used.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

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
