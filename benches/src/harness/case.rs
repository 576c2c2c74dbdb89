//! A case: one question, asked of several subjects.

use std::fmt;
use std::ops::RangeInclusive;

use super::measurement::{Measurement, Unit};

/// Measures one sample of the given number of calls.
pub(super) type Measure = Box<dyn FnMut(u64) -> Measurement>;

/// The legal sums for a number of calls.
pub(super) type Expected = Box<dyn Fn(u64) -> RangeInclusive<u64>>;

/// One thing or library that is measured in a case.
pub(super) struct Subject {
    pub(super) name: &'static str,
    pub(super) calls: u64,
    pub(super) measure: Measure,
}

/// One question, asked of several subjects in turn.
pub struct Case {
    pub(super) name: &'static str,
    pub(super) unit: Unit,
    pub(super) floor: Option<&'static str>,
    pub(super) expected: Expected,
    pub(super) subjects: Vec<Subject>,
}

impl Case {
    /// A case whose calls return `0, 1, 2, …`, so that a correct run sums to their total.
    #[must_use]
    pub fn new(name: &'static str, unit: Unit) -> Self {
        Self { name, unit, floor: None, expected: Box::new(sum_below), subjects: Vec::new() }
    }

    /// Sets the legal sums for a number of calls.
    #[must_use]
    pub fn expects(mut self, expected: impl Fn(u64) -> RangeInclusive<u64> + 'static) -> Self {
        self.expected = Box::new(expected);
        self
    }

    /// Names the subject that ratios refer to. It is measured even if only others were asked for.
    #[must_use]
    pub fn floor(mut self, name: &'static str) -> Self {
        self.floor = Some(name);
        self
    }

    /// Adds a subject with the number of calls that it makes unless told otherwise.
    #[must_use]
    pub fn subject(
        mut self,
        name: &'static str,
        calls: u64,
        measure: impl FnMut(u64) -> Measurement + 'static,
    ) -> Self {
        self.subjects.push(Subject { name, calls, measure: Box::new(measure) });
        self
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let subjects: Vec<_> = self.subjects.iter().map(|subject| subject.name).collect();
        formatter
            .debug_struct("Case")
            .field("name", &self.name)
            .field("subjects", &subjects)
            .finish_non_exhaustive()
    }
}

/// `0 + 1 + … + (calls - 1)`.
fn sum_below(calls: u64) -> RangeInclusive<u64> {
    let sum = calls * calls.saturating_sub(1) / 2;
    sum..=sum
}
