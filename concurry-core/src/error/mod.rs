//! What can go wrong, as types.

mod call_error;
mod causes;
mod init_error;
mod rejected;
mod shared;

pub use call_error::CallError;
pub use causes::{
    CallSite, CodecError, FailedEarlier, InvalidResult, Panicked, RemoteFailure, Timeout,
    WorkerDeath, WorkerDied,
};
pub use init_error::{InitError, OptionsError};
pub use rejected::{Rejected, Rejection};
pub use shared::{BatchFailed, InvalidBatch, SharedError};
pub(crate) use shared::{BatchFailure, Shared, SharedFailure, share};
