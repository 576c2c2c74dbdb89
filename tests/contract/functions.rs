//! Functions without a struct.

use concurry::prelude::*;
use concurry::task;

#[task(mode = "thread", max_workers = 4)]
fn heavy(x: u64) -> u64 {
    x * x
}

#[test]
fn a_task_is_still_the_plain_function() {
    assert_eq!(heavy(3), 9);
}

#[test]
fn a_task_has_a_pool_and_a_map() {
    let pool = heavy::pool().unwrap();
    assert_eq!(pool.submit(3).result().unwrap(), 9);
    let squares: Vec<u64> = pool.map(0..1_000).progress("heavy").results().unwrap();
    assert_eq!(squares[999], 999 * 999);
    let pool = heavy::options(Mode::Thread, 8).init().unwrap();
    assert_eq!(pool.submit(4).result().unwrap(), 16);
}

#[tokio::test]
async fn closures_and_futures_have_a_pool_too() {
    async fn fetch(url: &'static str) -> usize {
        url.len()
    }
    let pool = TaskPool::new(Mode::Thread, 8).unwrap();
    let text = "42".to_owned();
    let parsed = pool.submit(move || text.parse::<u32>()).flatten();
    assert_eq!(parsed.await.unwrap(), 42);
    assert_eq!(pool.spawn(fetch("http://localhost")).await.unwrap(), 16);
}
