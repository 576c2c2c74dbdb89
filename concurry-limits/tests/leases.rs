//! Permits that another process gives out by itself: no limit lets more through because of them, and
//! nothing of them is lost.

#![allow(clippy::unwrap_used)] // a test fails by panicking

mod support;

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use concurry_limits::remote::{AfterUse, Lease, RemoteRequest, Wait};
use concurry_limits::{
    CallLimit, LimitPool, LimitSet, Limits, Permit, RateAlgorithm, RateLimit, ResourceLimit,
};
use concurry_time::FakeClock;
use proptest::prelude::*;
use support::{RULES, Request, Wakes};

/// `Standalone`, as a number.
const STANDALONE: u8 = 0;
const CAPACITY: u32 = 40;
const WINDOW: Duration = Duration::from_secs(1);

fn request(amounts: &[(&str, f64)]) -> RemoteRequest {
    let amounts = amounts.iter().map(|(key, amount)| ((*key).to_owned(), *amount));
    RemoteRequest { scope: STANDALONE, amounts: amounts.collect(), wait: Wait::Forever }
}

fn lease(limits: &LimitSet, amounts: &[(&str, f64)], most: u32) -> Option<Lease> {
    Limits::from(limits).lease(&request(amounts), most, Waker::noop())
}

fn tokens(rule: RateAlgorithm, fake: &FakeClock) -> LimitSet {
    let tokens = RateLimit::new("tokens", CAPACITY, WINDOW).algorithm(rule);
    LimitSet::builder().with(tokens).clock(fake.clock()).build().unwrap()
}

fn slots(most: u32) -> LimitSet {
    LimitSet::builder().with(ResourceLimit::new("slots", most)).build().unwrap()
}

fn available(limits: &LimitSet) -> f64 {
    limits.stats().limits[0].available
}

#[test]
fn at_most_a_half_of_what_is_free_is_leased() {
    for rule in RULES {
        let limits = tokens(rule, &FakeClock::new());
        let first = lease(&limits, &[("tokens", 3.0)], 100).unwrap();
        assert_eq!(first.left(), 6, "{rule:?}: 18 of 40");
        let second = lease(&limits, &[("tokens", 3.0)], 100).unwrap();
        assert_eq!(second.left(), 3, "{rule:?}: 9 of 22");
        assert_eq!(lease(&limits, &[("tokens", 3.0)], 2).unwrap().left(), 2, "{rule:?}: as asked");
    }
    assert_eq!(lease(&slots(9), &[("slots", 1.0)], 100).unwrap().left(), 4);
    assert_eq!(lease(&slots(2), &[("slots", 1.0)], 100).unwrap().left(), 1, "it is used again");
}

#[test]
fn nothing_is_leased_where_it_could_harm_or_has_no_use() {
    assert!(lease(&slots(1), &[("slots", 1.0)], 100).is_none(), "the only one");
    assert!(lease(&slots(8), &[("seats", 1.0)], 100).is_none(), "an unknown key");
    assert!(lease(&slots(8), &[("slots", 0.0)], 100).is_none(), "nothing");
    let limits = tokens(RateAlgorithm::Gcra, &FakeClock::new());
    assert!(lease(&limits, &[("tokens", 1.0)], 1).is_none(), "one is what a request gets anyway");
    assert!(lease(&limits, &[("tokens", 0.5)], 100).is_none(), "a fraction");
    let _spent = limits.try_acquire([("tokens", 37)]).unwrap();
    assert!(lease(&limits, &[("tokens", 1.0)], 100).is_none(), "a half of three is one");
    let quick = RateLimit::new("tokens", 1_000, Duration::from_millis(999));
    let quick = LimitSet::builder().with(quick).build().unwrap();
    assert!(lease(&quick, &[("tokens", 1.0)], 100).is_none(), "a short window");
    let pool = Limits::from(LimitPool::new([slots(8), slots(8)]).unwrap());
    assert!(pool.lease(&request(&[("slots", 1.0)]), 4, Waker::noop()).is_none(), "two sets");
    assert!(lease(&LimitSet::unlimited(), &[("slots", 1.0)], 100).is_none());
}

#[test]
fn nothing_is_leased_while_somebody_waits_or_in_a_pause() {
    let limits = slots(8);
    let held = limits.try_acquire([("slots", 4)]).unwrap();
    let waiting = Request::queued(limits.acquire([("slots", 8)]));
    assert!(lease(&limits, &[("slots", 1.0)], 1).is_none(), "somebody waits");
    drop((waiting, held));
    limits.pause_for(Duration::from_secs(3_600));
    assert!(lease(&limits, &[("slots", 1.0)], 1).is_none(), "it is paused");
    limits.resume();
    assert!(lease(&limits, &[("slots", 1.0)], 1).is_some());
}

#[test]
fn what_is_leased_is_not_free_until_it_is_given_back() {
    for rule in RULES {
        let fake = FakeClock::new();
        let limits = tokens(rule, &fake);
        let mut lease = lease(&limits, &[("tokens", 5.0)], 4).unwrap();
        // However long it lasts: its time has not begun.
        for _ in 0..3 {
            assert_eq!(available(&limits), 20.0, "{rule:?}");
            assert!(limits.try_acquire([("tokens", 21)]).is_err(), "{rule:?}");
            fake.advance(WINDOW);
        }
        lease.give_back(1);
        assert_eq!((lease.left(), available(&limits)), (3, 25.0), "{rule:?}");
        drop(lease.begin());
        assert_eq!((lease.left(), available(&limits)), (2, 25.0), "{rule:?}: spent just now");
        let mut begun = lease.begin().unwrap();
        begun.update([("tokens", 2)]).unwrap();
        assert_eq!((lease.left(), available(&limits)), (1, 28.0), "{rule:?}: settled as any other");
        drop((begun, lease));
        assert_eq!(available(&limits), 28.0, "{rule:?}: what nothing was told of counts as used");
        fake.advance(WINDOW);
        assert_eq!(available(&limits), 40.0, "{rule:?}");
    }
}

#[test]
fn nothing_is_prepaid_of_what_is_leased() {
    // A 4,096th of it may be taken without a look at the clock.
    let limit = RateLimit::per_second("tokens", 20 * 4_096).algorithm(RateAlgorithm::Gcra);
    let limits = LimitSet::builder().with(limit).clock(FakeClock::new().clock()).build().unwrap();
    drop(limits.try_acquire([("tokens", 20 * 4_096 - 100)]).unwrap());
    let lease = lease(&limits, &[("tokens", 1.0)], 50).unwrap();
    drop(limits.try_acquire([("tokens", 40)]).unwrap());
    let taken = (0..20).filter(|_| limits.try_acquire([("tokens", 1)]).is_ok()).count();
    assert_eq!((lease.left(), taken), (50, 10));
}

#[test]
fn a_leased_permit_can_be_refunded() {
    for rule in RULES {
        let limits = tokens(rule, &FakeClock::new());
        let mut lease = lease(&limits, &[("tokens", 5.0)], 2).unwrap();
        lease.begin().unwrap().refund().unwrap();
        lease.give_back(7);
        assert_eq!(available(&limits), 40.0, "{rule:?}: never more than there were");
        assert!(lease.begin().is_none());
    }
}

#[test]
fn resources_of_a_lease_come_back_whatever_becomes_of_it() {
    let limits = slots(8);
    let mut lease = lease(&limits, &[("slots", 1.0)], 4).unwrap();
    assert_eq!((lease.after_use(), available(&limits)), (AfterUse::Again, 4.0));
    let begun = lease.begin().unwrap();
    drop(lease.begin());
    assert_eq!((lease.left(), available(&limits)), (2, 5.0));
    drop(lease);
    assert_eq!(available(&limits), 7.0);
    drop(begun);
    assert_eq!(available(&limits), 8.0);
}

#[test]
fn resources_and_rates_are_leased_together() {
    let fake = FakeClock::new();
    let limits = LimitSet::builder().with(ResourceLimit::new("slots", 8)).clock(fake.clock());
    let limits = limits.with(CallLimit::per_second(10)).build().unwrap();
    let free = || limits.stats().limits.iter().map(|limit| limit.available).collect::<Vec<_>>();
    let mut lease = lease(&limits, &[("slots", 2.0)], 9).unwrap();
    assert_eq!((lease.left(), lease.after_use()), (2, AfterUse::GivenBack), "4 of 8 slots");
    assert_eq!(free(), [4.0, 8.0], "and a call each");
    let begun = lease.begin().unwrap();
    assert_eq!(free(), [4.0, 8.0]);
    drop(begun);
    assert_eq!(free(), [6.0, 8.0]);
    drop(lease);
    assert_eq!(free(), [8.0, 8.0]);
}

#[test]
fn a_lease_is_wanted_back_by_whoever_finds_too_little() {
    type Act = fn(&LimitSet);
    let acts: [(&str, Act); 4] = [
        ("a try", |limits| assert!(limits.try_acquire([("slots", 5)]).is_err())),
        ("a wait", |limits| drop(Request::queued(limits.acquire([("slots", 5)])))),
        ("a pause", |limits| limits.pause_for(Duration::from_secs(1))),
        ("a capacity", |limits| limits.set_capacity("slots", 5).unwrap()),
    ];
    for (what, act) in acts {
        let (limits, wanted) = (slots(8), Arc::<Wakes>::default());
        let waker = Waker::from(Arc::clone(&wanted));
        let lease = Limits::from(&limits).lease(&request(&[("slots", 1.0)]), 4, &waker).unwrap();
        drop(limits.try_acquire([("slots", 4)]).unwrap());
        assert!(!lease.is_wanted(), "{what}: there was enough");
        act(&limits);
        assert_eq!((lease.is_wanted(), wanted.count()), (true, 1), "{what}");
    }
}

#[test]
fn who_waits_gets_what_a_lease_gives_back() {
    for rule in RULES {
        let limits = tokens(rule, &FakeClock::new());
        let mut lease = lease(&limits, &[("tokens", 5.0)], 4).unwrap();
        let mut waiting = Request::queued(limits.acquire([("tokens", 30)]));
        lease.give_back(1);
        assert!(waiting.poll_if_woken().is_none(), "{rule:?}: 25 are free");
        lease.give_back(1);
        assert!(waiting.poll_if_woken().unwrap().is_ok(), "{rule:?}");
        assert_eq!(available(&limits), 0.0, "{rule:?}");
    }
}

/// What may happen to a set, and to those who hold leases of it.
#[derive(Clone, Debug)]
enum Step {
    Acquire(u32),
    Lease(u32, u32),
    /// Somebody uses a permit of a lease, and tells nobody.
    Use(usize),
    /// What was used of a lease so far is told, as spent or as a permit.
    Tell(usize, bool),
    GiveBack(usize),
    Lose(usize),
    Advance(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (1_u32..12).prop_map(Step::Acquire),
        (1_u32..4, 2_u32..8).prop_map(|(amount, most)| Step::Lease(amount, most)),
        any::<usize>().prop_map(Step::Use),
        any::<usize>().prop_map(Step::Use),
        (any::<usize>(), any::<bool>()).prop_map(|(which, spent)| Step::Tell(which, spent)),
        any::<usize>().prop_map(Step::GiveBack),
        any::<usize>().prop_map(Step::Lose),
        (1_u64..400).prop_map(Step::Advance),
    ]
}

/// A lease, and how much of it was used of which nothing was told.
struct Held {
    lease: Lease,
    amount: u32,
    used: u32,
}

/// When how much was really used, in the order of time.
#[derive(Default)]
struct Uses(VecDeque<(Duration, u32)>);

impl Uses {
    /// The most that was used in any time of that length, both ends included.
    fn most_in(&self, length: Duration) -> u32 {
        let from = |start: Duration| {
            let within = self.0.iter().filter(|(at, _)| *at >= start && *at <= start + length);
            within.map(|(_, amount)| amount).sum()
        };
        self.0.iter().map(|(at, _)| from(*at)).max().unwrap_or(0)
    }

    fn check(&self, rule: RateAlgorithm) {
        let almost = WINDOW - Duration::from_nanos(1);
        match rule {
            RateAlgorithm::SlidingWindow => assert!(self.most_in(almost) <= CAPACITY, "{rule:?}"),
            RateAlgorithm::FixedWindow => assert!(self.most_in(almost) <= 2 * CAPACITY, "{rule:?}"),
            _ => {
                for millis in (0..2_000).step_by(25) {
                    // The burst, and what flows in meanwhile.
                    let most = CAPACITY + (CAPACITY * millis).div_ceil(1_000);
                    let used = self.most_in(Duration::from_millis(u64::from(millis)));
                    assert!(used <= most, "{rule:?}: {used} in {millis} ms");
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn a_limit_lets_no_more_through_because_of_leases(
        which in 0..RULES.len(),
        steps in proptest::collection::vec(step(), 1..120),
    ) {
        let (rule, fake) = (RULES[which], FakeClock::new());
        let limits = tokens(rule, &fake);
        let (mut held, mut uses): (Vec<Held>, _) = (Vec::new(), Uses::default());
        let mut now = Duration::ZERO;
        let mut begun: Vec<Permit<'static>> = Vec::new();
        for step in steps {
            let place = |which: usize, held: &[Held]| which.checked_rem(held.len());
            match step {
                Step::Acquire(amount) => {
                    if limits.try_acquire([("tokens", amount)]).is_ok() {
                        uses.0.push_back((now, amount));
                    }
                }
                Step::Lease(amount, most) => {
                    let lease = lease(&limits, &[("tokens", f64::from(amount))], most);
                    held.extend(lease.map(|lease| Held { lease, amount, used: 0 }));
                }
                Step::Use(which) => {
                    let Some(place) = place(which, &held) else { continue };
                    let Held { lease, amount, used } = &mut held[place];
                    if *used < lease.left() {
                        *used += 1;
                        uses.0.push_back((now, *amount));
                    }
                }
                Step::Tell(which, spent) => {
                    let Some(place) = place(which, &held) else { continue };
                    let Held { lease, used, .. } = &mut held[place];
                    let told = (0..std::mem::take(used)).filter_map(|_| lease.begin());
                    if spent {
                        told.for_each(drop);
                    } else {
                        begun.extend(told);
                    }
                }
                Step::GiveBack(which) => {
                    let Some(place) = place(which, &held) else { continue };
                    let Held { lease, used, .. } = &mut held[place];
                    lease.give_back(lease.left() - *used);
                }
                Step::Lose(which) => {
                    let Some(place) = place(which, &held) else { continue };
                    drop(held.swap_remove(place));
                }
                Step::Advance(millis) => {
                    now += Duration::from_millis(millis);
                    fake.advance(Duration::from_millis(millis));
                }
            }
        }
        uses.check(rule);
        drop((held, begun));
        fake.advance(WINDOW * 4);
        prop_assert!((available(&limits) - f64::from(CAPACITY)).abs() < 1e-6, "nothing is lost");
        drop(limits.try_acquire([("tokens", CAPACITY)]).unwrap());
    }
}
