//! Shared values on their way to workers that can't open this process's memory, and where such a
//! worker keeps them.

use std::any::Any;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::task::Waker;

use super::frame::{Frame, FrameHeader, Kind};
use super::share::Place;
use crate::sync::lock;

/// A value that calls refer to ([`Shared`](crate::Shared)), for backends whose workers can't open the
/// memory of this process.
///
/// A worker has to get it once, before the first call that names it: the bytes of
/// [`head`](Self::head) and then those of the file at [`path`](Self::path), as one message. When the
/// value is gone, a message of the kind [`Forget`](Kind::Forget) with its number frees the memory there.
#[derive(Clone, Debug)]
pub struct SharedValue(Arc<Place>);

impl SharedValue {
    /// Its number, which no other value of this process has.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.0.number
    }

    /// The file that holds it, encoded, while the value lives. Other processes of this machine can
    /// read it.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// What goes before the file's bytes to make a message of both.
    #[must_use]
    pub fn head(&self) -> Vec<u8> {
        let (kind, call) = (Kind::Shared, self.number());
        // The body is the length of the one block beside it.
        let header = FrameHeader { length: 8, kind, attachments: 1, code: 0, call };
        [&header.to_bytes()[..], &self.0.length.to_le_bytes()].concat()
    }

    /// Calls the waker when the value is gone.
    pub fn watch(&self, waker: Waker) {
        lock(&self.0.watchers).push(waker);
    }

    /// Those places and what they are made of, inner ones first.
    pub(crate) fn all_of(places: &[Arc<Place>]) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        // A value is made before what holds it, so this comes to an end.
        let mut open: Vec<&Arc<Place>> = places.iter().collect();
        while let Some(place) = open.pop() {
            all.push(Self(Arc::clone(place)));
            open.extend(&place.inner);
        }
        all.reverse();
        let mut known = std::collections::BTreeSet::new();
        all.retain(|value| known.insert(value.number()));
        all
    }
}

/// A value that was brought to this worker: as it came, until a call uses it first.
#[derive(Clone)]
enum Delivered {
    Bytes(Arc<Vec<u8>>),
    Value(Arc<dyn Any + Send + Sync>),
}

/// What was brought to this worker. Never held over foreign code.
static DELIVERED: Mutex<BTreeMap<u64, Delivered>> = Mutex::new(BTreeMap::new());

/// Keeps the value of a message of the kind [`Shared`](Kind::Shared) for the calls that will name it.
pub(crate) fn deliver_frame(frame: &mut Frame<'_>) {
    if let Some(value) = frame.attachments.pop() {
        deliver(frame.header.call, value);
    }
}

fn deliver(number: u64, bytes: Vec<u8>) {
    let mut delivered = lock(&DELIVERED);
    delivered.entry(number).or_insert_with(|| Delivered::Bytes(Arc::new(bytes)));
}

/// No call will name the value any more.
pub(crate) fn forget(number: u64) {
    let gone = lock(&DELIVERED).remove(&number);
    drop(gone);
}

/// A value that was brought to this worker, decoded when it is wanted first. `None`: it was not.
pub(super) fn delivered<V: Any + Send + Sync>(
    number: u64,
    decode: impl FnOnce(&[u8]) -> Result<V, String>,
) -> Option<Result<Arc<V>, String>> {
    let known = lock(&DELIVERED).get(&number).cloned()?;
    let value = match known {
        Delivered::Value(value) => value,
        Delivered::Bytes(bytes) => {
            let value: Arc<dyn Any + Send + Sync> = match decode(&bytes) {
                Ok(value) => Arc::new(value),
                Err(message) => return Some(Err(message)),
            };
            // Two threads may have decoded it: one of the two is kept.
            match lock(&DELIVERED).get_mut(&number) {
                Some(Delivered::Value(first)) => Arc::clone(first),
                Some(known) => {
                    *known = Delivered::Value(Arc::clone(&value));
                    value
                }
                None => value,
            }
        }
    };
    Some(value.downcast().map_err(|_| "it is of another type".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_decoded_once_and_gone_when_it_is_forgotten() {
        let number = u64::MAX;
        let length = |bytes: &[u8]| Ok(bytes.len());
        assert!(delivered::<usize>(number, length).is_none());
        deliver(number, vec![1, 2, 3]);
        let failed = delivered::<usize>(number, |_| Err("not yet".to_owned()));
        assert_eq!(failed, Some(Err("not yet".to_owned())), "it can be tried again");
        assert_eq!(delivered(number, length), Some(Ok(Arc::new(3))));
        assert_eq!(delivered(number, |_| Ok(9)), Some(Ok(Arc::new(3_usize))));
        assert!(delivered::<String>(number, |_| Ok(String::new())).is_some_and(|it| it.is_err()));
        forget(number);
        assert!(delivered::<usize>(number, length).is_none());
    }
}
