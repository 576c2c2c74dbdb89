//! The floors compute what they should, under every way of waiting and leaving.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::blocks::Blocks;
use super::limiter::{CountedPermits, Reservations};
use super::mailbox::Mailbox;
use crate::pool::Counter;

const CALLS: u64 = 20_000;

#[test]
fn every_mailbox_call_returns_its_own_result_with_any_number_of_workers() {
    for (workers, doublings) in [(1, 0), (1, 6), (2, 0), (2, 6), (5, 3)] {
        let mailbox = Mailbox::start(workers, doublings, Counter::default);
        let submit = |x| (x, mailbox.submit(move |counter: &mut Counter| counter.add(x)));
        let replies: Vec<_> = (0..CALLS).map(submit).collect();
        for (x, reply) in replies {
            assert_eq!(reply.wait(), x);
        }
    }
}

#[test]
fn one_mailbox_takes_calls_from_several_threads_and_keeps_its_state() {
    let mailbox = Mailbox::start(1, 0, || 0_u64);
    thread::scope(|scope| {
        for _ in 0..4 {
            let mailbox = mailbox.clone();
            scope.spawn(move || {
                for _ in 0..CALLS {
                    mailbox.submit(|count: &mut u64| *count += 1).wait();
                }
            });
        }
    });
    assert_eq!(mailbox.submit(|count: &mut u64| *count).wait(), 4 * CALLS);
}

#[test]
fn a_mailbox_runs_what_was_submitted_before_it_was_dropped_and_frees_every_result_once() {
    struct Counted(Arc<AtomicUsize>);
    impl Drop for Counted {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
    let dropped = Arc::new(AtomicUsize::new(0));
    let mailbox = Mailbox::start(2, 0, || ());
    let mut kept = Vec::new();
    for x in 0..CALLS {
        let counted = Counted(Arc::clone(&dropped));
        let reply = mailbox.submit(move |()| counted);
        match x % 3 {
            0 => drop(reply.wait()),
            1 => drop(reply),
            _ => kept.push(reply),
        }
    }
    drop(mailbox);
    drop(kept);
    assert_eq!(dropped.load(Ordering::Relaxed), usize::try_from(CALLS).expect("it is small"));
}

#[test]
fn closures_and_results_of_any_size_and_alignment_share_a_node() {
    #[repr(align(64))]
    #[derive(Clone, Copy)]
    struct Wide([u8; 100]);
    let mailbox = Mailbox::start(1, 0, || ());
    let wide = Wide([9; 100]);
    assert_eq!(mailbox.submit(move |()| wide.0[99]).wait(), 9);
    let wide = mailbox.submit(|()| Wide([7; 100])).wait();
    assert_eq!((wide.0[0], wide.0[99]), (7, 7));
    let text = "text".to_owned();
    assert_eq!(mailbox.submit(move |()| text + "!").wait(), "text!");
}

#[test]
fn every_block_call_returns_its_own_result_with_any_number_of_workers() {
    for (workers, doublings) in [(1, 0), (1, 6), (2, 0), (2, 6), (5, 3)] {
        let blocks = Blocks::start(workers, doublings, Counter::default, Counter::add);
        let replies: Vec<_> = (0..CALLS).map(|x| (x, blocks.submit(x))).collect();
        for (x, reply) in replies {
            assert_eq!(reply.wait(), x);
        }
    }
}

#[test]
fn block_calls_waited_for_one_by_one_park_and_wake_both_sides() {
    let blocks = Blocks::start(1, 0, Counter::default, Counter::add);
    for x in 0..2_000 {
        assert_eq!(blocks.submit(x).wait(), x);
    }
}

#[test]
fn block_replies_outlive_their_workers_and_may_be_dropped_unread() {
    let blocks = Blocks::start(2, 0, Counter::default, Counter::add);
    let mut replies: Vec<_> = (0..CALLS).map(|x| (x, blocks.submit(x))).collect();
    replies.retain(|(x, _)| x % 3 == 0);
    drop(blocks);
    for (x, reply) in replies {
        assert_eq!(reply.wait(), x);
    }
}

#[test]
fn counted_permits_end() {
    let permits = CountedPermits::new(2);
    assert_eq!([(); 3].map(|()| permits.try_acquire()), [true, true, false]);
}

#[test]
fn reservations_grant_the_burst_at_once_and_then_one_permit_an_interval() {
    let limiter = Reservations::new(1, 3);
    assert_eq!([(); 3].map(|()| limiter.reserve()), [None; 3]);
    let fourth = limiter.reserve().expect("the burst is used up");
    let fifth = limiter.reserve().expect("the burst is used up");
    assert_eq!((fifth - fourth).as_secs(), 1);
    assert!(!limiter.try_acquire());
}
