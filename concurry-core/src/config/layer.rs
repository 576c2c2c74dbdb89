//! Where a value came from.

use std::fmt;

use crate::Mode;

/// Where a value came from. Weakest first, as declared.
///
/// ```
/// use concurry_core::Mode;
/// use concurry_core::config::Layer;
///
/// assert_eq!(Layer::Mode(Mode::Thread).to_string(), "thread mode");
/// assert_eq!(Layer::Environment(None).to_string(), "environment");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Layer {
    /// The library's own [`defaults`](super::defaults).
    Library,
    /// [`set_global`](super::set_global).
    Global,
    /// [`set_mode`](super::set_mode).
    Mode(Mode),
    /// An environment variable: of every mode, or of one.
    Environment(Option<Mode>),
    /// A scope of this thread: for every mode, or for one.
    Scoped(Option<Mode>),
}

impl Layer {
    /// The mode that the layer is for, if it is for one only.
    #[must_use]
    pub const fn mode(self) -> Option<Mode> {
        match self {
            Self::Library | Self::Global => None,
            Self::Mode(mode) => Some(mode),
            Self::Environment(mode) | Self::Scoped(mode) => mode,
        }
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Library => "library",
            Self::Global => "global",
            Self::Mode(mode) => return write!(f, "{mode} mode"),
            Self::Environment(_) => "environment",
            Self::Scoped(_) => "scope",
        };
        match self.mode() {
            None => f.write_str(name),
            Some(mode) => write!(f, "{name} of {mode} mode"),
        }
    }
}
