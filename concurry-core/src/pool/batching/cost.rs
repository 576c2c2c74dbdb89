//! What batches cost, learned from those that were run: so much each, and so much for each call.
//!
//! A line is fitted to sizes and times (least squares, older batches counting less and less). Its slope
//! is believed only while sizes differ enough to tell it.

use std::time::Duration;

/// What a batch still counts when the next one has come.
const FADES: f64 = 0.9;
/// The spread of sizes, in parts of their mean, from which on a slope can be told.
const SPREAD: f64 = 0.25;
/// So much longer than the shortest time the chosen one may be: fewer batches are worth it.
const SLACK: f64 = 1.1;

/// What is known of the cost of batches, in seconds.
#[derive(Debug, Default)]
pub(super) struct Cost {
    /// Faded sums over batches: how many, sizes, times, squares of sizes, sizes by times.
    count: f64,
    sizes: f64,
    times: f64,
    squares: f64,
    products: f64,
    /// For each call of a batch. Zero until it is known.
    each: f64,
}

impl Cost {
    /// A batch of this size took so long.
    pub(super) fn learn(&mut self, size: usize, took: Duration) {
        let (size, took) = (size as f64, took.as_secs_f64());
        for (sum, more) in [
            (&mut self.count, 1.0),
            (&mut self.sizes, size),
            (&mut self.times, took),
            (&mut self.squares, size * size),
            (&mut self.products, size * took),
        ] {
            *sum = *sum * FADES + more;
        }
        let mean = self.sizes / self.count;
        let variance = self.squares / self.count - mean * mean;
        if variance > (SPREAD * mean).powi(2) {
            let covariance = self.products / self.count - mean * self.times / self.count;
            self.each = (covariance / variance).max(0.0);
        }
    }

    /// How many of these calls the next batch takes, if so many batches could run at once: few, where
    /// batches beside each other end earlier than one, and all, where that makes little difference.
    pub(super) fn share(&self, calls: usize, free: usize) -> usize {
        let most = free.min(calls);
        if most <= 1 || self.each == 0.0 {
            return calls;
        }
        let fixed = (self.times / self.count - self.each * self.sizes / self.count).max(0.0);
        let time = |batches: usize| fixed + self.each * calls.div_ceil(batches) as f64;
        // From `fixed + each * calls / batches <= bound`.
        let room = SLACK * time(most) - fixed;
        let batches = (self.each * calls as f64 / room).ceil() as usize;
        calls.div_ceil(batches.clamp(1, most))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Batches of these sizes, with a fixed cost and one for each call, in microseconds.
    fn learned(sizes: &[usize], fixed: u64, each: u64) -> Cost {
        let mut cost = Cost::default();
        for &size in sizes {
            cost.learn(size, Duration::from_micros(fixed + each * size as u64));
        }
        cost
    }

    #[test]
    fn nothing_is_split_before_it_is_known_that_it_helps() {
        assert_eq!(Cost::default().share(256, 4), 256);
        assert_eq!(learned(&[64, 64, 64], 5_000, 10).share(256, 4), 256, "sizes tell nothing");
        assert_eq!(learned(&[1, 255], 5_000, 0).share(256, 4), 256);
    }

    #[test]
    fn calls_are_split_as_far_as_they_end_earlier() {
        let cost = learned(&[1, 255], 5_000, 10);
        assert_eq!(cost.share(256, 4), 86, "three batches are nearly as fast as four");
        assert_eq!(cost.share(256, 1), 256);
        let heavy = learned(&[1, 9], 0, 1_000);
        assert_eq!(heavy.share(8, 4), 2);
        assert_eq!(heavy.share(3, 100), 1);
        let light = learned(&[1, 96], 90_000, 10);
        assert_eq!(
            light.share(96, 1_000),
            96,
            "a service is not asked a thousand times for nothing"
        );
    }

    #[test]
    fn what_is_known_stays_while_sizes_do_not_differ() {
        let cost = learned(&[[1, 255].as_slice(), &[64; 50]].concat(), 5_000, 10);
        assert_eq!(cost.share(256, 4), 86);
    }
}
