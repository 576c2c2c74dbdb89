//! Races on virtual time: failover, buckets, time-outs, suspension and recovery.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicI32, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use concurry_time::{FakeClock, block_on};

use super::*;
use crate::virtual_time::{SECOND, drive};

/// A model that answers after some seconds, or fails; a test changes it between calls.
#[derive(Clone)]
struct Model {
    fake: FakeClock,
    behaviour: Arc<Mutex<(u32, bool)>>,
    calls: Arc<AtomicU32>,
    running: Arc<AtomicI32>,
}

impl Model {
    fn new(fake: &FakeClock, seconds: u32, works: bool) -> Self {
        let behaviour = Arc::new(Mutex::new((seconds, works)));
        let (calls, running) = (Arc::default(), Arc::default());
        Self { fake: fake.clone(), behaviour, calls, running }
    }

    fn set(&self, seconds: u32, works: bool) {
        *self.behaviour.lock().unwrap() = (seconds, works);
    }

    fn calls(&self) -> u32 {
        self.calls.load(Ordering::SeqCst)
    }

    fn ask(
        &self,
        name: &'static str,
    ) -> impl Fn(String) -> std::pin::Pin<Box<dyn Future<Output = Result<String, String>> + Send>>
    + Send
    + Sync
    + 'static {
        struct Guard(Arc<AtomicI32>);
        impl Drop for Guard {
            fn drop(&mut self) {
                self.0.fetch_sub(1, Ordering::SeqCst);
            }
        }
        let model = self.clone();
        move |question| {
            model.calls.fetch_add(1, Ordering::SeqCst);
            model.running.fetch_add(1, Ordering::SeqCst);
            let guard = Guard(Arc::clone(&model.running));
            let (seconds, works) = *model.behaviour.lock().unwrap();
            let clock = model.fake.clock();
            Box::pin(async move {
                let _guard = guard;
                clock.sleep(SECOND * seconds).await;
                if works {
                    Ok(format!("{name} on {question}"))
                } else {
                    Err(format!("{name} is ill"))
                }
            })
        }
    }
}

struct Course {
    fake: FakeClock,
    a: Model,
    b: Model,
    race: Race<String, String, String>,
}

fn course(
    options: impl FnOnce(RaceBuilder<String, String, String>) -> RaceBuilder<String, String, String>,
) -> Course {
    let fake = FakeClock::new();
    let (a, b) = (Model::new(&fake, 1, true), Model::new(&fake, 2, true));
    let builder = Race::builder()
        .max_failures(2)
        .suspend_for(4 * SECOND, 60 * SECOND)
        .candidate("a", a.ask("a"))
        .candidate("b", b.ask("b"))
        .clock(&fake.clock());
    let race = options(builder).build().unwrap();
    Course { fake, a, b, race }
}

impl Course {
    fn ask(&self, buckets: &[&[&str]]) -> (Result<String, RaceError<String, String>>, Vec<u64>) {
        drive(&self.fake, self.race.call("x".to_owned(), buckets))
    }
}

#[test]
fn a_failure_goes_on_to_the_next_candidate_of_the_bucket() {
    let course = course(|race| race);
    course.a.set(1, false);
    let (answer, waits) = course.ask(&[&["a", "b"]]);
    assert_eq!((answer.unwrap(), waits), ("b on x".to_owned(), vec![1, 2]));
}

#[test]
fn the_faster_bucket_wins_and_the_loser_is_dropped() {
    let course = course(|race| race);
    let (answer, waits) = course.ask(&[&["b"], &["a"]]);
    assert_eq!((answer.unwrap(), waits), ("a on x".to_owned(), vec![1]));
    assert_eq!(course.b.running.load(Ordering::SeqCst), 0);
    assert_eq!((course.fake.sleepers(), course.race.suspended().len()), (0, 0));
}

#[test]
fn a_slow_candidate_is_left_for_the_next() {
    let course = course(|race| race.timeout("a", 3 * SECOND));
    course.a.set(30, true);
    let (answer, waits) = course.ask(&[&["a", "b"]]);
    assert_eq!((answer.unwrap(), waits), ("b on x".to_owned(), vec![3, 2]));
}

#[test]
fn an_answer_that_is_not_accepted_counts_as_a_failure() {
    let course = course(|race| race.until(|answer: &String| answer.starts_with('b')));
    assert_eq!(course.ask(&[&["a"], &["b"]]).0.unwrap(), "b on x");
    let error = course.ask(&[&["a"]]).0.unwrap_err();
    assert_eq!(error.to_string(), "all candidates failed: a: the result failed check 1");
}

#[test]
fn who_fails_twice_sits_out_twice_as_long_each_time_and_recovers() {
    let course = course(|race| race);
    course.a.set(0, false);
    let left = || course.race.suspended().first().map(|suspended| suspended.time_left);
    for _ in 0..2 {
        assert!(course.ask(&[&["a"]]).0.is_err());
    }
    assert_eq!(left(), Some(4 * SECOND));
    course.fake.advance(3 * SECOND);
    let error = course.ask(&[&["a"]]).0.unwrap_err();
    assert!(matches!(error, RaceError::AllSuspended { retry_after } if retry_after == SECOND));
    assert_eq!(course.ask(&[&["a", "b"]]).0.unwrap(), "b on x");
    assert_eq!(course.a.calls(), 2, "whoever sits out is not called");
    assert_eq!(left(), None, "two seconds passed meanwhile");
    assert!(course.ask(&[&["a"]]).0.is_err());
    assert_eq!(left(), Some(8 * SECOND));
    course.fake.advance(8 * SECOND);
    course.a.set(0, true);
    assert_eq!(course.ask(&[&["a"]]).0.unwrap(), "a on x");
    course.a.set(0, false);
    assert!(course.ask(&[&["a"]]).0.is_err());
    assert_eq!(left(), None, "the success has wiped the slate");
}

#[test]
fn who_was_not_tried_is_named_with_the_time_left() {
    let course = course(|race| race);
    course.a.set(0, false);
    course.b.set(1, false);
    for _ in 0..2 {
        assert!(course.ask(&[&["a"]]).0.is_err());
    }
    let error = course.ask(&[&["a", "b"], &["a"]]).0.unwrap_err();
    assert_eq!(
        error.to_string(),
        "all candidates that were tried failed: b: b is ill; a is suspended, and back in 3.0s"
    );
    let RaceError::AllFailed { failures, suspended } = error else { panic!("{error:?}") };
    let left = [Suspended { candidate: "a".into(), time_left: 3 * SECOND }];
    assert_eq!((failures.len(), &suspended[..]), (1, &left[..]));
    let error = course.ask(&[&["b"]]).0.unwrap_err();
    assert_eq!(error.to_string(), "all candidates failed: b: b is ill");
}

#[test]
fn a_call_may_wait_for_the_first_to_come_back() {
    let course = course(|race| race.when_all_suspended(AllSuspended::WaitForFirst));
    course.a.set(0, false);
    for _ in 0..2 {
        assert!(course.ask(&[&["a"]]).0.is_err());
    }
    course.a.set(0, true);
    let (answer, waits) = course.ask(&[&["a"]]);
    assert_eq!((answer.unwrap(), waits), ("a on x".to_owned(), vec![4]));
}

#[test]
fn suspension_can_be_lifted_by_hand() {
    let course = course(|race| race);
    course.a.set(0, false);
    for _ in 0..2 {
        assert!(course.ask(&[&["a"]]).0.is_err());
    }
    assert!(course.race.reactivate("a"));
    assert!(!course.race.reactivate("nobody"));
    assert!(course.race.suspended().is_empty());
}

#[test]
fn who_is_let_in_by_hand_is_asked_by_those_who_wait() {
    struct Told(AtomicU32);
    impl Wake for Told {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
    let course = course(|race| race.when_all_suspended(AllSuspended::WaitForFirst));
    course.a.set(0, false);
    for _ in 0..2 {
        assert!(course.ask(&[&["a"]]).0.is_err());
    }
    course.a.set(0, true);
    let told = Arc::new(Told(AtomicU32::new(0)));
    let waker = Waker::from(Arc::clone(&told));
    let mut context = Context::from_waker(&waker);
    let mut waits = course.race.call("x".into(), &[&["a"]]);
    let mut leaves = course.race.call("x".into(), &[&["a"]]);
    assert!(Pin::new(&mut waits).poll(&mut context).is_pending());
    assert!(Pin::new(&mut leaves).poll(&mut context).is_pending());
    drop(leaves);
    assert!(course.race.reactivate("a"));
    assert_eq!(told.0.load(Ordering::Relaxed), 1, "who has left is not told");
    assert!(matches!(Pin::new(&mut waits).poll(&mut context), Poll::Ready(Ok(_))));
}

#[test]
fn calls_at_the_same_time_keep_their_own_arguments() {
    let course = course(|race| race);
    let calls: Vec<_> = (0..20)
        .map(|number| course.race.call(number.to_string(), &[&["a"], &["b"]]))
        .map(Box::pin)
        .collect();
    let joined = async move {
        let mut answers = Vec::new();
        for call in calls {
            answers.push(call.await.unwrap());
        }
        answers
    };
    let expected: Vec<_> = (0..20).map(|number| format!("a on {number}")).collect();
    assert_eq!(drive(&course.fake, joined).0, expected);
}

#[test]
fn dropping_a_call_drops_its_candidates_and_harms_nobodys_health() {
    let course = course(|race| race.max_failures(1).timeout_all(9 * SECOND));
    let mut call = Box::pin(course.race.call("x".to_owned(), &[&["a"], &["b"]]));
    assert!(call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    drop(call);
    let running = [&course.a, &course.b].map(|model| model.running.load(Ordering::SeqCst));
    assert_eq!((running, course.fake.sleepers()), ([0, 0], 0));
    assert!(course.race.suspended().is_empty());
}

#[test]
fn names_that_are_not_there_are_told_before_anything_starts() {
    let course = course(|race| race);
    let error = course.ask(&[&["a"], &["c"]]).0.unwrap_err();
    assert_eq!(error.to_string(), "no candidate is named \"c\"; there are: a, b");
    assert!(matches!(course.ask(&[]).0, Err(RaceError::NoCandidates)));
    assert!(matches!(course.ask(&[&[], &[]]).0, Err(RaceError::NoCandidates)));
    assert_eq!(course.a.calls(), 0);
}

#[test]
fn options_that_make_no_sense_are_named() {
    let one = || {
        let answer = |question: u8| async move { Ok::<_, u8>(question) };
        Race::<u8, u8, u32>::builder().candidate("a", answer)
    };
    let message = |builder: RaceBuilder<u8, u8, u32>| builder.build().unwrap_err().to_string();
    assert_eq!(message(Race::builder()), "a race needs at least one candidate");
    assert!(message(one().max_failures(0)).contains("max_failures"));
    assert!(message(one().timeout("b", SECOND)).contains("the candidates are: a"));
    assert!(message(one().timeout("a", Duration::ZERO)).contains("timeout"));
    assert!(message(one().candidate("a", |_| async { Ok::<_, u8>(1) })).contains("two candidates"));
    assert_eq!(block_on(one().build().unwrap().call(7, &[&["a"]])).unwrap(), 7);
}
