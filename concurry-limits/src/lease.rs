//! Permits set aside for another process, which gives them out by itself.
//!
//! An amount that is set aside counts as taken, and its time has not begun. So whenever the other side
//! uses it, no rule of any limit is broken: what it has used and what it may still use fit together, at
//! any moment, beside all that others have taken. Once it has told that it was used, it is charged as of
//! then.
//!
//! It is only set aside while nobody waits, at most a half of what is free, and asked back as soon as
//! somebody finds too little.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use crate::ledger::Wakers;
use crate::limits::Limits;
use crate::permit::{Owner, Permit};
use crate::remote::RemoteRequest;
use crate::request::{Takes, resolve};
use crate::shared::Shared;
use crate::store::Take;

/// How long a lease lasts at most. What was used may be charged so much later.
pub const TERM: Duration = Duration::from_millis(20);

/// Windows have to be so much longer than the term, so that nobody notices what is charged late.
const TERMS: u32 = 50;

/// Who holds what is set aside, and how to ask for it back.
#[derive(Debug, Default)]
pub(crate) struct Lessees {
    wakers: BTreeMap<u64, Waker>,
    issued: u64,
}

impl Lessees {
    fn enter(&mut self, waker: Waker) -> u64 {
        self.issued += 1;
        self.wakers.insert(self.issued, waker);
        self.issued
    }

    /// Asks for everything back.
    pub(crate) fn recall(&mut self, wakers: &mut Wakers) {
        wakers.extend(std::mem::take(&mut self.wakers).into_values());
    }
}

/// What becomes of a permit of a lease when it is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterUse {
    /// It can be given out again: there are only resources in it.
    Again,
    /// It is spent: there are none.
    Spent,
    /// Its resources have to be given back.
    GivenBack,
}

/// Permits, equal among each other, that somebody else may give out. Dropping it counts those as used
/// of which nothing was told.
pub struct Lease {
    shared: Arc<Shared>,
    /// Of one permit.
    takes: Takes,
    left: u32,
    id: u64,
}

impl Lease {
    /// How many there are of which nothing was told.
    #[must_use]
    pub fn left(&self) -> u32 {
        self.left
    }

    /// The keys and amounts of each.
    pub fn amounts(&self) -> impl Iterator<Item = (&str, f64)> {
        let keys = &self.shared.keys.limits;
        self.takes.iter().map(|take| (keys[take.index].key.as_str(), take.amount))
    }

    /// What becomes of one that is dropped.
    #[must_use]
    pub fn after_use(&self) -> AfterUse {
        after_use(&self.shared, &self.takes)
    }

    /// Whether it is asked for back: somebody waits, or the set was changed.
    #[must_use]
    pub fn is_wanted(&self) -> bool {
        !self.shared.lock().lessees.wakers.contains_key(&self.id)
    }

    /// One of them is used, and is from now on a permit like any other. `None`: none is left.
    pub fn begin(&mut self) -> Option<Permit<'static>> {
        self.left = self.left.checked_sub(1)?;
        let begun = self.settle(1, |_| true);
        Some(Permit::new(Owner::Owned(Arc::clone(&self.shared)), self.takes.clone(), begun))
    }

    /// So many are not needed.
    pub fn give_back(&mut self, count: u32) {
        let count = count.min(self.left);
        self.left -= count;
        self.settle(count, |_| false);
    }

    /// Puts back what was set aside for so many, and charges the limits that are `charged`.
    fn settle(&self, count: u32, charged: impl Fn(&Take) -> bool) -> Duration {
        let shared = &self.shared;
        shared.with(|ledger, now, wakers| {
            if count == 0 {
                return now;
            }
            for take in times(&self.takes, count) {
                ledger.record(&shared.credits, take.index, now);
                ledger.store.put_back(take);
                if charged(&take) {
                    ledger.store.charge(take, now);
                }
            }
            ledger.serve(now, wakers);
            for take in &self.takes {
                ledger.prepay(Take { amount: 1.0, ..*take }, now);
            }
            now
        })
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.shared.lock().lessees.wakers.remove(&self.id);
        // As if each were a permit that is dropped: rates are spent, resources come back.
        let keys = &self.shared.keys.limits;
        self.settle(self.left, |take| !keys[take.index].kind.is_resource());
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease").field("left", &self.left).field("takes", &self.takes).finish()
    }
}

fn after_use(shared: &Shared, takes: &Takes) -> AfterUse {
    let kinds = || takes.iter().map(|take| shared.keys.limits[take.index].kind);
    match (kinds().any(|kind| kind.is_resource()), kinds().all(|kind| kind.is_resource())) {
        (_, true) => AfterUse::Again,
        (false, _) => AfterUse::Spent,
        (true, _) => AfterUse::GivenBack,
    }
}

fn times(takes: &Takes, count: u32) -> impl Iterator<Item = Take> {
    takes.iter().map(move |take| Take { amount: take.amount * f64::from(count), ..*take })
}

impl Shared {
    /// Sets permits aside, at most so many. `None`: nothing is gained, or others need what there is.
    fn lease(self: &Arc<Self>, takes: Takes, most: u32, waker: &Waker) -> Option<Lease> {
        let whole = takes.iter().all(|take| take.amount.fract() == 0.0);
        let windows = takes.iter().filter_map(|take| self.keys.limits[take.index].kind.window());
        let short = windows.into_iter().any(|window| window < TERM * TERMS);
        if takes.is_empty() || !whole || short {
            return None;
        }
        // A single permit is only worth it if it can be used again.
        let least = if after_use(self, &takes) == AfterUse::Again { 1 } else { 2 };
        let (left, id) = self.with(|ledger, now, _| {
            if ledger.queue.len() > 0 || ledger.is_paused(now) {
                return None;
            }
            let mut count = most;
            for take in &takes {
                ledger.record(&self.credits, take.index, now);
                let free = ledger.store.level(take.index, now).available;
                // The cast saturates: less than nothing is zero.
                count = count.min((free / 2.0 / take.amount) as u32);
            }
            let set =
                count >= least && times(&takes, count).all(|take| ledger.store.set_aside(take));
            for take in &takes {
                ledger.prepay(Take { amount: 1.0, ..*take }, now);
            }
            set.then(|| (count, ledger.lessees.enter(waker.clone())))
        })?;
        Some(Lease { shared: Arc::clone(self), takes, left, id })
    }
}

impl Limits {
    /// Sets permits for a request aside, at most so many; `waker` is called when they are wanted back.
    /// `None`: the request has to be answered by itself. Of a pool of sets nothing is set aside: it
    /// chooses for each request.
    #[doc(hidden)]
    #[must_use]
    pub fn lease(&self, request: &RemoteRequest, most: u32, waker: &Waker) -> Option<Lease> {
        let set = self.only_set()?;
        let amounts = request.amounts.iter().map(|(key, amount)| (key.as_str(), *amount));
        let takes = resolve(&set.shared.keys, request.scope(), amounts).ok()?;
        set.shared.lease(takes, most, waker)
    }
}
