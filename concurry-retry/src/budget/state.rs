//! The token count of a retry budget. Pure in `now`.

use std::time::Instant;

/// Tokens, counted in millionths so that fractions add up exactly.
#[derive(Clone, Debug)]
pub(crate) struct Tokens {
    balance: u64,
    capacity: u64,
    per_success: u64,
    per_second: f64,
    /// When the trickle was last credited.
    credited: Option<Instant>,
}

const TOKEN: u64 = 1_000_000;

impl Tokens {
    /// The values were checked by the builder.
    pub(crate) fn new(ratio: f64, capacity: u32, per_second: f64) -> Self {
        let capacity = u64::from(capacity) * TOKEN;
        let per_success = ((ratio * TOKEN as f64) as u64).max(1);
        Self { balance: capacity, capacity, per_success, per_second, credited: None }
    }

    /// Pays in for a success. Tells whether the budget is full now.
    pub(crate) fn deposit(&mut self) -> bool {
        self.balance = (self.balance + self.per_success).min(self.capacity);
        self.balance == self.capacity
    }

    /// Takes out one token, if there is a whole one.
    pub(crate) fn withdraw(&mut self, now: Instant) -> bool {
        self.credit(now);
        let enough = self.balance >= TOKEN;
        if enough {
            self.balance -= TOKEN;
        }
        enough
    }

    /// Puts back a token whose attempt was never made.
    pub(crate) fn refund(&mut self) {
        self.balance = (self.balance + TOKEN).min(self.capacity);
    }

    /// Whole tokens there are, without the trickle since the last withdrawal.
    pub(crate) fn balance(&self) -> u32 {
        u32::try_from(self.balance / TOKEN).unwrap_or(u32::MAX)
    }

    /// Adds what trickled in. The first withdrawal starts the count: until then the budget is full.
    fn credit(&mut self, now: Instant) {
        let since = self.credited.unwrap_or(now);
        let gained = now.saturating_duration_since(since).as_secs_f64() * self.per_second;
        let gained = (gained * TOKEN as f64) as u64;
        // A gain below the smallest unit keeps the old mark, so that frequent looks lose nothing.
        if gained > 0 || self.credited.is_none() {
            self.balance = self.balance.saturating_add(gained).min(self.capacity);
            self.credited = Some(now.max(since));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::Duration;

    #[test]
    fn ten_successes_pay_for_one_retry() {
        let now = Instant::now();
        let mut tokens = Tokens::new(0.1, 1, 0.0);
        assert!(tokens.withdraw(now));
        for _ in 0..9 {
            assert!(!tokens.deposit());
            assert!(!tokens.withdraw(now));
        }
        assert!(tokens.deposit());
        assert!(tokens.withdraw(now));
    }

    #[test]
    fn the_trickle_is_credited_to_the_moment() {
        let start = Instant::now();
        let mut tokens = Tokens::new(0.1, 5, 2.0);
        while tokens.withdraw(start) {}
        assert!(!tokens.withdraw(start + Duration::from_millis(499)));
        assert!(tokens.withdraw(start + Duration::from_millis(501)));
        assert!(!tokens.withdraw(start + Duration::from_millis(501)));
    }

    proptest! {
        #[test]
        fn extra_attempts_never_exceed_capacity_plus_what_was_earned(
            ratio in 0.01_f64..2.0,
            capacity in 1_u32..50,
            per_second in 0.0_f64..20.0,
            steps in prop::collection::vec((0_u64..200, any::<bool>()), 1..400),
        ) {
            let start = Instant::now();
            let mut now = start;
            let mut tokens = Tokens::new(ratio, capacity, per_second);
            let (mut successes, mut extra) = (0.0, 0.0);
            for (millis, success) in steps {
                now += Duration::from_millis(millis);
                if success {
                    tokens.deposit();
                    successes += 1.0;
                } else if tokens.withdraw(now) {
                    extra += 1.0;
                }
                let trickle = (now - start).as_secs_f64() * per_second;
                let earned = f64::from(capacity) + ratio * successes + trickle;
                prop_assert!(extra <= earned + 1e-3, "{extra} of {earned}");
            }
        }
    }
}
