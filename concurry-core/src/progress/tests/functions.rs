//! A function in place of a bar.

use std::sync::mpsc;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use concurry_time::FakeClock;

use super::pass;
use crate::progress::{Progress, ProgressBar, State, Target};

#[test]
fn a_function_is_told_the_start_the_way_and_the_end() {
    let fake = FakeClock::new();
    let (seen, calls) = mpsc::channel();
    let target = Target::function(move |done, total, elapsed| {
        seen.send((done, total, elapsed.as_millis())).unwrap();
    })
    .with_clock(fake.clock());
    let bar = Progress::new().total(3).target(&target).start();
    bar.update(1);
    pass(&fake, Duration::from_millis(100));
    bar.update(2);
    bar.close();
    let calls: Vec<_> = calls.try_iter().collect();
    assert_eq!(calls, [(0, Some(3), 0), (1, Some(3), 100), (3, Some(3), 100)]);
}

#[test]
fn a_function_that_panics_is_left_alone() {
    let calls = Arc::new(Mutex::new(0));
    let progress = Progress::from({
        let calls = Arc::clone(&calls);
        move |_: u64, _: Option<u64>, _: Duration| {
            *calls.lock().unwrap() += 1;
            panic!("the function broke");
        }
    });
    assert_eq!(progress.over(0..5).count(), 5);
    assert_eq!(*calls.lock().unwrap(), 1, "at the start, and not at the end");
}

#[test]
fn a_function_may_end_its_own_bar() {
    let fake = FakeClock::new();
    let (own, calls) = (Arc::new(OnceLock::<ProgressBar>::new()), Arc::new(Mutex::new(0)));
    let target = Target::function({
        let (own, calls) = (Arc::clone(&own), Arc::clone(&calls));
        move |_, _, _| {
            *calls.lock().unwrap() += 1;
            if let Some(bar) = own.get() {
                bar.stop("enough");
            }
        }
    })
    .with_clock(fake.clock());
    let bar = Progress::new().target(&target).start();
    own.set(bar.clone()).unwrap();
    fake.wait_for_sleepers(1);
    fake.advance(Duration::from_millis(100));
    target.frames().wait_until_stopped();
    assert_eq!((bar.state(), *calls.lock().unwrap()), (State::Stopped, 3));
}
