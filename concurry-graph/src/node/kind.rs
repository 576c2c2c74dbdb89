//! What distinguishes nodes: a call, a closure, values to be put together.

use std::task::{Context, Poll};

use concurry_core::__private::Visitor;

use super::{About, Place, VisitAsker};
use crate::argument::Inputs;
use crate::error::Cause;

/// What distinguishes nodes: a call, a closure, values to be put together.
pub(crate) trait Kind: Sized + Send + Sync + 'static {
    type Output: Send + 'static;
    type Inputs: Inputs<Values: Send> + Send;
    /// What is waited for.
    type Pending: Send + 'static;
    /// It calls a worker.
    const IS_CALL: bool = false;
    /// Equal calls give equal results.
    const IS_PURE: bool = false;

    fn about(&self) -> About;
    fn place(&self) -> Place;
    /// Begins it on the current thread.
    fn begin(&self, values: Values<Self>) -> Begun<Self>;
    /// Looks at what is waited for.
    fn poll(
        pending: &mut Self::Pending,
        context: &mut Context<'_>,
    ) -> Poll<Result<Self::Output, Cause>>;
    /// Waits for it on the current thread.
    fn wait(pending: Self::Pending) -> Result<Self::Output, Cause>;
    /// Cancels what is waited for, and says why there will be no value.
    fn cancel(pending: Self::Pending) -> Cause;

    /// Runs it on a worker that has come by. Only for kinds whose place is a visit.
    fn run_on(
        &self,
        values: Values<Self>,
        _visitor: &mut Visitor<'_>,
    ) -> Result<Self::Output, Cause> {
        match self.begin(values) {
            Begun::Over(outcome) => outcome,
            Begun::Pending(pending) => Self::wait(pending),
        }
    }

    /// Begins several at once, of equal kinds that are batched.
    fn begin_together(&self, many: Vec<Values<Self>>) -> Vec<Begun<Self>> {
        many.into_iter().map(|values| self.begin(values)).collect()
    }

    /// Whether several that are begun at once may become one call.
    fn is_batched(&self) -> bool {
        false
    }

    /// Whether both are calls of the same pool with the same options.
    fn is_same(&self, _other: &Self) -> bool {
        false
    }

    fn visit_asker(&self) -> Option<VisitAsker> {
        None
    }

    fn pure_hash(&self, _inputs: &Self::Inputs) -> Option<u64> {
        None
    }

    fn is_equal(&self, _other: &Self, _own: &Self::Inputs, _others: &Self::Inputs) -> bool {
        false
    }

    fn cloner(&self) -> Option<fn(&Self::Output) -> Self::Output> {
        None
    }
}

/// What a kind works with.
pub(crate) type Values<K> = <<K as Kind>::Inputs as Inputs>::Values;

/// How beginning went.
pub(crate) enum Begun<K: Kind> {
    Over(Result<K::Output, Cause>),
    Pending(K::Pending),
}
