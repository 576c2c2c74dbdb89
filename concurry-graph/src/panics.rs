//! What a panic said.

use std::any::Any;
use std::borrow::Cow;

/// The text of a panic's payload.
pub(crate) fn message(payload: Box<dyn Any + Send>) -> Cow<'static, str> {
    match payload.downcast::<&'static str>() {
        Ok(text) => Cow::Borrowed(*text),
        Err(payload) => match payload.downcast::<String>() {
            Ok(text) => Cow::Owned(*text),
            Err(payload) => {
                // Its destructor may panic in turn.
                std::mem::forget(payload);
                Cow::Borrowed("(the panic's payload is not text)")
            }
        },
    }
}
