//! What the macros tell of a method beside what every call needs.

use concurry_core::__private::Method;

use crate::argument::Arguments;
use crate::probe::{Eraser, KeyOf, Record};

/// A method that nodes of a graph may call. Implemented by the macros.
#[doc(hidden)]
pub trait LazyMethod: Method {
    /// Its arguments as nodes: a tuple of [`Argument`](crate::__private::Argument)s.
    type Inputs: Arguments<Values = Self::Args> + Send;
    /// What its types can do.
    fn traits() -> MethodTraits<Self>;
}

/// What the types of a method can do beyond what every call needs.
#[doc(hidden)]
#[allow(missing_debug_implementations)] // function pointers, for the macros only
pub struct MethodTraits<M: LazyMethod> {
    /// Copies the output, if it is `Clone`.
    pub clone_output: Option<fn(&M::Output) -> M::Output>,
    /// Keeps the error.
    pub erase_error: Eraser<M::Error>,
    /// Tells arguments apart, each that can be.
    pub comparers: <M::Inputs as Arguments>::Comparers,
    /// Keeps the output in a journal, if it can be written and read.
    pub record: Option<Record<M::Output>>,
    /// Names a call in a journal, if its arguments can be written.
    pub key: Option<KeyOf<M::Args>>,
}
