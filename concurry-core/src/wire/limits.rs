//! Requests about limits and their answers, as messages.

use std::time::Duration;

use concurry_limits::remote::{
    AfterUse, LimitDescription, RemoteChange, RemoteError, RemoteRequest, SetDescription, Wait,
};
use serde::{Deserialize, Serialize};

/// A set of the pool, as its workers know it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SetText {
    limits: Vec<(String, bool, f64, Option<Duration>)>,
    config: Vec<(String, String)>,
}

impl From<SetDescription> for SetText {
    fn from(set: SetDescription) -> Self {
        let limits = set.limits.into_iter();
        let limits = limits.map(|limit| (limit.key, limit.calls, limit.capacity, limit.window));
        Self { limits: limits.collect(), config: set.config }
    }
}

impl From<SetText> for SetDescription {
    fn from(set: SetText) -> Self {
        let limits = set.limits.into_iter().map(|(key, calls, capacity, window)| {
            LimitDescription { key, calls, capacity, window }
        });
        Self { limits: limits.collect(), config: set.config }
    }
}

/// A bit of a request's number: the thread that asks waits on the channel of answers, and for nothing
/// else.
pub(crate) const DIRECT: u64 = 1 << 63;

/// What a worker wants. The number of the message is that of the request, which becomes the permit's.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum LimitRequest {
    Acquire {
        scope: u8,
        amounts: Vec<(String, f64)>,
        wait: WaitText,
    },
    /// The request is taken back, or the permit dropped.
    Release,
    Update {
        used: Vec<(String, f64)>,
    },
    Refund,
    /// Of the permit that the pool took for the call of that number.
    UpdateOfCall {
        used: Vec<(String, f64)>,
    },
    RefundOfCall,
    /// Of the set of that number.
    Change {
        set: usize,
        change: ChangeText,
    },
    /// The number is that of a permit, of the lease of this one: from now on it is told of by itself.
    Begin {
        lease: u64,
    },
    /// The lease of that number is over. What is neither was used.
    EndLease {
        /// So many were not used.
        unused: u32,
        /// The numbers of those that are in use. They are told of by themselves from now on.
        begun: Vec<u64>,
    },
}

/// What a worker wants changed about a set.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum ChangeText {
    Pause(Duration),
    Resume,
    Capacity(String, f64),
}

impl From<RemoteChange> for ChangeText {
    fn from(change: RemoteChange) -> Self {
        match change {
            RemoteChange::Pause(duration) => Self::Pause(duration),
            RemoteChange::Resume => Self::Resume,
            RemoteChange::Capacity { key, capacity } => Self::Capacity(key, capacity),
        }
    }
}

impl From<ChangeText> for RemoteChange {
    fn from(change: ChangeText) -> Self {
        match change {
            ChangeText::Pause(duration) => Self::Pause(duration),
            ChangeText::Resume => Self::Resume,
            ChangeText::Capacity(key, capacity) => Self::Capacity { key, capacity },
        }
    }
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) enum WaitText {
    No,
    AtMost(Duration),
    Forever,
}

impl From<Wait> for WaitText {
    fn from(wait: Wait) -> Self {
        match wait {
            Wait::No => Self::No,
            Wait::AtMost(timeout) => Self::AtMost(timeout),
            Wait::Forever => Self::Forever,
        }
    }
}

impl LimitRequest {
    pub(crate) fn acquire(request: RemoteRequest) -> Self {
        let RemoteRequest { scope, amounts, wait } = request;
        Self::Acquire { scope, amounts, wait: wait.into() }
    }
}

pub(crate) fn request(scope: u8, amounts: Vec<(String, f64)>, wait: WaitText) -> RemoteRequest {
    let wait = match wait {
        WaitText::No => Wait::No,
        WaitText::AtMost(timeout) => Wait::AtMost(timeout),
        WaitText::Forever => Wait::Forever,
    };
    RemoteRequest { scope, amounts, wait }
}

/// What the pool has taken.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct GrantText {
    pub(crate) set: usize,
    pub(crate) amounts: Vec<(String, f64)>,
}

/// What a request has got.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct GrantedText {
    pub(crate) grant: GrantText,
    /// It is the first of several that the worker may give out by itself.
    pub(crate) lease: Option<LeaseText>,
}

/// Permits that a worker may give out by itself. Their lease has the number of the request.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct LeaseText {
    pub(crate) count: u32,
    pub(crate) after_use: AfterUseText,
}

/// What becomes of one that is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum AfterUseText {
    /// It can be given out again.
    Again,
    /// It is counted.
    Spent,
    /// The pool is told.
    GivenBack,
}

impl From<AfterUse> for AfterUseText {
    fn from(after_use: AfterUse) -> Self {
        match after_use {
            AfterUse::Again => Self::Again,
            AfterUse::Spent => Self::Spent,
            AfterUse::GivenBack => Self::GivenBack,
        }
    }
}

/// The answer to a request.
pub(crate) type LimitReply = Result<GrantedText, ErrorText>;

/// Why nothing was taken.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum ErrorText {
    Refused { key: String, retry_after: Option<Duration> },
    TimedOut { timeout: Duration, key: String, retry_after: Option<Duration> },
    NeverFits { key: String, amount: f64, most: f64 },
    UnknownKey { key: String, known: String },
    DuplicateKey { key: String },
    BadAmount { key: String, amount: f64, legal: String },
    NothingRequested { key: String },
    Lost,
}

macro_rules! both_ways {
    ($($variant:ident { $($field:ident),* }),* $(,)?) => {
        impl From<RemoteError> for ErrorText {
            fn from(error: RemoteError) -> Self {
                match error {
                    $(RemoteError::$variant { $($field),* } => Self::$variant { $($field),* },)*
                    RemoteError::Lost => Self::Lost,
                }
            }
        }

        impl From<ErrorText> for RemoteError {
            fn from(error: ErrorText) -> Self {
                match error {
                    $(ErrorText::$variant { $($field),* } => Self::$variant { $($field),* },)*
                    ErrorText::Lost => Self::Lost,
                }
            }
        }
    };
}

both_ways! {
    Refused { key, retry_after },
    TimedOut { timeout, key, retry_after },
    NeverFits { key, amount, most },
    UnknownKey { key, known },
    DuplicateKey { key },
    BadAmount { key, amount, legal },
    NothingRequested { key },
}
