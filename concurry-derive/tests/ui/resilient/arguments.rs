use concurry::prelude::*;
use concurry::retry::{BreakerError, BreakerOpen};

struct Failure;

impl From<BreakerOpen> for Failure {
    fn from(_: BreakerOpen) -> Self {
        Self
    }
}

#[resilient]
fn no_service() -> Result<u32, Failure> {
    Ok(1)
}

#[resilient(service = "a", retries = 3)]
fn unknown() -> Result<u32, Failure> {
    Ok(1)
}

#[resilient(service = "a", service = "b")]
fn twice() -> Result<u32, Failure> {
    Ok(1)
}

#[resilient(service = "a", fallback = Self::other)]
fn no_receiver() -> Result<u32, Failure> {
    Ok(1)
}

struct NotClone;

#[resilient(service = "a", fallback = default)]
fn not_clone(argument: NotClone) -> Result<u32, Failure> {
    drop(argument);
    Ok(1)
}

fn default(_error: &BreakerError<Failure>, _argument: NotClone) -> u32 {
    0
}

fn main() {}
