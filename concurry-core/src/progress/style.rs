//! How a bar looks: its colours, and its one line of text.

use std::fmt::Write as _;
use std::time::Duration;

use super::meter::{Frame, State};
use super::text;

/// A line is no longer than this unless its words need more.
const WIDTH: usize = 100;
/// However many the words, the graphic has as many cells where the terminal is wide enough.
const ENOUGH_CELLS: usize = 10;
/// A graphic of fewer cells says less than its percentage.
const MIN_CELLS: usize = 4;

/// A colour of a bar.
///
/// Terminals that do not announce true colour get the nearest of their 256 colours; with `NO_COLOR`
/// set there are none.
///
/// ```
/// use concurry_core::progress::Colour;
///
/// assert_eq!(Colour::hex(0x02_88_d1), Colour::RUNNING);
/// assert_eq!(Colour::from((2, 136, 209)), Colour::RUNNING);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour {
    red: u8,
    green: u8,
    blue: u8,
}

impl Colour {
    /// Blue, `#0288d1`: running, unless the bar was given another colour.
    pub const RUNNING: Self = Self::hex(0x02_88_d1);
    /// Green, `#43a047`.
    pub const SUCCESS: Self = Self::hex(0x43_a0_47);
    /// Red, `#e64a19`.
    pub const FAILURE: Self = Self::hex(0xe6_4a_19);
    /// Grey, `#b0bec5`.
    pub const STOPPED: Self = Self::hex(0xb0_be_c5);

    /// A colour as it is written in a style sheet: `0xrrggbb`. Higher bits are ignored.
    #[must_use]
    pub const fn hex(rgb: u32) -> Self {
        let [_, red, green, blue] = rgb.to_be_bytes();
        Self { red, green, blue }
    }

    /// The nearest colour of the 6 × 6 × 6 cube that the 256-colour palette holds from 16 on.
    fn indexed(self) -> u16 {
        // The cube's levels are 0, 95, 135, 175, 215, 255.
        let level = |value: u8| match value {
            0..48 => 0,
            48..115 => 1,
            _ => (u16::from(value) - 35) / 40,
        };
        16 + 36 * level(self.red) + 6 * level(self.green) + level(self.blue)
    }
}

impl From<(u8, u8, u8)> for Colour {
    fn from((red, green, blue): (u8, u8, u8)) -> Self {
        Self { red, green, blue }
    }
}

/// The colours that a target can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Palette {
    Plain,
    Indexed,
    True,
}

impl Palette {
    /// Chooses by the environment: `NO_COLOR` (<https://no-color.org>), then `COLORTERM`.
    pub(super) fn choose(variable: impl Fn(&str) -> Option<String>) -> Self {
        if variable("NO_COLOR").is_some_and(|value| !value.is_empty()) {
            return Self::Plain;
        }
        match variable("COLORTERM").as_deref() {
            Some("truecolor" | "24bit") => Self::True,
            _ => Self::Indexed,
        }
    }

    fn paint(self, colour: Colour, text: &str) -> String {
        let Colour { red, green, blue } = colour;
        match self {
            Self::Plain => text.to_owned(),
            Self::Indexed => format!("\x1b[38;5;{}m{text}\x1b[39m", colour.indexed()),
            Self::True => format!("\x1b[38;2;{red};{green};{blue}m{text}\x1b[39m"),
        }
    }
}

/// The line of a bar on a terminal of so many columns. Too narrow for all of it, it goes without the
/// graphic.
pub(super) fn drawn_line(frame: &Frame, columns: usize, palette: Palette) -> String {
    let (head, tail) = (head(frame, palette), tail(frame, palette));
    let around = head.columns + tail.columns + 3; // two edges and the space after them
    let wanted = WIDTH.saturating_sub(around).max(ENOUGH_CELLS);
    let cells = wanted.min(columns.saturating_sub(around));
    match frame.total {
        Some(total) if cells >= MIN_CELLS => {
            let graphic = palette.paint(colour(frame), &graphic(frame.done, total, cells));
            format!("{}|{graphic}| {}", head.text, tail.text)
        }
        _ => head.text + &tail.text,
    }
}

/// The line of a bar in a log: no colours, no graphic.
pub(super) fn plain_line(frame: &Frame) -> String {
    head(frame, Palette::Plain).text + &tail(frame, Palette::Plain).text
}

/// Text with its length as it is seen, colours not counted.
#[derive(Default)]
struct Painted {
    text: String,
    columns: usize,
}

impl Painted {
    fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.columns += text.chars().count();
    }

    fn push_painted(&mut self, palette: Palette, colour: Colour, text: &str) {
        self.text.push_str(&palette.paint(colour, text));
        self.columns += text.chars().count();
    }
}

/// `[message] description  37% `.
fn head(frame: &Frame, palette: Palette) -> Painted {
    let mut head = Painted::default();
    if !frame.message.is_empty() {
        head.push_painted(palette, colour(frame), &format!("[{}]", frame.message));
        head.push(" ");
    }
    if !frame.description.is_empty() {
        head.push(&frame.description);
        head.push(" ");
    }
    if let Some(total) = frame.total {
        head.push(&format!("{:>3}% ", percent(frame.done, total)));
    }
    head
}

/// `370/1,000 [00:12<00:20, 31.2 calls/s] 3 failed, 2 retrying`.
fn tail(frame: &Frame, palette: Palette) -> Painted {
    let mut tail = Painted::default();
    tail.push(&text::count(frame.done));
    if let Some(total) = frame.total {
        tail.push(&format!("/{}", text::count(total)));
    }
    tail.push(&format!(" [{}", text::clock(frame.elapsed)));
    if let (State::Running, Some(left)) = (frame.state, time_left(frame)) {
        tail.push(&format!("<{}", text::clock(left)));
    }
    if frame.per_second > 0.0 {
        tail.push(&format!(", {}", text::rate(frame.per_second, &frame.unit)));
    }
    tail.push("]");
    let mut separator = " ";
    for (colour, word) in words(frame) {
        tail.push(std::mem::replace(&mut separator, ", "));
        match colour {
            Some(colour) => tail.push_painted(palette, colour, &word),
            None => tail.push(&word),
        }
    }
    tail
}

/// The state in words, so that it can be read without colours.
fn words(frame: &Frame) -> Vec<(Option<Colour>, String)> {
    let mut words = Vec::new();
    match frame.state {
        State::Running => {}
        State::Succeeded => words.push((Some(Colour::SUCCESS), "done".to_owned())),
        State::Stopped => words.push((Some(Colour::STOPPED), "stopped".to_owned())),
        State::Failed => words.push((Some(Colour::FAILURE), "failed".to_owned())),
    }
    if frame.failed > 0 {
        let failed = text::count(frame.failed);
        match words.last_mut() {
            // Not "failed, 3 failed".
            Some((_, word)) if frame.state == State::Failed => *word = format!("{failed} failed"),
            _ => words.push((Some(Colour::FAILURE), format!("{failed} failed"))),
        }
    }
    if frame.retrying > 0 {
        words.push((None, format!("{} retrying", text::count(frame.retrying))));
    }
    if !frame.throttled_by.is_empty() {
        let mut word = format!("throttled by {}", frame.throttled_by.join(", "));
        if let Some(next) = frame.next_in {
            // Writing to a String cannot fail.
            let _ = write!(word, " (next in {})", text::wait(next));
        }
        words.push((None, word));
    }
    words
}

fn colour(frame: &Frame) -> Colour {
    match frame.state {
        State::Running => frame.colour,
        State::Succeeded => Colour::SUCCESS,
        State::Stopped => Colour::STOPPED,
        State::Failed => Colour::FAILURE,
    }
}

/// Rounded down, so that 100 % means all of it; more than the total is 100 % too.
fn percent(done: u64, total: u64) -> u128 {
    if done >= total { 100 } else { u128::from(done) * 100 / u128::from(total) }
}

fn time_left(frame: &Frame) -> Option<Duration> {
    let left = frame.total?.checked_sub(frame.done)?;
    Duration::try_from_secs_f64(left as f64 / frame.per_second).ok()
}

/// Whole cells, and one in eighths.
fn graphic(done: u64, total: u64, cells: usize) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let share = if done >= total { 1.0 } else { done as f64 / total as f64 };
    let eighths = (share * (cells * 8) as f64) as usize;
    let part = EIGHTHS[eighths % 8];
    let filled = eighths / 8 + usize::from(!part.is_empty());
    format!("{}{part}{}", "█".repeat(eighths / 8), " ".repeat(cells.saturating_sub(filled)))
}
