//! Where bars are drawn: a terminal, plain lines, a function, or nowhere.

mod function;
mod lines;
#[cfg(all(feature = "progress", any(test, feature = "test-util")))]
mod memory;
#[cfg(feature = "progress")]
mod terminal;

use std::fmt;
use std::io::{IsTerminal, Write, stderr};
use std::panic::{AssertUnwindSafe, RefUnwindSafe, UnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use concurry_time::Clock;

use super::frames::Frames;
use super::meter::Meter;
#[cfg(feature = "progress")]
use super::style::Palette;

#[cfg(all(feature = "progress", any(test, feature = "test-util")))]
pub use memory::MemoryTerminal;

/// Ten frames a second look smooth.
const FRAME: Duration = Duration::from_millis(100);
/// A log wants to know that the work goes on, and not much more.
const LINE: Duration = Duration::from_secs(5);
/// No target is drawn more often than this.
const SHORTEST: Duration = Duration::from_millis(10);

/// A place where bars are drawn, with its own pace.
///
/// Clones are the same place. Bars of one target stand one above the other and don't disturb each
/// other, so all bars of a process use [`Target::standard`] unless told otherwise.
///
/// ```
/// use concurry_core::progress::{Progress, Target};
///
/// let log = std::fs::File::options().write(true).open("/dev/null")?;
/// let bar = Progress::new().desc("copying").total(3).target(&Target::lines(log)).start();
/// bar.update(3);
/// bar.success("");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone)]
pub struct Target {
    /// `None` draws nothing.
    sink: Option<Arc<dyn Sink>>,
    clock: Clock,
    interval: Duration,
    frames: Arc<Frames>,
}

/// One way of drawing.
///
/// `draw` asks the meter for its frame under whatever lock orders the output.
pub(super) trait Sink: Send + Sync {
    /// Whether a bar is drawn when it starts, before the first interval is over.
    fn draws_at_start(&self) -> bool {
        true
    }

    fn draw(&self, meter: &Meter, clock: &Clock);

    /// Prints whole lines above the bars.
    fn print(&self, text: &str) {
        // A program must not fail because nobody reads its log.
        let _ = stderr().write_all(text.as_bytes());
    }

    /// Clears the bars and draws nothing until as many calls of `resume` have come.
    fn pause(&self) {}

    fn resume(&self) {}
}

impl Target {
    /// The target of this process, on standard error.
    ///
    /// `CONCURRY_PROGRESS` chooses it: `off`, `lines`, `terminal`, or `auto` (the default, also for
    /// any other value), which is a terminal if standard error is one and plain lines otherwise.
    /// The variable is read once.
    #[must_use]
    pub fn standard() -> &'static Self {
        static STANDARD: OnceLock<Target> = OnceLock::new();
        STANDARD.get_or_init(|| {
            let variable = |name: &str| std::env::var(name).ok();
            match Choice::by_environment(variable, stderr().is_terminal()) {
                Choice::Off => Self::hidden(),
                Choice::Lines => Self::lines(stderr()),
                #[cfg(feature = "progress")]
                Choice::Terminal => {
                    let term = console::Term::buffered_stderr();
                    Self::drawn(terminal::Terminal::limited(term, Palette::choose(variable)))
                }
            }
        })
    }

    /// Plain lines into a writer: one for each bar every five seconds, and a last one with its final
    /// state unless it is not to be left. Errors of the writer are ignored.
    #[must_use]
    pub fn lines(writer: impl Write + Send + 'static) -> Self {
        Self::new(Some(Arc::new(lines::Lines::new(writer))), LINE)
    }

    /// Nothing is drawn.
    #[must_use]
    pub fn hidden() -> Self {
        Self::new(None, FRAME)
    }

    pub(super) fn function(
        function: impl Fn(u64, Option<u64>, Duration) + Send + Sync + 'static,
    ) -> Self {
        Self::new(Some(Arc::new(function::Function::new(function))), FRAME)
    }

    #[cfg(feature = "progress")]
    fn drawn(terminal: terminal::Terminal) -> Self {
        Self::new(Some(Arc::new(terminal)), FRAME)
    }

    fn new(sink: Option<Arc<dyn Sink>>, interval: Duration) -> Self {
        Self { sink, clock: Clock::system(), interval, frames: Arc::default() }
    }

    /// Sets how often the bars are drawn: every 100 ms on a terminal and every 5 s as lines, unless
    /// set. At least 10 ms.
    #[must_use]
    pub fn every(mut self, interval: Duration) -> Self {
        self.interval = interval.max(SHORTEST);
        self
    }

    /// Sets the clock of the target and of its bars: the machine's, unless set.
    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Whether nothing is drawn.
    #[must_use]
    pub fn is_hidden(&self) -> bool {
        self.sink.is_none()
    }

    /// Clears the bars of this target, runs `work`, and draws them again.
    pub fn suspend<R>(&self, work: impl FnOnce() -> R) -> R {
        struct Resume<'a>(&'a dyn Sink);
        impl Drop for Resume<'_> {
            fn drop(&mut self) {
                quietly(|| self.0.resume());
            }
        }
        let _resume = self.sink.as_deref().map(|sink| {
            quietly(|| sink.pause());
            Resume(sink)
        });
        work()
    }

    #[doc(hidden)]
    pub fn print(&self, text: &str) {
        match &self.sink {
            Some(sink) => quietly(|| sink.print(text)),
            // A program must not fail because nobody reads its log.
            None => drop(stderr().write_all(text.as_bytes())),
        }
    }

    pub(super) fn clock(&self) -> &Clock {
        &self.clock
    }

    pub(super) fn interval(&self) -> Duration {
        self.interval
    }

    pub(super) fn frames(&self) -> &Frames {
        &self.frames
    }

    /// Draws the meter until [`Target::finish`].
    pub(super) fn start(&self, meter: &Arc<Meter>) {
        let Some(sink) = &self.sink else { return };
        if sink.draws_at_start() {
            quietly(|| sink.draw(meter, &self.clock));
        }
        self.frames.add(Arc::clone(meter), self);
    }

    /// Draws the last frame of a meter that has ended, and forgets it.
    pub(super) fn finish(&self, meter: &Arc<Meter>) {
        if self.is_hidden() {
            return;
        }
        self.frames.remove(meter);
        if thread::panicking() {
            // indicatif draws nothing on a thread that unwinds, so another one says how it ended.
            let (target, meter) = (self.clone(), Arc::clone(meter));
            let drawn = thread::Builder::new().spawn(move || target.draw(&meter));
            let _ = drawn.map(thread::JoinHandle::join);
        } else {
            quietly(|| self.draw(meter));
        }
    }

    /// Draws a frame on the caller's thread.
    pub(super) fn draw_now(&self, meter: &Meter) {
        quietly(|| self.draw(meter));
    }

    pub(super) fn draw(&self, meter: &Meter) {
        if let Some(sink) = &self.sink {
            sink.draw(meter, &self.clock);
        }
    }
}

/// Trouble in drawing must not reach the work.
fn quietly(draw: impl FnOnce()) {
    let _ = catch_unwind(AssertUnwindSafe(draw));
}

// A panic in drawing is caught where it happens and every lock survives it, so a bar may be used on
// both sides of a `catch_unwind`.
impl UnwindSafe for Target {}
impl RefUnwindSafe for Target {}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target")
            .field("hidden", &self.is_hidden())
            .field("interval", &self.interval)
            .finish_non_exhaustive()
    }
}

/// What the environment asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Choice {
    Off,
    Lines,
    #[cfg(feature = "progress")]
    Terminal,
}

impl Choice {
    fn by_environment(variable: impl Fn(&str) -> Option<String>, is_terminal: bool) -> Self {
        let dumb = variable("TERM").as_deref() == Some("dumb");
        let asked = variable("CONCURRY_PROGRESS").unwrap_or_default().to_ascii_lowercase();
        match asked.as_str() {
            "off" | "0" | "false" => Self::Off,
            "lines" => Self::Lines,
            #[cfg(feature = "progress")]
            "terminal" => Self::Terminal,
            #[cfg(feature = "progress")]
            _ if is_terminal && !dumb => Self::Terminal,
            _ => {
                // Without the feature a terminal gets lines, too.
                let _ = (is_terminal, dumb);
                Self::Lines
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choose(progress: &'static str, term: &'static str, is_terminal: bool) -> Choice {
        let variable = |name: &str| match name {
            "CONCURRY_PROGRESS" => Some(progress.to_owned()),
            "TERM" => Some(term.to_owned()),
            _ => None,
        };
        Choice::by_environment(variable, is_terminal)
    }

    #[test]
    fn the_environment_silences_bars_and_asks_for_lines() {
        assert_eq!(choose("OFF", "xterm", true), Choice::Off);
        assert_eq!(choose("lines", "xterm", true), Choice::Lines);
        assert_eq!(choose("", "xterm", false), Choice::Lines);
        assert_eq!(choose("auto", "dumb", true), Choice::Lines);
    }

    #[cfg(feature = "progress")]
    #[test]
    fn a_terminal_gets_drawn_bars() {
        assert_eq!(choose("", "xterm", true), Choice::Terminal);
        assert_eq!(choose("nonsense", "xterm", true), Choice::Terminal);
        assert_eq!(choose("terminal", "dumb", false), Choice::Terminal);
    }
}
