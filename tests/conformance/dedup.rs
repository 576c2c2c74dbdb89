//! Calls with the same key that are on their way at the same time are one call, where it is asked for.

use std::time::Duration;

use concurry::Cancel;
use concurry::prelude::*;
use concurry_testkit::{Gate, Recorder, wait_until};

conformance!(queued:
    calls_with_the_same_key_are_one_call,
    callers_of_a_failed_call_share_its_error,
    a_caller_who_leaves_leaves_the_call_to_the_others,
    the_last_caller_to_leave_cancels_the_call,
    a_call_with_options_of_its_own_runs_by_itself,
);
conformance!(queued_in_this_process:
    a_call_made_inside_of_one_with_a_deadline_runs_by_itself,
);
conformance!(every:
    nothing_is_shared_unless_asked_for,
);

/// Not `Clone`.
#[derive(Debug, PartialEq, serde::Deserialize, serde::Serialize)]
struct Unavailable;

impl std::fmt::Display for Unavailable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("unavailable")
    }
}

#[derive(Clone, serde::Deserialize, serde::Serialize, Worker)]
struct Library {
    gate: Gate,
    asked: Recorder<String>,
}

#[worker]
impl Library {
    pub fn find(&self, title: String, page: u32) -> Result<String, Unavailable> {
        self.asked.record(title.clone());
        self.gate.pass();
        match title.as_str() {
            "lost" => Err(Unavailable),
            _ => Ok(format!("{title}, page {page}")),
        }
    }
}

/// Asks the library from inside a call.
#[derive(Worker)]
struct Reader {
    library: LibraryHandle,
    made: Recorder<()>,
}

#[worker]
impl Reader {
    fn new(library: LibraryHandle, made: Recorder<()>) -> Self {
        Self { library, made }
    }

    pub async fn read(&self, title: String) -> Result<String, Unavailable> {
        let page = self.library.find(title, 1);
        self.made.record(());
        page.await.map_err(|_| Unavailable)
    }
}

struct Setup {
    library: LibraryHandle,
    gate: Gate,
    asked: Recorder<String>,
}

fn setup(mode: Mode) -> Setup {
    let library = Library { gate: Gate::new(), asked: Recorder::new() };
    let (gate, asked) = (library.gate.clone(), library.asked.clone());
    let options = Library::options(mode, 1);
    let options = options.on_find(|find| find.dedup_by(|(title, page)| (title.clone(), *page)));
    Setup { library: options.init(library).unwrap(), gate, asked }
}

fn calls_with_the_same_key_are_one_call(mode: Mode) {
    let Setup { library, gate, asked } = setup(mode);
    let calls: Vec<_> = (0..9).map(|n| library.find("Emma".into(), n % 3)).collect();
    gate.open();
    let pages = gather(calls).results().unwrap();
    assert_eq!(pages[..4], ["Emma, page 0", "Emma, page 1", "Emma, page 2", "Emma, page 0"]);
    assert_eq!(asked.count(), 3);
    // What is done is not remembered.
    assert_eq!(library.find("Emma".into(), 0).result().unwrap(), "Emma, page 0");
    assert_eq!(asked.count(), 4);
}

fn callers_of_a_failed_call_share_its_error(mode: Mode) {
    let Setup { library, gate, .. } = setup(mode);
    let calls: Vec<_> = (0..3).map(|_| library.find("lost".into(), 1)).collect();
    gate.open();
    for outcome in gather(calls).outcomes() {
        let error = outcome.unwrap_err();
        assert_eq!(
            (error.failure(), error.to_string().as_str()),
            (Some(&Unavailable), "unavailable")
        );
        assert!(matches!(error, CallError::Shared(_)), "{error:?}");
    }
    // One caller has the error for himself.
    let error = library.find("lost".into(), 1).result().unwrap_err();
    assert!(matches!(error, CallError::Failed(Unavailable)), "{error:?}");
}

fn a_caller_who_leaves_leaves_the_call_to_the_others(mode: Mode) {
    let Setup { library, gate, asked } = setup(mode);
    let mut calls: Vec<_> = (0..3).map(|_| library.find("Emma".into(), 1)).collect();
    assert_ne!(calls[0].cancel(), Cancel::TooLate);
    assert!(calls.remove(0).result().unwrap_err().is_cancelled());
    gate.open();
    assert_eq!(gather(calls).results().unwrap(), ["Emma, page 1"; 2]);
    assert_eq!(asked.count(), 1);
}

fn the_last_caller_to_leave_cancels_the_call(mode: Mode) {
    let Setup { library, gate, asked } = setup(mode);
    let first = library.find("first".into(), 1);
    gate.wait_for_arrivals(1);
    for mut call in [library.find("Emma".into(), 1), library.find("Emma".into(), 1)] {
        let _ = call.cancel();
        assert!(call.result().unwrap_err().is_cancelled());
    }
    let again = library.find("Emma".into(), 1);
    gate.open();
    assert!(first.result().is_ok() && again.result().is_ok());
    // On a thread of its own, the cancelled call had not begun.
    let asked = asked.count();
    assert!(asked == 2 || asked == 3 && mode == Mode::Async, "{asked} calls");
}

fn a_call_with_options_of_its_own_runs_by_itself(mode: Mode) {
    let Setup { library, gate, asked } = setup(mode);
    let keyed = library.with(CallOptions::new().idempotency_key("once"));
    let calls = [library.find("Emma".into(), 1), keyed.find("Emma".into(), 1)];
    gate.open();
    assert!(gather(calls).results().is_ok());
    assert_eq!(asked.count(), 2);
}

fn a_call_made_inside_of_one_with_a_deadline_runs_by_itself(mode: Mode) {
    let (Setup { library, gate, .. }, made) = (setup(mode), Recorder::new());
    let reader = Reader::options(mode, 1).init(library.clone(), made.clone()).unwrap();
    let first = library.find("first".into(), 1);
    gate.wait_for_arrivals(1);
    let hurried = reader.with(CallOptions::new().deadline(Duration::from_millis(500)));
    let hurried = hurried.read("Emma".into());
    wait_until("the library is asked", || made.count() == 1);
    let patient = library.find("Emma".into(), 1);
    let error = hurried.result().unwrap_err();
    assert!(matches!(error, CallError::TimedOut(_)), "{error:?}");
    gate.open();
    assert!(first.result().is_ok());
    assert_eq!(patient.result().unwrap(), "Emma, page 1");
}

fn nothing_is_shared_unless_asked_for(mode: Mode) {
    let library = Library { gate: Gate::new(), asked: Recorder::new() };
    let (gate, asked) = (library.gate.clone(), library.asked.clone());
    gate.open();
    let library = Library::options(mode, 1).init(library).unwrap();
    let calls: Vec<_> = (0..3).map(|_| library.find("Emma".into(), 1)).collect();
    assert!(gather(calls).results().is_ok());
    assert_eq!(asked.count(), 3);
}
