//! How shared values leave this process while something is encoded that holds them: by the name of
//! their memory, by a number under which they were brought before, or as a whole.
//!
//! Serialisation has no place for such a question, so the answer is with the thread that encodes.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use super::share::Place;

/// How shared values leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    /// By the name of their memory, which another process of this machine can open.
    Named,
    /// By their number: whoever encodes sees to it that they are there before.
    Brought,
    /// As a whole.
    Whole,
}

thread_local! {
    /// Apart from the list: every result that is encoded sets it, and it needs no destructor.
    static HOW: Cell<How> = const { Cell::new(How::Named) };
    /// The values that were met, each once. `None`: nobody asks.
    static MET: RefCell<Option<Vec<Arc<Place>>>> = const { RefCell::new(None) };
}

/// Puts back what was there before, also if the encoding panics.
struct Before(How);

impl Before {
    fn set(how: How) -> Self {
        Self(HOW.replace(how))
    }
}

impl Drop for Before {
    fn drop(&mut self) {
        HOW.set(self.0);
    }
}

/// The same for the list.
struct MetBefore(Option<Vec<Arc<Place>>>);

impl Drop for MetBefore {
    fn drop(&mut self) {
        MET.set(self.0.take());
    }
}

fn noting<R>(how: How, encode: impl FnOnce() -> R) -> (R, Vec<Arc<Place>>) {
    let _how = Before::set(how);
    let _met = MetBefore(MET.replace(Some(Vec::new())));
    let encoded = encode();
    (encoded, MET.take().unwrap_or_default())
}

/// Encodes for a process of this machine, and tells which shared values are in it.
pub(crate) fn by_name<R>(encode: impl FnOnce() -> R) -> (R, Vec<Arc<Place>>) {
    noting(How::Named, encode)
}

/// Encodes for a worker to which the shared values are brought that are in it.
pub(crate) fn by_number<R>(encode: impl FnOnce() -> R) -> (R, Vec<Arc<Place>>) {
    noting(How::Brought, encode)
}

/// Encodes what has to be there when this process is not.
pub(crate) fn as_a_whole<R>(encode: impl FnOnce() -> R) -> R {
    let _how = Before::set(How::Whole);
    encode()
}

/// Notes a value that is just being encoded. Whether it is named by its number.
pub(super) fn note(place: &Arc<Place>) -> bool {
    MET.with_borrow_mut(|met| {
        if let Some(met) = met
            && !met.iter().any(|known| Arc::ptr_eq(known, place))
        {
            met.push(Arc::clone(place));
        }
    });
    HOW.get() == How::Brought
}

/// Whether values go as a whole.
pub(super) fn is_whole() -> bool {
    HOW.get() == How::Whole
}
