//! What a worker is, as the macros describe it to the engine.

mod batch;
mod constructor;
mod method;
mod probe;
mod shape;
mod task;

pub use batch::{
    BatchAbilities, BatchError, BatchItems, BatchResults, BatchSettings, Batchable, BatchedForm,
    BatchedFormVisitor, CommonArgument, ResultOf, SameType, SharedBatchError, to_weight,
};
pub(crate) use constructor::Construct;
pub use constructor::{Constructor, ConstructorWires};
pub use method::{
    Abilities, AsyncMut, AsyncRef, Idempotent, Method, MethodVisitor, RunMut, RunRef, StartMut,
    StartRef, SyncMut, SyncRef,
};
pub use probe::{FallbackProbe, Outcome, Probe, error_text, stays};
pub(crate) use shape::Queueing;
pub use shape::{CallParts, QueuedCall, Shape, Watched};
pub use task::TaskFunction;

pub use crate::method_spec::MethodSpec;
pub use crate::wire::{Carry, MethodWires};

use crate::Mode;

/// A type whose methods a pool runs. Implemented by `#[derive(Worker)]` together with `#[worker]`.
///
/// The struct itself stays an ordinary struct: its methods can be called and tested without a pool.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a worker",
    label = "needs both `#[derive(Worker)]` and a `#[worker]` impl",
    note = "put `#[derive(Worker)]` on the struct and `#[worker]` on the impl block with its methods"
)]
pub trait Worker: WorkerType {
    /// The handle to a pool of this worker.
    ///
    /// It is named here and not by [`WorkerType`], because the bounds under which a generic type
    /// is a worker are those of its impl block, which the struct need not repeat.
    type Handle: Clone + Send + Sync + 'static;
    /// Shows every method that the pool calls to `visitor`, in the order in which they are written: the
    /// remote ones and the batched forms.
    #[doc(hidden)]
    fn visit_methods<V: MethodVisitor<Self>>(visitor: &mut V);
    /// What the compiler knows of the state.
    #[doc(hidden)]
    const STATE: StateTraits;
    /// How many methods `visit_methods` shows.
    #[doc(hidden)]
    const METHODS: usize;
}

/// The part of a worker that its struct declares. Implemented by `#[derive(Worker)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not derive `Worker`",
    label = "this struct needs `#[derive(Worker)]`",
    note = "`#[worker]` on an impl block goes with `#[derive(Worker)]` on the struct"
)]
pub trait WorkerType: Sized + 'static {
    /// The name in messages, as written in the program.
    #[doc(hidden)]
    const NAME: &'static str;
    /// What `#[worker(…)]` on the struct says.
    #[doc(hidden)]
    const DEFAULTS: TypeDefaults;
}

/// The options that a type declares for its pools.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TypeDefaults {
    /// `#[worker(mode = "…")]`.
    pub mode: Option<Mode>,
    /// `#[worker(max_workers = …)]`.
    pub max_workers: Option<usize>,
    /// `#[worker(process)]`: it is a compile error if a call can't run in another process.
    pub process: bool,
}

/// Where the compiler allows the state of a worker to be used.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateTraits {
    /// The state may move to another thread.
    pub send: bool,
    /// Several threads may look at the state at once.
    pub sync: bool,
}
