//! How a bar ends.

use std::panic::{AssertUnwindSafe, catch_unwind};

use concurry_time::FakeClock;

use super::Log;
use crate::progress::{Progress, ProgressBar, State};

#[test]
fn an_iterator_run_to_its_end_succeeds() {
    let mut items = ProgressBar::new(0..3).silent(true);
    let bar = items.bar().clone();
    assert_eq!(items.by_ref().count(), 3);
    assert_eq!((bar.position(), bar.state()), (3, State::Succeeded));
}

#[test]
fn leaving_a_loop_early_stops_the_bar() {
    let mut items = ProgressBar::new(0..10).silent(true);
    let bar = items.bar().clone();
    for item in items {
        if item == 3 {
            break;
        }
    }
    assert_eq!((bar.position(), bar.state()), (4, State::Stopped));
}

#[test]
fn taking_all_items_without_asking_for_more_succeeds() {
    let mut items = ProgressBar::new(0..3).silent(true);
    let bar = items.bar().clone();
    assert_eq!(items.take(3).count(), 3);
    assert_eq!((bar.position(), bar.state()), (3, State::Succeeded));
}

#[test]
fn a_panicking_source_fails_the_bar_and_goes_on_up() {
    let (log, fake) = (Log::default(), FakeClock::new());
    let source = (0..5).inspect(|item| assert!(*item < 2, "the source broke"));
    let items = ProgressBar::new(source).desc("src").target(&log.target(&fake));
    let panic = catch_unwind(AssertUnwindSafe(|| items.count())).unwrap_err();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"the source broke"));
    assert_eq!(log.lines(), ["src  40% 2/5 [00:00] failed"]);
}

#[test]
fn a_panic_in_the_loop_does_not_count_its_item() {
    let mut items = ProgressBar::new(0..5).silent(true);
    let bar = items.bar().clone();
    let panic = catch_unwind(AssertUnwindSafe(|| items.for_each(|item| assert!(item < 2))));
    assert!(panic.is_err());
    assert_eq!((bar.position(), bar.state()), (2, State::Failed));
}

#[test]
fn a_dropped_bar_is_stopped_or_complete() {
    let (log, fake) = (Log::default(), FakeClock::new());
    let target = log.target(&fake);
    for done in [1, 2] {
        let bar = Progress::new().total(2).target(&target).start();
        let other = bar.clone();
        bar.update(done);
        drop(bar);
        other.set_desc("x");
    }
    assert_eq!(log.lines(), ["x  50% 1/2 [00:00] stopped", "x 100% 2/2 [00:00] done"]);
}

#[test]
fn only_the_first_end_counts() {
    let (log, fake) = (Log::default(), FakeClock::new());
    let bar = Progress::from("up").target(&log.target(&fake)).start();
    bar.failure("no\nconnection");
    bar.success("never mind");
    bar.update(1);
    bar.refresh();
    drop(bar);
    assert_eq!(log.lines(), ["[no connection] up 0 [00:00] failed"]);
}

#[test]
fn failed_calls_are_told_in_every_end() {
    let (log, fake) = (Log::default(), FakeClock::new());
    let target = log.target(&fake);
    for end in [ProgressBar::success, ProgressBar::stop, ProgressBar::failure] {
        let tally = Progress::new().unit("calls").target(&target).tally(None);
        tally.record(2, 1);
        let _retrying = tally.retrying();
        end(tally.bar(), "");
    }
    assert_eq!(
        log.lines(),
        [
            "3 [00:00] done, 1 failed, 1 retrying",
            "3 [00:00] stopped, 1 failed, 1 retrying",
            "3 [00:00] 1 failed, 1 retrying",
        ]
    );
}
