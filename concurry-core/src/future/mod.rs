//! Calls as both sides see them: the user's [`TaskFuture`] and the pool's [`Call`].

mod call;
mod cancel;
mod combinators;
mod custody;
mod driven;
mod lifecycle;
#[cfg(all(test, concurry_loom))]
mod loom_tests;
#[cfg(all(test, concurry_loom))]
pub(crate) mod model_node;
pub(crate) mod node;
mod promise;
mod relay;
mod sides;
mod slab;
mod slab_arc;
mod task_future;
#[cfg(feature = "process")]
mod ticket;
mod turns;
mod untyped;

pub(crate) use call::{BlockingFunctions, Call, ClaimedCall, PolledFunctions, Ran, Unpublished};
#[cfg(feature = "process")]
pub(crate) use call::{RemoteFunctions, Sending};
pub use cancel::Cancel;
pub(crate) use custody::{Custody, Taken};
pub(crate) use driven::{Complete, DrivenFuture, drive_future, future_driven};
pub(crate) use lifecycle::{Lifecycle, Schedule};
pub(crate) use promise::{Completer, Promise, promise};
pub(crate) use relay::{Relay, RelayNode, RelayRef, RelayTypes, Relayed, relay};
#[cfg(feature = "process")]
pub(crate) use sides::Claimed;
pub(crate) use sides::{PoolSide, UserSide};
pub use slab_arc::SlabArc;
pub use task_future::TaskFuture;
#[cfg(feature = "process")]
pub(crate) use ticket::{Gathering, Ticket};
pub(crate) use turns::{OnCancel, Signal};
pub(crate) use untyped::{Done, UntypedCompleter, UntypedFuture};

use crate::CallError;

/// A future for tests to complete by hand.
#[cfg(test)]
pub(crate) fn promise_for_tests<T: Send + 'static, E: Send + 'static>()
-> (promise::Promise<T, E>, TaskFuture<T, E>) {
    const SPEC: &crate::method_spec::MethodSpec =
        &crate::method_spec::MethodSpec::of_our_own("Test", "promise");
    promise::promise(crate::error::CallSite::new(SPEC), crate::shared::PoolId::NONE)
}

/// What a call gives: the method's output, or why there is none.
pub type Outcome<T, E> = Result<T, CallError<E>>;
