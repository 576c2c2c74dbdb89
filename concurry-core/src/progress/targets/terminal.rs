//! Bars drawn in place on a terminal, by indicatif.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use concurry_time::Clock;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle, TermLike};

use super::Sink;
use crate::progress::meter::{Meter, State};
use crate::progress::style::{Palette, drawn_line};

/// However many bars there are, the terminal is not redrawn more often.
const REDRAWS_PER_SECOND: u8 = 15;

/// indicatif keeps the lines in place; what they say is ours. A bar that ends turns into text above
/// the others, so nothing redraws or clears it any more.
pub(super) struct Terminal {
    canvas: Mutex<Canvas>,
    palette: Palette,
}

struct Canvas {
    term: Box<dyn TermLike>,
    region: MultiProgress,
    bars: HashMap<u64, ProgressBar>,
    /// How many callers print by themselves at the moment.
    paused: usize,
    /// Last lines of bars that ended meanwhile.
    held: Vec<String>,
}

impl Terminal {
    /// Draws at a bounded rate.
    pub(super) fn limited<T: TermLike + Clone + 'static>(term: T, palette: Palette) -> Self {
        let target =
            ProgressDrawTarget::term_like_with_hz(Box::new(term.clone()), REDRAWS_PER_SECOND);
        Self::new(term, target, palette)
    }

    pub(super) fn new(
        term: impl TermLike + 'static,
        target: ProgressDrawTarget,
        palette: Palette,
    ) -> Self {
        let canvas = Canvas {
            term: Box::new(term),
            region: MultiProgress::with_draw_target(target),
            bars: HashMap::new(),
            paused: 0,
            held: Vec::new(),
        };
        Self { canvas: Mutex::new(canvas), palette }
    }

    fn lock(&self) -> MutexGuard<'_, Canvas> {
        self.canvas.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sink for Terminal {
    fn draw(&self, meter: &Meter, clock: &Clock) {
        let mut canvas = self.lock();
        let Some(frame) = meter.frame(clock.now()) else { return };
        let line = drawn_line(&frame, usize::from(canvas.term.width()), self.palette);
        match frame.state {
            State::Running => canvas.show(meter.id(), line),
            _ => canvas.leave(meter.id(), frame.leave, line),
        }
    }

    fn print(&self, text: &str) {
        self.lock().print(text);
    }

    fn pause(&self) {
        let mut canvas = self.lock();
        canvas.paused += 1;
        // A terminal that takes nothing any more is not the caller's trouble; so everywhere here.
        let _ = canvas.region.clear();
    }

    fn resume(&self) {
        let mut canvas = self.lock();
        canvas.paused = canvas.paused.saturating_sub(1);
        if canvas.paused == 0 {
            for line in std::mem::take(&mut canvas.held) {
                canvas.print(&line);
            }
            for bar in canvas.bars.values() {
                bar.tick();
            }
        }
    }
}

impl Canvas {
    fn show(&mut self, id: u64, line: String) {
        if self.paused > 0 {
            return;
        }
        let region = &self.region;
        let bar = self.bars.entry(id).or_insert_with(|| {
            let style = ProgressStyle::with_template("{wide_msg}")
                .unwrap_or_else(|_| ProgressStyle::default_bar());
            region.add(ProgressBar::no_length().with_style(style))
        });
        bar.set_message(line);
    }

    fn leave(&mut self, id: u64, leave: bool, line: String) {
        if let Some(bar) = self.bars.remove(&id) {
            if !leave && self.paused == 0 {
                bar.finish_and_clear();
            }
            self.region.remove(&bar);
        }
        if !leave {
            return;
        }
        let line = line + "\n";
        if self.paused > 0 {
            self.held.push(line);
        } else {
            self.print(&line);
        }
    }

    fn print(&self, text: &str) {
        if self.paused == 0 {
            // indicatif makes room for it, also where a bar that was just removed still stands.
            let _ = self.region.println(text.strip_suffix('\n').unwrap_or(text));
            return;
        }
        for line in text.split_inclusive('\n') {
            let _ = match line.strip_suffix('\n') {
                Some(line) => self.term.write_line(line),
                None => self.term.write_str(line),
            };
        }
        let _ = self.term.flush();
    }
}
