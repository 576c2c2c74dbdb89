//! What a script does, in sync and in async code.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use super::{FakeClock, Script, ScriptedFault};

#[test]
fn steps_are_played_once_each_and_then_the_default() {
    let script = Script::new(0).ok(1).fail("no").ok(2);
    let played: Vec<_> = (0..5).map(|_| script.call()).collect();
    assert_eq!(played, [Ok(1), Err(ScriptedFault::new("no")), Ok(2), Ok(0), Ok(0)]);
    assert_eq!((script.calls(), script.remaining()), (5, 0));
}

#[test]
fn clones_share_the_steps() {
    let script = Script::new(0).ok(1).ok(2);
    assert_eq!(script.clone().call(), Ok(1));
    assert_eq!(script.call(), Ok(2));
}

#[test]
fn a_panic_says_what_the_script_says() {
    let script = Script::new(()).panic("out of cheese");
    let caught = std::panic::catch_unwind(|| script.call());
    let payload = caught.unwrap_err();
    assert_eq!(payload.downcast_ref::<String>().unwrap(), "out of cheese");
    assert_eq!(script.call(), Ok(()));
}

#[test]
fn a_delay_lasts_on_the_fake_clock_and_belongs_to_the_next_outcome() {
    let fake = FakeClock::new();
    let script = Script::new(0).clock(fake.clock()).delay(Duration::from_secs(9)).fail("late");
    let mut context = Context::from_waker(Waker::noop());
    let mut call = pin!(script.call_async());
    assert_eq!(call.as_mut().poll(&mut context), Poll::Pending);
    fake.advance(Duration::from_secs(8));
    assert_eq!(call.as_mut().poll(&mut context), Poll::Pending);
    fake.advance(Duration::from_secs(1));
    assert_eq!(call.as_mut().poll(&mut context), Poll::Ready(Err(ScriptedFault::new("late"))));
    assert_eq!(script.call(), Ok(0));
}

#[test]
fn a_sync_call_waits_for_the_fake_clock_too() {
    let fake = FakeClock::new();
    let script = Script::new(0).clock(fake.clock()).delay(Duration::from_secs(3600)).ok(7);
    let caller = std::thread::spawn(move || script.call());
    fake.wait_for_sleepers(1);
    fake.advance(Duration::from_secs(3600));
    assert_eq!(caller.join().unwrap(), Ok(7));
}

#[test]
fn a_call_that_hangs_holds_up_no_other() {
    let script = Script::new(0).hang();
    let mut context = Context::from_waker(Waker::noop());
    let mut call = pin!(script.call_async());
    assert_eq!(call.as_mut().poll(&mut context), Poll::Pending);
    assert_eq!(script.call(), Ok(0));
    assert_eq!(call.as_mut().poll(&mut context), Poll::Pending);
}
