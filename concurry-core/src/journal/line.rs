//! One line: the result of one piece of work.

use std::borrow::Cow;
use std::io::Write;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{JournalError, Key, value};

/// What a journal has of a piece of work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry<T> {
    /// It was done, with this result.
    Done(T),
    /// It failed, with this message.
    Failed(String),
}

/// A piece of work that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FailedEntry {
    /// The work.
    pub key: Key,
    /// Its place among the items of a map, from 0.
    pub place: Option<u64>,
    /// What its error printed.
    pub message: String,
}

/// A line as it is read.
#[derive(Debug, Deserialize)]
pub(super) struct Line<'l> {
    #[serde(rename = "k", borrow)]
    key: &'l str,
    #[serde(rename = "i", default)]
    pub(super) place: Option<u64>,
    #[serde(rename = "ok", default, borrow)]
    done: Option<&'l RawValue>,
    #[serde(rename = "err", default, borrow)]
    failed: Option<Cow<'l, str>>,
}

/// What is said of the work.
#[derive(Debug)]
pub(super) enum Said<'l> {
    /// The result, as it stands in the line.
    Done(&'l str),
    Failed(Cow<'l, str>),
}

impl<'l> Line<'l> {
    /// A line that is whole.
    pub(super) fn parse(line: &'l [u8]) -> Option<(Key, Option<u64>, Said<'l>)> {
        let Self { key, place, done, failed } = serde_json::from_slice(line).ok()?;
        let said = match (done, failed) {
            (Some(done), _) => Said::Done(done.get()),
            (None, Some(failed)) => Said::Failed(failed),
            // `null` is the result of a method that gives nothing.
            (None, None) => Said::Done("null"),
        };
        Some((Key::parse(key)?, place, said))
    }
}

/// The method of a job, where it became known only with the first call.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct MethodLine<'l> {
    #[serde(borrow)]
    pub(super) method: Cow<'l, str>,
}

fn start(buffer: &mut Vec<u8>, key: Key, place: Option<u64>) {
    // Writing to a vector does not fail.
    let _ = match place {
        Some(place) => write!(buffer, "{{\"k\":\"{key}\",\"i\":{place},"),
        None => write!(buffer, "{{\"k\":\"{key}\","),
    };
}

/// Appends the line of work that is done, with a result that is to be read as a `T` again.
pub(super) fn push_done<T: Serialize + DeserializeOwned>(
    buffer: &mut Vec<u8>,
    key: Key,
    place: Option<u64>,
    result: &T,
) -> Result<(), JournalError> {
    let before = buffer.len();
    start(buffer, key, place);
    buffer.extend_from_slice(b"\"ok\":");
    if let Err(source) = value::push(buffer, result) {
        buffer.truncate(before);
        return Err(JournalError::Value { what: "a result", source });
    }
    buffer.extend_from_slice(b"}\n");
    Ok(())
}

/// Appends the line of work that failed.
pub(super) fn push_failed(buffer: &mut Vec<u8>, key: Key, place: Option<u64>, message: &str) {
    start(buffer, key, place);
    buffer.extend_from_slice(b"\"err\":");
    // A text can always be written.
    let _ = serde_json::to_writer(&mut *buffer, message);
    buffer.extend_from_slice(b"}\n");
}

/// Appends the name of a method.
pub(super) fn push_method(buffer: &mut Vec<u8>, method: &str) {
    let _ = serde_json::to_writer(&mut *buffer, &MethodLine { method: method.into() });
    buffer.push(b'\n');
}
