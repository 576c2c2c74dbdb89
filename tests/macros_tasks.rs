//! What `#[task]` makes of functions.

#![allow(clippy::unwrap_used)] // a test fails by panicking

use concurry::prelude::*;

/// Doubles a number.
#[task(mode = "thread", max_workers = 2)]
fn double(number: u64) -> u64 {
    number * 2
}

#[derive(Debug, PartialEq)]
struct DivisionByZero;

#[task]
fn divide(dividend: u64, divisor: u64) -> Result<u64, DivisionByZero> {
    dividend.checked_div(divisor).ok_or(DivisionByZero)
}

#[task]
async fn greet(_ctx: &CallContext, name: String) -> String {
    std::future::ready(format!("Hello, {name}!")).await
}

#[task]
fn unit() {}

#[test]
fn the_function_stays_a_function() {
    assert_eq!(double(2), 4);
    assert_eq!(divide(4, 2), Ok(2));
    unit();
}

#[test]
fn a_task_has_a_pool_with_its_own_options() {
    let pool = double::pool().unwrap();
    assert_eq!(pool.submit(3).result().unwrap(), 6);
    assert_eq!(pool.clone().submit(4).result().unwrap(), 8);
    assert!(format!("{pool:?}").starts_with("DoublePool"));
}

#[test]
fn a_task_may_fail_wait_take_a_context_or_nothing() {
    let pool = divide::options(Mode::Thread, 1).init().unwrap();
    assert_eq!(pool.submit(6, 3).result().unwrap(), 2);
    assert!(matches!(pool.submit(6, 0).result(), Err(CallError::Failed(DivisionByZero))));
    let pool = greet::options(Mode::Thread, 1).init().unwrap();
    assert_eq!(pool.submit("Ada".to_owned()).result().unwrap(), "Hello, Ada!");
    unit::options(Mode::Thread, 1).init().unwrap().submit().result().unwrap();
}

#[test]
fn a_map_takes_single_arguments_or_tuples() {
    let doubles: Vec<u64> = double::pool().unwrap().map(0..5).results().unwrap();
    assert_eq!(doubles, [0, 2, 4, 6, 8]);
    let pool = divide::options(Mode::Thread, 2).init().unwrap();
    assert_eq!(pool.map([(6, 3), (8, 2)]).results().unwrap(), [2, 4]);
    assert!(pool.map(vec![(6, 3), (8, 0)]).results().is_err());
    let pool = greet::options(Mode::Thread, 2).init().unwrap();
    assert_eq!(pool.map(["A".to_owned()]).results().unwrap(), ["Hello, A!"]);
}

#[test]
fn a_task_may_be_declared_inside_a_function() {
    #[task]
    fn negate(flag: bool) -> bool {
        !flag
    }
    let pool = negate::options(Mode::Thread, 1).init().unwrap();
    assert!(pool.submit(negate(true)).result().unwrap());
}
