//! How each kind of value is read, checked and shown.

use std::time::Duration;

use super::duration;
use crate::Mode;
use crate::balance::Balance;
use crate::overflow::Overflow;

/// A kind of value that a setting may have.
pub(super) trait Value: Sized {
    /// The legal values, in words that follow "has to be".
    const LEGAL: &'static str;

    fn parse(text: &str) -> Option<Self>;

    fn is_legal(&self) -> bool {
        true
    }

    /// Text that `parse` understands.
    fn show(&self) -> String;
}

/// Workers, places: none of them makes a pool that does nothing.
impl Value for usize {
    const LEGAL: &'static str = "a whole number, at least 1";

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }

    fn is_legal(&self) -> bool {
        *self > 0
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

/// Repetitions: none is a sensible number.
impl Value for u32 {
    const LEGAL: &'static str = "a whole number from 0 to 4294967295";

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Value for bool {
    const LEGAL: &'static str = "`true` or `false`";

    fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => Some(true),
            "false" | "0" | "no" | "off" => Some(false),
            _ => None,
        }
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Value for Duration {
    const LEGAL: &'static str = "more than zero, such as `30s`, `500ms`, `2m`, or in seconds, `1.5`; left out for the default";

    fn parse(text: &str) -> Option<Self> {
        duration::parse(text)
    }

    fn is_legal(&self) -> bool {
        !self.is_zero()
    }

    fn show(&self) -> String {
        format!("{self:?}")
    }
}

impl Value for Mode {
    const LEGAL: &'static str = "sync, thread, async, process or ray";

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Value for Balance {
    const LEGAL: &'static str =
        "any_idle, round_robin, least_active, least_total, random or two_choices";

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }

    fn show(&self) -> String {
        match self {
            Self::AnyIdle => "any_idle",
            Self::RoundRobin => "round_robin",
            Self::LeastActive => "least_active",
            Self::LeastTotal => "least_total",
            Self::Random => "random",
            Self::TwoChoices => "two_choices",
        }
        .to_owned()
    }
}

impl Value for Overflow {
    const LEGAL: &'static str = "wait or reject";

    fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "wait" => Some(Self::Wait),
            "reject" => Some(Self::Reject),
            _ => None,
        }
    }

    fn show(&self) -> String {
        match self {
            Self::Wait => "wait",
            Self::Reject => "reject",
        }
        .to_owned()
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use super::*;

    /// Each is read back from what is shown, and offered where the legal values are listed.
    fn assert_named<V: Value + PartialEq + Debug>(values: impl IntoIterator<Item = V>) {
        for value in values {
            assert!(V::LEGAL.contains(&value.show()), "{value:?} is not in {:?}", V::LEGAL);
            assert_eq!(V::parse(&value.show()), Some(value));
        }
    }

    #[test]
    fn every_name_is_read_back_and_listed() {
        assert_named(Mode::ALL);
        assert_named([Overflow::Wait, Overflow::Reject]);
        assert_named([true, false]);
        assert_named([
            Balance::AnyIdle,
            Balance::RoundRobin,
            Balance::LeastActive,
            Balance::LeastTotal,
            Balance::Random,
            Balance::TwoChoices,
        ]);
    }

    #[test]
    fn switches_take_the_usual_words() {
        for text in ["true", "1", "YES", "On"] {
            assert_eq!(bool::parse(text), Some(true), "{text}");
        }
        for text in ["false", "0", "No", "OFF"] {
            assert_eq!(bool::parse(text), Some(false), "{text}");
        }
        assert_eq!(bool::parse("maybe"), None);
    }

    #[test]
    fn only_repetitions_may_be_zero() {
        assert!(!0_usize.is_legal());
        assert!(!Duration::ZERO.is_legal());
        assert!(0_u32.is_legal());
    }
}
