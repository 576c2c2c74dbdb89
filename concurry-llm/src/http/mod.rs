//! HTTP as all clients need it: one request, and an answer that is bounded in size and time.

mod body;
mod connection;
mod events;
mod failure;
mod open;

pub(crate) use body::excerpt;
pub(crate) use connection::{Connection, Exchange};
pub(crate) use events::{EventDecoder, TooLong};
pub(crate) use failure::{error_in_body, from_reqwest};
pub(crate) use open::SharedConnection;
