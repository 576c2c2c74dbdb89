//! What the compiler knows of a concrete type, as constants.
//!
//! An inherent constant is preferred to one of a trait. [`Probe<T>`] has inherent constants only
//! where `T` has the trait in question; everywhere else the name falls back to [`FallbackProbe`].
//! This needs the concrete type at the place of use, which is where the macros write it.

use std::error::Error;
use std::fmt::{self, Display};
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hash};
use std::marker::PhantomData;

use concurry_retry::{Retryable, Verdict};

use super::WorkerType;
use crate::wire::{Carry, ErrorText};

/// Carries the type that is asked about.
#[doc(hidden)]
#[derive(Debug)]
pub struct Probe<T: ?Sized>(PhantomData<T>);

/// The answers for types that lack the trait.
#[doc(hidden)]
pub trait FallbackProbe {
    /// The type asked about.
    type Subject;
    /// `T: Send`.
    const SEND: bool = false;
    /// `T: Sync`.
    const SYNC: bool = false;
    /// The type is a `Result`.
    const IS_RESULT: bool = false;
    /// `T: Clone`.
    const CLONE: Option<fn(&Self::Subject) -> Self::Subject> = None;
    /// `T: Hash`.
    const HASH: Option<fn(&Self::Subject) -> u64> = None;
    /// `T: Display`.
    const DISPLAY: Option<fn(&Self::Subject) -> String> = None;
    /// `T: Retryable`.
    const VERDICT: Option<fn(&Self::Subject) -> Verdict> = None;
    /// `T: Retryable`.
    const BLAMES_ARGUMENTS: Option<fn(&Self::Subject) -> bool> = None;
    /// Values can leave the process.
    const CARRY: Option<Carry<Self::Subject>> = None;
    /// A tuple whose values can.
    const ARGUMENTS: Option<Carry<Self::Subject>> = None;
    /// `T: Error`.
    const ERROR_TEXT: Option<fn(&Self::Subject) -> ErrorText> = None;
    /// `T: AsRef<dyn Error>`.
    const AS_ERROR_TEXT: Option<fn(&Self::Subject) -> ErrorText> = None;
    /// `T: Display`.
    const DISPLAY_TEXT: Option<fn(&Self::Subject) -> ErrorText> = None;
    /// `T: Debug`.
    const DEBUG_TEXT: Option<fn(&Self::Subject) -> ErrorText> = None;
}

impl<T> FallbackProbe for Probe<T> {
    type Subject = T;
}

impl<T: Send> Probe<T> {
    /// `T: Send`.
    pub const SEND: bool = true;
}

impl<T: Sync> Probe<T> {
    /// `T: Sync`.
    pub const SYNC: bool = true;
}

impl<T: Clone> Probe<T> {
    /// `T: Clone`.
    pub const CLONE: Option<fn(&T) -> T> = Some(T::clone);
}

impl<T: Hash> Probe<T> {
    /// `T: Hash`. The same within this process, and nowhere else.
    pub const HASH: Option<fn(&T) -> u64> =
        Some(|value| BuildHasherDefault::<DefaultHasher>::default().hash_one(value));
}

impl<T: Display> Probe<T> {
    /// `T: Display`.
    pub const DISPLAY: Option<fn(&T) -> String> = Some(T::to_string);
}

impl<T: Retryable> Probe<T> {
    /// `T: Retryable`.
    pub const VERDICT: Option<fn(&T) -> Verdict> = Some(T::verdict);
    /// `T: Retryable`.
    pub const BLAMES_ARGUMENTS: Option<fn(&T) -> bool> = Some(T::blames_arguments);
}

#[cfg(feature = "process")]
impl<T: crate::wire::Carried> Probe<T> {
    /// Values can leave the process.
    pub const CARRY: Option<Carry<T>> = Some(crate::wire::codec::value());
}

#[cfg(feature = "process")]
impl<T: crate::wire::codec::CarriedArguments> Probe<T> {
    /// A tuple whose values can leave the process.
    pub const ARGUMENTS: Option<Carry<T>> = Some(crate::wire::codec::arguments());
}

impl<T: Error + 'static> Probe<T> {
    /// `T: Error`.
    pub const ERROR_TEXT: Option<fn(&T) -> ErrorText> = Some(|error| ErrorText::of_error(error));
}

impl<T: AsRef<dyn Error + Send + Sync + 'static>> Probe<T> {
    /// `T: AsRef<dyn Error>`.
    pub const AS_ERROR_TEXT: Option<fn(&T) -> ErrorText> =
        Some(|error| ErrorText::of_error(error.as_ref()));
}

impl<T: fmt::Display> Probe<T> {
    /// `T: Display`.
    pub const DISPLAY_TEXT: Option<fn(&T) -> ErrorText> = Some(ErrorText::of_display);
}

impl<T: fmt::Debug> Probe<T> {
    /// `T: Debug`.
    pub const DEBUG_TEXT: Option<fn(&T) -> ErrorText> = Some(ErrorText::of_debug);
}

/// The best way to put an error into words.
#[doc(hidden)]
#[must_use]
pub fn error_text<E>(
    error: Option<fn(&E) -> ErrorText>,
    as_error: Option<fn(&E) -> ErrorText>,
    display: Option<fn(&E) -> ErrorText>,
    debug: Option<fn(&E) -> ErrorText>,
) -> Option<fn(&E) -> ErrorText> {
    error.or(as_error).or(display).or(debug)
}

/// Whether the worker is marked `#[worker(process)]` and values of the type can't leave the process.
///
/// Without the feature `process` nothing can: then it is not the type that is at fault, and `init`
/// names the feature.
#[doc(hidden)]
#[must_use]
pub const fn stays<W: WorkerType, T>(carried: &Option<Carry<T>>) -> bool {
    cfg!(feature = "process") && W::DEFAULTS.process && carried.is_none()
}

impl<T, E> Probe<Result<T, E>> {
    /// The type is a `Result`.
    pub const IS_RESULT: bool = true;
}

/// The two sides of a `Result`, also when it is named by an alias.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is named `Result` but is not one",
    label = "a type named `Result` has to be an alias of `std::result::Result`"
)]
pub trait Outcome {
    /// The success.
    type Output;
    /// The failure.
    type Error;
    /// The result itself.
    fn into_result(self) -> Result<Self::Output, Self::Error>;
}

impl<T, E> Outcome for Result<T, E> {
    type Output = T;
    type Error = E;
    fn into_result(self) -> Result<T, E> {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::rc::Rc;

    #[test]
    fn probes_tell_concrete_types_apart() {
        const { assert!(Probe::<String>::SEND && Probe::<String>::SYNC) };
        const { assert!(!Probe::<Rc<u8>>::SEND && !Probe::<Rc<u8>>::SYNC) };
        const { assert!(Probe::<Result<u8, u8>>::IS_RESULT && !Probe::<u8>::IS_RESULT) };
        struct NotClone;
        const { assert!(Probe::<NotClone>::CLONE.is_none()) };
        assert_eq!(Probe::<u8>::CLONE.map(|clone| clone(&3)), Some(3));
    }
}
