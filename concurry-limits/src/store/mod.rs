//! Where the state of a set lives, behind one small trait.
//!
//! A set asks its store under its own lock, one question at a time. The store of this crate,
//! [`LocalStore`], keeps everything in memory. A store that several programs share implements the
//! same trait; what it must hold to is checked by the suite in `conformance`
//! (feature `test-util`).

#[cfg(any(test, feature = "test-util"))]
pub mod conformance;
mod local;

use std::fmt;
use std::time::Duration;

pub use local::LocalStore;

/// An amount of one limit of the set. Limits are numbered in the order in which they were given to
/// the builder.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Take {
    /// The number of the limit.
    pub index: usize,
    /// How much.
    pub amount: f64,
}

/// What an earlier waiter was promised, and by when.
#[derive(Clone, Copy, Debug)]
pub struct Promise<'a> {
    /// The amounts.
    pub takes: &'a [Take],
    /// The moment at which they will fit.
    pub by: Duration,
}

/// When something fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    /// At this moment, if nothing else happens.
    At(Duration),
    /// When somebody gives a resource back.
    WhenReleased,
    /// Never: it is more than the limit allows at once.
    Never,
}

/// Why nothing was taken: the limit that is short for the longest time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shortage {
    /// The number of the limit.
    pub index: usize,
    /// When it fits.
    pub fit: Fit,
}

/// What a limit says about itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Level {
    /// The capacity: for each window, or of the resource.
    pub capacity: f64,
    /// The most that can fit at once.
    pub most: f64,
    /// What fits now. Negative when there is debt.
    pub available: f64,
}

/// The state of all limits of a set.
///
/// Moments are durations since the set was made, on the set's clock; a store that lives elsewhere
/// translates them. They do not go backwards by more than a tenth of a second: a waiter that was
/// woken late is counted at the moment it was promised.
pub trait Store: Send + fmt::Debug {
    /// Takes all the amounts, or none of them.
    ///
    /// What is taken must leave every promise intact: each of its amounts still fits by its moment.
    ///
    /// # Errors
    ///
    /// [`Shortage`] when they do not fit at `at`.
    fn try_take(
        &mut self,
        takes: &[Take],
        promises: &[Promise<'_>],
        at: Duration,
    ) -> Result<(), Shortage>;

    /// Records an amount that was used without being asked for: debt, if it does not fit.
    fn charge(&mut self, take: Take, now: Duration);

    /// Gives back an amount that was taken at `taken_at`: of a resource in any case, of a rate by
    /// the rule of its algorithm.
    fn give_back(&mut self, take: Take, taken_at: Duration, now: Duration);

    /// Changes the capacity of a limit. What has been spent or is held stays so.
    fn set_capacity(&mut self, index: usize, capacity: f64, now: Duration);

    /// How a limit stands.
    fn level(&self, index: usize, now: Duration) -> Level;

    /// When so much will have become available, even if it is more than fits at once.
    fn wait_for(&self, index: usize, amount: f64, now: Duration) -> Fit;

    /// How much may be taken of a limit at any later time without asking, if nothing else is taken
    /// meanwhile. The set records it afterwards, by [`charge`](Self::charge). Zero unless the store
    /// is sure.
    fn prepay(&self, index: usize, now: Duration) -> f64 {
        let _ = (index, now);
        0.0
    }

    /// Sets aside what somebody may take at any later time without asking: a lease. Until it is put
    /// back it is not free, and its time does not begin. The set asks only for whole amounts that fit
    /// now. False, for all limits alike: the store can't.
    fn set_aside(&mut self, take: Take) -> bool {
        let _ = take;
        false
    }

    /// Ends [`set_aside`](Self::set_aside) for an amount. What was used of it is charged then.
    fn put_back(&mut self, take: Take) {
        let _ = take;
    }
}
