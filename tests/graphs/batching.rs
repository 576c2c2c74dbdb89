//! Calls of a method with a batched form go together.

use std::sync::{Arc, Mutex};

use concurry::graph::{Compute, Passes};
use concurry::prelude::*;
use concurry_testkit::within;

/// Notes the size of every batch.
#[derive(Worker)]
struct Batched {
    sizes: Arc<Mutex<Vec<usize>>>,
}

#[worker]
impl Batched {
    pub fn new(sizes: Arc<Mutex<Vec<usize>>>) -> Self {
        Self { sizes }
    }

    pub fn double(&self, n: u64) -> Result<u64, String> {
        self.double_all(vec![n]).swap_remove(0)
    }

    #[batch(of = "double", max_size = 8, max_wait = "1ms")]
    fn double_all(&self, all: Vec<u64>) -> Vec<Result<u64, String>> {
        self.sizes.lock().unwrap().push(all.len());
        all.into_iter().map(|n| if n == 13 { Err("13".to_owned()) } else { Ok(2 * n) }).collect()
    }
}

#[test]
fn ready_calls_are_one_batch_and_keep_their_own_results() {
    within(|| {
        for mode in [Mode::Thread, Mode::Async] {
            let sizes = Arc::new(Mutex::new(Vec::new()));
            let pool = Batched::options(mode, 1).init(Arc::clone(&sizes)).unwrap();
            let nodes: Vec<_> = (0..32).map(|n| pool.lazy().double(n).outcome()).collect();
            let outcomes = compute(nodes).unwrap();
            assert_eq!(*sizes.lock().unwrap(), [8; 4], "{mode}");
            for (n, outcome) in outcomes.into_iter().enumerate() {
                match n {
                    13 => assert!(outcome.unwrap_err().to_string().contains("13")),
                    _ => assert_eq!(outcome.unwrap(), 2 * n as u64),
                }
            }
        }
    });
}

#[test]
fn graphs_that_share_a_short_queue_do_not_wait_for_each_other() {
    within(|| {
        for mode in [Mode::Thread, Mode::Async] {
            let pool = Batched::options(mode, 1).max_queued(4).init(Arc::default()).unwrap();
            std::thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| {
                        for _ in 0..50 {
                            let nodes: Vec<_> = (0..4).map(|n| pool.lazy().double(n)).collect();
                            assert_eq!(compute(nodes).unwrap(), [0, 2, 4, 6]);
                        }
                    });
                }
            });
        }
    });
}

#[test]
fn calls_that_depend_on_each_other_are_never_in_one_batch() {
    within(|| {
        let sizes = Arc::new(Mutex::new(Vec::new()));
        let pool = Batched::options(Mode::Thread, 2).init(Arc::clone(&sizes)).unwrap();
        for passes in [Passes::all(), Passes::none()] {
            let mut rows: Vec<Lazy<u64>> = (0..6).map(|n| pool.lazy().double(n)).collect();
            for _ in 0..5 {
                rows = rows.into_iter().map(|row| pool.lazy().double(row)).collect();
            }
            let values = Compute::of(rows).passes(passes).run().unwrap();
            assert_eq!(values, [0, 64, 128, 192, 256, 320]);
        }
    });
}
