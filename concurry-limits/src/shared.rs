//! The state behind a limit set: credits that need no lock, and the ledger that does.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::Waker;
use std::time::{Duration, Instant};

use concurry_time::Clock;

use crate::account;
use crate::alarm::Arming;
use crate::credit::Credit;
use crate::error::{LimitError, Refusal};
use crate::key::{Key, Keys};
use crate::ledger::{Ledger, Wakers};
use crate::mirrored::Original;
use crate::queue::{Outcome, Ticket};
use crate::request::Takes;
use crate::store::{Fit, Shortage, Take};

/// The moment of what was prepaid: nobody has looked at the clock.
pub(crate) const PREPAID: Duration = Duration::MAX;

/// How a request began.
pub(crate) enum Entry {
    Taken(Duration),
    Queued(Ticket),
}

/// Keeps what changes often apart from what is only read.
#[repr(align(64))]
pub(crate) struct OnItsOwnLine<T>(pub(crate) T);

pub(crate) struct Shared {
    pub(crate) keys: Arc<Keys>,
    pub(crate) config: BTreeMap<String, String>,
    pub(crate) clock: Clock,
    /// Moments count from here.
    pub(crate) origin: Instant,
    /// One for each limit. Opened and closed only by the holder of `ledger`.
    pub(crate) credits: Box<[Credit]>,
    /// Of a mirror: what it is the mirror of.
    pub(crate) original: OnceLock<Box<dyn Original>>,
    /// Wakes the set itself.
    pub(crate) bell: Waker,
    /// Never held while a waker runs.
    pub(crate) ledger: OnItsOwnLine<Mutex<Ledger>>,
}

impl Shared {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn now(&self) -> Duration {
        self.clock.now().saturating_duration_since(self.origin)
    }

    /// Runs with the lock and wakes afterwards.
    pub(crate) fn with<R>(&self, act: impl FnOnce(&mut Ledger, Duration, &mut Wakers) -> R) -> R {
        self.with_locked(self.lock(), act)
    }

    fn with_locked<R>(
        &self,
        mut ledger: MutexGuard<'_, Ledger>,
        act: impl FnOnce(&mut Ledger, Duration, &mut Wakers) -> R,
    ) -> R {
        let mut wakers = Wakers::new();
        // Read under the lock, so that moments never go backwards.
        let now = self.now();
        let result = act(&mut ledger, now, &mut wakers);
        if ledger.queue.changed {
            self.plan(&mut ledger, now, &mut wakers);
        }
        drop(ledger);
        wakers.into_iter().for_each(Waker::wake);
        result
    }

    /// Sets the timer for the next who is due.
    fn plan(&self, ledger: &mut Ledger, mut now: Duration, wakers: &mut Wakers) {
        while let Some(moment) = ledger.next_moment(now) {
            ledger.queue.changed = false;
            let deadline = self.origin + moment.max(now);
            match ledger.alarm.set(&self.clock, deadline, &self.bell) {
                Arming::Armed => return,
                Arming::Due => {
                    now = self.now();
                    ledger.serve(now, wakers);
                }
                Arming::Impossible => return wakers.extend(ledger.queue.heads()),
            }
        }
        ledger.queue.changed = false;
        ledger.alarm.cancel();
    }

    /// The timer rang.
    pub(crate) fn ring(&self) {
        self.with(|ledger, now, wakers| {
            ledger.alarm.cancel();
            ledger.queue.changed = true;
            ledger.serve(now, wakers);
        });
    }

    /// Takes everything or nothing, without waiting. Says as of which moment.
    pub(crate) fn try_take(&self, takes: &Takes) -> Result<Duration, LimitError> {
        let mut ledger = self.lock();
        if self.take_prepaid(&mut ledger, takes) {
            return Ok(PREPAID);
        }
        self.with_locked(ledger, |ledger, now, wakers| {
            self.take(ledger, takes, now, wakers).map_err(|shortage| {
                ledger.lessees.recall(wakers);
                self.error(ledger, takes, shortage, now)
            })
        })
    }

    /// The same, and enters the queue if that has a point.
    pub(crate) fn take_or_enter(&self, takes: &Takes, waker: &Waker) -> Result<Entry, LimitError> {
        let mut ledger = self.lock();
        if self.take_prepaid(&mut ledger, takes) {
            return Ok(Entry::Taken(PREPAID));
        }
        self.with_locked(ledger, |ledger, now, wakers| {
            // Behind others no moment need be found: theirs comes first.
            let shortage = match ledger.joins(takes, now) {
                Some(behind) => behind,
                None => match self.take(ledger, takes, now, wakers) {
                    Ok(at) => return Ok(Entry::Taken(at)),
                    Err(shortage) => shortage,
                },
            };
            if shortage.fit == Fit::Never {
                return Err(self.error(ledger, takes, shortage, now));
            }
            // From now until it is served nothing may be taken from these limits unseen.
            for take in takes {
                ledger.record(&self.credits, take.index, now);
            }
            ledger.lessees.recall(wakers);
            let takes = Takes::from_slice(takes);
            Ok(Entry::Queued(ledger.enter(takes, waker.clone(), shortage, now)))
        })
    }

    /// Takes what is prepaid: no clock. A request that takes nothing always succeeds.
    fn take_prepaid(&self, ledger: &mut Ledger, takes: &Takes) -> bool {
        account::take_prepaid(&mut ledger.accounts, &self.credits, takes)
    }

    fn take(
        &self,
        ledger: &mut Ledger,
        takes: &Takes,
        now: Duration,
        wakers: &mut Wakers,
    ) -> Result<Duration, Shortage> {
        for take in takes {
            ledger.record(&self.credits, take.index, now);
        }
        if ledger.is_due(now) {
            // Those who came earlier and whose moment has come go first.
            ledger.serve(now, wakers);
        }
        let taken = ledger.try_take(takes, now);
        for take in takes {
            ledger.prepay(*take, now);
        }
        if let [take] = takes.as_slice() {
            ledger.accounts[take.index].lend(&self.credits[take.index]);
        }
        taken.map(|()| now)
    }

    /// What a waiter finds when it looks: `None` if it has to wait on.
    pub(crate) fn look(&self, ticket: Ticket, waker: &Waker) -> Option<Outcome> {
        let mut ledger = self.lock();
        if let Some(outcome) = ledger.look(ticket, waker) {
            return Some(outcome);
        }
        // Woken by something else, or there are no timers.
        self.with_locked(ledger, |ledger, now, wakers| {
            if ledger.is_due(now) {
                ledger.serve(now, wakers);
            }
            ledger.look(ticket, waker)
        })
    }

    /// Takes a waiter out of the queue.
    pub(crate) fn leave(&self, ticket: Ticket, takes: &Takes) {
        self.with(|ledger, now, wakers| ledger.leave(ticket, takes, now, wakers));
    }

    /// Gives back a resource.
    #[inline]
    pub(crate) fn release(&self, take: Take) {
        // Resources are whole.
        if !self.credits[take.index].try_give(take.amount as i64) {
            self.release_locked(take);
        }
    }

    #[cold]
    fn release_locked(&self, take: Take) {
        let mut ledger = self.lock();
        let account = &mut ledger.accounts[take.index];
        if account.is_open() {
            // Then nobody waits for it.
            account.recall(&self.credits[take.index]);
            account.give(take.amount);
            return;
        }
        self.with_locked(ledger, |ledger, now, wakers| {
            ledger.store.give_back(take, now, now);
            ledger.serve(now, wakers);
            ledger.prepay(take, now);
        });
    }

    /// Settles amounts that were taken as of `taken_at`: positive ones are charged, negative ones
    /// given back. All at the same moment.
    pub(crate) fn settle(&self, differences: &Takes, taken_at: Duration) {
        self.with(|ledger, now, wakers| {
            for take in differences {
                ledger.record(&self.credits, take.index, now);
                if take.amount > 0.0 {
                    ledger.store.charge(*take, now);
                } else {
                    let unused = Take { index: take.index, amount: -take.amount };
                    ledger.store.give_back(unused, taken_at, now);
                }
            }
            ledger.serve(now, wakers);
            for take in differences {
                ledger.prepay(Take { index: take.index, amount: 1.0 }, now);
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
            ledger.record(&self.credits, index, now);
            ledger.lessees.recall(wakers);
            let result = act(ledger, now);
            ledger.serve(now, wakers);
            ledger.prepay(Take { index, amount: 1.0 }, now);
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
                key: self.keys.limits[index].key.clone(),
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
