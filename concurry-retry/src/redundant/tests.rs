//! Redundant execution on virtual time.

use std::cell::Cell;
use std::future::{Future, IntoFuture, pending, ready};
use std::task::{Context, Poll, Waker};

use concurry_time::{FakeClock, block_on};

use super::*;
use crate::virtual_time::{SECOND, drive};

/// Counts the copies that exist.
struct Alive<'c>(&'c Cell<i32>);

impl<'c> Alive<'c> {
    fn new(count: &'c Cell<i32>) -> Self {
        count.set(count.get() + 1);
        Self(count)
    }
}

impl Drop for Alive<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

#[test]
fn the_first_success_wins_and_the_other_copies_are_dropped() {
    let (fake, alive, started) = (FakeClock::new(), Cell::new(0), Cell::new(0));
    let clock = fake.clock();
    let run = redundant(3, || {
        started.set(started.get() + 1);
        let (number, alive, clock) = (started.get(), Alive::new(&alive), clock.clone());
        async move {
            let _alive = alive;
            clock.sleep(SECOND * [9, 4, 6][number - 1]).await;
            Ok::<_, &str>(number)
        }
    });
    let (won, waits) = drive(&fake, run.clock(&clock).into_future());
    assert_eq!((won.unwrap(), waits, alive.get(), fake.sleepers()), (2, vec![4], 0, 0));
}

#[test]
fn the_losers_are_gone_before_the_answer_is_handed_out() {
    let (alive, started) = (Cell::new(0), Cell::new(0));
    let run = redundant(2, || {
        started.set(started.get() + 1);
        let (first, alive) = (started.get() == 1, Alive::new(&alive));
        async move {
            let _alive = alive;
            if first {
                pending::<()>().await
            }
            Ok::<_, &str>("second")
        }
    });
    let mut future = Box::pin(run.into_future());
    let answer = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert!(matches!(answer, Poll::Ready(Ok("second"))));
    assert_eq!(alive.get(), 0);
}

#[test]
fn a_failed_copy_leaves_the_others_their_chance() {
    let (fake, started) = (FakeClock::new(), Cell::new(0));
    let clock = fake.clock();
    let run = redundant(2, || {
        started.set(started.get() + 1);
        let (number, clock) = (started.get(), clock.clone());
        async move {
            clock.sleep(SECOND * number).await;
            if number == 1 { Err("lost") } else { Ok(number) }
        }
    });
    let (won, waits) = drive(&fake, run.clock(&clock).into_future());
    assert_eq!((won.unwrap(), waits), (2, vec![1, 1]));
}

#[test]
fn a_value_that_is_not_accepted_does_not_win() {
    let number = Cell::new(0);
    let run = redundant(3, || {
        number.set(number.get() + 1);
        ready(Ok::<_, &str>(number.get()))
    });
    assert_eq!(block_on(run.until(|number| *number > 2).into_future()).unwrap(), 3);
}

#[test]
fn all_failures_are_collected_when_no_copy_succeeds() {
    let number = Cell::new(0);
    let run = redundant(3, || {
        number.set(number.get() + 1);
        ready(Err::<(), _>(number.get()))
    });
    let error = block_on(run.into_future()).unwrap_err();
    assert_eq!(error.to_string(), "all 3 copies failed, the last with: 3");
    let copies: Vec<_> = error.failures().records().iter().map(|record| record.attempt).collect();
    assert_eq!(copies, [1, 2, 3]);
    assert_eq!(error.into_last_error(), Some(3));
}

#[test]
fn an_error_that_every_copy_would_meet_ends_the_call() {
    let (fake, alive, started) = (FakeClock::new(), Cell::new(0), Cell::new(0));
    let clock = fake.clock();
    let run = redundant(3, || {
        started.set(started.get() + 1);
        let (number, alive, clock) = (started.get(), Alive::new(&alive), clock.clone());
        async move {
            let _alive = alive;
            clock.sleep(SECOND * number).await;
            Err::<(), _>("denied")
        }
    });
    let run = run.tolerate_if(|error| *error != "denied").clock(&clock);
    let (failed, waits) = drive(&fake, run.into_future());
    assert_eq!((failed.unwrap_err().failures().count(), waits, alive.get()), (1, vec![1], 0));
}

#[test]
fn no_copies_is_an_error_that_says_so() {
    let error = block_on(redundant(0, || ready(Ok::<_, &str>(1))).into_future()).unwrap_err();
    assert_eq!(error.to_string(), "no copy was asked for: ask for at least 1");
}

#[test]
fn dropping_the_call_drops_every_copy() {
    let (fake, alive) = (FakeClock::new(), Cell::new(0));
    let clock = fake.clock();
    let run = redundant(2, || {
        let (alive, clock) = (Alive::new(&alive), clock.clone());
        async move {
            let _alive = alive;
            clock.sleep(SECOND).await;
            Ok::<_, &str>(())
        }
    });
    let mut future = Box::pin(run.clock(&clock).into_future());
    assert!(future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    assert_eq!((alive.get(), fake.sleepers()), (2, 2));
    drop(future);
    assert_eq!((alive.get(), fake.sleepers()), (0, 0));
}
