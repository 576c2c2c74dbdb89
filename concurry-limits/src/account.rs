//! What is prepaid of one limit, and where it lies.
//!
//! The store approves an allowance "now and at any later time". It lies in the limit's [`Credit`],
//! from which anybody takes without the lock, or here, from where the holder of the lock takes
//! several limits in one step. Neither needs the clock: what was used is recorded later.

use crate::credit::{Credit, MOST};
use crate::store::Take;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Account {
    /// What the store approved. Zero when nothing is.
    prepaid: f64,
    /// What lies here of it. More than was prepaid when resources were given back.
    left: f64,
    /// Whether the credit is open, and holds the rest.
    lent: bool,
    /// Whether a late wake-up may be counted at the promised moment. Not for the rules that
    /// promise something about every window.
    pub(crate) backdates: bool,
    pub(crate) resource: bool,
}

impl Account {
    pub(crate) fn new(backdates: bool, resource: bool) -> Self {
        Self { prepaid: 0.0, left: 0.0, lent: false, backdates, resource }
    }

    /// Whether something is prepaid, so that what is given back may go to it.
    pub(crate) fn is_open(&self) -> bool {
        self.prepaid > 0.0
    }

    /// Starts with what the store has approved. Only when nothing is prepaid.
    pub(crate) fn prepay(&mut self, approved: f64) {
        debug_assert!(!self.lent && !self.is_open());
        self.prepaid = approved;
        self.left = approved;
    }

    /// Puts what lies here into the credit, so that it can be taken without the lock.
    pub(crate) fn lend(&mut self, credit: &Credit) {
        let whole = self.left.min(MOST).floor();
        if !self.lent && whole > 0.0 {
            credit.open(whole as i64);
            self.left -= whole;
            self.lent = true;
        }
    }

    /// Gets back what is in the credit.
    #[inline]
    pub(crate) fn recall(&mut self, credit: &Credit) {
        if self.lent {
            self.left += credit.close() as f64;
            self.lent = false;
        }
    }

    /// Ends it, and says how much has been used: less than zero when more was given back.
    pub(crate) fn close(&mut self, credit: &Credit) -> f64 {
        self.recall(credit);
        let used = self.prepaid - self.left;
        (self.prepaid, self.left) = (0.0, 0.0);
        // Of an infinite allowance nothing is counted.
        if used.is_nan() { 0.0 } else { used }
    }

    /// Gives a resource back to it.
    pub(crate) fn give(&mut self, amount: f64) {
        debug_assert!(self.resource && self.is_open());
        self.left += amount;
    }
}

/// Takes several amounts in one step from what is prepaid, or nothing.
#[inline]
pub(crate) fn take_prepaid(accounts: &mut [Account], credits: &[Credit], takes: &[Take]) -> bool {
    for take in takes {
        let account = &mut accounts[take.index];
        account.recall(&credits[take.index]);
        if account.left < take.amount {
            return false;
        }
    }
    for take in takes {
        accounts[take.index].left -= take.amount;
    }
    if let [take] = takes {
        // Who takes one limit will do so again, and then needs no lock.
        accounts[take.index].lend(&credits[take.index]);
    }
    true
}

#[cfg(all(test, concurry_loom))]
mod loom_models {
    use loom::cell::UnsafeCell;
    use loom::sync::{Arc, Mutex};
    use loom::thread;

    use super::*;

    /// A limit as a set keeps it: a credit, and behind the lock its account and what is recorded.
    struct Limit {
        credits: [Credit; 1],
        ledger: Mutex<([Account; 1], f64)>,
    }

    const ONE: [Take; 1] = [Take { index: 0, amount: 1.0 }];

    impl Limit {
        fn holding(amount: f64) -> Arc<Self> {
            let credits = [Credit::closed()];
            let mut account = Account::new(true, true);
            account.prepay(amount);
            account.lend(&credits[0]);
            Arc::new(Self { credits, ledger: Mutex::new(([account], 0.0)) })
        }

        /// Takes one unit: without the lock, else with it.
        fn take(&self) -> bool {
            let (accounts, _) = &mut *if self.credits[0].try_take(1) {
                return true;
            } else {
                self.ledger.lock().unwrap()
            };
            take_prepaid(accounts, &self.credits, &ONE)
        }

        /// Gives one unit back: without the lock, else with it.
        fn give(&self) {
            if !self.credits[0].try_give(1) {
                let (accounts, used) = &mut *self.ledger.lock().unwrap();
                if accounts[0].is_open() {
                    accounts[0].give(1.0);
                } else {
                    *used -= 1.0;
                }
            }
        }

        /// Records what was used.
        fn record(&self) -> f64 {
            let (accounts, used) = &mut *self.ledger.lock().unwrap();
            *used += accounts[0].close(&self.credits[0]);
            *used
        }
    }

    #[test]
    fn everything_taken_is_recorded_once_and_never_more_than_there_was() {
        loom::model(|| {
            let limit = Limit::holding(2.0);
            let takers: Vec<_> = (0..2)
                .map(|_| {
                    let limit = Arc::clone(&limit);
                    thread::spawn(move || f64::from(u8::from(limit.take())))
                })
                .collect();
            let before = limit.record();
            let taken: f64 = takers.into_iter().map(|taker| taker.join().unwrap()).sum();
            assert!(before <= taken);
            assert_eq!(limit.record(), taken);
        });
    }

    #[test]
    fn who_takes_with_the_lock_and_who_takes_without_share_what_there_is() {
        loom::model(|| {
            let limit = Limit::holding(1.0);
            let other = {
                let limit = Arc::clone(&limit);
                thread::spawn(move || {
                    let (accounts, _) = &mut *limit.ledger.lock().unwrap();
                    take_prepaid(accounts, &limit.credits, &ONE)
                })
            };
            let mine = limit.take();
            assert!(mine ^ other.join().unwrap(), "one of them, and not both");
        });
    }

    #[test]
    fn a_resource_is_handed_over_with_its_past() {
        loom::model(|| {
            let limit = Limit::holding(1.0);
            let guarded = Arc::new(UnsafeCell::new(0));
            let user = |limit: &Limit, guarded: &UnsafeCell<i32>| {
                if limit.take() {
                    // Loom fails the model if two threads are here at once or do not see each other.
                    guarded.with_mut(|_| ());
                    limit.give();
                }
            };
            let other = {
                let (limit, guarded) = (Arc::clone(&limit), Arc::clone(&guarded));
                thread::spawn(move || user(&limit, &guarded))
            };
            user(&limit, &guarded);
            other.join().unwrap();
            assert_eq!(limit.record(), 0.0);
        });
    }

    #[test]
    fn what_is_given_back_while_it_closes_is_not_lost() {
        loom::model(|| {
            let limit = Limit::holding(1.0);
            assert!(limit.take());
            let giver = {
                let limit = Arc::clone(&limit);
                thread::spawn(move || limit.give())
            };
            limit.record();
            giver.join().unwrap();
            assert_eq!(limit.record(), 0.0);
        });
    }
}
