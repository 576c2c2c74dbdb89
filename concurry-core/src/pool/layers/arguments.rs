//! The arguments of a call, for every attempt, copy and fallback that may need them.

use std::any::Any;
use std::ptr::NonNull;
use std::sync::{Mutex, PoisonError};

use super::any_pool::AnyPool;
use super::types::types;
use crate::call::EnvironmentRef;
use crate::future::{Done, PoolSide, UntypedFuture, UserSide};
use crate::pool::queue_call;
use crate::shared::PoolId;
use crate::worker::{CallParts, Method, Queueing};

/// The arguments of a call, whatever they are, and what only their types can do.
pub(crate) trait Arguments: Send {
    /// The arguments themselves, for the closures of options.
    fn get(&self) -> &dyn Any;
    /// Moves them out, as `Option<M::Args>`.
    fn take(&mut self) -> &mut dyn Any;
    /// Moves them out, for an error that gives them back.
    fn take_boxed(&mut self) -> Box<dyn Any + Send>;
    /// A copy. `None`: they can't be copied. The copying is the user's; if it panics, so does this.
    fn copy(&self) -> Option<Box<dyn Arguments>>;
    /// A copy at a place that has room for it.
    ///
    /// # Safety
    /// It has: room for `Given<M>` of the same method.
    unsafe fn copy_to(&self, place: NonNull<()>) -> Option<NonNull<dyn Arguments>>;
    /// The rest of them, moved to a place of their own.
    fn boxed(&mut self) -> Box<dyn Arguments>;
    /// Makes a call of them for a queue.
    fn queue(
        &mut self,
        environment: Option<EnvironmentRef>,
        pool: PoolId,
        queueing: Queueing,
    ) -> (PoolSide, UntypedFuture);
    /// Makes a call of them here and now.
    fn run_here(&mut self, pool: &dyn AnyPool, environment: Option<EnvironmentRef>) -> Done;
}

/// The arguments of a call of `M`, until they are sent.
pub(crate) struct Given<M: Method>(Option<M::Args>);

impl<M: Method> Given<M> {
    pub(crate) fn new(args: M::Args) -> Self {
        Self(Some(args))
    }

    fn look(&self) -> &M::Args {
        self.0.as_ref().unwrap_or_else(|| unreachable!("they are sent once"))
    }

    /// Moves them out.
    pub(crate) fn send(&mut self) -> M::Args {
        self.0.take().unwrap_or_else(|| unreachable!("they are sent once"))
    }

    fn again(&self) -> Option<Self> {
        let clone = M::abilities().clone_args?;
        Some(Self::new(clone(self.look())))
    }
}

impl<M: Method> Arguments for Given<M> {
    fn get(&self) -> &dyn Any {
        self.look()
    }

    fn take(&mut self) -> &mut dyn Any {
        &mut self.0
    }

    fn take_boxed(&mut self) -> Box<dyn Any + Send> {
        Box::new(self.send())
    }

    fn copy(&self) -> Option<Box<dyn Arguments>> {
        Some(Box::new(self.again()?))
    }

    unsafe fn copy_to(&self, place: NonNull<()>) -> Option<NonNull<dyn Arguments>> {
        let place = place.cast::<Self>();
        // SAFETY: by contract.
        unsafe { place.write(self.again()?) };
        Some(place)
    }

    fn boxed(&mut self) -> Box<dyn Arguments> {
        Box::new(Self(self.0.take()))
    }

    fn queue(
        &mut self,
        environment: Option<EnvironmentRef>,
        pool: PoolId,
        queueing: Queueing,
    ) -> (PoolSide, UntypedFuture) {
        let parts = CallParts { args: self.send(), environment, pool, queueing };
        let node = queue_call::<M>(parts).into_node();
        // SAFETY: a new node has a reference for each side.
        unsafe { (PoolSide::from_raw(node), UntypedFuture::of(UserSide::from_raw(node))) }
    }

    fn run_here(&mut self, pool: &dyn AnyPool, environment: Option<EnvironmentRef>) -> Done {
        let outcome = pool.of::<M::Worker>().run_here::<M>(self.send(), environment);
        Done::new(types::<M>().site(), outcome)
    }
}

/// A copy of the arguments to make further ones from.
///
/// Behind a lock, since arguments need not be `Sync` and several futures look at it.
pub(crate) struct Spare(Mutex<Kept>);

enum Kept {
    Boxed(Box<dyn Arguments>),
    Placed(Placed),
}

/// Arguments at a place of somebody else's.
struct Placed(NonNull<dyn Arguments>);

// SAFETY: it owns the arguments, which are `Send`.
unsafe impl Send for Placed {}

impl Spare {
    /// A copy of arguments that can be copied.
    pub(super) fn of(arguments: &dyn Arguments) -> Option<Self> {
        Some(Self(Mutex::new(Kept::Boxed(arguments.copy()?))))
    }

    /// The same, at a place that has room for it.
    ///
    /// # Safety
    /// It has, and nobody else uses it as long as this lives.
    pub(super) unsafe fn placed(arguments: &dyn Arguments, place: NonNull<()>) -> Option<Self> {
        // SAFETY: by contract.
        let placed = unsafe { arguments.copy_to(place)? };
        Some(Self(Mutex::new(Kept::Placed(Placed(placed)))))
    }

    /// One more.
    pub(crate) fn copy(&self) -> Box<dyn Arguments> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.look().copy().unwrap_or_else(|| unreachable!("it is a copy itself"))
    }

    /// The last one.
    pub(super) fn into_last(self) -> Box<dyn Arguments> {
        match self.0.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Kept::Boxed(arguments) => arguments,
            // SAFETY: the arguments are there and ours.
            Kept::Placed(mut placed) => unsafe { placed.0.as_mut() }.boxed(),
        }
    }
}

impl Kept {
    fn look(&self) -> &dyn Arguments {
        match self {
            Self::Boxed(arguments) => &**arguments,
            // SAFETY: the arguments are there and ours.
            Self::Placed(placed) => unsafe { placed.0.as_ref() },
        }
    }
}

impl Drop for Placed {
    fn drop(&mut self) {
        // SAFETY: the arguments are there and ours.
        unsafe { self.0.drop_in_place() };
    }
}
