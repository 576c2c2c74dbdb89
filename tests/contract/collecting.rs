//! Many futures at once.

use std::collections::HashMap;
use std::time::Duration;

use concurry::prelude::*;

use crate::llm::llm;

#[test]
fn futures_are_made_under_one_bar_and_collected_under_another() {
    let llm = llm(Mode::Thread);
    let prompts = ["one", "two"].map(String::from);
    let futures: Vec<_> = ProgressBar::new(&prompts)
        .desc("Submitting")
        .map(|prompt| llm.call_llm(prompt.clone()))
        .collect();
    let texts: Vec<String> = gather(futures).progress("Processing").results().unwrap();
    assert_eq!(texts, ["tiny at 0.5 about one", "tiny at 0.5 about two"]);
}

#[tokio::test]
async fn outcomes_come_in_order_or_as_they_are_completed() {
    let llm = llm(Mode::Thread);
    let futures = || ["one", "", "three"].map(|prompt| llm.call_llm(prompt.into()));
    let outcomes = gather(futures()).outcomes();
    assert_eq!(outcomes.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true]);
    let outcomes = gather(futures()).outcomes_async().await;
    assert_eq!(outcomes.len(), 3);
    let mut seen = [false; 3];
    for (index, outcome) in gather(futures()).as_completed() {
        assert_eq!(outcome.is_ok(), index != 1);
        seen[index] = true;
    }
    assert_eq!(seen, [true; 3]);
    assert!(gather(futures()).timeout(Duration::from_secs(60)).await.is_err());
}

#[test]
fn the_container_comes_back_with_results_in_it() {
    let llm = llm(Mode::Thread);
    let tasks: HashMap<&str, _> =
        ["one", "two"].into_iter().map(|name| (name, llm.call_llm(name.into()))).collect();
    let by_name: HashMap<&str, String> = gather_map(tasks).results().unwrap();
    assert_eq!(by_name["two"], "tiny at 0.5 about two");
}

#[tokio::test]
async fn a_wait_parts_the_done_from_the_pending() {
    let llm = llm(Mode::Thread);
    let futures = || vec![llm.call_llm("one".into()), llm.call_llm("two".into())];
    let limit = Duration::from_secs(60);
    let (done, pending) = wait(futures(), ReturnWhen::FirstCompleted).timeout(limit).partition();
    assert!(!done.is_empty());
    assert_eq!(done.len() + pending.len(), 2);
    let (done, pending) = wait(futures(), ReturnWhen::AllCompleted).await;
    assert_eq!((done.len(), pending.len()), (2, 0));
}

#[test]
fn a_map_is_lazy_and_bounded() {
    let llm = llm(Mode::Async);
    let prompts = (0..100).map(|number| number.to_string());
    let texts = llm
        .map(prompts, |llm, prompt| llm.call_llm(prompt))
        .in_flight(10)
        .progress("LLM")
        .results()
        .unwrap();
    assert_eq!(texts[99], "tiny at 0.5 about 99");
}
