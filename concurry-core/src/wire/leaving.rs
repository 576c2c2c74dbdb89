//! How shared values leave this process while something is encoded that holds them: by the name of
//! their memory, by a number under which they were brought before, or as a whole.
//!
//! Serialisation has no place for such a question, so the answer is with the thread that encodes.

use std::cell::RefCell;
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

#[derive(Debug)]
struct Leaving {
    how: How,
    /// The values that were met, each once. `None`: nobody asks.
    met: Option<Vec<Arc<Place>>>,
}

thread_local! {
    static LEAVING: RefCell<Leaving> = const { RefCell::new(Leaving { how: How::Named, met: None }) };
}

/// Puts back what was there before, also if the encoding panics.
struct Back(Option<Leaving>);

impl Drop for Back {
    fn drop(&mut self) {
        if let Some(before) = self.0.take() {
            LEAVING.set(before);
        }
    }
}

fn with<R>(leaving: Leaving, encode: impl FnOnce() -> R) -> (R, Vec<Arc<Place>>) {
    let mut back = Back(Some(LEAVING.replace(leaving)));
    let encoded = encode();
    let before = back.0.take().unwrap_or(Leaving { how: How::Named, met: None });
    (encoded, LEAVING.replace(before).met.unwrap_or_default())
}

/// Encodes for a process of this machine, and tells which shared values are in it.
pub(crate) fn by_name<R>(encode: impl FnOnce() -> R) -> (R, Vec<Arc<Place>>) {
    with(Leaving { how: How::Named, met: Some(Vec::new()) }, encode)
}

/// Encodes for a worker to which the shared values are brought that are in it.
pub(crate) fn by_number<R>(encode: impl FnOnce() -> R) -> (R, Vec<Arc<Place>>) {
    with(Leaving { how: How::Brought, met: Some(Vec::new()) }, encode)
}

/// Encodes what has to be there when this process is not.
pub(crate) fn as_a_whole<R>(encode: impl FnOnce() -> R) -> R {
    with(Leaving { how: How::Whole, met: None }, encode).0
}

/// Notes a value that is just being encoded. Whether it is named by its number.
pub(super) fn note(place: &Arc<Place>) -> bool {
    LEAVING.with_borrow_mut(|leaving| {
        if let Some(met) = &mut leaving.met
            && !met.iter().any(|known| Arc::ptr_eq(known, place))
        {
            met.push(Arc::clone(place));
        }
        leaving.how == How::Brought
    })
}

/// Whether values go as a whole.
pub(super) fn is_whole() -> bool {
    LEAVING.with_borrow(|leaving| leaving.how == How::Whole)
}
