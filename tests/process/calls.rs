//! Calls and their results.

use concurry::prelude::*;

use crate::workers::fragile;

#[test]
fn calls_run_in_another_process() {
    let fragile = fragile(1);
    assert_ne!(fragile.pid().result().unwrap(), std::process::id());
    assert_eq!(fragile.add(3, 4).result().unwrap(), 7);
    let counts: Vec<_> = (0..100_000).map(|_| fragile.count()).collect();
    assert_eq!(gather(counts).results().unwrap(), (1..=100_000).collect::<Vec<_>>());
    let bytes = vec![7; 10 << 20];
    assert_eq!(fragile.echo(bytes.clone()).result().unwrap(), bytes);
    assert!(fragile.stop().result().unwrap().complete);
}

#[test]
fn an_exit_costs_one_call() {
    let fragile = fragile(1);
    let error = fragile.exit(7).result().unwrap_err();
    assert!(matches!(error, CallError::WorkerDied(_)), "{error:?}");
    assert_eq!(fragile.count().result().unwrap(), 1);
}
