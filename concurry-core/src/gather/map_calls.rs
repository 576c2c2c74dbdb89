//! The calls of a map, made one by one from its items.

use super::source::Calls;
use crate::TaskFuture;
#[cfg(feature = "process")]
use crate::remote::gathered::{Arrivals, Gatherer, Made};

/// The calls of a map.
pub(super) struct MapCalls<T, E, A> {
    items: Box<dyn Iterator<Item = A> + Send>,
    call: Box<dyn FnMut(A) -> TaskFuture<T, E> + Send>,
    #[cfg(feature = "process")]
    gatherer: Option<Box<Gatherer>>,
}

impl<T, E, A> MapCalls<T, E, A> {
    pub(super) fn new(
        items: Box<dyn Iterator<Item = A> + Send>,
        call: Box<dyn FnMut(A) -> TaskFuture<T, E> + Send>,
    ) -> Self {
        Self {
            items,
            call,
            #[cfg(feature = "process")]
            gatherer: None,
        }
    }
}

impl<T: Send + 'static, E: Send + 'static, A> Calls<T, E> for MapCalls<T, E, A> {
    #[inline]
    fn next_call(&mut self) -> Option<TaskFuture<T, E>> {
        self.items.next().map(&mut self.call)
    }

    fn remaining(&self) -> (usize, Option<usize>) {
        self.items.size_hint()
    }

    #[cfg(feature = "process")]
    fn gather_call(&mut self, number: usize) -> Option<Made<T, E>> {
        // Not with the gatherer: the items may come from calls of their own.
        let item = self.items.next()?;
        let Self { call, gatherer, .. } = self;
        Some(Gatherer::gather(gatherer, number, || call(item)))
    }

    #[cfg(feature = "process")]
    fn arrivals(&self) -> Option<std::sync::Arc<dyn Arrivals<T, E>>> {
        self.gatherer.as_ref()?.arrivals()
    }
}
