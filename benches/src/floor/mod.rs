//! Hand-written floors: how fast a call can be when it does nothing else than be a call.

pub mod blocks;
pub mod limiter;
pub mod mailbox;
mod pauses;
#[cfg(test)]
mod tests;
