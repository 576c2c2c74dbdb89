//! The table of settings: all that reads, checks or shows them goes through it.

use super::settings::Settings;
use super::value::Value;

/// One setting.
pub(super) struct Field {
    /// As in [`Settings`], and in upper case as the end of the environment variables.
    pub(super) name: &'static str,
    /// The legal values, in words that follow "has to be".
    pub(super) legal: &'static str,
    /// Sets it from text, if that is legal. Returns whether it was.
    pub(super) parse: fn(&mut Settings, &str) -> bool,
    /// Whether it is unset or has a legal value.
    pub(super) is_legal: fn(&Settings) -> bool,
    /// Its value as text that `parse` understands, if it is set.
    pub(super) show: fn(&Settings) -> Option<String>,
}

macro_rules! field {
    ($name:ident: $value:ty) => {
        Field {
            name: stringify!($name),
            legal: <$value as Value>::LEGAL,
            parse: |settings, text| {
                settings.$name = <$value as Value>::parse(text).filter(Value::is_legal);
                settings.$name.is_some()
            },
            is_legal: |settings| settings.$name.as_ref().is_none_or(Value::is_legal),
            show: |settings| settings.$name.as_ref().map(Value::show),
        }
    };
}

/// The mode of pools that are given none. It stands apart: it holds for no single mode.
pub(super) const MODE: Field = field!(mode: crate::Mode);

/// What a mode may have values of its own for.
pub(super) const FIELDS: [Field; 11] = [
    field!(max_workers: usize),
    field!(concurrency: usize),
    field!(max_queued: usize),
    field!(overflow: crate::overflow::Overflow),
    field!(balance: crate::balance::Balance),
    field!(on_demand: bool),
    field!(init_timeout: std::time::Duration),
    field!(stop_timeout: std::time::Duration),
    field!(timeout: std::time::Duration),
    field!(deadline: std::time::Duration),
    field!(max_retries: u32),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_every_setting() {
        // `Settings { mode: …, max_workers: …, … }`
        let debug = format!("{:?}", Settings::new());
        assert_eq!(debug.matches(": None").count(), 1 + FIELDS.len());
        for field in [&MODE].into_iter().chain(&FIELDS) {
            assert!(debug.contains(&format!("{}: None", field.name)), "{}", field.name);
        }
    }

    #[test]
    fn illegal_text_leaves_a_setting_unset() {
        for field in [&MODE].into_iter().chain(&FIELDS) {
            let mut settings = Settings::new();
            assert!(!(field.parse)(&mut settings, "-1"), "{}", field.name);
            assert_eq!(settings, Settings::new(), "{}", field.name);
        }
    }
}
