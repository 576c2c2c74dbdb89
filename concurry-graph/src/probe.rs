//! What the compiler knows of the types of a method, as constants.
//!
//! An inherent constant is preferred to one of a trait: [`Probe<T>`] has inherent constants only where
//! `T` can do the thing in question; everywhere else the name falls back to [`FallbackProbe`]. The
//! macros write these names at the concrete types.

use std::error::Error;
use std::fmt::{Debug, Display};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::marker::PhantomData;

use concurry_core::CallError;

use crate::error::{Cause, Trouble};

/// Carries the type that is asked about.
#[doc(hidden)]
#[derive(Debug)]
pub struct Probe<T: ?Sized>(PhantomData<T>);

/// How values of a type are told apart.
#[doc(hidden)]
#[derive(Debug)]
pub struct Comparer<T> {
    pub(crate) hash: fn(&T) -> u64,
    pub(crate) equal: fn(&T, &T) -> bool,
}

impl<T> Clone for Comparer<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Comparer<T> {}

/// Makes an error that outlives its type.
#[doc(hidden)]
#[allow(missing_debug_implementations)] // one function pointer, for the macros only
pub struct Eraser<E>(pub(crate) fn(CallError<E>) -> Cause);

/// The answers for types that can't do it.
#[doc(hidden)]
pub trait FallbackProbe {
    /// The type asked about.
    type Subject;
    /// How to copy a value.
    const CLONE: Option<fn(&Self::Subject) -> Self::Subject> = None;
    /// How to tell values apart.
    const COMPARER: Option<Comparer<Self::Subject>> = None;
    /// How to keep an error.
    const ERASER: Eraser<Self::Subject> = Eraser(|error| Cause::Opaque {
        trouble: trouble(&error),
        message: describe(&error).into(),
    });
}

impl<T> FallbackProbe for Probe<T> {
    type Subject = T;
}

impl<T: Clone> Probe<T> {
    /// `T: Clone`.
    pub const CLONE: Option<fn(&T) -> T> = Some(T::clone);
}

impl<T: Eq + Hash> Probe<T> {
    /// `T: Eq + Hash`.
    pub const COMPARER: Option<Comparer<T>> = Some(Comparer {
        hash: |value| {
            // Not keyed by chance: the same for every node of a run.
            let mut hasher = DefaultHasher::new();
            value.hash(&mut hasher);
            hasher.finish()
        },
        equal: T::eq,
    });
}

impl<E: Debug + Display + Send + Sync + 'static> Probe<E> {
    /// The error of a call is an error that can be shared.
    pub const ERASER: Eraser<E> = Eraser(erase);
}

pub(crate) fn erase<E>(error: CallError<E>) -> Cause
where
    E: Debug + Display + Send + Sync + 'static,
{
    let trouble = trouble(&error);
    let retries = match &error {
        CallError::RetriesExhausted(error) => error.attempts().count().saturating_sub(1),
        _ => 0,
    };
    let retries = u32::try_from(retries).unwrap_or(u32::MAX);
    let error: Box<dyn Error + Send + Sync> = Box::new(error);
    Cause::Call { error, trouble, retries }
}

fn trouble<E>(error: &CallError<E>) -> Trouble {
    match error {
        error if error.is_cancelled() => Trouble::Cancelled,
        error if error.is_timeout() => Trouble::TimedOut,
        error if error.is_panic() => Trouble::Panicked,
        _ => Trouble::Failed,
    }
}

/// The message of an error whose own part can't be shown.
fn describe<E>(error: &CallError<E>) -> &'static str {
    match trouble(error) {
        Trouble::Failed if error.failure().is_some() => {
            "the method failed, with an error that is not `Debug + Display + Send + Sync`"
        }
        Trouble::Failed => "the call failed on its way",
        Trouble::Panicked => "the method panicked",
        Trouble::Cancelled => "the call was cancelled",
        Trouble::TimedOut => "the call ran out of time",
    }
}
