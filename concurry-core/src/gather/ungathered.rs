//! Without other processes every call of a map has a future.

use std::marker::PhantomData;
use std::task::Waker;

use super::source::{Calls, Made};
use crate::future::Outcome;

/// The calls that have none.
pub(super) struct Gathered<T, E>(PhantomData<fn() -> (T, E)>);

impl<T, E> Gathered<T, E> {
    pub(super) fn new() -> Self {
        Self(PhantomData)
    }

    pub(super) fn len(&self) -> usize {
        0
    }

    #[inline]
    pub(super) fn make(
        &mut self,
        calls: &mut dyn Calls<T, E>,
        _number: usize,
        _alone: bool,
    ) -> Option<Made<T, E>> {
        calls.next_call().map(Made::Future)
    }

    pub(super) fn next(&mut self) -> Option<(usize, Outcome<T, E>)> {
        None
    }

    pub(super) fn wait(&self, _waker: &Waker) -> bool {
        true
    }
}
