//! The handle of one bar.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;

use super::iter::ProgressIter;
use super::meter::{Meter, State};
use super::settings::Progress;
use super::style::Colour;
use super::targets::Target;
use super::text::one_line;

/// A bar that is moved by hand, or over an iterator by [`ProgressBar::new`].
///
/// Clones move the same bar, from any thread. Moving it costs one addition to an atomic counter.
///
/// The first end counts: [`success`](Self::success), [`stop`](Self::stop),
/// [`failure`](Self::failure) or [`close`](Self::close). A bar whose last clone is dropped ends as
/// by `close`; if that happens because a panic unwinds, the bar has failed.
///
/// ```
/// use concurry_core::progress::ProgressBar;
///
/// let bar = ProgressBar::with_total(100).desc("Uploading").unit("files");
/// std::thread::scope(|scope| {
///     for _ in 0..4 {
///         scope.spawn(|| (0..25).for_each(|_| bar.update(1)));
///     }
/// });
/// assert_eq!(bar.position(), 100);
/// bar.success("");
/// ```
#[derive(Clone, Debug)]
pub struct ProgressBar {
    owner: Arc<Owner>,
}

/// Ends the bar when the last handle goes. The drawing thread shares the meter, not this.
#[derive(Debug)]
struct Owner {
    meter: Arc<Meter>,
    target: Target,
}

impl ProgressBar {
    /// Wraps anything that can be iterated over: the bar moves once for each item.
    ///
    /// The total is the iterator's length where that is known exactly.
    ///
    /// ```
    /// use concurry_core::progress::ProgressBar;
    ///
    /// let words = ["one", "two", "three"];
    /// let lengths: Vec<_> =
    ///     ProgressBar::new(&words).desc("Counting").unit("words").map(|w| w.len()).collect();
    /// assert_eq!(lengths, [3, 3, 5]);
    /// ```
    #[expect(clippy::new_ret_no_self, reason = "the bar of an iterator is the iterator itself")]
    pub fn new<I: IntoIterator>(items: I) -> ProgressIter<I::IntoIter> {
        Progress::new().over(items)
    }

    /// Starts a bar that ends at `total`.
    #[must_use]
    pub fn with_total(total: u64) -> Self {
        Progress::new().total(total).start()
    }

    /// Starts a bar of unknown length.
    #[must_use]
    pub fn manual() -> Self {
        Progress::new().start()
    }

    pub(super) fn start(meter: Meter, target: Target) -> Self {
        let meter = Arc::new(meter);
        target.start(&meter);
        Self { owner: Arc::new(Owner { meter, target }) }
    }

    /// Sets the description, in passing.
    #[must_use]
    pub fn desc(self, description: impl AsRef<str>) -> Self {
        self.set_desc(description);
        self
    }

    /// Sets the unit in the plural, as in `31.2 calls/s`, in passing. `items` unless set.
    #[must_use]
    pub fn unit(self, unit: impl AsRef<str>) -> Self {
        self.set_unit(unit);
        self
    }

    /// Moves the bar by `by`.
    pub fn update(&self, by: u64) {
        self.meter().done.fetch_add(by, Ordering::Relaxed);
    }

    /// Moves the bar to `position`, which may be back.
    pub fn set_position(&self, position: u64) {
        self.meter().done.store(position, Ordering::Relaxed);
    }

    /// Sets the total, or forgets it.
    pub fn set_total(&self, total: impl Into<Option<u64>>) {
        self.meter().set_total(total.into());
    }

    /// Sets the description. Control characters become spaces.
    pub fn set_desc(&self, description: impl AsRef<str>) {
        self.meter().text().description = one_line(description.as_ref());
    }

    /// Sets the unit, in the plural.
    pub fn set_unit(&self, unit: impl AsRef<str>) {
        self.meter().text().unit = one_line(unit.as_ref());
    }

    /// Sets the colour of the running bar.
    pub fn set_colour(&self, colour: impl Into<Colour>) {
        self.meter().text().colour = colour.into();
    }

    /// Sets whether the last state stays on the screen.
    pub fn set_leave(&self, leave: bool) {
        self.meter().text().leave = leave;
    }

    /// Draws the bar now instead of with the next frame. Nothing happens after its end.
    pub fn refresh(&self) {
        if self.state() == State::Running {
            self.owner.target.draw_now(self.meter());
        }
    }

    /// Ends the bar green. A message, if not empty, is shown in brackets.
    pub fn success(&self, message: impl AsRef<str>) {
        self.owner.end(State::Succeeded, message.as_ref());
    }

    /// Ends the bar grey: the work was given up.
    pub fn stop(&self, message: impl AsRef<str>) {
        self.owner.end(State::Stopped, message.as_ref());
    }

    /// Ends the bar red.
    pub fn failure(&self, message: impl AsRef<str>) {
        self.owner.end(State::Failed, message.as_ref());
    }

    /// Ends the bar: green if it has reached its total, grey otherwise.
    pub fn close(&self) {
        self.owner.close();
    }

    /// How far the bar is. Exact once the threads that move it have been joined.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.meter().done.load(Ordering::Relaxed)
    }

    /// The total, where it is known.
    #[must_use]
    pub fn total(&self) -> Option<u64> {
        self.meter().total()
    }

    /// How the bar stands.
    #[must_use]
    pub fn state(&self) -> State {
        self.meter().state()
    }

    /// Begins anew, from zero, if the bar has ended.
    pub(super) fn restart(&self) {
        let Owner { meter, target } = &*self.owner;
        if meter.restart(target.clock().now()) {
            target.start(meter);
        }
    }

    pub(super) fn meter(&self) -> &Meter {
        &self.owner.meter
    }

    pub(super) fn target(&self) -> &Target {
        &self.owner.target
    }
}

impl Owner {
    fn end(&self, state: State, message: &str) {
        if self.meter.end(state, message, self.target.clock().now()) {
            self.target.finish(&self.meter);
        }
    }

    fn close(&self) {
        let complete = self.meter.is_complete();
        self.end(if complete { State::Succeeded } else { State::Stopped }, "");
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        if thread::panicking() {
            self.end(State::Failed, "");
        } else {
            self.close();
        }
    }
}
