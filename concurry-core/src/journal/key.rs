//! Names of pieces of work that are the same in every run.

use std::fmt;
use std::hash::{BuildHasherDefault, Hasher};
use std::io;

use serde::Serialize;
use xxhash_rust::xxh3::Xxh3Default;

use super::{JournalError, foreign};

/// Names a piece of work by a hash (XXH3, 128 bits) of its description as JSON, which is the same in
/// every run, program and version of this library. Where JSON says `null` or has no word, MessagePack
/// is hashed as well: it tells one number that is none from another.
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
    /// [`JournalError::Value`] if it can be written neither as JSON nor as MessagePack.
    pub fn of(description: &impl Serialize) -> Result<Self, JournalError> {
        let mut hash = Hashing { hash: Xxh3Default::new(), has_null: false };
        let described = foreign::json(|| {
            let json = serde_json::to_writer(&mut hash, description);
            if json.is_err() || hash.has_null {
                let packed = rmp_serde::encode::write_named(&mut hash, description);
                return if packed.is_ok() { Ok(()) } else { json };
            }
            Ok(())
        });
        let what = "the description of the work";
        described.map_err(|source| JournalError::Value { what, source })?;
        Ok(Self(hash.hash.digest128()))
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

struct Hashing {
    hash: Xxh3Default,
    /// Whether something was written that may stand for several values.
    has_null: bool,
}

impl io::Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.has_null |= bytes == b"null"; // written in one piece
        self.hash.update(bytes);
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
    use std::collections::{BTreeMap, HashSet};

    use super::*;

    #[test]
    fn a_key_is_the_same_for_ever() {
        let key = Key::of(&("What is AI?", 7_u64)).unwrap();
        assert_eq!(key.to_string(), "84a9d19f289143d27229b4c5b43c302e");
        assert_eq!(Key::parse(&key.to_string()), Some(key));
        assert_eq!(Key::parse("12"), None);
    }

    #[test]
    fn what_json_has_no_word_for_has_keys_of_its_own() {
        let numbers = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -0.0];
        let numbers = numbers.map(|number| Key::of(&(1, number)).unwrap());
        let pairs = [(1, 2), (2, 1)];
        let pairs = pairs.map(|pair| Key::of(&BTreeMap::from([(pair, 3)])).unwrap());
        let nothing = [Key::of(&(1, None::<f64>)).unwrap()];
        let all = [&numbers[..], &pairs, &nothing].concat();
        assert_eq!(all.iter().collect::<HashSet<_>>().len(), all.len());
        assert_eq!(Key::of(&(1, f64::NAN)).unwrap(), numbers[0]);
    }
}
