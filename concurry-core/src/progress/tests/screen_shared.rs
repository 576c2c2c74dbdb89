//! Several bars, and other output, on one terminal.

use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::progress::{LogWriter, MemoryTerminal, Progress, ProgressBar};

/// The first word of each line.
fn heads(terminal: &MemoryTerminal) -> Vec<String> {
    let contents = terminal.contents();
    contents.lines().map(|line| line.split(' ').next().unwrap_or("").to_owned()).collect()
}

#[test]
fn bars_stand_one_above_the_other_and_ended_ones_above_running_ones() {
    let terminal = MemoryTerminal::new(80, 10);
    let target = terminal.target();
    let [first, second, third] =
        ["first", "second", "third"].map(|name| Progress::from(name).target(&target).start());
    assert_eq!(heads(&terminal), ["first", "second", "third"]);
    second.success("");
    assert_eq!(heads(&terminal), ["second", "first", "third"]);
    third.stop("");
    first.failure("");
    assert_eq!(heads(&terminal), ["second", "third", "first"]);
}

#[test]
fn an_inner_bar_that_is_not_left_goes_away() {
    let terminal = MemoryTerminal::new(80, 10);
    let target = terminal.target();
    for _ in ProgressBar::new(0..3).desc("outer").target(&target) {
        let mut inner = ProgressBar::new(0..3).desc("inner").leave(false).target(&target);
        inner.next();
        assert_eq!(heads(&terminal), ["outer", "inner"]);
        inner.for_each(drop);
        assert_eq!(heads(&terminal), ["outer"]);
    }
    assert_eq!(heads(&terminal), ["outer"]);
    assert!(terminal.contents().ends_with("done"));
}

#[test]
fn log_lines_come_above_the_bars() {
    let terminal = MemoryTerminal::new(80, 10);
    let bar = Progress::from("bar").target(&terminal.target()).start();
    let mut log = LogWriter::above(&terminal.target());
    write!(log, "one\ntwo\nth").unwrap();
    assert_eq!(heads(&terminal), ["one", "two", "bar"]);
    writeln!(log, "ree").unwrap();
    assert_eq!(heads(&terminal), ["one", "two", "three", "bar"]);
    drop(bar);
    writeln!(log, "four").unwrap();
    assert_eq!(heads(&terminal), ["one", "two", "three", "bar", "four"]);
}

#[test]
fn suspended_bars_are_away_and_come_back() {
    let terminal = MemoryTerminal::new(80, 10);
    let target = terminal.target();
    let running = Progress::from("running").target(&target).start();
    let ended = Progress::from("ended").target(&target).start();
    target.suspend(|| {
        assert_eq!(terminal.contents(), "");
        running.refresh();
        ended.success("");
        let late = Progress::from("late").target(&target).start();
        assert_eq!(terminal.contents(), "");
        writeln!(LogWriter::above(&target), "printed").unwrap();
        late.refresh();
        late.stop("");
    });
    assert_eq!(heads(&terminal), ["printed", "ended", "late", "running"]);
}

#[test]
fn bars_come_back_after_a_panic_in_suspend() {
    let terminal = MemoryTerminal::new(80, 10);
    let target = terminal.target();
    let bar = Progress::from("bar").target(&target).start();
    assert!(catch_unwind(AssertUnwindSafe(|| target.suspend(|| panic!("in suspend")))).is_err());
    bar.refresh();
    assert_eq!(heads(&terminal), ["bar"]);
}
