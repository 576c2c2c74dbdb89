//! The arguments of a call, for every attempt, copy and fallback that may need them.

use std::sync::{Mutex, PoisonError};

use crate::worker::Method;

/// A copy of the arguments to make further ones from.
///
/// Behind a lock, since arguments need not be `Sync` and several futures look at it. Its `Clone` is
/// the user's; if it panics, the call fails with that.
pub(crate) struct Spare<M: Method> {
    arguments: Mutex<M::Args>,
    clone: fn(&M::Args) -> M::Args,
}

impl<M: Method> Spare<M> {
    /// A copy of arguments that can be copied.
    pub(crate) fn of(arguments: &M::Args) -> Option<Self> {
        let clone = M::abilities().clone_args?;
        Some(Self { arguments: Mutex::new(clone(arguments)), clone })
    }

    /// One more.
    pub(crate) fn copy(&self) -> M::Args {
        (self.clone)(&self.arguments.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The last one.
    pub(crate) fn into_last(self) -> M::Args {
        self.arguments.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}
