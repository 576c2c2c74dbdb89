//! An iterator with a bar.

use std::iter::FusedIterator;
use std::thread;

use super::bar::ProgressBar;
use super::meter::State;
use super::settings::Progress;
use super::style::Colour;
use super::targets::Target;

/// An iterator that moves a bar, made by [`ProgressBar::new`].
///
/// The bar starts with the first item asked for. An item counts as done when the next one is asked
/// for. At the end of the items the bar turns green; dropped before it turns grey; and red when the
/// iteration unwinds.
///
/// ```
/// use concurry_core::progress::ProgressBar;
///
/// let total: u64 = ProgressBar::new(1..=10_u64).desc("Adding").leave(false).sum();
/// assert_eq!(total, 55);
/// ```
#[derive(Debug)]
#[must_use = "iterators do nothing unless they are asked for items"]
pub struct ProgressIter<I> {
    items: I,
    settings: Progress,
    bar: Option<ProgressBar>,
    /// An item is out and not counted yet.
    out: bool,
}

impl<I: Iterator> ProgressIter<I> {
    pub(super) fn new(items: I, settings: Progress) -> Self {
        Self { items, settings, bar: None, out: false }
    }

    /// Sets the description.
    pub fn desc(self, description: impl Into<String>) -> Self {
        self.set(|settings| settings.desc(description))
    }

    /// Sets the unit in the plural, as in `31.2 calls/s`. `items` unless set.
    pub fn unit(self, unit: impl Into<String>) -> Self {
        self.set(|settings| settings.unit(unit))
    }

    /// Sets the total, where the iterator does not know it or knows it wrongly.
    pub fn total(self, total: u64) -> Self {
        self.set(|settings| settings.total(total))
    }

    /// Sets the colour of the running bar. Blue unless set.
    pub fn colour(self, colour: impl Into<Colour>) -> Self {
        self.set(|settings| settings.colour(colour))
    }

    /// Sets whether the last state stays on the screen. It does unless set.
    pub fn leave(self, leave: bool) -> Self {
        self.set(|settings| settings.leave(leave))
    }

    /// Draws nothing if `silent`.
    pub fn silent(self, silent: bool) -> Self {
        self.set(|settings| settings.silent(silent))
    }

    /// Sets where the bar is drawn. [`Target::standard`] unless set.
    pub fn target(self, target: &Target) -> Self {
        self.set(|settings| settings.target(target))
    }

    /// The bar, started if it was not: to change its text on the way, or to end it differently.
    ///
    /// ```
    /// use concurry_core::progress::{ProgressBar, State};
    ///
    /// let mut lines = ProgressBar::new(["1", "2", "x"]).desc("Parsing");
    /// let bar = lines.bar().clone();
    /// while let Some(line) = lines.next() {
    ///     if let Err(error) = line.parse::<u32>() {
    ///         bar.failure(error.to_string());
    ///         break;
    ///     }
    /// }
    /// assert_eq!((bar.position(), bar.state()), (2, State::Failed));
    /// ```
    pub fn bar(&mut self) -> &ProgressBar {
        let Self { items, settings, bar, .. } = self;
        bar.get_or_insert_with(|| {
            let length = match items.size_hint() {
                (lower, Some(upper)) if lower == upper => u64::try_from(upper).ok(),
                _ => None,
            };
            std::mem::take(settings).start_with_total(length)
        })
    }

    fn set(mut self, set: impl FnOnce(Progress) -> Progress) -> Self {
        self.settings = set(std::mem::take(&mut self.settings));
        self
    }

    /// Counts the item before and takes the next one.
    fn step(&mut self, take: impl FnOnce(&mut I) -> Option<I::Item>) -> Option<I::Item> {
        let counted = u64::from(std::mem::take(&mut self.out));
        let bar = self.bar();
        if counted > 0 {
            bar.update(counted);
        }
        let item = take(&mut self.items);
        self.out = item.is_some();
        if item.is_none() {
            self.bar().success("");
        }
        item
    }
}

impl<I: Iterator> Iterator for ProgressIter<I> {
    type Item = I::Item;

    fn next(&mut self) -> Option<I::Item> {
        self.step(I::next)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.items.size_hint()
    }
}

impl<I: DoubleEndedIterator> DoubleEndedIterator for ProgressIter<I> {
    fn next_back(&mut self) -> Option<I::Item> {
        self.step(I::next_back)
    }
}

impl<I: ExactSizeIterator> ExactSizeIterator for ProgressIter<I> {
    fn len(&self) -> usize {
        self.items.len()
    }
}

impl<I: FusedIterator> FusedIterator for ProgressIter<I> {}

impl<I> Drop for ProgressIter<I> {
    fn drop(&mut self) {
        let Some(bar) = &self.bar else { return };
        if thread::panicking() {
            bar.failure("");
            return;
        }
        if self.out && bar.state() == State::Running {
            bar.update(1);
        }
        bar.close();
    }
}
