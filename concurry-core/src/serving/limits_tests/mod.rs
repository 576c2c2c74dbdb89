//! What workers and the desks that answer them say to each other, and what becomes of leases.

mod side;
mod storm;

use std::time::Duration;

use concurry_limits::remote::{RemoteRequest, TERM, Wait};
use concurry_time::FakeClock;

use super::leases::Leases;
use crate::wire::limits::{AfterUseText, DIRECT, GrantText, LeaseText, LimitRequest};
use side::{Side, free, set};

#[test]
fn who_asks_once_gets_one() {
    let fake = FakeClock::new();
    let set = set(&fake);
    let mut side = Side::new(&set, &fake);
    for key in ["slots", "tokens", "slots", "tokens"] {
        assert_eq!(side.take_and_drop(key, 1), 2, "asked for, and dropped");
        fake.advance(TERM * 2);
    }
    assert_eq!(free(&set)[0], 8.0);
    assert_eq!(fake.sleepers(), 0);
}

#[test]
fn who_asks_again_and_again_is_lent_more_and_more() {
    let fake = FakeClock::new();
    let set = set(&fake);
    let mut side = Side::new(&set, &fake);
    let sent: Vec<_> = (0..16).map(|_| side.take_and_drop("tokens", 1)).collect();
    // Two by themselves; then blocks of two, four and eight, which are told of by the next request.
    assert_eq!(sent, [2, 2, 1, 0, 2, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(free(&set)[1], 44.0, "whether used or lent");
    side.end_leases();
    side.settle();
    fake.advance(Duration::from_secs(1));
    assert_eq!(free(&set), [8.0, 60.0]);
}

#[test]
fn a_resource_is_used_again_without_a_word() {
    let fake = FakeClock::new();
    let set = set(&fake);
    let mut side = Side::new(&set, &fake);
    let sent: Vec<_> = (0..9).map(|_| side.take_and_drop("slots", 4)).collect();
    assert_eq!(sent, [2, 1, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(free(&set)[0], 4.0);
    // Until the term is over, on the pool's clock.
    fake.advance(TERM - Duration::from_nanos(1));
    side.settle();
    assert_eq!(free(&set)[0], 4.0);
    fake.advance(Duration::from_nanos(1));
    side.settle();
    assert_eq!(free(&set)[0], 8.0, "nobody used it");
    assert_eq!(fake.sleepers(), 0, "and there is no timer");
}

#[test]
fn what_is_in_use_outlasts_its_lease() {
    let fake = FakeClock::new();
    let set = set(&fake);
    let mut side = Side::new(&set, &fake);
    for key in ["slots", "tokens", "tokens"] {
        side.take_and_drop(key, 1);
    }
    assert!(!side.ask("slots", 1) && !side.ask("tokens", 1), "they are asked for");
    side.settle();
    assert_eq!((side.held.len(), free(&set)), (2, [7.0, 56.0]));
    fake.advance(TERM);
    side.settle();
    assert_eq!(free(&set), [7.0, 57.0], "the second token was not used");
    // They are now permits like any others.
    let (mut token, _) = side.held.pop().unwrap();
    token.refund().unwrap();
    side.drop_all();
    drop(token);
    side.settle();
    assert_eq!(free(&set), [8.0, 58.0]);
}

#[test]
fn a_lent_permit_is_settled_like_any_other() {
    let fake = FakeClock::new();
    let set = set(&fake);
    let mut side = Side::new(&set, &fake);
    side.take_and_drop_twice("tokens", 5);
    assert_eq!(free(&set)[1], 50.0);
    for (used, left) in [(2, 43.0), (9, 39.0)] {
        side.ask("tokens", 5);
        side.settle();
        let (mut permit, _) = side.held.pop().unwrap();
        permit.update([("tokens", used)]).unwrap();
        drop(permit);
        side.settle();
        assert_eq!(free(&set)[1], left, "used, and five that are lent or were used: {used}");
    }
}

#[test]
fn who_waits_gets_what_another_worker_does_not_use() {
    let fake = FakeClock::new();
    let set = set(&fake);
    let [mut one, mut other] = [Side::new(&set, &fake), Side::new(&set, &fake)];
    one.take_and_drop_twice("slots", 4);
    assert_eq!(free(&set)[0], 4.0, "half of them are lent");
    other.ask("slots", 8);
    other.settle();
    assert!(other.held.is_empty());
    one.settle();
    other.settle();
    assert_eq!(other.held.len(), 1, "no time had to pass");
}

#[test]
fn a_worker_does_not_stand_in_its_own_way() {
    let fake = FakeClock::new();
    let set = set(&fake);
    let mut side = Side::new(&set, &fake);
    side.take_and_drop_twice("slots", 4);
    // As a try is made, which does not wait for anything.
    let hurried = side.limits.exact().acquire([("slots", 8)]).timeout(Duration::ZERO);
    side.asked.push((hurried, 8));
    side.look(0);
    side.settle();
    assert_eq!(side.held.len(), 1);
}

#[test]
fn a_pause_by_a_worker_holds_for_what_it_was_lent() {
    let fake = FakeClock::new();
    let set = set(&fake);
    let mut side = Side::new(&set, &fake);
    side.take_and_drop_twice("slots", 1);
    side.limits.sets().for_each(|mirror| mirror.pause_for(Duration::from_secs(9)));
    assert!(!side.ask("slots", 1), "it has to ask");
    side.settle();
    assert!(side.held.is_empty());
    fake.advance(Duration::from_secs(9));
    side.settle();
    assert_eq!(side.held.len(), 1);
}

#[test]
fn an_answer_that_nobody_wants_any_more_lends_nothing() {
    let fake = FakeClock::new();
    let set = set(&fake);
    let mut side = Side::new(&set, &fake);
    // Dropped before it is answered, before the answer comes, and before the answer is looked at.
    for steps in 0..3 {
        side.take_and_drop("slots", 1);
        side.ask("slots", 1);
        if steps > 0 {
            assert!(side.deliver_up());
        }
        if steps > 1 {
            assert!(side.deliver_down());
        }
        side.asked.clear();
        side.settle();
        fake.advance(TERM);
        side.settle();
        assert_eq!(free(&set)[0], 8.0, "{steps}");
        fake.advance(TERM * 2);
    }
}

#[test]
fn what_is_recalled_before_it_is_known_is_given_back() {
    let amounts = vec![("slots".to_owned(), 1.0)];
    let request = RemoteRequest { scope: 0, amounts: amounts.clone(), wait: Wait::Forever };
    let (mut leases, mut told) = (Leases::default(), Vec::new());
    let mut tell = |number, message: &LimitRequest| told.push((number, format!("{message:?}")));
    let number = DIRECT | 7;
    leases.await_directly(number);
    leases.recalled(8, &mut tell);
    leases.recalled(number, &mut tell);
    assert!(leases.was_recalled(number));
    let text = LeaseText { count: 4, after_use: AfterUseText::Again };
    leases.open(number, request, (GrantText { set: 0, amounts }, text), 9);
    leases.recalled(number, &mut tell);
    leases.dropped(number, 9, &mut tell);
    assert!(leases.is_empty());
    let end = "EndLease { unused: 3, begun: [9] }".to_owned();
    assert_eq!(told, [(number, end), (9, "Release".to_owned())]);
}
