//! Calls of which more becomes known than their outcome.

use std::sync::Arc;

use super::{Handle, layers};
use crate::Mode;
use crate::call::{CallEnvironment, CallTrace, EnvironmentRef, trace};
use crate::future::TaskFuture;
use crate::shared::running;
use crate::worker::{Method, Worker};

impl<W: Worker> Handle<W> {
    /// As [`call`](Self::call), and tells who runs it and how often it is tried.
    pub fn call_traced<M: Method<Worker = W>>(
        &self,
        args: M::Args,
    ) -> (TaskFuture<M::Output, M::Error>, Arc<CallTrace>) {
        let trace = Arc::new(CallTrace::default());
        let plain = self.options.is_none() && self.pool.layers.is_plain(M::SPEC.index);
        let future = if !plain || running::deadline().is_some() {
            trace::wanting(&trace, || layers::call::<M>(self, args))
        } else if self.pool.mode == Mode::Sync {
            self.pool.submit::<M>(args, None)
        } else {
            match self.pool.place::<M>(args) {
                Ok((place, args)) => {
                    let mut environment = CallEnvironment::first(place);
                    environment.trace = Some(Arc::clone(&trace));
                    self.pool.submit::<M>(args, Some(EnvironmentRef::new(environment)))
                }
                Err(error) => TaskFuture::from_outcome(Err(error)),
            }
        };
        (future, trace)
    }

    /// Makes several calls that are ready at the same time. If the method has a batched form, they go
    /// in as few batches as they fit in, without waiting for others. This is how the nodes of a graph
    /// are batched.
    pub fn call_together<M: Method<Worker = W>>(
        &self,
        calls: impl IntoIterator<Item = M::Args>,
    ) -> Vec<(TaskFuture<M::Output, M::Error>, Arc<CallTrace>)> {
        let _held = self.pool.layers.hold(M::SPEC.index);
        calls.into_iter().map(|args| self.call_traced::<M>(args)).collect()
    }
}
