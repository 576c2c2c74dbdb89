//! The bodies of messages that are no calls.

use std::time::Duration;

use concurry_retry::Verdict;
use serde::{Deserialize, Serialize};

use super::limits::{GrantText, SetText};

/// Raised when anything about messages changes: both sides have to be the same.
pub(crate) const VERSION: u16 = 4;

/// Who a process is to be: the first message to it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Hello {
    pub(crate) version: u16,
    /// The worker's key in the registry.
    pub(crate) worker: String,
    pub(crate) fingerprint: u64,
    /// The number of the worker in its pool.
    pub(crate) seat: usize,
    /// How many `&self` calls may overlap.
    pub(crate) concurrency: usize,
    /// The largest message.
    pub(crate) max_message: usize,
    /// The sets of the pool's limits. Empty: there are none.
    pub(crate) sets: Vec<SetText>,
    pub(crate) restart: RestartRule,
    /// The parameters of the constructor, encoded.
    #[serde(with = "bytes")]
    pub(crate) parameters: Vec<u8>,
    /// How many calls may be sent ahead: the length of the shared table. Zero: there is none.
    pub(crate) slots: u32,
}

/// When a worker is built again after a panic.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct RestartRule {
    pub(crate) first_wait: Duration,
    pub(crate) max_wait: Duration,
    pub(crate) max_failures: u32,
}

/// What the context of a call tells.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Context {
    pub(crate) attempt: u32,
    /// The time left until the deadline.
    pub(crate) remaining: Option<Duration>,
    pub(crate) idempotency_key: Option<String>,
    /// What the pool has taken for the call.
    pub(crate) permit: Option<GrantText>,
}

/// A panic in a worker.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct PanicText {
    pub(crate) message: String,
    pub(crate) location: Option<String>,
}

/// An error that can't be carried.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct FailureText {
    pub(crate) message: String,
    pub(crate) sources: Vec<String>,
    pub(crate) verdict: VerdictText,
}

/// How a worker judged an error.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) enum VerdictText {
    Fatal,
    Retry,
    RetryAfter(Duration),
    Throttle(Option<Duration>),
    Poison,
}

impl From<Verdict> for VerdictText {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Retry => Self::Retry,
            Verdict::RetryAfter(wait) => Self::RetryAfter(wait),
            Verdict::Throttle(wait) => Self::Throttle(wait),
            Verdict::Fatal => Self::Fatal,
            Verdict::Poison => Self::Poison,
        }
    }
}

impl From<VerdictText> for Verdict {
    fn from(verdict: VerdictText) -> Self {
        match verdict {
            VerdictText::Retry => Self::Retry,
            VerdictText::RetryAfter(wait) => Self::RetryAfter(wait),
            VerdictText::Throttle(wait) => Self::Throttle(wait),
            VerdictText::Fatal => Self::Fatal,
            VerdictText::Poison => Self::Poison,
        }
    }
}

/// A value that could not be carried.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Uncarried {
    /// Which: arguments, result, parameters.
    pub(crate) what: String,
    pub(crate) message: String,
}

/// A worker was built again after a panic, or could not be.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Rebuilt {
    Again { in_a_row: u32 },
    GivenUp { message: String },
}

/// Raw bytes, without a copy element by element.
pub(super) mod bytes {
    use serde::de::{Error, Visitor};
    use serde::{Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(bytes)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<Vec<u8>, D::Error> {
        struct Bytes;
        impl Visitor<'_> for Bytes {
            type Value = Vec<u8>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("bytes")
            }

            fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
                Ok(bytes.to_vec())
            }
        }
        input.deserialize_bytes(Bytes)
    }
}
