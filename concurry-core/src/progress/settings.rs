//! What `.progress(..)` accepts.

use std::fmt;
use std::time::Duration;

use super::bar::ProgressBar;
use super::iter::ProgressIter;
use super::meter::Meter;
use super::style::Colour;
use super::tally::Tally;
use super::targets::Target;
use super::text::one_line;

/// Settings of a bar. Everything that takes a bar takes `impl Into<Progress>`:
///
/// - a description: `"Processing"`;
/// - settings: `Progress::new().desc("Processing").unit("calls")`;
/// - a [`ProgressBar`], which goes on if it runs, and begins anew if it has ended; it stays on its
///   target;
/// - `true` for a bar and `false` for none;
/// - a function, called with how many are done, the total where it is known, and the time elapsed
///   ([`Progress::call`]).
///
/// # Default
///
/// No description, the unit `items`, the length of the work as total, blue while it runs, left on the
/// screen at its end, drawn on [`Target::standard`].
///
/// ```
/// use concurry_core::progress::{Progress, State};
///
/// let bar = Progress::new().desc("Training").unit("epochs").total(2).leave(false).start();
/// bar.update(2);
/// bar.close();
/// assert_eq!(bar.state(), State::Succeeded);
/// ```
#[derive(Clone, Default)]
#[must_use = "settings do nothing until they are started"]
pub struct Progress {
    description: Option<String>,
    unit: Option<String>,
    total: Option<u64>,
    initial: u64,
    colour: Option<Colour>,
    leave: Option<bool>,
    silent: bool,
    target: Option<Target>,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// A bar with the defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Calls a function in place of a bar: with how many are done, the total where it is known, and
    /// the time elapsed.
    ///
    /// It is called at the start, ten times a second, and with the final numbers, always one call at
    /// a time. The calls come from different threads, and the end of the work waits for the one that
    /// is running: the function must not wait for the work. One that panics is not called again.
    ///
    /// ```
    /// use concurry_core::progress::Progress;
    /// use std::sync::{Arc, Mutex};
    ///
    /// let seen = Arc::new(Mutex::new((0, None)));
    /// let progress = Progress::call({
    ///     let seen = Arc::clone(&seen);
    ///     move |done, total, _elapsed| *seen.lock().unwrap() = (done, total)
    /// });
    /// assert_eq!(progress.over(1..=10).sum::<i32>(), 55);
    /// assert_eq!(*seen.lock().unwrap(), (10, Some(10)));
    /// ```
    pub fn call<F>(function: F) -> Self
    where
        F: Fn(u64, Option<u64>, Duration) + Send + Sync + 'static,
    {
        Self::new().target(&Target::function(function))
    }

    /// Sets the description.
    pub fn desc(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Sets the unit, in the plural.
    pub fn unit(mut self, unit: impl Into<String>) -> Self {
        self.unit = Some(unit.into());
        self
    }

    /// Sets the total, in place of the length of the work.
    pub fn total(mut self, total: u64) -> Self {
        self.total = Some(total);
        self
    }

    /// Sets how many were done before, by an earlier run. They count as done, but not for the rate.
    pub fn initial(mut self, done: u64) -> Self {
        self.initial = done;
        self
    }

    /// Sets the colour of the running bar.
    pub fn colour(mut self, colour: impl Into<Colour>) -> Self {
        self.colour = Some(colour.into());
        self
    }

    /// Sets whether the last state stays on the screen. An inner bar of a loop is better not left.
    pub fn leave(mut self, leave: bool) -> Self {
        self.leave = Some(leave);
        self
    }

    /// Draws nothing if `silent`. The bar can be moved and asked all the same.
    pub fn silent(mut self, silent: bool) -> Self {
        self.silent = silent;
        self
    }

    /// Sets where the bar is drawn.
    pub fn target(mut self, target: &Target) -> Self {
        self.target = Some(target.clone());
        self
    }

    /// Whether nothing would be drawn, so that the work can do without counting.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        let target = || self.target.as_ref().unwrap_or_else(|| Target::standard());
        match &self.bar {
            // Someone holds this bar and may ask it.
            Some(_) => false,
            None => self.silent || target().is_hidden(),
        }
    }

    /// Starts a bar to move by hand.
    #[must_use]
    pub fn start(self) -> ProgressBar {
        self.start_with_total(None)
    }

    /// Wraps anything that can be iterated over, as [`ProgressBar::new`] does.
    pub fn over<I: IntoIterator>(self, items: I) -> ProgressIter<I::IntoIter> {
        ProgressIter::new(items.into_iter(), self)
    }

    /// Starts a bar for an engine that reports outcomes, with the length of its work.
    #[must_use]
    pub fn tally(self, total: Option<u64>) -> Tally {
        Tally::new(self.start_with_total(total))
    }

    /// A total of the settings goes before the given one.
    pub(super) fn start_with_total(mut self, length: Option<u64>) -> ProgressBar {
        let total = self.total.or(length);
        let Some(bar) = self.bar.take() else {
            return self.start_new(total);
        };
        bar.restart();
        if total.is_some() {
            bar.set_total(total);
        }
        self.apply(bar.meter());
        bar
    }

    fn start_new(self, total: Option<u64>) -> ProgressBar {
        let target = match &self.target {
            _ if self.silent => Target::hidden(),
            Some(target) => target.clone(),
            None => Target::standard().clone(),
        };
        let meter = Meter::new(self.initial, total, target.clock().now());
        self.apply(&meter);
        ProgressBar::start(meter, target)
    }

    fn apply(self, meter: &Meter) {
        let mut text = meter.text();
        if let Some(description) = self.description {
            text.description = one_line(&description);
        }
        if let Some(unit) = self.unit {
            text.unit = one_line(&unit);
        }
        text.colour = self.colour.unwrap_or(text.colour);
        text.leave = self.leave.unwrap_or(text.leave);
    }
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Progress")
            .field("description", &self.description)
            .field("total", &self.total)
            .field("silent", &self.silent)
            .finish_non_exhaustive()
    }
}

impl From<&str> for Progress {
    fn from(description: &str) -> Self {
        Self::new().desc(description)
    }
}

impl From<String> for Progress {
    fn from(description: String) -> Self {
        Self::new().desc(description)
    }
}

impl From<bool> for Progress {
    fn from(shown: bool) -> Self {
        Self::new().silent(!shown)
    }
}

impl From<ProgressBar> for Progress {
    fn from(bar: ProgressBar) -> Self {
        Self { bar: Some(bar), ..Self::default() }
    }
}

impl From<&ProgressBar> for Progress {
    fn from(bar: &ProgressBar) -> Self {
        bar.clone().into()
    }
}

impl<F> From<F> for Progress
where
    F: Fn(u64, Option<u64>, Duration) + Send + Sync + 'static,
{
    fn from(function: F) -> Self {
        Self::call(function)
    }
}
