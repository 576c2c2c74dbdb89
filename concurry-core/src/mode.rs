//! Where the workers of a pool run.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// Where the workers of a pool run. The calling code is the same in every mode.
///
/// ```
/// use concurry_core::Mode;
///
/// assert_eq!("thread".parse(), Ok(Mode::Thread));
/// assert_eq!("asyncio".parse(), Ok(Mode::Async)); // the Python library's names work, too
/// assert_eq!(Mode::Process.to_string(), "process");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Mode {
    /// At the call, on the caller's thread: for tests, debugging and tiny methods.
    Sync,
    /// One thread a worker: for blocking I/O and for CPU work in this process.
    Thread,
    /// Async methods overlap on a few threads: for thousands of slow calls at once.
    Async,
    /// One process a worker: for code that may crash.
    Process,
    /// Actors on a Ray cluster.
    Ray,
}

impl Mode {
    /// Every mode.
    pub const ALL: [Self; 5] = [Self::Sync, Self::Thread, Self::Async, Self::Process, Self::Ray];

    /// The name that `parse` understands.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sync => "sync",
            Self::Thread => "thread",
            Self::Async => "async",
            Self::Process => "process",
            Self::Ray => "ray",
        }
    }

    /// Whether methods run in the caller's process.
    pub(crate) const fn is_local(self) -> bool {
        matches!(self, Self::Sync | Self::Thread | Self::Async)
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Mode {
    type Err = UnknownMode;

    fn from_str(name: &str) -> Result<Self, UnknownMode> {
        Ok(match name.trim().to_ascii_lowercase().as_str() {
            "sync" | "synchronous" => Self::Sync,
            "thread" | "threads" => Self::Thread,
            "async" | "asyncio" | "asynchronous" => Self::Async,
            "process" | "processes" | "proc" | "procs" => Self::Process,
            "ray" => Self::Ray,
            _ => return Err(UnknownMode { name: name.to_owned() }),
        })
    }
}

/// A name that is not one of a mode.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{name}` is not a mode; the modes are sync, thread, async, process and ray")]
pub struct UnknownMode {
    /// What was given.
    pub name: String,
}

#[cfg(feature = "serde")]
impl serde::Serialize for Mode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Mode {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <std::borrow::Cow<'de, str>>::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mode_parses_from_its_own_name() {
        for mode in Mode::ALL {
            assert_eq!(mode.to_string().parse(), Ok(mode));
        }
    }

    #[test]
    fn names_are_read_in_any_case() {
        assert_eq!("Thread".parse(), Ok(Mode::Thread));
        assert_eq!(" PROCS ".parse(), Ok(Mode::Process));
    }

    #[test]
    fn an_unknown_name_lists_the_modes() {
        let error = "auto".parse::<Mode>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "`auto` is not a mode; the modes are sync, thread, async, process and ray"
        );
    }
}
