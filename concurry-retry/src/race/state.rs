//! The health of one candidate. Pure in `now`.

use std::time::{Duration, Instant};

use concurry_time::after;

/// When a candidate sits out, and for how long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Suspension {
    pub(crate) max_failures: u32,
    pub(crate) first: Duration,
    pub(crate) longest: Duration,
}

/// Failures in a row, and the pause they led to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Health {
    failures: u32,
    /// Suspensions in a row, without a success in between.
    suspensions: u32,
    until: Option<Instant>,
}

impl Health {
    /// How long the candidate still sits out, if it does.
    pub(crate) fn suspended_for(&self, now: Instant) -> Option<Duration> {
        self.until?.checked_duration_since(now).filter(|left| !left.is_zero())
    }

    /// Counts the failure of a call that began at `began`.
    ///
    /// The failures that lead to a suspension are in a row. After it a single one is enough for
    /// the next, twice as long. A call from before the suspension tells nothing new: many calls
    /// that fail together suspend once.
    pub(crate) fn failed(&mut self, rules: &Suspension, began: Instant, now: Instant) {
        if self.until.is_some_and(|until| began < until) {
            return;
        }
        self.failures = self.failures.saturating_add(1);
        if self.failures >= rules.max_failures {
            let factor = 2_u32.saturating_pow(self.suspensions);
            let pause = rules.first.saturating_mul(factor).min(rules.longest);
            self.suspensions = self.suspensions.saturating_add(1);
            self.until = Some(after(now, pause));
        }
    }

    /// A success ends everything. Tells whether there was a suspension to end.
    pub(crate) fn succeeded(&mut self) -> bool {
        std::mem::take(self).until.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::virtual_time::SECOND;
    use proptest::prelude::*;

    const RULES: Suspension = Suspension {
        max_failures: 2,
        first: Duration::from_secs(4),
        longest: Duration::from_secs(20),
    };

    #[test]
    fn suspensions_double_up_to_the_longest_and_a_success_ends_them() {
        let mut now = Instant::now();
        let mut health = Health::default();
        health.failed(&RULES, now, now);
        assert_eq!(health.suspended_for(now), None);
        for seconds in [4, 8, 16, 20, 20] {
            health.failed(&RULES, now, now);
            assert_eq!(health.suspended_for(now), Some(SECOND * seconds));
            now += SECOND * seconds;
            assert_eq!(health.suspended_for(now), None);
        }
        health.succeeded();
        health.failed(&RULES, now, now);
        assert_eq!(health.suspended_for(now), None);
    }

    #[test]
    fn the_longest_suspension_is_as_good_as_for_ever() {
        let rules = Suspension { first: Duration::MAX, longest: Duration::MAX, ..RULES };
        let (now, mut health) = (Instant::now(), Health::default());
        (0..2).for_each(|_| health.failed(&rules, now, now));
        assert!(health.suspended_for(now + SECOND * 1_000_000).is_some());
    }

    #[test]
    fn calls_that_fail_together_suspend_once() {
        let now = Instant::now();
        let mut health = Health::default();
        for _ in 0..50 {
            health.failed(&RULES, now, now + SECOND);
        }
        assert_eq!(health.suspended_for(now + SECOND), Some(4 * SECOND));
    }

    proptest! {
        #[test]
        fn no_suspension_is_longer_than_the_longest(
            steps in prop::collection::vec((0_u64..60, any::<bool>()), 0..100),
        ) {
            let mut now = Instant::now();
            let mut health = Health::default();
            for (seconds, success) in steps {
                now += Duration::from_secs(seconds);
                if success {
                    health.succeeded();
                } else {
                    health.failed(&RULES, now, now);
                }
                prop_assert!(health.suspended_for(now) <= Some(RULES.longest));
                prop_assert!(!success || health.suspended_for(now).is_none());
            }
        }
    }
}
