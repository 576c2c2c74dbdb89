use concurry::prelude::*;

struct Failure;

#[resilient(service = "a")]
fn no_result() -> u32 {
    1
}

#[resilient(service = "a")]
fn nothing() {}

#[resilient(service = "a")]
const fn constant() -> Result<u32, Failure> {
    Ok(1)
}

#[resilient(service = "a", fallback = unused)]
fn pattern((a, b): (u32, u32)) -> Result<u32, Failure> {
    Ok(a + b)
}

#[resilient(service = "a")]
fn hidden() -> Result<impl Iterator<Item = u32>, Failure> {
    Ok([1].into_iter())
}

#[resilient(service = "a")]
fn no_conversion() -> Result<u32, Failure> {
    Ok(1)
}

#[resilient(service = "a")]
struct NotAFunction;

fn main() {}
