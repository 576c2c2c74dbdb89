//! The state of a set in the memory of this program.

use std::time::Duration;

use super::{Fit, Level, Promise, Shortage, Store, Take};
use crate::algorithm::{Algorithm, Meter, Quota};
use crate::error::LimitBuildError;
use crate::kind::{Definition, Kind, Limit};

/// How much of a rate may be taken without reading the clock: one part in so many of the burst.
///
/// Such amounts are recorded a little late, never early, so after an idle time up to this part of
/// the burst may come back later than it could. It is chosen so that nobody can notice.
const PREPAID_PART: f64 = 4096.0;

/// Everything in memory: the store that [`LimitSetBuilder`](crate::LimitSetBuilder) uses.
#[derive(Debug)]
pub struct LocalStore {
    limits: Box<[State]>,
    /// What is set aside of each limit: whole numbers, hence exact.
    aside: Box<[f64]>,
}

#[derive(Debug)]
enum State {
    Rate {
        meter: Meter,
        prepaid: bool,
    },
    /// A rate with an infinite capacity. The meters need not know about infinity.
    Unlimited {
        meter: Meter,
    },
    Resource {
        capacity: f64,
        held: f64,
    },
}

impl LocalStore {
    /// A store for limits, numbered in the order in which they are given.
    ///
    /// # Errors
    ///
    /// [`LimitBuildError`] for a capacity, burst or window that cannot be.
    pub fn new(limits: impl IntoIterator<Item = Limit>) -> Result<Self, LimitBuildError> {
        let definitions: Result<Vec<_>, _> = limits.into_iter().map(Limit::define).collect();
        Ok(Self::of(&definitions?))
    }

    pub(crate) fn of(definitions: &[Definition]) -> Self {
        Self {
            limits: definitions.iter().map(|limit| State::new(limit.kind)).collect(),
            aside: definitions.iter().map(|_| 0.0).collect(),
        }
    }

    /// When an amount fits beside what is set aside, which may be used at any moment.
    fn fits_at(&self, at: Duration, take: Take) -> Fit {
        let (limit, aside) = (&self.limits[take.index], self.aside[take.index]);
        match limit.fits_at(at, take.amount + aside) {
            Fit::Never if aside > 0.0 => match limit.fits_at(at, take.amount) {
                Fit::Never => Fit::Never,
                _ => Fit::WhenReleased,
            },
            fit => fit,
        }
    }

    /// The same, supposing that `first` is taken before.
    fn fits_after(&self, at: Duration, first: f64, take: Take) -> Fit {
        let (limit, aside) = (&self.limits[take.index], self.aside[take.index]);
        match limit.fits_after(at, first, take.amount + aside) {
            Fit::Never if aside > 0.0 => Fit::WhenReleased,
            fit => fit,
        }
    }
}

impl State {
    fn new(kind: Kind) -> Self {
        match kind {
            Kind::Resource { capacity } => Self::Resource { capacity, held: 0.0 },
            Kind::Rate { algorithm, quota } | Kind::Calls { algorithm, quota } => {
                use crate::RateAlgorithm::{Gcra, TokenBucket};
                let prepaid = matches!(algorithm, TokenBucket | Gcra);
                if quota.capacity.is_infinite() {
                    // A finite capacity may be set later: then it starts with nothing spent.
                    return Self::Unlimited { meter: Meter::new(algorithm, finite(quota)) };
                }
                Self::Rate { meter: Meter::new(algorithm, finite(quota)), prepaid }
            }
        }
    }

    fn fits_at(&self, at: Duration, amount: f64) -> Fit {
        match self {
            Self::Rate { meter, .. } => meter.fits_at(at, amount).map_or(Fit::Never, Fit::At),
            Self::Unlimited { .. } => Fit::At(at),
            Self::Resource { capacity, .. } if amount > *capacity => Fit::Never,
            Self::Resource { capacity, held } if held + amount > *capacity => Fit::WhenReleased,
            Self::Resource { .. } => Fit::At(at),
        }
    }

    fn fits_after(&self, at: Duration, first: f64, amount: f64) -> Fit {
        match self {
            Self::Rate { meter, .. } => {
                meter.fits_after(at, first, amount).map_or(Fit::Never, Fit::At)
            }
            Self::Unlimited { .. } => Fit::At(at),
            Self::Resource { capacity, held } if held + first + amount > *capacity => {
                Fit::WhenReleased
            }
            Self::Resource { .. } => Fit::At(at),
        }
    }

    fn take(&mut self, at: Duration, amount: f64) {
        match self {
            Self::Rate { meter, .. } => meter.take(at, amount),
            Self::Unlimited { .. } => {}
            Self::Resource { held, .. } => *held += amount,
        }
    }
}

/// An infinite burst is as good as a huge one, which the arithmetic of the meters can take.
fn finite(quota: Quota) -> Quota {
    Quota {
        capacity: if quota.capacity.is_infinite() { 1.0 } else { quota.capacity },
        burst: quota.burst.min(1e300),
        ..quota
    }
}

impl Store for LocalStore {
    fn try_take(
        &mut self,
        takes: &[Take],
        promises: &[Promise<'_>],
        at: Duration,
    ) -> Result<(), Shortage> {
        let mut worst: Option<Shortage> = None;
        let mut note = |index, fit| {
            if fit > Fit::At(at) && worst.is_none_or(|shortage| fit > shortage.fit) {
                worst = Some(Shortage { index, fit });
            }
        };
        for take in takes {
            note(take.index, self.fits_at(at, *take));
            for promise in promises {
                let promised = promise.takes.iter().filter(|other| other.index == take.index);
                for other in promised {
                    let by = Fit::At(promise.by.max(at));
                    if self.fits_after(at, take.amount, *other) > by {
                        // When both fit, the earlier waiter first. It depends on what happens in
                        // between if that cannot be said.
                        let fit = match self.fits_after(at, other.amount, *take) {
                            Fit::At(moment) if moment > at => Fit::At(moment),
                            _ => Fit::WhenReleased,
                        };
                        note(take.index, fit);
                    }
                }
            }
        }
        if let Some(shortage) = worst {
            return Err(shortage);
        }
        for take in takes {
            self.limits[take.index].take(at, take.amount);
        }
        Ok(())
    }

    fn charge(&mut self, take: Take, now: Duration) {
        self.limits[take.index].take(now, take.amount);
    }

    fn give_back(&mut self, take: Take, taken_at: Duration, now: Duration) {
        match &mut self.limits[take.index] {
            State::Rate { meter, .. } => meter.give_back(now, taken_at, take.amount),
            State::Unlimited { .. } => {}
            State::Resource { held, .. } => *held -= take.amount,
        }
    }

    fn set_capacity(&mut self, index: usize, new: f64, now: Duration) {
        let limit = &mut self.limits[index];
        match limit {
            State::Resource { capacity, .. } => *capacity = new,
            State::Rate { meter, .. } | State::Unlimited { meter } => {
                let quota = meter.quota();
                // A burst of its own stays; one that follows the capacity goes on following it.
                let burst = if quota.burst == quota.capacity { new } else { quota.burst };
                if new.is_finite() {
                    meter.set_quota(now, Quota { capacity: new, burst, ..quota });
                    let prepaid = matches!(meter, Meter::TokenBucket(_) | Meter::Gcra(_));
                    *limit = State::Rate { meter: meter.clone(), prepaid };
                } else {
                    *limit = State::Unlimited { meter: meter.clone() };
                }
            }
        }
    }

    fn level(&self, index: usize, now: Duration) -> Level {
        let aside = self.aside[index];
        match &self.limits[index] {
            State::Rate { meter, .. } => {
                let Quota { capacity, burst, .. } = meter.quota();
                Level { capacity, most: burst, available: meter.available(now) - aside }
            }
            State::Unlimited { .. } => {
                Level { capacity: f64::INFINITY, most: f64::INFINITY, available: f64::INFINITY }
            }
            State::Resource { capacity, held } => {
                let available = capacity - held - aside;
                Level { capacity: *capacity, most: *capacity, available }
            }
        }
    }

    fn wait_for(&self, index: usize, amount: f64, now: Duration) -> Fit {
        match &self.limits[index] {
            State::Rate { meter, .. } => {
                // Exact as far as it fits at once; what is more flows at the pace of the quota.
                let at_once = amount.min(meter.quota().burst);
                let moment = meter.fits_at(now, at_once).unwrap_or(now);
                // The cast saturates.
                let rest = meter.quota().nanoseconds_for(amount - at_once).ceil() as u64;
                Fit::At(moment.saturating_add(Duration::from_nanos(rest)))
            }
            State::Unlimited { .. } => Fit::At(now),
            State::Resource { .. } => {
                self.fits_at(now, Take { index, amount }).min(Fit::WhenReleased)
            }
        }
    }

    fn prepay(&self, index: usize, now: Duration) -> f64 {
        let aside = self.aside[index];
        match &self.limits[index] {
            State::Rate { prepaid: false, .. } => 0.0,
            State::Rate { meter, .. } => {
                let part = meter.quota().burst / PREPAID_PART;
                let free = meter.available(now) - aside;
                if part < 1.0 { 0.0 } else { part.min(free).max(0.0).floor() }
            }
            State::Unlimited { .. } => f64::INFINITY,
            State::Resource { capacity, held } => (capacity - held - aside).max(0.0),
        }
    }

    fn set_aside(&mut self, take: Take) -> bool {
        self.aside[take.index] += take.amount;
        true
    }

    fn put_back(&mut self, take: Take) {
        self.aside[take.index] -= take.amount;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_store_in_memory_conforms() {
        crate::store::conformance::check(|limits| Box::new(LocalStore::new(limits).unwrap()));
    }
}
