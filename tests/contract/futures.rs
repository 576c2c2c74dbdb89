//! The unified future.

use std::sync::mpsc;
use std::time::Duration;

use concurry::prelude::*;
use concurry::{Cancel, Timeout};
use futures_util::future::join_all;
use futures_util::stream::{FuturesUnordered, StreamExt};

use crate::llm::{LlmError, Other, llm};

#[test]
fn a_future_can_be_looked_at_waited_for_and_watched() {
    let llm = llm(Mode::Thread);
    let mut future = llm.call_llm("What is AI?".into());
    let (heard, hear) = mpsc::channel();
    future.on_done(move |outcome| match outcome {
        Ok(text) => heard.send(text.clone()).unwrap(),
        Err(error) => heard.send(error.to_string()).unwrap(),
    });
    let text = future.result_timeout(Duration::from_secs(60)).unwrap();
    assert_eq!(hear.recv().unwrap(), text);
    assert!(future.is_done());
}

#[test]
fn a_wait_that_times_out_leaves_the_future_usable() {
    let (release, released) = mpsc::channel::<()>();
    let pool = TaskPool::new(Mode::Thread, 1).unwrap();
    let mut future = pool.submit(move || released.recv().is_ok());
    let error = future.result_timeout(Duration::from_millis(1)).unwrap_err();
    assert!(matches!(error, CallError::TimedOut(Timeout::Wait)), "{error}");
    release.send(()).unwrap();
    assert!(future.result().unwrap());
}

#[test]
fn a_cancel_says_what_it_achieved() {
    let (release, released) = mpsc::channel::<()>();
    let pool = TaskPool::new(Mode::Thread, 1).unwrap();
    let (begun, begin) = mpsc::channel();
    let mut running = pool.submit(move || {
        begun.send(()).unwrap();
        released.recv().is_ok()
    });
    begin.recv().unwrap();
    let mut queued = pool.submit(|| ());
    assert_eq!(queued.cancel(), Cancel::Dequeued);
    assert_eq!(running.cancel(), Cancel::Signalled);
    release.send(()).unwrap();
    let mut done = pool.submit(|| ());
    pool.submit(|| ()).result().unwrap();
    assert_eq!(done.cancel(), Cancel::TooLate);
}

#[tokio::test]
async fn a_pipeline_blocks_no_thread_in_between() {
    let (llm, other) = (llm(Mode::Thread), Other::options(Mode::Thread, 1).init(Other).unwrap());
    let summarise = other.clone();
    let future = llm.call_llm("AI".into()).and_then(move |text| summarise.summarise(text));
    assert_eq!(future.await.unwrap(), "tiny at 0.5 about AI".len());
    // A method that can't fail joins a pipeline that can.
    let echoed = other.echo("AI".into()).fallible::<LlmError>();
    let asked = echoed.and_then(move |text| llm.call_llm(text)).map_ok(|text| text.len());
    assert_eq!(asked.await.unwrap(), "tiny at 0.5 about AI".len());
}

#[test]
fn the_methods_own_error_is_kept() {
    let llm = llm(Mode::Thread);
    let error = llm.call_llm(String::new()).result().unwrap_err();
    assert_eq!(error.failure(), Some(&LlmError("nothing asked".to_owned())));
    let failed: Result<(), anyhow::Error> = (|| {
        llm.call_llm(String::new()).result()?;
        Ok(())
    })();
    assert!(failed.unwrap_err().downcast_ref::<CallError<LlmError>>().is_some());
}

#[tokio::test]
async fn futures_of_others_just_work_on_it() {
    let llm = llm(Mode::Async);
    let ask = |prompt: &str| llm.call_llm(prompt.to_owned());
    let joined = join_all(["a", "b"].map(ask)).await;
    assert!(joined.iter().all(Result::is_ok));
    let unordered: FuturesUnordered<_> = ["a", "b"].map(ask).into_iter().collect();
    assert_eq!(unordered.collect::<Vec<_>>().await.len(), 2);
    let timely = tokio::time::timeout(Duration::from_secs(60), ask("a")).await;
    assert!(timely.unwrap().is_ok());
    let first = tokio::select! {
        answer = ask("a") => answer,
        answer = ask("b") => answer,
    };
    assert!(first.is_ok());
}

#[test]
fn call_errors_are_send_and_sync_when_the_methods_error_is() {
    fn check<T: std::error::Error + Send + Sync + 'static>() {}
    check::<CallError<LlmError>>();
}
