//! One bar on a terminal.

use std::time::Duration;

use concurry_time::FakeClock;

use super::pass;
use crate::progress::style::Palette;
use crate::progress::{Colour, MemoryTerminal, Progress, ProgressBar, State};

const BLUE: &str = "\x1b[38;2;2;136;209m";
const GREEN: &str = "\x1b[38;2;67;160;71m";
const RED: &str = "\x1b[38;2;230;74;25m";
const GREY: &str = "\x1b[38;2;176;190;197m";

#[test]
fn a_running_bar_says_what_happens() {
    let (terminal, fake) = (MemoryTerminal::new(160, 5), FakeClock::new());
    let pace = Duration::from_secs(12);
    let target = terminal.target().with_clock(fake.clock()).every(pace);
    let tally = Progress::from("LLM").unit("calls").target(&target).tally(Some(1_000));
    assert!(terminal.contents().starts_with("LLM   0% |   "), "shown at once");
    tally.record(367, 3);
    let _retrying = [tally.retrying(), tally.retrying()];
    let next = fake.clock().now() + Duration::from_millis(13_200);
    let _throttled = [
        tally.throttled("tokens", Some(next)),
        tally.throttled("tokens", Some(next + Duration::from_secs(1))),
    ];
    pass(&fake, pace);
    let contents = terminal.contents();
    assert!(contents.starts_with("LLM  37% |█"), "{contents}");
    let words = "   | 370/1,000 [00:12<00:20, 30.8 calls/s] 3 failed, 2 retrying, throttled by tokens \
                 (next in 1.2 s)";
    assert!(contents.ends_with(words), "{contents}");
    assert_eq!(contents.lines().count(), 1);
}

#[test]
fn each_state_has_its_colour() {
    let ends = [(State::Succeeded, GREEN), (State::Stopped, GREY), (State::Failed, RED)];
    for (state, colour) in ends {
        let terminal = MemoryTerminal::new(80, 5);
        let bar = Progress::new().total(2).target(&terminal.target()).start();
        bar.update(1);
        bar.refresh();
        assert!(terminal.contents_coloured().contains(&format!("|{BLUE}█")));
        match state {
            State::Succeeded => bar.success(""),
            State::Stopped => bar.stop(""),
            _ => bar.failure(""),
        }
        let contents = terminal.contents_coloured();
        assert!(contents.contains(&format!("|{colour}█")), "{contents:?}");
        assert!(!contents.contains(BLUE), "{contents:?}");
    }
}

#[test]
fn any_colour_can_be_set_for_the_running_bar() {
    let terminal = MemoryTerminal::new(80, 5);
    let bar = Progress::new().total(1).colour((1, 2, 3)).target(&terminal.target()).start();
    bar.set_position(1);
    bar.refresh();
    assert!(terminal.contents_coloured().contains("\x1b[38;2;1;2;3m█"));
    bar.set_colour(Colour::hex(0x04_05_06));
    bar.refresh();
    assert!(terminal.contents_coloured().contains("\x1b[38;2;4;5;6m█"));
}

#[test]
fn lesser_terminals_get_lesser_colours() {
    let shown = |palette| {
        let terminal = MemoryTerminal::with_palette(80, 5, palette);
        ProgressBar::new([1]).target(&terminal.target()).for_each(drop);
        terminal.contents_coloured()
    };
    assert!(shown(Palette::Indexed).contains("\x1b[38;5;71m█"), "{:?}", shown(Palette::Indexed));
    assert!(!shown(Palette::Plain).contains("\x1b[38"));
}

#[test]
fn the_environment_chooses_the_palette() {
    let choose = |no_color: &str, colorterm: &str| {
        Palette::choose(|name| match name {
            "NO_COLOR" => Some(no_color.to_owned()),
            "COLORTERM" => Some(colorterm.to_owned()),
            _ => None,
        })
    };
    assert_eq!(choose("1", "truecolor"), Palette::Plain);
    assert_eq!(choose("", "truecolor"), Palette::True);
    assert_eq!(choose("", ""), Palette::Indexed);
}

#[test]
fn the_graphic_grows_in_eighths_and_ends_full() {
    let (terminal, fake) = (MemoryTerminal::new(40, 5), FakeClock::new());
    let target = terminal.target().with_clock(fake.clock());
    let bar = Progress::new().total(64).target(&target).start();
    let graphic = || {
        bar.refresh();
        let contents = terminal.contents();
        contents.split('|').nth(1).unwrap().trim_end().to_owned()
    };
    assert_eq!(graphic(), "");
    let mut widths = vec![];
    for _ in 0..64 {
        bar.update(1);
        widths.push(graphic());
    }
    assert!(widths.iter().any(|width| width.ends_with('▌')));
    assert!(widths.is_sorted_by_key(|width| width.chars().count()));
    assert!(widths[63].chars().all(|cell| cell == '█'));
}

#[test]
fn a_tiny_terminal_breaks_nothing() {
    for (columns, seen) in [(1, "e"), (5, "done"), (20, "done")] {
        let (terminal, fake) = (MemoryTerminal::new(columns, 2), FakeClock::new());
        let target = terminal.target().with_clock(fake.clock());
        let bar = Progress::from("wide 漢字").total(3).leave(false).target(&target).start();
        bar.update(1);
        pass(&fake, Duration::from_millis(100));
        let items = ProgressBar::new(0..100).desc("a long description").target(&target);
        assert_eq!(items.count(), 100);
        drop(bar);
        let text = terminal.contents().replace('\n', "");
        assert!(text.ends_with(seen), "{columns}: {text}");
    }
}

#[test]
fn a_panic_leaves_a_red_bar_on_the_screen() {
    let terminal = MemoryTerminal::new(80, 5);
    let target = terminal.target();
    let unwound = std::panic::catch_unwind(|| {
        ProgressBar::new(0..4).target(&target).for_each(|item| assert!(item < 2));
    });
    assert!(unwound.is_err());
    assert!(terminal.contents().ends_with("failed"), "{}", terminal.contents());
    assert!(terminal.contents_coloured().contains(&format!("|{RED}█")));
}
