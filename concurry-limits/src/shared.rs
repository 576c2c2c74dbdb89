//! The state behind a limit set: credits that need no lock, and the ledger that does.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::{Duration, Instant};

use concurry_time::Clock;

use crate::credit::Credit;
use crate::error::{LimitError, Refusal};
use crate::key::{Key, Keys};
use crate::ledger::{Ledger, Look, Wakers};
use crate::queue::Ticket;
use crate::request::Takes;
use crate::store::{Fit, Shortage, Take};

/// The moment of what was taken from open credits: nobody has looked at the clock.
const PREPAID: Duration = Duration::MAX;

/// How a request began.
pub(crate) enum Entry {
    Taken(Duration),
    Queued(Ticket),
}

pub(crate) struct Shared {
    pub(crate) keys: Arc<Keys>,
    pub(crate) config: BTreeMap<String, String>,
    pub(crate) clock: Clock,
    /// Moments count from here.
    pub(crate) origin: Instant,
    /// One for each limit. Opened and closed only by the holder of `ledger`.
    pub(crate) credits: Box<[Credit]>,
    /// Never held while a waker runs.
    pub(crate) ledger: Mutex<Ledger>,
}

impl Shared {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn now(&self) -> Duration {
        self.clock.now().saturating_duration_since(self.origin)
    }

    /// Runs with the lock and wakes afterwards.
    pub(crate) fn with<R>(&self, act: impl FnOnce(&mut Ledger, Duration, &mut Wakers) -> R) -> R {
        let mut wakers = Wakers::new();
        let mut ledger = self.lock();
        // Read under the lock, so that moments never go backwards.
        let now = self.now();
        let result = act(&mut ledger, now, &mut wakers);
        drop(ledger);
        wakers.into_iter().for_each(Waker::wake);
        result
    }

    /// Takes everything or nothing, without waiting. Says as of which moment.
    #[inline]
    pub(crate) fn try_take(&self, takes: &Takes) -> Result<Duration, LimitError> {
        if self.take_unlocked(takes) {
            return Ok(PREPAID);
        }
        self.take_locked(takes)
    }

    /// Spends an amount that is not prepaid.
    pub(crate) fn spend(&self, take: Take) -> Result<(), LimitError> {
        self.take_locked(&Takes::from_slice(&[take])).map(drop)
    }

    fn take_locked(&self, takes: &Takes) -> Result<Duration, LimitError> {
        if takes.len() > 1 {
            let _ledger = self.lock();
            if self.take_prepaid(takes) {
                return Ok(PREPAID);
            }
        }
        self.with(|ledger, now, wakers| {
            self.take(ledger, takes, now, wakers)
                .map_err(|shortage| self.error(ledger, takes, shortage, now))
        })
    }

    /// The same, and enters the queue if that has a point.
    pub(crate) fn take_or_enter(&self, takes: &Takes, waker: &Waker) -> Result<Entry, LimitError> {
        if self.take_unlocked(takes) {
            return Ok(Entry::Taken(PREPAID));
        }
        self.with(|ledger, now, wakers| match self.take(ledger, takes, now, wakers) {
            Ok(at) => Ok(Entry::Taken(at)),
            Err(shortage) if shortage.fit == Fit::Never => {
                Err(self.error(ledger, takes, shortage, now))
            }
            Err(shortage) => {
                // From now until it is served nothing may be taken from these limits unseen.
                for take in takes {
                    ledger.reclaim(&self.credits, take.index, now);
                }
                Ok(Entry::Queued(ledger.enter(takes.clone(), waker.clone(), shortage, now)))
            }
        })
    }

    /// What needs neither the lock nor the clock: nothing at all, or one amount that is prepaid.
    #[inline]
    fn take_unlocked(&self, takes: &Takes) -> bool {
        match takes.as_slice() {
            [] => true,
            [take] => self.credits[take.index].try_take(take.amount),
            _ => false,
        }
    }

    fn take(
        &self,
        ledger: &mut Ledger,
        takes: &Takes,
        now: Duration,
        wakers: &mut Wakers,
    ) -> Result<Duration, Shortage> {
        for take in takes {
            ledger.reclaim(&self.credits, take.index, now);
        }
        if !ledger.queue.is_empty() {
            // Those who came earlier and whose moment has come go first.
            ledger.serve(now, wakers);
        }
        let taken = ledger.try_take(takes, now);
        for take in takes {
            ledger.prepay(&self.credits, *take, now);
        }
        taken.map(|()| now)
    }

    /// Takes everything from open credits, or nothing. The caller holds the lock, so a credit
    /// cannot be closed meanwhile; who finds it short for a moment waits for the lock.
    fn take_prepaid(&self, takes: &Takes) -> bool {
        let short = takes.iter().position(|take| !self.credits[take.index].try_take(take.amount));
        let Some(short) = short else { return true };
        for take in &takes[..short] {
            let given = self.credits[take.index].try_give(take.amount);
            debug_assert!(given, "only the holder of the lock closes credits");
        }
        false
    }

    /// What a waiter finds when it looks.
    pub(crate) fn look(&self, ticket: Ticket, waker: &Waker) -> Look {
        self.with(|ledger, now, wakers| ledger.look(ticket, waker, now, wakers))
    }

    /// Takes a waiter out of the queue.
    pub(crate) fn leave(&self, ticket: Ticket, takes: &Takes) {
        self.with(|ledger, now, wakers| ledger.leave(ticket, takes, now, wakers));
    }

    /// Gives back a resource.
    pub(crate) fn release(&self, take: Take) {
        if !self.credits[take.index].try_give(take.amount) {
            self.change(take.index, |ledger, now| ledger.store.give_back(take, now, now));
        }
    }

    /// Settles amounts that were taken as of `taken_at`: positive ones are charged, negative ones
    /// given back. All at the same moment.
    pub(crate) fn settle(&self, differences: &Takes, taken_at: Duration) {
        self.with(|ledger, now, wakers| {
            for take in differences {
                ledger.reclaim(&self.credits, take.index, now);
                if take.amount > 0.0 {
                    ledger.store.charge(*take, now);
                } else {
                    let unused = Take { index: take.index, amount: -take.amount };
                    ledger.store.give_back(unused, taken_at, now);
                }
            }
            ledger.serve(now, wakers);
            for take in differences {
                ledger.prepay(&self.credits, Take { index: take.index, amount: 1.0 }, now);
            }
        });
    }

    /// Changes what is known of one limit and serves whom that helps.
    pub(crate) fn change<R>(
        &self,
        index: usize,
        act: impl FnOnce(&mut Ledger, Duration) -> R,
    ) -> R {
        self.with(|ledger, now, wakers| {
            ledger.reclaim(&self.credits, index, now);
            let result = act(ledger, now);
            ledger.serve(now, wakers);
            ledger.prepay(&self.credits, Take { index, amount: 1.0 }, now);
            result
        })
    }

    /// Puts a shortage into words.
    pub(crate) fn error(
        &self,
        ledger: &Ledger,
        takes: &Takes,
        shortage: Shortage,
        now: Duration,
    ) -> LimitError {
        let Shortage { index, fit } = shortage;
        if fit == Fit::Never {
            let asked = takes.iter().find(|take| take.index == index);
            return LimitError::NeverFits {
                key: self.keys.0[index].key.clone(),
                amount: asked.map_or(0.0, |take| take.amount),
                most: ledger.store.level(index, now).most,
            };
        }
        LimitError::Refused(self.refusal(index, fit, now))
    }

    fn refusal(&self, index: usize, fit: Fit, now: Duration) -> Refusal {
        let key = Key { keys: Arc::clone(&self.keys), index };
        let retry_after = match fit {
            Fit::At(moment) => Some(moment.saturating_sub(now)),
            Fit::WhenReleased | Fit::Never => None,
        };
        Refusal { key, retry_after }
    }

    /// Why a waiter is still waiting. `None` when it waits no more.
    pub(crate) fn why_waiting(&self, ticket: Ticket) -> Option<Refusal> {
        let ledger = self.lock();
        let now = self.now();
        let line = ledger.queue.find(ticket)?;
        let index = ledger.queue.lines[line].blocked_by;
        Some(self.refusal(index, ledger.estimate_all(line, now), now))
    }
}
