//! Where a panic happened and what it said.
//!
//! The location is known only to the panic hook, so one is put in front of the program's own the
//! first time a pool is made. It notes the location for the current thread and calls the other.

use std::any::Any;
use std::borrow::Cow;
use std::cell::RefCell;
use std::panic;
use std::sync::Once;

use crate::error::{CallSite, Panicked};

thread_local! {
    static LOCATION: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Puts our hook in front of the program's, once.
pub(crate) fn install_hook() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let next = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let location = info.location().map(ToString::to_string);
            // A thread that is ending has no note any more.
            let _ = LOCATION.try_with(|note| *note.borrow_mut() = location);
            next(info);
        }));
    });
}

/// Describes the panic that this thread has just caught.
pub(crate) fn describe(site: CallSite, payload: Box<dyn Any + Send>) -> Panicked {
    let location = LOCATION.try_with(|note| note.borrow_mut().take()).ok().flatten();
    Panicked { site, message: message(payload), location }
}

/// Runs foreign code whose panic is nobody's result: a destructor, a waker.
pub(crate) fn contain(run: impl FnOnce()) {
    if let Err(payload) = panic::catch_unwind(panic::AssertUnwindSafe(run)) {
        // Not simply dropped: see there.
        drop(message(payload));
    }
}

/// Runs foreign code whose panic is the result of a call.
pub(crate) fn caught<R>(site: CallSite, run: impl FnOnce() -> R) -> Result<R, Panicked> {
    panic::catch_unwind(panic::AssertUnwindSafe(run)).map_err(|payload| describe(site, payload))
}

/// The text of a panic's payload.
#[doc(hidden)]
pub fn message(payload: Box<dyn Any + Send>) -> Cow<'static, str> {
    match payload.downcast::<&'static str>() {
        Ok(text) => Cow::Borrowed(*text),
        Err(payload) => match payload.downcast::<String>() {
            Ok(text) => Cow::Owned(*text),
            Err(payload) => {
                // A payload of another type may have a destructor that panics in turn; it is not
                // worth a worker.
                std::mem::forget(payload);
                Cow::Borrowed("(the panic's payload is not text)")
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_that_panics_in_turn_is_contained() {
        struct Bomb;
        impl Drop for Bomb {
            fn drop(&mut self) {
                panic!("the payload's own");
            }
        }
        let mut went_on = false;
        contain(|| panic::panic_any(Bomb));
        contain(|| went_on = true);
        assert!(went_on);
    }
}
