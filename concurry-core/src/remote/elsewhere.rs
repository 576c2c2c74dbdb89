//! What a backend implements, and what it is started with.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::Arc;

use super::{RemoteCall, RemotePool};
use crate::wire::deliveries::SharedValue;
use crate::wire::message::{PanicText, Uncarried};
use crate::wire::{CarryFailure, Status, WorkerKey, codec};
use crate::{Cancel, Mode, WorkerOptions};

/// The backends of this program that are no part of this crate, each with its mode.
///
/// ```ignore
/// #[concurry_core::remote::linkme::distributed_slice(concurry_core::remote::FACTORIES)]
/// #[linkme(crate = concurry_core::remote::linkme)]
/// static RAY: fn() -> (Mode, Box<dyn Factory>) = || (Mode::Ray, Box::new(RayFactory));
/// ```
#[linkme::distributed_slice]
pub static FACTORIES: [fn() -> (Mode, Box<dyn Factory>)];

/// Starts pools of a mode.
pub trait Factory: Send + Sync {
    /// Starts the workers. It returns soon: each constructor's outcome is reported to
    /// [`Launch::report`], until the init timeout is over.
    ///
    /// # Errors
    ///
    /// What stands in the way of any worker, with the remedy.
    fn launch(&self, launch: Launch) -> Result<Arc<dyn Elsewhere>, LaunchError>;
}

/// Where the calls of a pool go. Dropping a call fails it as stopped, so none is lost.
pub trait Elsewhere: Send + Sync {
    /// Takes a call.
    ///
    /// # Errors
    ///
    /// Gives it back when closed.
    fn submit(&self, call: RemoteCall) -> Result<(), RemoteCall>;
    /// Takes no more calls. Those that it has are still run; when the last worker is gone,
    /// [`RemotePool::worker_ended`] has been called for each.
    fn close(&self);
    /// Fails the calls that wait as stopped.
    fn refuse(&self);
    /// How many calls wait.
    fn queued(&self) -> usize;
    /// The user of a call that was put somewhere wants it no more. The call's own mark
    /// is set already.
    fn cancel(&self, place: u64) -> Cancel;
    /// Somebody blocks on a call that was put there. A backend may do on that thread what its own
    /// would do; when this returns the call may be done or not.
    fn attend(&self, _place: u64) {}
    /// Somebody looks at a call that was put there, and does not block on it.
    fn heed(&self, _place: u64) {}
}

/// What a backend is started with.
pub struct Launch {
    /// The pool's own side.
    pub pool: RemotePool,
    /// Whose code the workers run.
    pub worker: WorkerKey,
    /// How many workers there are to be.
    pub workers: usize,
    /// How many calls of async methods may overlap on one worker.
    pub concurrency: usize,
    /// Whether no method of the worker is async: then it works on one call at a time.
    pub one_at_a_time: bool,
    /// Whether the backend has a [`LimitDesk`](super::LimitDesk) for each worker. Without, workers see
    /// no limits; set it before the first [`hello`](Self::hello).
    pub answers_limits: bool,
    /// The shared values among the parameters of the constructor. Kept here, they live as long as
    /// workers may be started.
    pub shared: Vec<SharedValue>,
    pub(crate) parameters: Arc<[u8]>,
    pub(crate) options: HashMap<TypeId, Box<dyn Any + Send + Sync>>,
    pub(crate) report: Arc<dyn Fn(usize, Result<(), BuiltFailure>) + Send + Sync>,
}

/// Why a worker is not there.
#[derive(Debug)]
pub enum BuiltFailure {
    /// Its process could not be started, or ended before it was built: in words.
    Gone(String),
    /// What its message says: see [`Kind::Built`](crate::wire::Kind::Built).
    Told {
        /// The code of the message.
        code: u16,
        /// The body of the message.
        body: Vec<u8>,
    },
}

impl BuiltFailure {
    /// In words.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Gone(message) => message.clone(),
            Self::Told { code, body } => match Status::from_code(*code) {
                Some(Status::Panicked) => codec::read::<PanicText>(body).map_or_else(
                    |failure| failure.0,
                    |panic| format!("it panicked: {}", panic.message),
                ),
                Some(Status::Uncarried) => codec::read::<Uncarried>(body).map_or_else(
                    |failure| failure.0,
                    |text| format!("the {}: {}", text.what, text.message),
                ),
                Some(Status::Failed) => "it returned an error".to_owned(),
                _ => codec::read(body).unwrap_or_else(|failure: CarryFailure| failure.0),
            },
        }
    }
}

/// Why no pool can be started, and the remedy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaunchError(pub String);

impl Launch {
    /// What the backend's own extension trait has [set](set_option).
    #[must_use]
    pub fn option<T: Any>(&self) -> Option<&T> {
        self.options.get(&TypeId::of::<T>())?.downcast_ref()
    }

    /// The function that hears of the constructors. Only the first report of each worker counts.
    #[must_use]
    pub fn report(&self) -> Arc<dyn Fn(usize, Result<(), BuiltFailure>) + Send + Sync> {
        Arc::clone(&self.report)
    }

    /// The first message to each worker: who it is. `slots` is the length of the table of calls that
    /// is shared with it, or zero if there is none.
    #[must_use]
    pub fn hello(&self, worker: usize, max_message: usize, slots: u32) -> Vec<u8> {
        self.pool.hello(self, worker, max_message, slots)
    }
}

impl std::fmt::Debug for Launch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Launch")
            .field("worker", &self.worker)
            .field("workers", &self.workers)
            .finish_non_exhaustive()
    }
}

/// Leaves a value in the options of a pool for its backend: for extension traits like
/// `.ray(RayOptions)`.
pub fn set_option<O: WorkerOptions, T: Any + Send + Sync>(options: &mut O, value: T) {
    options.__options().extensions.insert(TypeId::of::<T>(), Box::new(value));
}

/// A value that [`set_option`] left.
pub fn option_of<O: WorkerOptions, T: Any + Send + Sync>(options: &mut O) -> Option<&mut T> {
    options.__options().extensions.get_mut(&TypeId::of::<T>())?.downcast_mut()
}
