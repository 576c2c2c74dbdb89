//! The numbers at the end are right.

use std::thread;

use concurry_time::FakeClock;

use super::Log;
use crate::progress::{Progress, ProgressBar, State};

#[test]
fn many_threads_move_one_bar_and_no_step_is_lost() {
    let (log, fake) = (Log::default(), FakeClock::new());
    let tally = Progress::new().target(&log.target(&fake)).tally(Some(80_000));
    thread::scope(|scope| {
        for _ in 0..8 {
            let tally = tally.clone();
            scope.spawn(move || {
                for call in 0..10_000 {
                    let _retrying = tally.retrying();
                    tally.record(u64::from(call % 10 != 0), u64::from(call % 10 == 0));
                }
            });
        }
    });
    tally.bar().success("");
    assert_eq!(log.lines(), ["100% 80,000/80,000 [00:00] done, 8,000 failed"]);
}

#[test]
fn no_items_are_all_items() {
    let (log, fake) = (Log::default(), FakeClock::new());
    let none: Vec<u8> = ProgressBar::new(Vec::new()).target(&log.target(&fake)).collect();
    assert!(none.is_empty());
    assert_eq!(log.lines(), ["100% 0/0 [00:00] done"]);
}

#[test]
fn the_total_may_be_wrong_in_either_direction() {
    let (log, fake) = (Log::default(), FakeClock::new());
    let target = log.target(&fake);
    assert_eq!(ProgressBar::new(0..7).total(5).target(&target).count(), 7);
    assert_eq!(ProgressBar::new(0..7).total(10).target(&target).count(), 7);
    assert_eq!(log.lines(), ["100% 7/5 [00:00] done", " 70% 7/10 [00:00] done"]);
}

#[test]
fn an_iterator_of_unknown_length_shows_its_count() {
    let (log, fake) = (Log::default(), FakeClock::new());
    let odd = (0..9).filter(|n| n % 2 == 1);
    assert_eq!(ProgressBar::new(odd).desc("odd").target(&log.target(&fake)).count(), 4);
    assert_eq!(log.lines(), ["odd 4 [00:00] done"]);
}

#[test]
fn position_and_total_can_be_set_on_the_way() {
    let bar = Progress::new().total(10).silent(true).start();
    bar.update(4);
    bar.set_position(2);
    bar.set_total(3);
    assert_eq!((bar.position(), bar.total()), (2, Some(3)));
    bar.set_total(None);
    assert_eq!(bar.total(), None);
    bar.set_total(2);
    bar.close();
    assert_eq!(bar.state(), State::Succeeded);
}

#[test]
fn what_an_earlier_run_did_counts_but_not_for_the_rate() {
    let (log, fake) = (Log::default(), FakeClock::new());
    let bar = Progress::new().initial(500).total(1_000).target(&log.target(&fake)).start();
    bar.update(20);
    fake.advance(std::time::Duration::from_secs(2));
    bar.stop("");
    let lines = log.lines();
    assert_eq!(lines.last().unwrap(), " 52% 520/1,000 [00:02, 10.0 items/s] stopped");
}

#[test]
fn the_length_is_kept_and_both_ends_can_be_taken() {
    let mut items = ProgressBar::new([1, 2, 3]).silent(true);
    assert_eq!(items.len(), 3);
    assert_eq!((items.next_back(), items.next(), items.len()), (Some(3), Some(1), 1));
    assert_eq!(items.bar().position(), 1, "an item counts when the next one is asked for");
    assert_eq!((items.next(), items.next()), (Some(2), None));
    assert_eq!((items.bar().position(), items.bar().state()), (3, State::Succeeded));
}

#[test]
fn a_bar_given_again_begins_anew_once_it_has_ended() {
    let (log, fake) = (Log::default(), FakeClock::new());
    let bar = Progress::from("first").target(&log.target(&fake)).start();
    bar.update(3);
    let tally = Progress::from(&bar).desc("still first").tally(Some(5));
    tally.record(2, 0);
    bar.close();
    let tally = Progress::from(&bar).desc("second").tally(Some(2));
    assert_eq!(bar.state(), State::Running);
    tally.record(1, 0);
    tally.bar().stop("Timeout");
    assert_eq!(
        log.lines(),
        ["still first 100% 5/5 [00:00] done", "[Timeout] second  50% 1/2 [00:00] stopped",]
    );
}
