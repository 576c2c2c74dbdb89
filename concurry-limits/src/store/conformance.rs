//! What every store must hold to: run [`check`] on yours in a test.

use std::time::Duration;

use super::{Fit, Promise, Store, Take};
use crate::{CallLimit, Limit, RateAlgorithm, RateLimit, ResourceLimit};

const RULES: [RateAlgorithm; 5] = [
    RateAlgorithm::TokenBucket,
    RateAlgorithm::LeakyBucket,
    RateAlgorithm::SlidingWindow,
    RateAlgorithm::FixedWindow,
    RateAlgorithm::Gcra,
];

const TOKENS: usize = 0;
const SLOTS: usize = 1;
const START: Duration = Duration::from_secs(100);
const SECOND: Duration = Duration::from_secs(1);

/// Runs every case against stores that `make` creates for the limits it is given.
///
/// ```
/// use concurry_limits::store::{LocalStore, conformance};
///
/// conformance::check(|limits| Box::new(LocalStore::new(limits).expect("legal limits")));
/// ```
///
/// # Panics
///
/// When the store breaks a rule: the message says which.
pub fn check(make: impl Fn(Vec<Limit>) -> Box<dyn Store>) {
    for rule in RULES {
        let store = || {
            let tokens = RateLimit::per_second("tokens", 10).algorithm(rule);
            let calls = CallLimit::per_second(1_000).algorithm(rule);
            make(vec![tokens.into(), ResourceLimit::new("slots", 2).into(), calls.into()])
        };
        takes_all_or_nothing(&mut *store(), rule);
        fits_at_the_moment_it_says(&mut *store(), rule);
        never_gives_what_was_promised(&mut *store(), rule);
        counts_refunds_and_debt(&mut *store(), rule);
        keeps_what_was_spent_when_the_capacity_changes(&mut *store(), rule);
        prepays_no_more_than_there_is(&mut *store(), rule);
        keeps_what_is_set_aside(&mut *store(), rule);
    }
}

fn take(index: usize, amount: f64) -> Take {
    Take { index, amount }
}

fn available(store: &dyn Store, index: usize) -> f64 {
    store.level(index, START).available
}

fn takes_all_or_nothing(store: &mut dyn Store, rule: RateAlgorithm) {
    let both = [take(TOKENS, 6.0), take(SLOTS, 2.0)];
    assert_eq!(store.try_take(&both, &[], START), Ok(()), "{rule:?}: it fits");
    let short = store.try_take(&both, &[], START).expect_err("it does not fit twice");
    assert_eq!(short.fit, Fit::WhenReleased, "{rule:?}: the longest wait counts");
    assert_eq!(short.index, SLOTS, "{rule:?}: and is named");
    let one = store.try_take(&[take(TOKENS, 1.0), take(SLOTS, 1.0)], &[], START);
    assert!(one.is_err(), "{rule:?}: no slot is free");
    assert_eq!(available(store, TOKENS), 4.0, "{rule:?}: a refusal takes nothing");
    store.give_back(take(SLOTS, 2.0), START, START);
    assert_eq!(available(store, SLOTS), 2.0, "{rule:?}: a resource comes back whole");
    for (index, amount) in [(TOKENS, 11.0), (SLOTS, 3.0)] {
        let never = store.try_take(&[take(index, amount)], &[], START);
        assert_eq!(
            never.map_err(|short| short.fit),
            Err(Fit::Never),
            "{rule:?}: above the capacity"
        );
    }
}

fn fits_at_the_moment_it_says(store: &mut dyn Store, rule: RateAlgorithm) {
    let request = [take(TOKENS, 7.0)];
    assert_eq!(store.try_take(&request, &[], START), Ok(()), "{rule:?}");
    let short = store.try_take(&request, &[], START).expect_err("only 3 are left");
    let Fit::At(moment) = short.fit else { panic!("{rule:?}: a rate comes back by itself") };
    assert!(moment > START && moment <= START + SECOND, "{rule:?}: within a window");
    let before = store.try_take(&request, &[], moment - Duration::from_nanos(1));
    assert_eq!(before, Err(short), "{rule:?}: not before the moment");
    assert_eq!(store.try_take(&request, &[], moment), Ok(()), "{rule:?}: at the moment");
}

fn never_gives_what_was_promised(store: &mut dyn Store, rule: RateAlgorithm) {
    let promised = [take(TOKENS, 8.0), take(SLOTS, 1.0)];
    let promise = [Promise { takes: &promised, by: START }];
    let small = [take(TOKENS, 3.0)];
    assert!(store.try_take(&small, &promise, START).is_err(), "{rule:?}: 2 are free to give");
    assert_eq!(store.try_take(&[take(TOKENS, 2.0)], &promise, START), Ok(()), "{rule:?}");
    assert!(store.try_take(&[take(SLOTS, 2.0)], &promise, START).is_err(), "{rule:?}: one is kept");
    assert_eq!(store.try_take(&[take(SLOTS, 1.0)], &promise, START), Ok(()), "{rule:?}");
    assert_eq!(store.try_take(&promised, &[], START), Ok(()), "{rule:?}: the promise holds");
}

fn counts_refunds_and_debt(store: &mut dyn Store, rule: RateAlgorithm) {
    assert_eq!(store.try_take(&[take(TOKENS, 9.0)], &[], START), Ok(()), "{rule:?}");
    store.give_back(take(TOKENS, 5.0), START, START);
    assert_eq!(available(store, TOKENS), 6.0, "{rule:?}: unused amounts come back");
    store.charge(take(TOKENS, 10.0), START);
    assert_eq!(available(store, TOKENS), -4.0, "{rule:?}: debt is below zero");
    let later = store.try_take(&[take(TOKENS, 10.0)], &[], START + SECOND * 3);
    assert_eq!(later, Ok(()), "{rule:?}: and is paid off by time");
}

fn keeps_what_was_spent_when_the_capacity_changes(store: &mut dyn Store, rule: RateAlgorithm) {
    assert_eq!(store.try_take(&[take(TOKENS, 6.0), take(SLOTS, 2.0)], &[], START), Ok(()));
    store.set_capacity(TOKENS, 20.0, START);
    store.set_capacity(SLOTS, 1.0, START);
    assert_eq!(available(store, TOKENS), 14.0, "{rule:?}");
    assert_eq!(available(store, SLOTS), -1.0, "{rule:?}");
    assert_eq!(store.level(TOKENS, START).capacity, 20.0, "{rule:?}");
}

fn prepays_no_more_than_there_is(store: &mut dyn Store, rule: RateAlgorithm) {
    for index in [TOKENS, SLOTS] {
        let prepaid = store.prepay(index, START);
        assert!(prepaid >= 0.0 && prepaid <= available(store, index), "{rule:?}: {prepaid}");
    }
    assert_eq!(store.try_take(&[take(TOKENS, 10.0), take(SLOTS, 2.0)], &[], START), Ok(()));
    for index in [TOKENS, SLOTS] {
        assert_eq!(store.prepay(index, START), 0.0, "{rule:?}: nothing is left");
    }
}

fn keeps_what_is_set_aside(store: &mut dyn Store, rule: RateAlgorithm) {
    let aside = [take(TOKENS, 6.0), take(SLOTS, 1.0)];
    match aside.map(|take| store.set_aside(take)) {
        [true, true] => {}
        can => return assert_eq!(can, [false, false], "{rule:?}: all limits or none"),
    }
    let later = START + SECOND * 2;
    for (at, index, free) in [(START, TOKENS, 4.0), (later, TOKENS, 4.0), (later, SLOTS, 1.0)] {
        let level = store.level(index, at);
        assert_eq!(level.available, free, "{rule:?}: however long it lasts");
        let more = store.try_take(&[take(index, free + 1.0)], &[], at);
        let fit = more.expect_err("so much is not free").fit;
        assert_eq!(fit, Fit::WhenReleased, "{rule:?}: it depends on who holds it");
    }
    aside.into_iter().for_each(|take| store.put_back(take));
    let all = [take(TOKENS, 10.0), take(SLOTS, 2.0)];
    assert_eq!(store.try_take(&all, &[], later), Ok(()), "{rule:?}: it is free again");
}
