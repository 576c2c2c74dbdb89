//! An allowance approved in advance, so that most acquires touch one word and read no clock.
//!
//! The holder of the set's lock opens a credit: "so much fits, now and at any later time". Anybody
//! may then take from it without the lock. The holder of the lock closes it again to see what is
//! left, and records the difference as taken at that moment. That is never too little: until it is
//! recorded, nothing that others are told depends on it.
//!
//! All there is to synchronise is in the word itself: its value says whether it is open and how
//! much is left, and every change is one compare-and-swap or swap of it. Hence nothing can be taken
//! from a closed credit, and nothing given to it is lost.

use crate::sync::{AtomicU64, Ordering};

/// Bits of a NaN: no amount has them.
const CLOSED: u64 = u64::MAX;

#[derive(Debug)]
pub(crate) struct Credit(AtomicU64);

impl Credit {
    pub(crate) fn closed() -> Self {
        Self(AtomicU64::new(CLOSED))
    }

    /// Makes an amount available. Only the holder of the lock may call it, on a closed credit.
    pub(crate) fn open(&self, amount: f64) {
        debug_assert!(amount >= 0.0);
        // Release pairs with the Acquire of a take: who holds a resource sees what its holder
        // before did.
        self.0.store(amount.to_bits(), Ordering::Release);
    }

    /// Ends it and says how much is left, `None` if it was closed. Only the holder of the lock may
    /// call it.
    pub(crate) fn close(&self) -> Option<f64> {
        // Looked at first, since a load is cheaper than a swap; nobody else can open it meanwhile.
        if self.0.load(Ordering::Relaxed) == CLOSED {
            return None;
        }
        // Acquire and Release: the holder of the lock stands between one taker and the next.
        let left = self.0.swap(CLOSED, Ordering::AcqRel);
        Some(f64::from_bits(left))
    }

    /// Takes an amount, if so much is left.
    #[inline]
    pub(crate) fn try_take(&self, amount: f64) -> bool {
        // Acquire pairs with the Release of a give: a resource is handed over with its past.
        self.change(Ordering::Acquire, |left| (left >= amount).then_some(left - amount))
    }

    /// Gives an amount back, unless it is closed: then the lock has to be taken.
    #[inline]
    pub(crate) fn try_give(&self, amount: f64) -> bool {
        self.change(Ordering::Release, |left| Some(left + amount))
    }

    #[inline]
    fn change(&self, success: Ordering, next: impl Fn(f64) -> Option<f64>) -> bool {
        let mut bits = self.0.load(Ordering::Relaxed);
        loop {
            if bits == CLOSED {
                return false;
            }
            let Some(left) = next(f64::from_bits(bits)) else { return false };
            match self.0.compare_exchange_weak(bits, left.to_bits(), success, Ordering::Relaxed) {
                Ok(_) => return true,
                Err(now) => bits = now,
            }
        }
    }
}

#[cfg(all(test, concurry_loom))]
mod loom_models {
    use loom::cell::UnsafeCell;
    use loom::sync::{Arc, Mutex};
    use loom::thread;

    use super::Credit;

    /// The account behind a credit, as the ledger keeps it.
    struct Account {
        credit: Credit,
        /// What was prepaid and what is recorded as used.
        ledger: Mutex<(f64, f64)>,
    }

    impl Account {
        fn open(amount: f64) -> Arc<Self> {
            let account = Self { credit: Credit::closed(), ledger: Mutex::new((amount, 0.0)) };
            account.credit.open(amount);
            Arc::new(account)
        }

        /// Closes the credit, records, and opens it with what is left of `capacity`.
        fn settle(&self, capacity: f64) -> f64 {
            let mut ledger = self.ledger.lock().unwrap();
            if let Some(left) = self.credit.close() {
                ledger.1 += ledger.0 - left;
                ledger.0 = 0.0;
            }
            let left = capacity - ledger.1;
            ledger.0 = left;
            self.credit.open(left);
            ledger.1
        }
    }

    #[test]
    fn everything_taken_is_recorded_once_and_never_more_than_there_was() {
        loom::model(|| {
            let account = Account::open(2.0);
            let takers: Vec<_> = (0..2)
                .map(|_| {
                    let account = Arc::clone(&account);
                    thread::spawn(move || u8::from(account.credit.try_take(1.0)))
                })
                .collect();
            account.settle(2.0);
            let taken: u8 = takers.into_iter().map(|taker| taker.join().unwrap()).sum();
            assert_eq!(account.settle(2.0), f64::from(taken));
        });
    }

    #[test]
    fn nothing_is_taken_from_a_closed_credit() {
        loom::model(|| {
            let account = Account::open(1.0);
            let taker = {
                let account = Arc::clone(&account);
                thread::spawn(move || account.credit.try_take(1.0))
            };
            let left = account.credit.close().unwrap();
            assert!(!account.credit.try_take(1.0));
            assert!(!account.credit.try_give(1.0));
            assert_eq!(left == 0.0, taker.join().unwrap());
        });
    }

    #[test]
    fn a_resource_is_handed_over_with_its_past() {
        loom::model(|| {
            let credit = Arc::new(Credit::closed());
            credit.open(1.0);
            let guarded = Arc::new(UnsafeCell::new(0));
            let user = |credit: &Credit, guarded: &UnsafeCell<i32>| {
                if credit.try_take(1.0) {
                    // Loom fails the model if two threads are here at once or do not see each other.
                    guarded.with_mut(|_| ());
                    assert!(credit.try_give(1.0));
                }
            };
            let other = {
                let (credit, guarded) = (Arc::clone(&credit), Arc::clone(&guarded));
                thread::spawn(move || user(&credit, &guarded))
            };
            user(&credit, &guarded);
            other.join().unwrap();
            assert_eq!(credit.close(), Some(1.0));
        });
    }

    #[test]
    fn what_is_given_back_while_it_closes_is_not_lost() {
        loom::model(|| {
            let account = Account::open(1.0);
            assert!(account.credit.try_take(1.0));
            let giver = {
                let account = Arc::clone(&account);
                thread::spawn(move || {
                    if !account.credit.try_give(1.0) {
                        // As a release does: the ledger takes it, and it is opened later.
                        account.ledger.lock().unwrap().1 -= 1.0;
                    }
                })
            };
            {
                let mut ledger = account.ledger.lock().unwrap();
                if let Some(left) = account.credit.close() {
                    ledger.1 += ledger.0 - left;
                    ledger.0 = 0.0;
                }
            }
            giver.join().unwrap();
            assert_eq!(account.ledger.lock().unwrap().1, 0.0);
        });
    }
}
