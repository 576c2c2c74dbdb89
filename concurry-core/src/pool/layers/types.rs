//! What the layers ask of a method's types: the one part of them that is compiled for each method.

use std::any::{Any, TypeId, type_name};
use std::marker::PhantomData;
use std::ptr::NonNull;

use concurry_retry::{RetryError, Verdict};

use super::arguments::Given;
use super::failure::{Failure, Kind};
use super::first::FirstAttempt;
use crate::CallError;
use crate::error::CallSite;
use crate::future::node::VTable;
use crate::future::{Done, Outcome, RelayNode, RelayTypes};
use crate::worker::{Method, MethodSpec};

/// A method, without its types.
///
/// The functions that take an outcome may be given outcomes of the method's calls only.
pub(crate) struct MethodTypes {
    pub(crate) spec: &'static MethodSpec,
    pub(super) method: TypeId,
    pub(super) error: TypeId,
    pub(super) arguments_name: fn() -> &'static str,
    /// Whether the arguments can be copied.
    pub(super) clones_arguments: fn() -> bool,
    /// The nodes of its calls.
    pub(super) relay: &'static VTable,
    /// What has failed. `None`: nothing.
    kind: unsafe fn(&Done) -> Option<Kind>,
    output: unsafe fn(&Done) -> Option<&dyn Any>,
    own_error: unsafe fn(&Done) -> OwnError<'_>,
    move_outcome: unsafe fn(Done, NonNull<()>),
    write_exhausted: unsafe fn(RetryError<Failure>, NonNull<()>),
}

/// The method's own error, as far as it is here.
pub(super) struct OwnError<'d> {
    pub(super) error: Option<&'d dyn Any>,
    /// What it says of itself.
    pub(super) verdict: Option<Verdict>,
}

/// The method that is called.
pub(crate) fn types<M: Method>() -> &'static MethodTypes {
    const { &Typed::<M>::TYPES }
}

impl MethodTypes {
    pub(super) fn site(&self) -> CallSite {
        CallSite::new(self.spec)
    }

    /// What a call has ended with.
    ///
    /// # Safety
    /// It was a call of this method.
    pub(super) unsafe fn judge(&self, done: Done) -> Result<Done, Failure> {
        // SAFETY: by contract.
        match unsafe { (self.kind)(&done) } {
            None => Ok(done),
            Some(kind) => Err(Failure::of_call(kind, done)),
        }
    }

    /// # Safety
    /// It was a call of this method.
    pub(super) unsafe fn output<'d>(&self, done: &'d Done) -> Option<&'d dyn Any> {
        // SAFETY: by contract.
        unsafe { (self.output)(done) }
    }

    /// # Safety
    /// It was a call of this method.
    pub(super) unsafe fn own_error<'d>(&self, done: &'d Done) -> OwnError<'d> {
        // SAFETY: by contract.
        unsafe { (self.own_error)(done) }
    }

    /// # Safety
    /// It was a call of this method, and there is room for such an outcome.
    pub(super) unsafe fn move_outcome(&self, done: Done, place: NonNull<()>) {
        // SAFETY: by contract.
        unsafe { (self.move_outcome)(done, place) }
    }

    /// # Safety
    /// The attempts were such of this method, and there is room for an outcome.
    pub(super) unsafe fn write_exhausted(&self, error: RetryError<Failure>, place: NonNull<()>) {
        // SAFETY: by contract.
        unsafe { (self.write_exhausted)(error, place) }
    }
}

struct Typed<M>(PhantomData<M>);

impl<M: Method> RelayTypes for Typed<M> {
    type Output = M::Output;
    type Error = M::Error;
    type Before = Given<M>;
    const SITE: CallSite = CallSite::new(const { &M::SPEC });
}

type OutcomeOf<M> = Outcome<<M as Method>::Output, <M as Method>::Error>;

impl<M: Method> Typed<M> {
    const TYPES: MethodTypes = MethodTypes {
        spec: const { &M::SPEC },
        method: TypeId::of::<M>(),
        error: TypeId::of::<M::Error>(),
        arguments_name: type_name::<M::Args>,
        clones_arguments: || M::abilities().clone_args.is_some(),
        relay: RelayNode::<FirstAttempt, ()>::table::<Self>(),
        kind: Self::kind,
        output: Self::output,
        own_error: Self::own_error,
        move_outcome: Self::move_outcome,
        write_exhausted: Self::write_exhausted,
    };

    /// # Safety
    /// Here and below: the outcome is one of the method.
    unsafe fn outcome(done: &Done) -> &OutcomeOf<M> {
        // SAFETY: by contract.
        unsafe { done.get::<M::Output, M::Error>() }
    }

    unsafe fn kind(done: &Done) -> Option<Kind> {
        // SAFETY: by contract.
        unsafe { Self::outcome(done) }.as_ref().err().map(Kind::of)
    }

    unsafe fn output(done: &Done) -> Option<&dyn Any> {
        // SAFETY: by contract.
        match unsafe { Self::outcome(done) } {
            Ok(output) => Some(output),
            Err(_) => None,
        }
    }

    unsafe fn own_error(done: &Done) -> OwnError<'_> {
        // SAFETY: by contract.
        let error = match unsafe { Self::outcome(done) } {
            Err(CallError::Failed(error)) => Some(error),
            // The error of a whole batch is judged like the call's own.
            Err(CallError::BatchFailed(failed)) => failed.error(),
            Err(CallError::FailedRemote(failure)) => {
                return OwnError { error: None, verdict: Some(failure.verdict) };
            }
            _ => None,
        };
        let verdict = error.and_then(|error| Some((M::abilities().verdict?)(error)));
        OwnError { error: error.map(|error| error as &dyn Any), verdict }
    }

    unsafe fn move_outcome(done: Done, place: NonNull<()>) {
        // SAFETY: by contract.
        unsafe { place.cast::<OutcomeOf<M>>().write(done.take::<M::Output, M::Error>()) }
    }

    unsafe fn write_exhausted(error: RetryError<Failure>, place: NonNull<()>) {
        // SAFETY: by contract.
        unsafe {
            let error = Failure::exhausted(error).into_error::<M::Output, M::Error>();
            place.cast::<OutcomeOf<M>>().write(Err(error));
        }
    }
}
