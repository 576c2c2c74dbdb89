//! A panic costs its call and the worker's state, and nothing else.

use concurry::Event;
use concurry::prelude::*;
use concurry_testkit::{Counted, Dropped, Recorder};

use crate::workers::{Counter, counter};

conformance!(every:
    the_caller_gets_the_message_and_the_place_of_a_panic,
    the_state_is_built_again_after_a_panic,
    restarts_are_counted_and_told,
    a_panic_with_a_value_that_is_no_text_is_an_error_too,
    a_panic_of_a_destructor_is_contained,
    a_panic_of_a_closure_of_the_options_is_that_of_its_call,
);
conformance!(in_this_process:
    the_state_that_panicked_is_dropped_before_the_next_is_used,
);
conformance!(queued:
    no_queued_call_is_lost_with_a_worker,
);

fn the_caller_gets_the_message_and_the_place_of_a_panic(mode: Mode) {
    let counter = counter(mode, 1);
    let futures =
        [counter.panic("bad luck".to_owned()), counter.panic_later("bad luck".to_owned())];
    for (future, method) in futures.into_iter().zip(["panic", "panic_later"]) {
        let error = future.result().unwrap_err();
        assert!(error.is_panic());
        let text = error.to_string();
        let CallError::Panicked(panic) = error else { panic!("{text}") };
        assert_eq!(panic.message, "bad luck");
        assert_eq!((panic.site.worker(), panic.site.method()), ("Counter", method));
        assert!(panic.location.as_ref().unwrap().contains("workers.rs:"), "{panic:?}");
        assert!(text.starts_with(&format!("`Counter::{method}` panicked at ")), "{text}");
        assert!(text.ends_with(": bad luck"), "{text}");
    }
}

fn a_panic_of_a_closure_of_the_options_is_that_of_its_call(mode: Mode) {
    fn answer(error: &CallError<std::convert::Infallible>) -> u64 {
        panic!("no answer to {error}")
    }
    let counter = Counter::options(mode, 1)
        .on_add(|add| add.until(|total| if *total > 1 { panic!("too much") } else { true }))
        .on_panic(|panic| panic.fallback(answer))
        .init(0)
        .unwrap();
    assert_eq!(counter.add(1).result().unwrap(), 1);
    let until = counter.add(1).result().unwrap_err();
    let fallback = counter.panic("bad luck".to_owned()).result().unwrap_err();
    for (error, text) in [(until, "too much"), (fallback, "no answer to")] {
        assert!(error.is_panic() && error.to_string().contains(text), "{error}");
    }
}

fn the_state_is_built_again_after_a_panic(mode: Mode) {
    let counter = Counter::options(mode, 1).init(5).unwrap();
    assert_eq!(counter.add(1).result().unwrap(), 6);
    assert!(counter.panic("bad luck".to_owned()).result().is_err());
    assert_eq!(counter.total().result().unwrap(), 5, "neither 6 nor what the panic left");
    assert!(counter.panic_later("bad luck".to_owned()).result().is_err());
    assert_eq!(counter.total().result().unwrap(), 5);
}

fn restarts_are_counted_and_told(mode: Mode) {
    let restarts = Recorder::new();
    let told = restarts.clone();
    let options = Counter::options(mode, 1).on_event(move |event| {
        if let Event::WorkerRestarted { worker_name, worker, in_a_row } = event {
            told.record((*worker_name, *worker, *in_a_row));
        }
    });
    let counter = options.init(0).unwrap();
    for _ in 0..2 {
        assert!(counter.panic("bad luck".to_owned()).result().is_err());
        // A success between them: each is the first in a row.
        counter.add(1).result().unwrap();
    }
    let stats = counter.stats();
    assert_eq!((stats.restarts, stats.per_worker[0].restarts), (2, 2));
    assert_eq!((stats.done, stats.failed), (2, 2));
    assert_eq!(restarts.events(), [("Counter", 0, 1), ("Counter", 0, 1)]);
}

fn a_panic_with_a_value_that_is_no_text_is_an_error_too(mode: Mode) {
    #[derive(Clone, serde::Deserialize, serde::Serialize, Worker)]
    struct Odd;

    #[worker]
    impl Odd {
        pub fn fail(&self) -> u64 {
            std::panic::panic_any(42_u64)
        }

        pub fn number(&self) -> u64 {
            3
        }
    }

    let odd = Odd::options(mode, 1).init(Odd).unwrap();
    let error = odd.fail().result().unwrap_err();
    assert!(matches!(error, CallError::Panicked(_)), "{error:?}");
    assert_eq!(odd.number().result().unwrap(), 3);
}

fn a_panic_of_a_destructor_is_contained(mode: Mode) {
    #[derive(Worker)]
    struct Bomb;

    #[worker]
    impl Bomb {
        fn new() -> Self {
            Self
        }

        pub fn fail(&self) -> u64 {
            panic!("the method")
        }

        pub fn number(&self) -> u64 {
            3
        }
    }

    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("the destructor")
        }
    }

    let bomb = Bomb::options(mode, 1).init().unwrap();
    assert!(bomb.fail().result().unwrap_err().is_panic());
    assert_eq!(bomb.number().result().unwrap(), 3);
    assert!(bomb.stop().result().unwrap().complete);
}

fn the_state_that_panicked_is_dropped_before_the_next_is_used(mode: Mode) {
    #[derive(Worker)]
    struct Watched {
        states: Dropped,
        _state: Counted,
    }

    #[worker]
    impl Watched {
        fn new(states: Dropped) -> Self {
            Self { _state: states.value(), states }
        }

        pub fn fail(&self) -> usize {
            panic!("bad luck")
        }

        pub fn dropped(&self) -> usize {
            self.states.count()
        }
    }

    let watched = Watched::options(mode, 1).init(Dropped::new()).unwrap();
    assert_eq!(watched.dropped().result().unwrap(), 0);
    assert!(watched.fail().result().is_err());
    assert_eq!(watched.dropped().result().unwrap(), 1);
}

fn no_queued_call_is_lost_with_a_worker(mode: Mode) {
    let counter = counter(mode, 1);
    let panicking = counter.panic("bad luck".to_owned());
    let queued: Vec<_> = (0..50).map(|_| counter.add(1)).collect();
    assert!(panicking.result().is_err());
    assert_eq!(gather(queued).results().unwrap(), (1..=50).collect::<Vec<_>>());
}
