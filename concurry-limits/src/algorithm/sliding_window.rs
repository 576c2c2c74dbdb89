//! The sliding window: exactly the capacity in any window, wherever it begins.

use std::collections::VecDeque;
use std::time::Duration;

use super::{Algorithm, Quota};

/// A log of what was taken when; entries younger than the window count.
///
/// Rule: an amount fits when, with it, no more than `capacity` lies in the last window. Refund: the
/// entry of that acquire becomes smaller, if it still counts. Debt: an entry is added when the use
/// becomes known. Price: one entry for each acquire of the last window, whatever its amount (one
/// for all acquires of one moment); a refusal looks at as many entries as have to leave. Whole
/// amounts only.
///
/// Source: the sliding window log of common practice.
#[derive(Clone, Debug)]
pub struct SlidingWindow {
    quota: Quota,
    /// In the order of time.
    log: VecDeque<Entry>,
    /// The sum of the log: whole numbers, hence exact.
    sum: f64,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    at: Duration,
    amount: f64,
}

impl SlidingWindow {
    /// An empty log.
    #[must_use]
    pub const fn new(quota: Quota) -> Self {
        Self { quota, log: VecDeque::new(), sum: 0.0 }
    }

    /// Whether an entry has left the window that ends at `now`.
    fn has_left(&self, entry: &Entry, now: Duration) -> bool {
        entry.at + self.quota.window <= now
    }

    fn spent_at(&self, now: Duration) -> f64 {
        let left = self.log.iter().take_while(|entry| self.has_left(entry, now));
        self.sum - left.map(|entry| entry.amount).sum::<f64>()
    }

    fn forget_until(&mut self, now: Duration) {
        while let Some(entry) = self.log.front() {
            if !self.has_left(entry, now) {
                break;
            }
            self.sum -= entry.amount;
            self.log.pop_front();
        }
    }

    /// The moment at which enough of `entries` has left.
    fn room_at(
        &self,
        now: Duration,
        mut spent: f64,
        amount: f64,
        entries: impl Iterator<Item = Entry>,
    ) -> Option<Duration> {
        if amount > self.quota.capacity {
            return None;
        }
        let mut at = now;
        for entry in entries {
            if entry.at + self.quota.window > now && spent + amount <= self.quota.capacity {
                break;
            }
            spent -= entry.amount;
            at = at.max(entry.at + self.quota.window);
        }
        Some(at)
    }
}

impl Algorithm for SlidingWindow {
    fn fits_at(&self, now: Duration, amount: f64) -> Option<Duration> {
        self.room_at(now, self.sum, amount, self.log.iter().copied())
    }

    fn fits_after(&self, now: Duration, first: f64, amount: f64) -> Option<Duration> {
        let entry = Entry { at: now, amount: first };
        let entries = self.log.iter().copied().chain([entry]);
        self.room_at(now, self.sum + first, amount, entries)
    }

    fn take(&mut self, now: Duration, amount: f64) {
        self.forget_until(now);
        self.sum += amount;
        match self.log.back_mut() {
            // An acquire is never logged before an earlier one, whatever the caller's moment.
            Some(last) if last.at >= now => last.amount += amount,
            _ => self.log.push_back(Entry { at: now, amount }),
        }
    }

    fn give_back(&mut self, now: Duration, taken_at: Duration, amount: f64) {
        self.forget_until(now);
        let index = self.log.partition_point(|entry| entry.at < taken_at);
        // The entry may have left; then the one found is somebody else's.
        if let Some(entry) = self.log.get_mut(index).filter(|entry| entry.at == taken_at) {
            let given = amount.min(entry.amount);
            entry.amount -= given;
            self.sum -= given;
        }
    }

    fn available(&self, now: Duration) -> f64 {
        self.quota.capacity - self.spent_at(now)
    }

    fn quota(&self) -> Quota {
        self.quota
    }

    fn set_quota(&mut self, _now: Duration, quota: Quota) {
        self.quota = quota;
    }
}
