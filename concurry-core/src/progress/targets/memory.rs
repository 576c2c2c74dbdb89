//! A terminal in memory, for tests.

use indicatif::{InMemoryTerm, ProgressDrawTarget};

use super::Target;
use super::terminal::Terminal;
use crate::progress::style::Palette;

/// A terminal in memory: a test's view of what a person would see.
///
/// ```
/// # #[cfg(feature = "test-util")] {
/// use concurry_core::progress::{MemoryTerminal, Progress};
///
/// let terminal = MemoryTerminal::new(80, 10);
/// let bar = Progress::new().desc("LLM").total(2).target(&terminal.target()).start();
/// assert!(terminal.contents().starts_with("LLM   0% |"));
/// bar.update(2);
/// bar.success("");
/// assert!(terminal.contents().ends_with("done"));
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct MemoryTerminal {
    term: InMemoryTerm,
    target: Target,
}

impl MemoryTerminal {
    /// A terminal of so many columns and rows, at least one of each.
    #[must_use]
    pub fn new(columns: u16, rows: u16) -> Self {
        Self::with_palette(columns, rows, Palette::True)
    }

    pub(in crate::progress) fn with_palette(columns: u16, rows: u16, palette: Palette) -> Self {
        let term = InMemoryTerm::new(rows.max(1), columns.max(1));
        // Without a bound on redraws, so that each frame can be looked at.
        let target = ProgressDrawTarget::term_like(Box::new(term.clone()));
        let target = Target::drawn(Terminal::new(term.clone(), target, palette));
        Self { term, target }
    }

    /// Bars drawn here. All clones of the target are on this terminal.
    #[must_use]
    pub fn target(&self) -> Target {
        self.target.clone()
    }

    /// What the screen shows, without colours.
    #[must_use]
    pub fn contents(&self) -> String {
        self.term.contents()
    }

    /// What the screen shows, with the escape sequences of its colours.
    #[must_use]
    pub fn contents_coloured(&self) -> String {
        String::from_utf8_lossy(&self.term.contents_formatted()).into_owned()
    }
}
