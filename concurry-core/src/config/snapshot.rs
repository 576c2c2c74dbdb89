//! Every value that holds, with the layer that it came from.

use std::fmt;

use super::defaults;
use super::environment;
use super::error::ConfigError;
use super::field::{FIELDS, MODE};
use super::layer::Layer;
use super::stack::Stack;
use crate::Mode;

/// Every value that holds at one moment on one thread, with the layer that it came from. `Display`
/// prints it as a table for people.
///
/// ```
/// use concurry_core::Mode;
/// use concurry_core::config::{self, Layer, Settings};
///
/// config::set_global(Settings::new().max_workers(8))?;
/// let snapshot = config::snapshot()?;
///
/// let entry = snapshot.get(Mode::Thread, "max_workers").unwrap();
/// assert_eq!(entry.value.as_deref(), Some("8"));
/// assert_eq!(entry.layer, Layer::Global);
/// assert!(snapshot.to_string().contains("max_workers  = 8            (global)"));
/// # Ok::<(), config::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    default_mode: Entry,
    modes: Vec<(Mode, Vec<Entry>)>,
}

/// One value of a [`Snapshot`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// The setting's name, as in [`Settings`](super::Settings).
    pub field: &'static str,
    /// As text, in the form that environment variables take; `None` if nothing is set.
    pub value: Option<String>,
    /// The layer that decided.
    pub layer: Layer,
}

impl Snapshot {
    pub(super) fn of(stack: &Stack<'_>) -> Result<Self, ConfigError> {
        let (value, layer) = match stack.default_mode()? {
            Some((mode, layer)) => (Some(mode.to_string()), layer),
            None => (None, Layer::Library),
        };
        let default_mode = Entry { field: MODE.name, value, layer };
        let modes = Mode::ALL.into_iter().map(|mode| Ok((mode, entries(stack, mode)?)));
        Ok(Self { default_mode, modes: modes.collect::<Result<_, _>>()? })
    }

    /// The mode of pools that are given none.
    #[must_use]
    pub fn default_mode(&self) -> &Entry {
        &self.default_mode
    }

    /// What holds for pools in a mode.
    pub fn entries(&self, mode: Mode) -> impl Iterator<Item = &Entry> {
        self.modes.iter().filter(move |(of, _)| *of == mode).flat_map(|(_, entries)| entries)
    }

    /// One setting of a mode; `None` if there is none of that name.
    #[must_use]
    pub fn get(&self, mode: Mode, field: &str) -> Option<&Entry> {
        self.entries(mode).find(|entry| entry.field == field)
    }
}

/// The strongest layer that sets a field decides.
fn entries(stack: &Stack<'_>, mode: Mode) -> Result<Vec<Entry>, ConfigError> {
    let layers = stack.layers(mode)?;
    Ok(FIELDS
        .iter()
        .map(|field| {
            let set = layers
                .iter()
                .rev()
                .find_map(|(layer, settings)| Some(((field.show)(settings)?, *layer)));
            let (value, layer) = match set {
                Some((value, layer)) => (Some(value), layer),
                None => ((field.show)(&defaults::SETTINGS), Layer::Library),
            };
            Entry { field: field.name, value, layer }
        })
        .collect())
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.value.as_deref().unwrap_or("none");
        write!(f, "{:<12} = {value:<12} (", self.field)?;
        match self.layer {
            Layer::Environment(mode) => f.write_str(&environment::variable(self.field, mode))?,
            layer => layer.fmt(f)?,
        }
        f.write_str(")")
    }
}

impl fmt::Display for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.default_mode)?;
        for (mode, entries) in &self.modes {
            write!(f, "\n\n[{mode}]")?;
            for entry in entries {
                write!(f, "\n{entry}")?;
            }
        }
        Ok(())
    }
}
