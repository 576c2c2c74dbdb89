//! A worker, its handle and its options.

use std::time::Duration;

use concurry::prelude::*;
use concurry::{InitError, retry::Verdict};

use crate::llm::{Llm, LlmError, Other, llm};

#[test]
fn a_pool_starts_from_options_or_from_the_defaults_of_its_type() {
    let llm = Llm::options(Mode::Thread, 100).init("gpt-4o-mini".to_owned(), 0.1).unwrap();
    assert_eq!(llm.stats().workers, 100);
    let llm = Llm::init("gpt-4o-mini".to_owned(), 0.1).unwrap();
    assert_eq!(llm.stats().workers, 4);
}

#[tokio::test]
async fn async_code_starts_a_pool_without_blocking() {
    let llm = Llm::options(Mode::Async, 1).init_async("gpt-4o-mini".to_owned(), 0.1).await.unwrap();
    let reply = llm.chat("hi".to_owned()).await.unwrap();
    assert_eq!((reply.text.as_str(), reply.total_tokens), ("gpt-4o-mini: hi", 2));
}

#[test]
fn the_same_call_site_runs_in_each_mode() {
    for mode in [Mode::Sync, Mode::Thread, Mode::Async] {
        let llm = llm(mode);
        assert_eq!(llm.call_llm("AI".into()).result().unwrap(), "tiny at 0.5 about AI");
        assert_eq!(llm.embed("a".into()).result().unwrap(), [97.0]);
        assert_eq!(llm.chat("hi".into()).result().unwrap().text, "tiny: hi");
    }
}

#[test]
fn init_fails_with_the_error_of_the_constructor() {
    let error = Llm::init(String::new(), 0.0).unwrap_err();
    let InitError::Constructor { error, .. } = error else { panic!("{error}") };
    assert_eq!(error, LlmError("which model?".to_owned()));
}

#[test]
fn a_worker_without_a_constructor_is_cloned() {
    #[derive(Clone, Worker)]
    struct Greeter {
        greeting: String,
    }
    #[worker]
    impl Greeter {
        pub fn greet(&self, name: String) -> String {
            format!("{} {name}", self.greeting)
        }
    }
    let greeter = Greeter { greeting: "hello".into() };
    let handle = Greeter::options(Mode::Thread, 2).init(greeter).unwrap();
    assert_eq!(handle.greet("you".into()).result().unwrap(), "hello you");
}

#[test]
fn the_struct_stays_an_ordinary_struct() {
    let llm = Llm::new("tiny".to_owned(), 0.5).unwrap();
    assert_eq!(llm.tokens_of("four"), 4);
    assert!(llm.call_llm(String::new()).is_err());
}

#[test]
fn names_of_the_handles_own_verbs_are_free_for_methods() {
    #[derive(Worker)]
    struct Engine;
    #[worker]
    impl Engine {
        pub fn new() -> Self {
            Self
        }
        pub fn stop(&self) -> &'static str {
            "the engine's own stop"
        }
    }
    let engine = Engine::options(Mode::Thread, 1).init().unwrap();
    assert_eq!(engine.stop().result().unwrap(), "the engine's own stop");
    assert!(WorkerHandle::stop(&engine).result().unwrap().complete);
}

#[test]
fn single_calls_have_options_of_their_own() {
    let llm = llm(Mode::Thread);
    let options =
        CallOptions::new().deadline(Duration::from_secs(60)).idempotency_key("question-1");
    let reply = llm.with(options).chat("hi".into()).result().unwrap();
    assert_eq!(reply.total_tokens, 2);
}

#[test]
fn a_pool_is_stopped_by_a_future() {
    let llm = llm(Mode::Thread);
    assert!(llm.stop().result().unwrap().complete);
    let error = llm.call_llm("late".into()).result().unwrap_err();
    assert!(matches!(error, CallError::Stopped(_)), "{error}");
    let other = Other::options(Mode::Thread, 1).init(Other).unwrap();
    assert!(other.stop_now().result().unwrap().complete);
}

#[test]
fn a_mode_is_a_value() {
    assert_eq!("thread".parse::<Mode>().unwrap(), Mode::Thread);
    assert_eq!("asyncio".parse::<Mode>().unwrap(), Mode::Async);
    assert_eq!("processes".parse::<Mode>().unwrap(), Mode::Process);
}

#[test]
fn an_error_says_by_itself_what_to_do_about_it() {
    struct Busy;
    impl Retryable for Busy {
        fn verdict(&self) -> Verdict {
            Verdict::Retry
        }
    }
    assert!(Busy.verdict().is_retryable());
}
