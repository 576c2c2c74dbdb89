//! Many threads at once: nothing is given out twice, nothing is lost.

#![allow(clippy::unwrap_used)] // a test fails by panicking

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;

use concurry_limits::{LimitPool, LimitSet, LoadBalance, RateAlgorithm, RateLimit, ResourceLimit};
use concurry_time::FakeClock;

#[test]
fn holders_never_pass_the_capacity() {
    const CAPACITY: u32 = 3;
    let limits =
        LimitSet::builder().with(ResourceLimit::new("slots", CAPACITY)).build().expect("legal");
    let held = AtomicU32::new(0);
    thread::scope(|scope| {
        for worker in 0..8_u32 {
            let (limits, held) = (&limits, &held);
            scope.spawn(move || {
                for turn in 0..500 {
                    let amount = 1 + (worker + turn) % CAPACITY;
                    let request = [("slots", amount)];
                    let permit = if turn % 3 == 0 {
                        limits.try_acquire(request).ok()
                    } else {
                        limits.acquire(request).wait().ok()
                    };
                    if permit.is_some() {
                        let now = held.fetch_add(amount, Ordering::SeqCst) + amount;
                        assert!(now <= CAPACITY, "{now} held");
                        held.fetch_sub(amount, Ordering::SeqCst);
                    }
                }
            });
        }
    });
    assert_eq!(limits.stats().limits[0].available, f64::from(CAPACITY));
    assert_eq!(limits.stats().waiting, 0);
}

#[test]
fn several_keys_are_taken_in_one_step() {
    // Both keys always go together, and single-key requests for either go in between. A request for
    // both that saw one taken and the other not would leave them unequal.
    let limits = LimitSet::builder()
        .with(ResourceLimit::new("left", 4))
        .with(ResourceLimit::new("right", 4))
        .build()
        .expect("legal");
    let both = limits.exact();
    thread::scope(|scope| {
        for worker in 0..6 {
            let both = &both;
            scope.spawn(move || {
                for turn in 0..500 {
                    let permit = match (worker + turn) % 4 {
                        0 => both.try_acquire([("left", 1)]),
                        1 => both.try_acquire([("right", 1)]),
                        2 => both.try_acquire([("left", 2), ("right", 3)]),
                        _ => both.acquire([("left", 3), ("right", 2)]).wait(),
                    };
                    drop(permit);
                }
            });
        }
    });
    let stats = limits.stats();
    assert_eq!((stats.limits[0].available, stats.limits[1].available), (4.0, 4.0));
}

#[test]
fn a_request_that_fits_is_never_refused_because_of_another_that_failed() {
    // The other asks for two keys, of which one is never free: it must not be seen to take the
    // first one for a moment.
    let limits = LimitSet::builder()
        .with(ResourceLimit::new("free", 1))
        .with(ResourceLimit::new("taken", 1))
        .build()
        .expect("legal");
    let exact = limits.exact();
    let _taken = exact.try_acquire([("taken", 1)]).expect("free");
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::SeqCst) {
                assert!(exact.try_acquire([("free", 1), ("taken", 1)]).is_err());
            }
        });
        for _ in 0..5_000 {
            if exact.try_acquire([("free", 1)]).is_err() {
                done.store(true, Ordering::SeqCst);
                panic!("refused although it was free");
            }
        }
        done.store(true, Ordering::SeqCst);
    });
}

#[test]
fn no_more_than_the_burst_passes_while_the_clock_stands_still() {
    for algorithm in [RateAlgorithm::TokenBucket, RateAlgorithm::Gcra, RateAlgorithm::SlidingWindow]
    {
        const CAPACITY: u32 = 100_000;
        let fake = FakeClock::new();
        let limits = LimitSet::builder()
            .with(RateLimit::per_second("tokens", CAPACITY).algorithm(algorithm))
            .clock(fake.clock())
            .build()
            .expect("legal");
        let spent: u32 = thread::scope(|scope| {
            let workers: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| {
                        let spend = || limits.try_spend("tokens", 1).is_ok();
                        u32::try_from((0..CAPACITY).take_while(|_| spend()).count()).expect("small")
                    })
                })
                .collect();
            workers.into_iter().map(|worker| worker.join().expect("no panic")).sum()
        });
        assert_eq!(spent, CAPACITY, "{algorithm:?}");
        assert_eq!(limits.stats().limits[0].available, 0.0, "{algorithm:?}");
    }
}

#[test]
fn a_pool_of_sets_counts_everything_and_spreads_it_evenly() {
    let sets = (0..10).map(|_| {
        LimitSet::builder().with(RateLimit::per_hour("calls", 1_000)).build().expect("legal")
    });
    let pool = LimitPool::new(sets).expect("not empty").load_balance(LoadBalance::RoundRobin);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..500 {
                    drop(pool.try_acquire([("calls", 1)]).expect("plenty"));
                }
            });
        }
    });
    for set in pool.sets() {
        assert_eq!(set.stats().limits[0].available, 800.0);
    }
}

#[test]
fn one_key_and_several_keys_share_what_is_prepaid() {
    const CAPACITY: u32 = 100_000;
    let fake = FakeClock::new();
    let limit = |key| RateLimit::per_second(key, CAPACITY).algorithm(RateAlgorithm::TokenBucket);
    let limits = LimitSet::builder()
        .with(limit("tokens"))
        .with(limit("bytes"))
        .clock(fake.clock())
        .build()
        .expect("legal");
    let spend = |worker: usize| {
        let (mut tokens, mut bytes) = (0_u32, 0_u32);
        for turn in worker.. {
            let taken = match turn % 3 {
                0 => limits.try_acquire([("tokens", 1), ("bytes", 1)]),
                1 => limits.try_acquire([("tokens", 1)]),
                _ => limits.try_acquire([("bytes", 1)]),
            };
            if taken.is_err() {
                break;
            }
            tokens += u32::from(turn % 3 != 2);
            bytes += u32::from(turn % 3 != 1);
        }
        (tokens, bytes)
    };
    let (tokens, bytes) = thread::scope(|scope| {
        let workers: Vec<_> = (0..4).map(|worker| scope.spawn(move || spend(worker))).collect();
        let spent = workers.into_iter().map(|worker| worker.join().expect("no panic"));
        spent.fold((0, 0), |sum, spent| (sum.0 + spent.0, sum.1 + spent.1))
    });
    let left = limits.stats().limits;
    assert_eq!(left[0].available, f64::from(CAPACITY - tokens));
    assert_eq!(left[1].available, f64::from(CAPACITY - bytes));
    assert!(left[0].available == 0.0 || left[1].available == 0.0, "refused only when short");
}
