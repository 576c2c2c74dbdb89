//! Changing a set while it is in use: capacities and pauses.

use std::time::{Duration, Instant};

use crate::amount::Amount;
use crate::error::LimitError;
use crate::key::LimitKey;
use crate::limit_set::LimitSet;
use crate::mirrored::RemoteChange;
use crate::request::unknown;

impl LimitSet {
    /// Changes the capacity of a limit: for each window, or of the resource. What has been spent or
    /// is held stays so, and who waits is served by the new capacity. A request that waits for more
    /// than now fits fails.
    ///
    /// ```
    /// use concurry_limits::{LimitSet, ResourceLimit};
    ///
    /// let limits = LimitSet::builder().with(ResourceLimit::new("connections", 1)).build()?;
    /// let first = limits.try_acquire([("connections", 1)])?;
    /// limits.set_capacity("connections", 2)?;
    /// let second = limits.try_acquire([("connections", 1)])?;
    /// # drop((first, second));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`LimitError::UnknownKey`], and [`LimitError::BadCapacity`] for what the builder would refuse.
    pub fn set_capacity(
        &self,
        key: impl LimitKey,
        capacity: impl Amount,
    ) -> Result<(), LimitError> {
        let keys = &self.shared.keys;
        let index = key.index_in(keys).ok_or_else(|| unknown(key.name(), keys))?;
        let capacity = capacity.to_f64();
        if let Some(legal) = keys.limits[index].kind.illegal_capacity(capacity) {
            let key = keys.limits[index].key.clone();
            return Err(LimitError::BadCapacity { key, capacity, legal });
        }
        if let Some(original) = self.shared.original.get() {
            let key = keys.limits[index].key.clone();
            original.change(RemoteChange::Capacity { key, capacity });
        }
        self.shared.change(index, |ledger, now| {
            ledger.store.set_capacity(index, capacity, now);
        });
        Ok(())
    }

    /// Lets nothing through until a moment: what one answer 429 with Retry-After asks of everybody.
    /// An earlier moment than one that holds already changes nothing; permits that are out stay.
    pub fn pause_until(&self, until: Instant) {
        if let Some(original) = self.shared.original.get() {
            let wait = until.saturating_duration_since(self.shared.clock.now());
            return original.change(RemoteChange::Pause(wait));
        }
        let until = until.saturating_duration_since(self.shared.origin);
        self.shared.with(|ledger, now, wakers| {
            for index in 0..self.shared.credits.len() {
                ledger.record(&self.shared.credits, index, now);
            }
            ledger.lessees.recall(wakers);
            ledger.paused_until = Some(ledger.paused_until.map_or(until, |held| held.max(until)));
            ledger.serve(now, wakers);
        });
    }

    /// Lets nothing through for a while.
    pub fn pause_for(&self, duration: Duration) {
        self.pause_until(self.shared.clock.after(duration));
    }

    /// Ends a pause.
    pub fn resume(&self) {
        if let Some(original) = self.shared.original.get() {
            return original.change(RemoteChange::Resume);
        }
        self.shared.with(|ledger, now, wakers| {
            ledger.paused_until = None;
            for line in &mut ledger.queue.lines {
                line.planned = Some(now);
            }
            ledger.queue.changed = true;
            ledger.serve(now, wakers);
        });
    }
}
