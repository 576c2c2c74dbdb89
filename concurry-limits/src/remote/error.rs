//! Errors of limits as plain data, to be told to another process.

use std::time::Duration;

use crate::error::{LimitError, Refusal};
use crate::limit_set::LimitSet;

/// A [`LimitError`] as plain data.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "as in `LimitError`")]
pub enum RemoteError {
    Refused {
        key: String,
        retry_after: Option<Duration>,
    },
    TimedOut {
        timeout: Duration,
        key: String,
        retry_after: Option<Duration>,
    },
    NeverFits {
        key: String,
        amount: f64,
        most: f64,
    },
    UnknownKey {
        key: String,
        known: String,
    },
    DuplicateKey {
        key: String,
    },
    BadAmount {
        key: String,
        amount: f64,
        legal: String,
    },
    NothingRequested {
        key: String,
    },
    /// Whatever else: the other side is gone.
    Lost,
}

impl From<&LimitError> for RemoteError {
    fn from(error: &LimitError) -> Self {
        match error {
            LimitError::Refused(refusal) => Self::Refused {
                key: refusal.blocked_by().to_owned(),
                retry_after: refusal.retry_after(),
            },
            LimitError::TimedOut { timeout, refusal } => Self::TimedOut {
                timeout: *timeout,
                key: refusal.blocked_by().to_owned(),
                retry_after: refusal.retry_after(),
            },
            LimitError::NeverFits { key, amount, most } => {
                Self::NeverFits { key: key.clone(), amount: *amount, most: *most }
            }
            LimitError::UnknownKey { key, known } => {
                Self::UnknownKey { key: key.clone(), known: known.clone() }
            }
            LimitError::DuplicateKey { key } => Self::DuplicateKey { key: key.clone() },
            LimitError::BadAmount { key, amount, legal } => {
                Self::BadAmount { key: key.clone(), amount: *amount, legal: (*legal).to_owned() }
            }
            LimitError::NothingRequested { key } => Self::NothingRequested { key: key.clone() },
            LimitError::Resource { .. } | LimitError::BadCapacity { .. } => Self::Lost,
        }
    }
}

impl RemoteError {
    pub(super) fn into_error(self, mirrors: &[LimitSet]) -> LimitError {
        let refusal = |key: String, retry_after| {
            let known = mirrors.iter().find_map(|mirror| mirror.key(&key).ok());
            known.map(|key| Refusal { key, retry_after }).ok_or(key)
        };
        let unknown = |key| LimitError::UnknownKey { key, known: "none".to_owned() };
        match self {
            Self::Refused { key, retry_after } => {
                refusal(key, retry_after).map_or_else(unknown, LimitError::Refused)
            }
            Self::TimedOut { timeout, key, retry_after } => refusal(key, retry_after)
                .map_or_else(unknown, |refusal| LimitError::TimedOut { timeout, refusal }),
            Self::NeverFits { key, amount, most } => LimitError::NeverFits { key, amount, most },
            Self::UnknownKey { key, known } => LimitError::UnknownKey { key, known },
            Self::DuplicateKey { key } => LimitError::DuplicateKey { key },
            Self::BadAmount { key, amount, legal } => {
                let known = ["above zero", "a whole number above zero"];
                let legal = known.into_iter().find(|known| *known == legal).unwrap_or("above zero");
                LimitError::BadAmount { key, amount, legal }
            }
            Self::NothingRequested { key } => LimitError::NothingRequested { key },
            Self::Lost => LimitError::UnknownKey {
                key: "any".to_owned(),
                known: "with the pool, which is gone".to_owned(),
            },
        }
    }
}
