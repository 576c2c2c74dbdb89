//! Why a node of a graph has no value.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

use concurry_core::journal::JournalError;

/// Why a computation has no result: which node failed, and with what.
///
/// A node that depends on a failed one fails with the same error, and its method does not run; so the
/// error always names the node where the trouble began. It is cheap to clone.
///
/// [`downcast_ref`](Self::downcast_ref) gives the error of the call with its own type:
///
/// ```
/// use concurry_core::{CallError, TaskFuture};
/// use concurry_graph::{Lazy, compute};
///
/// let future: TaskFuture<u32, String> = TaskFuture::ready(Err("no model".to_owned()));
/// let error = compute(Lazy::join(future)).unwrap_err();
/// let call = error.downcast_ref::<CallError<String>>().unwrap();
/// assert_eq!(call.failure().unwrap(), "no model");
/// ```
#[derive(Clone)]
pub struct ComputeError(Arc<Inner>);

struct Inner {
    node: NodeName,
    cause: Cause,
}

/// Names a node: the method that it calls and its number, which counts nodes as they are made.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct NodeName {
    pub(crate) worker: &'static str,
    pub(crate) method: &'static str,
    pub(crate) number: u32,
}

/// What went wrong, before it is known where.
#[doc(hidden)]
#[allow(missing_debug_implementations)] // shown as part of `ComputeError`
pub enum Cause {
    /// The call failed.
    Call {
        /// The call's error, with its own type.
        error: Box<dyn Error + Send + Sync>,
        /// Told apart here, because the type of the error is forgotten.
        trouble: Trouble,
        /// Whether the call was made, and is not to be made again by itself.
        is_final: bool,
    },
    /// The call failed with an error that can't be carried on as such.
    Opaque {
        /// Told apart here, because the type of the error is forgotten.
        trouble: Trouble,
        /// Whether the call was made, and is not to be made again by itself.
        is_final: bool,
        /// What is known of it.
        message: Cow<'static, str>,
    },
    /// A closure of the graph panicked.
    Panicked(Cow<'static, str>),
    /// The computation was dropped or cancelled.
    Cancelled,
    /// The deadline of the computation has passed.
    Deadline,
    /// Waiting for the computation would never end.
    Deadlock,
    /// The journal of the computation can't be used, or not any more.
    Journal(Arc<JournalError>),
}

/// What happened to a call, as far as its error's type does not matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[doc(hidden)]
pub enum Trouble {
    /// The method, or something on the way to it.
    Failed,
    /// The method panicked.
    Panicked,
    /// Somebody cancelled it.
    Cancelled,
    /// Some deadline passed.
    TimedOut,
}

impl Cause {
    /// Whether the call was made, and is not to be made again by itself.
    pub(crate) fn is_final(&self) -> bool {
        match self {
            Self::Call { is_final, .. } | Self::Opaque { is_final, .. } => *is_final,
            _ => false,
        }
    }
}

impl ComputeError {
    pub(crate) fn new(node: NodeName, cause: Cause) -> Self {
        Self(Arc::new(Inner { node, cause }))
    }

    /// The node that failed first.
    #[must_use]
    pub fn node(&self) -> NodeName {
        self.0.node
    }

    /// The error of the node's call, if it is of this type:
    /// [`CallError<E>`](concurry_core::CallError) with the method's own `E`. Of a computation whose
    /// journal can't be used, that is a [`JournalError`].
    ///
    /// An error type that is not `Debug + Display + Send + Sync` is known by its place only.
    #[must_use]
    pub fn downcast_ref<E: Error + 'static>(&self) -> Option<&E> {
        match &self.0.cause {
            Cause::Call { error, .. } => error.downcast_ref(),
            Cause::Journal(error) => (&**error as &(dyn Error + 'static)).downcast_ref(),
            _ => None,
        }
    }

    /// Whether the node's call or the whole computation was cancelled.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        matches!(self.0.cause, Cause::Cancelled) || self.trouble() == Some(Trouble::Cancelled)
    }

    /// Whether the node's call or the whole computation ran out of time.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        matches!(self.0.cause, Cause::Deadline) || self.trouble() == Some(Trouble::TimedOut)
    }

    /// Whether the node's method or closure panicked.
    #[must_use]
    pub fn is_panic(&self) -> bool {
        matches!(self.0.cause, Cause::Panicked(_)) || self.trouble() == Some(Trouble::Panicked)
    }

    fn trouble(&self) -> Option<Trouble> {
        match &self.0.cause {
            Cause::Call { trouble, .. } | Cause::Opaque { trouble, .. } => Some(*trouble),
            _ => None,
        }
    }
}

impl NodeName {
    /// The worker whose method it calls. `Lazy` for what is no call.
    #[must_use]
    pub fn worker(&self) -> &'static str {
        self.worker
    }

    /// The method that it calls.
    #[must_use]
    pub fn method(&self) -> &'static str {
        self.method
    }

    /// Its number. Nodes are counted as they are made, in the whole program.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.number
    }
}

impl fmt::Display for NodeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}::{} #{}", self.worker, self.method, self.number)
    }
}

impl fmt::Debug for NodeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call { error, .. } => fmt::Display::fmt(error, f),
            Self::Opaque { message, .. } => f.write_str(message),
            Self::Panicked(message) => write!(f, "it panicked: {message}"),
            Self::Cancelled => {
                f.write_str("its computation was cancelled or out of time before it was done")
            }
            Self::Deadline => f.write_str("the deadline of the computation has passed"),
            Self::Journal(error) => fmt::Display::fmt(error, f),
            Self::Deadlock => f.write_str(
                "waiting for the graph here would never end: every worker of one of its pools \
                 waits; await it, or give the pool more workers",
            ),
        }
    }
}

impl fmt::Display for ComputeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "node `{}` has no value: {}", self.0.node, self.0.cause)
    }
}

impl fmt::Debug for ComputeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("ComputeError");
        debug.field("node", &self.0.node);
        match &self.0.cause {
            Cause::Call { error, .. } => debug.field("error", error),
            other => debug.field("cause", &format_args!("{other}")),
        };
        debug.finish()
    }
}

impl Error for ComputeError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.0.cause {
            Cause::Call { error, .. } => Some(&**error),
            Cause::Journal(error) => Some(&**error),
            _ => None,
        }
    }
}
