//! What distinguishes nodes: a call, a closure, values to be put together.

use std::sync::Arc;
use std::task::{Context, Poll};

use concurry_core::__private::{CallTrace, Visitor};
use concurry_core::journal::{JournalError, Key};

use super::{About, Place, VisitAsker};
use crate::argument::{ArgumentHasher, Inputs};
use crate::error::{Cause, Trouble};
use crate::journal::Described;
use crate::probe::Record;

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
    /// What becomes known of it beside its outcome.
    fn trace(_pending: &Self::Pending) -> Option<&Arc<CallTrace>> {
        None
    }

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

    /// Hashes what it calls. `None` if the arguments can't be told apart.
    fn hash(&self, _inputs: &Self::Inputs, _hasher: &mut ArgumentHasher<'_>) -> Option<()> {
        None
    }

    /// Its name in a journal. `None` if it is not kept there.
    fn key(&self, _call: Described, _values: &Values<Self>) -> Option<Result<Key, JournalError>> {
        None
    }

    /// How its value is kept in a journal, where it has a key.
    fn record(&self) -> Option<Record<Self::Output>> {
        None
    }

    /// What it means that it failed in an earlier run, with this message.
    fn failed_earlier(&self, message: String) -> Cause {
        Cause::Opaque { trouble: Trouble::Failed, is_final: true, message: message.into() }
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
