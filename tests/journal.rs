//! Maps with a journal: what is recorded, what is called again, and what is refused.

#![allow(clippy::unwrap_used)] // a test fails by panicking
#![cfg(feature = "journal")]

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use concurry::journal::{Entry, Job, Journal, JournalError, Key};
use concurry::prelude::*;
use concurry::{JournaledMapError, TaskPool, Timeout};
use concurry_testkit::Recorder;

#[derive(Clone, Worker)]
struct Llm {
    calls: Recorder<String>,
}

#[worker]
impl Llm {
    pub fn ask(&self, prompt: String) -> Result<String, String> {
        self.calls.record(prompt.clone());
        match prompt.strip_prefix("bad ") {
            Some(name) => Err(format!("{name} is refused")),
            None => Ok(prompt.to_uppercase()),
        }
    }

    pub fn mend(&self, prompt: String) -> Result<String, String> {
        self.calls.record(prompt.clone());
        Ok(prompt)
    }
}

struct Setup {
    llm: LlmHandle,
    calls: Recorder<String>,
    folder: tempfile::TempDir,
}

fn setup(mode: Mode) -> Setup {
    let calls = Recorder::new();
    let llm = Llm::options(mode, 1).init(Llm { calls: calls.clone() }).unwrap();
    Setup { llm, calls, folder: tempfile::tempdir().unwrap() }
}

impl Setup {
    fn path(&self) -> PathBuf {
        self.folder.path().join("run.jsonl")
    }

    fn run(&self, prompts: &[&str]) -> concurry::JournaledMap<String, String, String> {
        let prompts: Vec<String> = prompts.iter().map(|&prompt| prompt.to_owned()).collect();
        self.llm.map(prompts, |llm, prompt| llm.ask(prompt)).journal(self.path())
    }

    fn job() -> Job {
        Job::new("Llm")
    }
}

const MODES: [Mode; 3] = [Mode::Sync, Mode::Thread, Mode::Async];

#[test]
fn a_second_run_calls_only_what_is_new_and_gives_everything_in_order() {
    for mode in MODES {
        let setup = setup(mode);
        assert_eq!(setup.run(&["a", "b", "c"]).results().unwrap(), ["A", "B", "C"]);
        let more = setup.run(&["a", "x", "c", "d"]).results().unwrap();
        assert_eq!(more, ["A", "X", "C", "D"]);
        let mut called = setup.calls.events();
        called.sort();
        assert_eq!(called, ["a", "b", "c", "d", "x"], "{mode}");
    }
}

#[test]
fn an_item_is_known_by_its_place_too() {
    let setup = setup(Mode::Thread);
    assert_eq!(setup.run(&["a", "a"]).results().unwrap(), ["A", "A"]);
    assert_eq!(setup.calls.count(), 2);
    assert_eq!(setup.run(&["b", "a"]).results().unwrap(), ["B", "A"]);
    assert_eq!(setup.calls.count(), 3);
}

#[test]
fn what_failed_is_told_and_called_again_only_if_asked() {
    for mode in MODES {
        let setup = setup(mode);
        let first = setup.run(&["a", "bad b", "c"]).outcomes().unwrap();
        assert!(matches!(&first[1], Err(CallError::Failed(text)) if text == "b is refused"));
        let second = setup.run(&["a", "bad b", "c"]).outcomes().unwrap();
        assert_eq!(setup.calls.count(), 3, "{mode}");
        let error = second[1].as_ref().unwrap_err();
        assert!(matches!(error, CallError::FailedEarlier(_)), "{error:?}");
        let text = error.to_string();
        assert!(text.starts_with("item 1 failed in an earlier run: b is refused"), "{text}");
        assert_eq!(
            (first[2].as_ref().ok(), second[2].as_ref().ok()),
            (Some(&"C".into()), Some(&"C".into()))
        );
        {
            let journal = Journal::open(setup.path(), &Setup::job()).unwrap();
            let failed: Vec<_> = journal.failed().collect();
            assert_eq!((failed.len(), failed[0].place), (1, Some(1)));
            assert_eq!((&*failed[0].message, journal.recovered()), ("b is refused", 3));
        }
        let third = setup.run(&["a", "bad b", "c"]).retry_failed(true).outcomes().unwrap();
        assert_eq!(setup.calls.count(), 4);
        assert!(matches!(&third[1], Err(CallError::Failed(_))));
    }
}

#[test]
fn an_error_ends_a_run_after_what_is_on_its_way_is_recorded() {
    let setup = setup(Mode::Thread);
    let error = setup.run(&["bad a", "b", "c"]).in_flight(2).results().unwrap_err();
    let JournaledMapError::Call(error) = error else { panic!("{error}") };
    assert_eq!(error.failure(), Some(&"a is refused".to_owned()));
    let called = setup.calls.count();
    let journal = Journal::open(setup.path(), &Setup::job()).unwrap();
    assert_eq!(journal.recovered(), called, "each call that was made is recorded");
}

#[test]
fn a_journal_can_be_awaited_and_taken_as_it_completes() {
    let setup = setup(Mode::Async);
    let run = setup.run(&["a", "b"]);
    assert_eq!(concurry_time::block_on(async { run.await }).unwrap(), ["A", "B"]);
    let outcomes = concurry_time::block_on(setup.run(&["a", "b"]).outcomes_async()).unwrap();
    assert_eq!(outcomes.len(), 2);
    let mut completed = setup.run(&["a", "b", "c"]).as_completed().unwrap();
    let mut numbers: Vec<_> = completed.by_ref().map(|(number, _)| number).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [0, 1, 2]);
    completed.finish().unwrap();
    assert_eq!(setup.calls.count(), 3);
}

#[test]
fn outcomes_as_they_come_tell_that_the_time_is_over() {
    let pool = TaskPool::new(Mode::Thread, 1).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let gate = concurry_testkit::Gate::new();
    let held = gate.clone();
    let run = pool.map(0..3_u64, move |number| {
        held.pass();
        number
    });
    let run = run.journal(folder.path().join("run.jsonl")).timeout(Duration::from_millis(20));
    let mut completed = run.as_completed().unwrap();
    let (number, outcome) = completed.next().unwrap();
    assert!(matches!(outcome, Err(CallError::TimedOut(Timeout::Wait))), "{outcome:?}");
    assert_eq!((number, completed.next().is_none()), (3, true));
    completed.finish().unwrap();
    gate.open();
}

#[test]
fn the_journal_of_another_job_is_refused() {
    let setup = setup(Mode::Thread);
    setup.run(&["a"]).tag("july").results().unwrap();
    let refused = |error: JournaledMapError<String>, what: &str| {
        let text = error.to_string();
        assert!(text.contains("is of another job") && text.contains(what), "{text}");
    };
    refused(setup.run(&["a"]).tag("august").results().unwrap_err(), "tag is \"july\"");
    let mended = setup.llm.map(["a".to_owned(), "b".to_owned()], |llm, prompt| llm.mend(prompt));
    let mended = mended.journal(setup.path()).tag("july").results();
    refused(mended.unwrap_err(), "method is \"ask\"");
    let pool = TaskPool::new(Mode::Thread, 1).unwrap();
    let lengths = pool.map(["a"], str::len).journal(setup.path()).tag("july").results();
    let text = lengths.unwrap_err().to_string();
    assert!(text.contains("worker is \"Llm\""), "{text}");
}

#[test]
fn what_is_no_journal_or_from_a_later_version_is_left_alone() {
    let setup = setup(Mode::Thread);
    let later = "{\"journal\":\"concurry\",\"version\":9,\"worker\":\"Llm\",\"tag\":\"\"}\n";
    for (text, message) in
        [("my notes", "is no journal"), ("{}\n", "is no journal"), (later, "format 9")]
    {
        std::fs::write(setup.path(), text).unwrap();
        let error = setup.run(&["a"]).results().unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
        assert_eq!(std::fs::read_to_string(setup.path()).unwrap(), text);
    }
    assert_eq!(setup.calls.count(), 0);
}

#[test]
fn a_journal_in_use_is_refused() {
    let setup = setup(Mode::Thread);
    let journal = Journal::open(setup.path(), &Setup::job()).unwrap();
    let error = setup.run(&["a"]).results().unwrap_err();
    assert!(matches!(error, JournaledMapError::Journal(JournalError::InUse { .. })), "{error}");
    drop(journal);
    assert_eq!(setup.run(&["a"]).results().unwrap(), ["A"]);
}

#[test]
fn a_file_that_cannot_be_made_or_written_is_a_typed_error() {
    let setup = setup(Mode::Thread);
    let run = |path: &Path| {
        setup.llm.map(["a".to_owned()], |llm, prompt| llm.ask(prompt)).journal(path).results()
    };
    let nowhere = run(&setup.folder.path().join("nowhere/run.jsonl")).unwrap_err();
    let text = nowhere.to_string();
    assert!(text.contains("nowhere/run.jsonl") && text.contains("a folder that exists"), "{text}");
    assert!(matches!(nowhere, JournaledMapError::Journal(JournalError::Open { .. })), "{nowhere}");
    let folder = run(setup.folder.path()).unwrap_err();
    assert!(matches!(folder, JournaledMapError::Journal(JournalError::Open { .. })), "{folder}");
    if cfg!(target_os = "linux") {
        // No one can make files there, not even the superuser; and this device is always full.
        let read_only = run(Path::new("/proc/self/run.jsonl")).unwrap_err();
        let is_open = matches!(read_only, JournaledMapError::Journal(JournalError::Open { .. }));
        assert!(is_open, "{read_only}");
        let full = run(Path::new("/dev/full")).unwrap_err();
        assert!(matches!(full, JournaledMapError::Journal(JournalError::Write { .. })), "{full}");
        let text = full.to_string();
        assert!(text.contains("/dev/full") && text.contains("make room"), "{text}");
    }
    assert_eq!(setup.calls.count(), 0, "nothing is paid for that can't be kept");
}

#[test]
fn wherever_the_end_is_torn_off_the_rest_is_kept() {
    let whole = setup(Mode::Thread);
    let prompts = ["one", "bad two", "three"];
    let _ = whole.run(&prompts).outcomes().unwrap();
    let text = std::fs::read(whole.path()).unwrap();
    for length in 0..=text.len() {
        let torn = setup(Mode::Thread);
        std::fs::write(torn.path(), &text[..length]).unwrap();
        let outcomes = torn.run(&prompts).outcomes().unwrap();
        assert_eq!(outcomes[2].as_ref().unwrap(), "THREE");
        // Each line that is whole, with or without its end, is an item that is not called.
        let ends = text[..length].iter().filter(|&&byte| byte == b'\n').count();
        let closed = text[..length].ends_with(b"}") && text.get(length) == Some(&b'\n');
        let lines = ends + usize::from(closed);
        // The header and the line of the method come first.
        assert_eq!(torn.calls.count(), 3 - lines.saturating_sub(2).min(3), "torn at {length}");
        let again = torn.run(&prompts).outcomes().unwrap();
        assert_eq!((again.len(), torn.calls.count()), (3, 3 - lines.saturating_sub(2).min(3)));
    }
}

#[test]
fn a_line_in_the_middle_that_cannot_be_read_is_named() {
    let setup = setup(Mode::Thread);
    setup.run(&["a", "b", "c"]).results().unwrap();
    let text = std::fs::read_to_string(setup.path()).unwrap();
    let mut lines: Vec<_> = text.lines().collect();
    lines[2] = "scribble";
    std::fs::write(setup.path(), lines.join("\n")).unwrap();
    let error = setup.run(&["a", "b", "c"]).results().unwrap_err();
    assert!(error.to_string().contains("line 3"), "{error}");
    assert_eq!(setup.calls.count(), 3);
}

#[task(mode = "thread", max_workers = 2)]
fn double(number: u64) -> u64 {
    number * 2
}

#[test]
fn a_map_over_a_function_can_have_a_journal() {
    let folder = tempfile::tempdir().unwrap();
    let pool = double::pool().unwrap();
    for _run in 0..2 {
        let doubled = pool.map(0..100).journal(folder.path().join("run.jsonl")).results().unwrap();
        assert_eq!(doubled, (0..100).map(|number| number * 2).collect::<Vec<_>>());
    }
    assert_eq!(pool.stats().done, 100, "the second run made no call");
}

#[derive(Worker)]
struct Numbers;

#[worker]
impl Numbers {
    pub fn new() -> Self {
        Self
    }

    /// Numbers whose shortest decimal form is read with care only, and some that are none.
    pub fn of(&self, item: u64) -> (f64, Vec<Option<f32>>) {
        let bits = item.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let number = match item {
            0 => f64::NAN,
            1 => f64::NEG_INFINITY,
            _ => f64::from_bits(bits >> 2 | 0x3000_0000_0000_0000),
        };
        (number, vec![Some(number as f32), None])
    }

    pub fn by_pair(&self, item: u64) -> HashMap<(u64, u64), u64> {
        HashMap::from([((item, item + 1), item)])
    }
}

#[test]
fn each_bit_of_a_result_comes_back_and_what_json_has_no_word_for() {
    let folder = tempfile::tempdir().unwrap();
    let numbers = Numbers::options(Mode::Thread, 1).init().unwrap();
    let run = || {
        let map = numbers.map(0..500_u64, |numbers, item| numbers.of(item));
        let results = map.journal(folder.path().join("numbers.jsonl")).results().unwrap();
        let parts = |(number, small): (f64, Vec<Option<f32>>)| {
            (number.to_bits(), small.into_iter().map(|small| small.map(f32::to_bits)).collect())
        };
        results.into_iter().map(parts).collect::<Vec<(u64, Vec<Option<u32>>)>>()
    };
    let first = run();
    assert_eq!(run(), first);
    let pairs = || {
        let map = numbers.map(0..3_u64, |numbers, item| numbers.by_pair(item));
        map.journal(folder.path().join("pairs.jsonl")).results().unwrap()
    };
    assert_eq!(pairs(), pairs());
    assert_eq!(numbers.stats().done, 503, "the second runs made no call");
}

#[test]
fn a_result_of_another_type_is_named() {
    let setup = setup(Mode::Thread);
    let mut journal = Journal::open(setup.path(), &Setup::job()).unwrap();
    let key = Key::of(&(0_usize, "a")).unwrap();
    journal.done(key, Some(0), &12).unwrap();
    journal.flush().unwrap();
    drop(journal);
    let error = setup.run(&["a"]).results().unwrap_err();
    assert!(matches!(error, JournaledMapError::Journal(JournalError::Result { .. })), "{error}");
    assert!(error.to_string().contains("use another tag"), "{error}");
}

#[test]
fn a_journal_serves_others_than_maps() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("graph.jsonl");
    let job = Job::new("graph").method("compute").tag("7");
    let (done, nothing) = (Key::of(&("add", 1, 2)).unwrap(), Key::of(&"log").unwrap());
    {
        let mut journal = Journal::open(&path, &job).unwrap().sync_to_disk(true);
        journal.done(done, None, &3).unwrap();
        journal.done(nothing, None, &()).unwrap();
        assert_eq!(journal.unwritten(), 2);
        journal.flush().unwrap();
        assert_eq!(journal.unwritten(), 0);
    }
    let mut journal = Journal::open(&path, &job).unwrap();
    assert_eq!(journal.get(done).unwrap(), Some(Entry::Done(3)));
    assert_eq!(journal.get(nothing).unwrap(), Some(Entry::Done(())));
    assert_eq!(journal.get::<()>(Key::of(&"other").unwrap()).unwrap(), None);
    drop(journal);
    let error = Journal::open(&path, &Job::new("graph").method("other").tag("7")).unwrap_err();
    assert!(matches!(error, JournalError::OtherJob { what: "method", .. }), "{error}");
}
