//! When the next copy of a call starts. Pure in `now`.

use std::time::{Duration, Instant};

/// The copies of one call: so many at most, each a delay after the one before, or at once when one
/// has failed.
///
/// This is the rule that every driver of copies shares: it says when the next one is due, and the
/// driver starts it and waits. [`Hedger::plan`](crate::Hedger::plan) makes it.
///
/// ```
/// use concurry_retry::CopyPlan;
/// use std::time::{Duration, Instant};
///
/// let (now, second) = (Instant::now(), Duration::from_secs(1));
/// let mut plan = CopyPlan::new(2, second);
/// assert_eq!(plan.start(now), 1);
/// assert_eq!(plan.next_at(), Some(now + second));     // the second copy, if the first is slow
/// plan.hurry(now);                                    // it failed: the second one at once
/// assert!(plan.is_due(now));
/// ```
#[derive(Clone, Debug)]
pub struct CopyPlan {
    copies: u32,
    delay: Duration,
    started: u32,
    /// When the next copy is due; the first is due at any time.
    next: Option<Instant>,
}

impl CopyPlan {
    /// Allows so many copies, each a delay after the one before.
    #[must_use]
    pub const fn new(copies: u32, delay: Duration) -> Self {
        Self { copies, delay, started: 0, next: None }
    }

    /// When the next copy is due, if there is to be one after those that run.
    #[must_use]
    pub fn next_at(&self) -> Option<Instant> {
        self.next.filter(|_| self.started < self.copies)
    }

    /// Whether a copy is to be started now.
    #[must_use]
    pub fn is_due(&self, now: Instant) -> bool {
        self.started < self.copies && self.next.is_none_or(|next| next <= now)
    }

    /// Starts a copy and gives its number, from 1.
    pub fn start(&mut self, now: Instant) -> u32 {
        self.started += 1;
        // A delay beyond what an instant can hold never passes.
        match now.checked_add(self.delay) {
            Some(next) => self.next = Some(next),
            None => self.suppress(),
        }
        self.started
    }

    /// A copy has failed: the next need not wait for its time.
    pub fn hurry(&mut self, now: Instant) {
        self.next = Some(now);
    }

    /// No further copy is started. Those that run go on.
    pub fn suppress(&mut self) {
        self.copies = self.started;
    }

    /// How many copies were started.
    #[must_use]
    pub const fn started(&self) -> u32 {
        self.started
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn copies_start_a_delay_apart_and_never_more_than_allowed(
            copies in 1_u32..6,
            delay in 0_u64..1000,
            looks in prop::collection::vec(0_u64..500, 0..40),
        ) {
            let delay = Duration::from_millis(delay);
            let mut plan = CopyPlan::new(copies, delay);
            let mut now = Instant::now();
            let mut starts = Vec::new();
            for gap in looks {
                now += Duration::from_millis(gap);
                while plan.is_due(now) {
                    prop_assert_eq!(plan.start(now) as usize, starts.len() + 1);
                    starts.push(now);
                }
                prop_assert!(plan.next_at().is_none_or(|next| next > now));
            }
            prop_assert!(starts.len() <= copies as usize);
            prop_assert!(starts.windows(2).all(|pair| pair[1] - pair[0] >= delay));
        }
    }

    #[test]
    fn a_failure_brings_the_next_copy_forward_and_suppression_ends_them() {
        let now = Instant::now();
        let mut plan = CopyPlan::new(3, Duration::from_secs(1));
        plan.start(now);
        assert!(!plan.is_due(now));
        plan.hurry(now);
        assert!(plan.is_due(now));
        plan.start(now);
        plan.suppress();
        assert_eq!((plan.next_at(), plan.is_due(now + Duration::from_secs(9))), (None, false));
    }
}
