//! What the compiler knows of the types of a method, as constants.
//!
//! An inherent constant is preferred to one of a trait: [`Probe<T>`] has inherent constants only where
//! `T` can do the thing in question; everywhere else the name falls back to [`FallbackProbe`]. The
//! macros write these names at the concrete types.

use std::error::Error;
use std::fmt::{Debug, Display};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::marker::PhantomData;

use concurry_core::__private::is_final;
use concurry_core::CallError;
use concurry_core::journal::{JournalError, Key, from_json, to_json};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::error::{Cause, Trouble};
use crate::journal::Described;

/// Carries the type that is asked about.
#[doc(hidden)]
#[derive(Debug)]
pub struct Probe<T: ?Sized>(PhantomData<T>);

/// How values of a type are told apart.
#[doc(hidden)]
#[derive(Debug)]
pub struct Comparer<T> {
    /// `None` of a value that can't be told apart after all.
    pub(crate) hash: fn(&T) -> Option<u64>,
    pub(crate) equal: fn(&T, &T) -> bool,
}

/// The better of two ways to tell values apart.
#[doc(hidden)]
#[must_use]
pub fn either<T>(one: Option<Comparer<T>>, other: Option<Comparer<T>>) -> Option<Comparer<T>> {
    one.or(other)
}

impl<T> Clone for Comparer<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Comparer<T> {}

/// How results of a type are kept in a journal.
#[doc(hidden)]
#[allow(missing_debug_implementations)] // function pointers, for the macros only
pub struct Record<T> {
    pub(crate) write: fn(&T) -> serde_json::Result<Box<RawValue>>,
    pub(crate) read: fn(&RawValue) -> serde_json::Result<T>,
}

impl<T> Clone for Record<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Record<T> {}

/// How a call with arguments of a type is named in a journal.
#[doc(hidden)]
#[allow(missing_debug_implementations)] // one function pointer, for the macros only
pub struct KeyOf<A>(pub(crate) fn(Described, &A) -> Result<Key, JournalError>);

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
    /// How to tell values apart by what they are written as.
    const WRITTEN: Option<Comparer<Self::Subject>> = None;
    /// How to keep results in a journal.
    const RECORD: Option<Record<Self::Subject>> = None;
    /// How to name a call with these arguments in a journal.
    const KEY: Option<KeyOf<Self::Subject>> = None;
    /// How to keep an error.
    const ERASER: Eraser<Self::Subject> = Eraser(|error| Cause::Opaque {
        trouble: trouble(&error),
        is_final: is_final(&error),
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
    pub const COMPARER: Option<Comparer<T>> =
        Some(Comparer { hash: |value| Some(hash_of(value)), equal: T::eq });
}

impl<T: Serialize> Probe<T> {
    /// `T: Serialize`. In a format that keeps each bit of a number: in JSON all that is no number is
    /// `null`.
    pub const WRITTEN: Option<Comparer<T>> = Some(Comparer {
        hash: |value| Some(hash_of(&rmp_serde::to_vec(value).ok()?)),
        equal: |one, other| match (rmp_serde::to_vec(one), rmp_serde::to_vec(other)) {
            (Ok(one), Ok(other)) => one == other,
            _ => false,
        },
    });
    /// `T: Serialize`, of the arguments of a call.
    pub const KEY: Option<KeyOf<T>> = Some(KeyOf(|call, arguments| {
        let Described { worker, method, pool, occurrence, repeat } = call;
        match repeat {
            0 => Key::of(&(worker, method, pool, occurrence, arguments)),
            _ => Key::of(&(worker, method, pool, occurrence, arguments, repeat)),
        }
    }));
}

impl<T: Serialize + DeserializeOwned> Probe<T> {
    /// `T: Serialize + DeserializeOwned`.
    pub const RECORD: Option<Record<T>> = Some(Record {
        write: |value| to_json(value),
        read: |json| from_json(json.get().as_bytes()),
    });
}

/// Not keyed by chance: the same for every node of a run.
fn hash_of(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

impl<E: Debug + Display + Send + Sync + 'static> Probe<E> {
    /// The error of a call is an error that can be shared.
    pub const ERASER: Eraser<E> = Eraser(erase);
}

pub(crate) fn erase<E>(error: CallError<E>) -> Cause
where
    E: Debug + Display + Send + Sync + 'static,
{
    let (trouble, is_final) = (trouble(&error), is_final(&error));
    let error: Box<dyn Error + Send + Sync> = Box::new(error);
    Cause::Call { error, trouble, is_final }
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
