//! What can go wrong, as types.

mod call_error;
mod causes;
mod init_error;
mod rejected;

pub use call_error::CallError;
pub use causes::{
    CallSite, CodecError, InvalidResult, Panicked, RemoteFailure, Timeout, WorkerDeath, WorkerDied,
};
pub use init_error::{InitError, OptionsError};
pub use rejected::{Rejected, Rejection};
