//! Median and range of a few samples.

/// The median: the middle sample, or the mean of the middle two. `NaN` without samples.
pub(super) fn median(samples: impl IntoIterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = samples.into_iter().collect();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => f64::NAN,
        count if count % 2 == 1 => sorted[count / 2],
        count => (sorted[count / 2 - 1] + sorted[count / 2]) / 2.0,
    }
}

/// The smallest and the largest sample.
pub(super) fn range(samples: impl IntoIterator<Item = f64>) -> (f64, f64) {
    samples.into_iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), sample| {
        (low.min(sample), high.max(sample))
    })
}

#[cfg(test)]
mod tests {
    use super::{median, range};

    #[test]
    fn the_median_of_an_odd_number_of_samples_is_the_middle_one() {
        assert_eq!(median([9.0, 1.0, 4.0]), 4.0);
    }

    #[test]
    fn the_median_of_an_even_number_of_samples_lies_between_the_middle_two() {
        assert_eq!(median([9.0, 1.0, 4.0, 6.0]), 5.0);
    }

    #[test]
    fn the_range_spans_all_samples() {
        assert_eq!(range([3.0, -1.0, 7.0]), (-1.0, 7.0));
    }
}
