//! Names of pieces of work that are the same in every run.

use std::fmt;
use std::hash::{BuildHasherDefault, Hasher};
use std::io;

use serde::Serialize;
use xxhash_rust::xxh3::Xxh3Default;

use super::JournalError;

/// Names a piece of work by a hash (XXH3, 128 bits) of its description as JSON, which is the same in
/// every run, program and version of this library.
///
/// What has no order of its own, such as a `HashMap`, has another description each time: give the
/// work a sorted one.
///
/// ```
/// use concurry_core::journal::Key;
///
/// assert_eq!(Key::of(&("chat", 1))?, Key::of(&("chat", 1))?);
/// assert_ne!(Key::of(&("chat", 1))?, Key::of(&("chat", 2))?);
/// assert_eq!(Key::of(&"item")?.to_string().len(), 32);
/// # Ok::<(), concurry_core::journal::JournalError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(u128);

impl Key {
    /// The name of the work with this description.
    ///
    /// # Errors
    ///
    /// [`JournalError::Value`] if it can't be written as JSON.
    pub fn of(description: &impl Serialize) -> Result<Self, JournalError> {
        let mut hash = Hashing(Xxh3Default::new());
        serde_json::to_writer(&mut hash, description).map_err(|source| JournalError::Value {
            what: "the description of the work",
            source,
        })?;
        Ok(Self(hash.0.digest128()))
    }

    /// From its 32 hexadecimal digits.
    pub(super) fn parse(text: &str) -> Option<Self> {
        (text.len() == 32).then(|| u128::from_str_radix(text, 16).ok()).flatten().map(Self)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

struct Hashing(Xxh3Default);

impl io::Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Keys are hashes already.
pub(super) type KeyHasher = BuildHasherDefault<TakeKey>;

#[derive(Debug, Default)]
pub(super) struct TakeKey(u64);

impl Hasher for TakeKey {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(byte);
        }
    }

    #[allow(clippy::cast_possible_truncation)] // half of a hash is a hash
    fn write_u128(&mut self, key: u128) {
        self.0 = key as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_the_same_for_ever() {
        let key = Key::of(&("What is AI?", 7_u64)).unwrap();
        assert_eq!(key.to_string(), "84a9d19f289143d27229b4c5b43c302e");
        assert_eq!(Key::parse(&key.to_string()), Some(key));
        assert_eq!(Key::parse("12"), None);
    }
}
