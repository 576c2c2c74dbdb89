//! A model of shares that are given out of stock on one thread and dropped on others.

use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;

use super::StockedArc;
use crate::model::check;

struct Noted(Arc<AtomicUsize>);

impl Drop for Noted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn the_last_share_frees_the_value_once_and_after_every_use() {
    check(|| {
        let drops = Arc::new(AtomicUsize::new(0));
        let owner = StockedArc::new(Noted(Arc::clone(&drops)));
        // The second comes out of stock, and one stays there.
        let others = [(); 2].map(|()| {
            let share = owner.clone();
            thread::spawn(move || {
                let _ = share.0.load(Ordering::Relaxed);
                drop(share);
            })
        });
        drop(owner);
        others.into_iter().for_each(|other| other.join().unwrap());
        assert_eq!(drops.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn two_threads_may_give_shares_out_of_one_stock() {
    check(|| {
        let drops = Arc::new(AtomicUsize::new(0));
        let owner = Arc::new(StockedArc::new(Noted(Arc::clone(&drops))));
        let other = thread::spawn({
            let owner = Arc::clone(&owner);
            move || drop(StockedArc::clone(&owner))
        });
        drop(StockedArc::clone(&owner));
        other.join().unwrap();
        assert_eq!(drops.load(Ordering::Relaxed), 0);
        drop(owner);
        assert_eq!(drops.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn a_share_without_a_stock_outlives_the_stock_that_it_came_from() {
    check(|| {
        let drops = Arc::new(AtomicUsize::new(0));
        let owner = StockedArc::new(Noted(Arc::clone(&drops)));
        // SAFETY: it is the same cell.
        let shares = [(); 2].map(|()| unsafe { owner.share_as(|cell| cell) });
        let others = shares.map(|share| {
            thread::spawn(move || {
                let _ = share.0.load(Ordering::Relaxed);
                drop(share.clone());
            })
        });
        drop(owner);
        others.into_iter().for_each(|other| other.join().unwrap());
        assert_eq!(drops.load(Ordering::Relaxed), 1);
    });
}
