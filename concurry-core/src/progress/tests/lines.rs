//! Bars without a terminal.

use std::io::{self, Write};
use std::time::Duration;

use concurry_time::FakeClock;

use super::{Log, pass};
use crate::progress::{LogWriter, Progress, ProgressBar, State, Target};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_log_gets_a_line_every_five_seconds_and_a_last_one() {
    let (log, fake) = (Log::default(), FakeClock::new());
    let bar =
        Progress::new().desc("LLM").unit("calls").total(1_000).target(&log.target(&fake)).start();
    bar.update(100);
    pass(&fake, 4 * SECOND);
    assert_eq!(log.lines(), [""; 0]);
    pass(&fake, SECOND);
    bar.update(100);
    pass(&fake, 5 * SECOND);
    bar.update(800);
    bar.success("");
    assert_eq!(
        log.lines(),
        [
            "LLM  10% 100/1,000 [00:05<00:45, 20.0 calls/s]",
            "LLM  20% 200/1,000 [00:10<00:40, 20.0 calls/s]",
            "LLM 100% 1,000/1,000 [00:10, 100 calls/s] done",
        ]
    );
}

#[test]
fn lines_go_on_while_nothing_completes() {
    let (log, fake) = (Log::default(), FakeClock::new());
    let tally = Progress::from("LLM").target(&log.target(&fake)).tally(Some(4));
    let next = fake.clock().now() + Duration::from_millis(6_200);
    let waiting = tally.throttled("tokens", Some(next));
    pass(&fake, 5 * SECOND);
    pass(&fake, 5 * SECOND);
    drop(waiting);
    pass(&fake, 5 * SECOND);
    assert_eq!(
        log.lines(),
        [
            "LLM   0% 0/4 [00:05] throttled by tokens (next in 1.2 s)",
            "LLM   0% 0/4 [00:10] throttled by tokens",
            "LLM   0% 0/4 [00:15]",
        ]
    );
}

#[test]
fn the_pace_of_lines_can_be_set() {
    let (log, fake) = (Log::default(), FakeClock::new());
    let target = log.target(&fake).every(60 * SECOND);
    let _bar = Progress::from("slow").target(&target).start();
    pass(&fake, 59 * SECOND);
    assert_eq!(log.lines(), [""; 0]);
    pass(&fake, SECOND);
    assert_eq!(log.lines(), ["slow 0 [01:00]"]);
}

#[test]
fn a_bar_that_is_not_left_prints_no_last_line() {
    let (log, fake) = (Log::default(), FakeClock::new());
    let sum: u32 = Progress::new().leave(false).target(&log.target(&fake)).over(0..4).sum();
    assert_eq!((sum, log.lines()), (6, vec![]));
}

#[test]
fn a_silent_bar_counts_and_prints_nothing() {
    let (log, fake) = (Log::default(), FakeClock::new());
    let bar = Progress::new().total(2).silent(true).target(&log.target(&fake)).start();
    bar.update(2);
    bar.refresh();
    bar.close();
    assert_eq!((bar.position(), bar.state(), log.lines()), (2, State::Succeeded, vec![]));
}

#[test]
fn log_lines_come_whole_even_from_pieces() {
    let (log, fake) = (Log::default(), FakeClock::new());
    let mut writer = LogWriter::above(&log.target(&fake));
    writer.write_all(b"first ").unwrap();
    assert_eq!(log.lines(), [""; 0]);
    writer.write_all(b"half\nsecond").unwrap();
    assert_eq!(log.lines(), ["first half"]);
    drop(writer);
    assert_eq!(log.lines(), ["first half", "second"]);
}

#[test]
fn a_log_that_fails_does_not_stop_the_work() {
    struct Closed;
    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            panic!("a writer that panics")
        }
    }
    let target = Target::lines(Closed);
    let items: Vec<_> = ProgressBar::new(0..3).target(&target).collect();
    assert_eq!(items, [0, 1, 2]);
    assert!(writeln!(LogWriter::above(&target), "unheard").is_ok());
    assert_eq!(target.suspend(|| 7), 7);
}

#[test]
fn the_drawing_thread_ends_with_the_last_bar() {
    let (log, fake) = (Log::default(), FakeClock::new());
    let target = log.target(&fake);
    let (first, second) =
        (Progress::new().target(&target).start(), Progress::new().target(&target).start());
    fake.wait_for_sleepers(1);
    first.close();
    assert!(target.frames().is_running());
    second.close();
    target.frames().wait_until_stopped();
    assert_eq!(fake.sleepers(), 0);
    let third = Progress::from("again").target(&target).start();
    pass(&fake, 5 * SECOND);
    assert_eq!(log.lines().last().map(String::as_str), Some("again 0 [00:05]"));
    drop(third);
}
