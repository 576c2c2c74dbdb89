//! Finding the exact nanosecond at which a condition begins to hold.

use std::time::Duration;

/// Later than any wait: a hundred years, so that sums of moments never overflow.
const FAR: u64 = 100 * 365 * 24 * 3600 * 1_000_000_000;

/// The first moment, not before `from`, at which `fits` holds.
///
/// `fits` must stay true once it is true. `guess` is how many nanoseconds after `from` that is
/// expected to be: rounding in floating point makes it wrong by a little, so the neighbourhood is
/// searched, in doubling steps and then by halving. A condition that does not hold within a hundred
/// years is taken to hold then.
pub(super) fn first(from: Duration, guess: f64, fits: impl Fn(Duration) -> bool) -> Duration {
    let at = |offset: u64| from + Duration::from_nanos(offset);
    // The cast saturates, and takes NaN to zero.
    let mut high = (guess.ceil().max(0.0) as u64).min(FAR);
    let mut step = 1;
    while high < FAR && !fits(at(high)) {
        high = (high + step).min(FAR);
        step *= 2;
    }
    let mut low = high;
    let mut step = 1;
    while low > 0 && fits(at(low)) {
        high = low;
        low = low.saturating_sub(step);
        step *= 2;
    }
    if low == 0 && fits(at(0)) {
        return from;
    }
    // Here `low` does not fit and `high` does.
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if fits(at(middle)) {
            high = middle;
        } else {
            low = middle;
        }
    }
    at(high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_guess_still_finds_the_exact_nanosecond() {
        let from = Duration::from_secs(5);
        for edge in [0, 1, 2, 999, 1_000_000] {
            let edge_at = from + Duration::from_nanos(edge);
            for guess in [0.0, 1.0, 990.0, 1_000_001.0, 5e9, f64::NAN] {
                assert_eq!(first(from, guess, |at| at >= edge_at), edge_at, "{edge} {guess}");
            }
        }
    }

    #[test]
    fn a_condition_that_never_holds_ends_the_search() {
        let far = first(Duration::ZERO, f64::INFINITY, |_| false);
        assert_eq!(far, Duration::from_nanos(FAR));
    }
}
