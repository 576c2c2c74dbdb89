//! What the macros find out about a type: whether it can leave the process, and how.
//!
//! This file knows no format and needs no feature, so that what the macros write compiles in every
//! build.

use concurry_retry::Verdict;

/// How values of a type become bytes and come back. Found by `Probe`.
#[doc(hidden)]
#[cfg_attr(not(feature = "process"), allow(dead_code))]
pub struct Carry<T> {
    /// Writes the value behind what is there.
    pub(crate) encode: for<'v> fn(&'v T, &mut Encoder<'v>) -> Result<(), CarryFailure>,
    /// Reads the next value.
    pub(crate) decode: fn(&mut Decoder<'_>) -> Result<T, CarryFailure>,
}

/// Why a value could not be turned into bytes or back, in words.
#[doc(hidden)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CarryFailure(pub String);

#[cfg(feature = "process")]
impl CarryFailure {
    /// Nobody knows how to carry that type.
    pub(crate) fn no_way<T>() -> Self {
        Self(format!("`{}` can't leave this process", std::any::type_name::<T>()))
    }

    /// Runs code of a type's own that turns a value into bytes or back. A panic is a failure as well:
    /// `what` panicked.
    pub(crate) fn or_panic<R>(
        what: &str,
        carry: impl FnOnce() -> Result<R, Self>,
    ) -> Result<R, Self> {
        use std::panic::{AssertUnwindSafe, catch_unwind};
        catch_unwind(AssertUnwindSafe(carry)).unwrap_or_else(|payload| {
            Err(Self(format!("{what} panicked: {}", crate::panics::message(payload))))
        })
    }
}

/// Where values are written to. Large blocks of bytes are not copied: they are kept beside.
#[doc(hidden)]
#[derive(Debug)]
#[cfg_attr(not(feature = "process"), allow(dead_code))]
pub struct Encoder<'v> {
    /// The encoded values.
    pub(crate) body: Vec<u8>,
    /// The large blocks, in the order in which the body refers to them.
    pub(crate) attachments: Vec<&'v [u8]>,
}

/// Where values are read from.
#[doc(hidden)]
#[derive(Debug)]
#[cfg_attr(not(feature = "process"), allow(dead_code))]
pub struct Decoder<'b> {
    /// What has not been read.
    pub(crate) body: &'b [u8],
    /// The large blocks. Who decodes one takes it.
    pub(crate) attachments: &'b mut [Vec<u8>],
}

/// What is left of an error whose type can't leave the process.
#[doc(hidden)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorText {
    /// What it prints.
    pub message: String,
    /// What its sources print, outermost first.
    pub sources: Vec<String>,
}

/// What is known of the types of a method.
#[doc(hidden)]
#[allow(missing_debug_implementations)] // function pointers, for the macros only
pub struct MethodWires<A, T, E> {
    /// All arguments, as a tuple.
    pub arguments: Option<Carry<A>>,
    /// The output.
    pub output: Option<Carry<T>>,
    /// The method's own error.
    pub error: Option<Carry<E>>,
    /// What is left of an error that can't be carried.
    pub error_text: Option<fn(&E) -> ErrorText>,
    /// The arguments and the output: the name of each type, and whether it can be carried.
    pub types: fn(&mut dyn FnMut(&'static str, bool)),
}

impl<A, T, E> MethodWires<A, T, E> {
    /// Of a method that never leaves its process.
    pub const fn none() -> Self {
        Self { arguments: None, output: None, error: None, error_text: None, types: |_| {} }
    }

    /// Of the arguments and the output, the first type that can't be carried.
    #[cfg_attr(not(feature = "process"), allow(dead_code))]
    pub(crate) fn first_that_stays(&self) -> Option<&'static str> {
        let mut found = None;
        (self.types)(&mut |name, carried| {
            if !carried {
                found = found.or(Some(name));
            }
        });
        found.or_else(|| self.arguments.is_none().then(std::any::type_name::<A>))
    }

    /// The error as text, for another process.
    #[cfg_attr(not(feature = "process"), allow(dead_code))]
    pub(crate) fn text_of(&self, error: &E) -> ErrorText {
        match self.error_text {
            Some(text) => text(error),
            None => ErrorText {
                message: format!("an error of type `{}`", std::any::type_name::<E>()),
                sources: Vec::new(),
            },
        }
    }
}

/// How an error judged itself, where it was made.
#[cfg_attr(not(feature = "process"), allow(dead_code))]
pub(crate) fn judged(verdict: Option<Verdict>) -> Verdict {
    // As for errors of this process: without an opinion, another attempt may help.
    verdict.unwrap_or(Verdict::Retry)
}

impl ErrorText {
    /// Of anything that prints itself.
    pub fn of_display<E: std::fmt::Display>(error: &E) -> Self {
        Self { message: error.to_string(), sources: Vec::new() }
    }

    /// Of anything that prints itself for programmers.
    pub fn of_debug<E: std::fmt::Debug>(error: &E) -> Self {
        Self { message: format!("{error:?}"), sources: Vec::new() }
    }

    /// Of an error with its sources.
    pub fn of_error(error: &(dyn std::error::Error + 'static)) -> Self {
        let mut sources = Vec::new();
        let mut next = error.source();
        while let Some(source) = next {
            sources.push(source.to_string());
            next = source.source();
        }
        Self { message: error.to_string(), sources }
    }
}

#[cfg(feature = "process")]
impl<T> Carry<T> {
    /// One value by itself, with everything that belongs to it.
    pub(crate) fn to_bytes(self, value: &T) -> Result<Vec<u8>, CarryFailure> {
        let mut writer = super::FrameWriter::new(super::MAX_FRAME);
        writer.add(super::Kind::Hello, 0, 0, |encoder| (self.encode)(value, encoder))?;
        let mut bytes = Vec::new();
        writer.write_to(&mut bytes).map_err(|error| CarryFailure(error.to_string()))?;
        Ok(bytes)
    }

    /// The counterpart of [`to_bytes`](Self::to_bytes).
    pub(crate) fn of_bytes(self, mut bytes: &[u8]) -> Result<T, CarryFailure> {
        let mut reader = super::FrameReader::new(usize::MAX);
        loop {
            let frame = reader.take().map_err(|error| CarryFailure(error.to_string()))?;
            if let Some(mut frame) = frame {
                return (self.decode)(&mut frame.decoder());
            }
            match reader.read_from(&mut bytes) {
                Ok(count) if count > 0 => {}
                _ => return Err(CarryFailure("it is cut off".to_owned())),
            }
        }
    }
}

impl<T> Clone for Carry<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Carry<T> {}

impl<T> std::fmt::Debug for Carry<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Carry").finish_non_exhaustive()
    }
}
