//! The main job in small, against the loopback service.

use std::time::Duration;

use clap::Parser;

use super::*;

fn prompts(count: usize) -> Vec<Prompt> {
    let numbered = (0..count).map(|number| Prompt {
        id: format!("prompt-{number}"),
        prompt: format!("What is city number {number} known for? {}", "Go on. ".repeat(number % 4)),
    });
    numbered.collect()
}

/// Starts a pool, and keeps the service alive with it.
fn start(mode: Mode, options: &[&str]) -> (Option<Service>, ChatClientHandle) {
    let arguments = Arguments::parse_from(["llm_batch"].iter().chain(options));
    let (service, endpoint) = connect(&arguments).unwrap();
    let tier = pool::tier(&arguments).unwrap();
    let llm = pool::start(mode, &arguments, &tier, &endpoint).unwrap();
    (service, llm)
}

/// What the output file holds, without what depends on time.
fn answers(
    llm: &ChatClientHandle,
    prompts: &[Prompt],
) -> Vec<(String, Option<String>, Option<String>)> {
    let mut written = Vec::new();
    all_at_once(llm, 20, prompts, &mut OrderedLines::new(&mut written)).unwrap();
    let lines = String::from_utf8(written).unwrap();
    let lines = lines.lines().map(|line| {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let text = |key: &str| line[key].as_str().map(str::to_owned);
        (text("id").unwrap(), text("answer"), text("error"))
    });
    lines.collect()
}

#[test]
fn every_mode_writes_the_same_answers_in_the_order_of_the_prompts() {
    let prompts = prompts(30);
    let expected: Vec<_> = prompts.iter().map(|prompt| prompt.id.as_str()).collect();
    let [first, rest @ ..] = [Mode::Thread, Mode::Async, Mode::Sync].map(|mode| {
        let (_service, llm) = start(mode, &["--workers", "20"]);
        answers(&llm, &prompts)
    });
    assert_eq!(first.iter().map(|(id, ..)| id.as_str()).collect::<Vec<_>>(), expected);
    assert!(first.iter().all(|(_, answer, error)| answer.is_some() && error.is_none()));
    assert!(rest.iter().all(|other| *other == first));
}

#[test]
fn prompts_that_a_stop_leaves_over_are_listed_as_stopped() {
    let (_service, llm) = start(Mode::Thread, &[]);
    llm.stop_now().result().unwrap();
    let lines = answers(&llm, &prompts(5));
    assert_eq!(lines.len(), 5);
    assert!(lines.iter().all(|(_, _, error)| error.as_deref() == Some("stopped")));
}

#[test]
fn the_service_tells_who_is_over_its_quota_when_to_come_back() {
    let (_service, llm) = start(Mode::Async, &["--tokens", "10000000", "--retries", "0"]);
    let long = "again ".repeat(5_000); // six of these use up a second's tokens
    let futures: Vec<_> = (0..50).map(|_| llm.chat(long.as_str().into())).collect();
    let errors = gather(futures).outcomes().into_iter().filter_map(Result::err);
    let hints: Vec<_> = errors
        .filter_map(|error| match error.into_failure() {
            Ok(LlmError::Throttled { retry_after, .. }) => Some(retry_after),
            _ => None,
        })
        .collect();
    assert!(!hints.is_empty());
    let second = Duration::from_secs(1);
    assert!(hints.iter().all(|hint| hint.is_some_and(|wait| wait <= second)), "{hints:?}");
}
