//! Nothing is left behind: threads, states and arguments are gone when their pool is.

use concurry::prelude::*;
use concurry_testkit::{Counted, Dropped, threads_named, wait_until};

conformance!(every:
    a_stopped_pool_leaves_no_thread,
    a_dropped_pool_leaves_no_thread,
    a_failed_init_leaves_no_thread,
    every_argument_is_dropped_once,
);

/// Workers with a name for each test, since threads are told apart by their workers' names.
macro_rules! leaky {
    ($name:ident) => {
        #[derive(Worker)]
        struct $name(Counted);

        #[allow(dead_code)] // not every test makes every call
        #[worker]
        impl $name {
            fn new(states: Dropped, failing: bool) -> Result<Self, String> {
                if failing { Err("no model".to_owned()) } else { Ok(Self(states.value())) }
            }

            pub fn keep(&self, value: Counted) -> usize {
                drop(value);
                1
            }

            pub async fn keep_later(&mut self, value: Counted) -> usize {
                tokio::task::yield_now().await;
                drop(value);
                1
            }

            pub fn lose(&mut self, _value: Counted) -> usize {
                self.0 = self.0.clone();
                panic!("bad luck")
            }
        }
    };
}

fn workers(mode: Mode) -> usize {
    if mode == Mode::Sync { 1 } else { 4 }
}

fn gone(name: &str) {
    wait_until("its threads are gone", || threads_named(name) == 0);
}

fn a_stopped_pool_leaves_no_thread(mode: Mode) {
    leaky!(StoppedLeaky);
    let (states, values) = (Dropped::new(), Dropped::new());
    let options = StoppedLeaky::options(mode, workers(mode));
    let pool = options.init(states.clone(), false).unwrap();
    assert!(mode == Mode::Sync || threads_named("StoppedLeaky") > 0);
    let futures = (0..100).map(|_| pool.keep(values.value()));
    assert_eq!(gather(futures).results().unwrap().len(), 100);
    assert!(pool.stop().result().unwrap().complete);
    assert_eq!(states.count(), workers(mode));
    gone("StoppedLeaky");
}

fn a_dropped_pool_leaves_no_thread(mode: Mode) {
    leaky!(DroppedLeaky);
    let (states, values) = (Dropped::new(), Dropped::new());
    let options = DroppedLeaky::options(mode, workers(mode));
    let pool = options.init(states.clone(), false).unwrap();
    let clone = pool.clone();
    drop(pool);
    assert_eq!(clone.keep(values.value()).result().unwrap(), 1);
    drop(clone);
    wait_until("the states are dropped", || states.count() == workers(mode));
    gone("DroppedLeaky");
}

fn a_failed_init_leaves_no_thread(mode: Mode) {
    leaky!(FailedLeaky);
    for _ in 0..5 {
        let options = FailedLeaky::options(mode, workers(mode));
        assert!(options.init(Dropped::new(), true).is_err());
    }
    gone("FailedLeaky");
}

fn every_argument_is_dropped_once(mode: Mode) {
    leaky!(CountingLeaky);
    let (states, values) = (Dropped::new(), Dropped::new());
    let policy = concurry::RestartPolicy::new().first_wait(std::time::Duration::ZERO);
    let options = CountingLeaky::options(mode, 1).restart(policy);
    let pool = options.init(states.clone(), false).unwrap();
    let mut futures = Vec::new();
    for _ in 0..30 {
        futures.push(pool.keep(values.value()));
        futures.push(pool.lose(values.value()));
        let mut cancelled = pool.keep_later(values.value());
        let _ = cancelled.cancel();
        futures.push(cancelled);
        drop(pool.keep_later(values.value()));
    }
    let stop = pool.stop_now();
    futures.push(pool.keep(values.value()));
    drop(gather(futures).outcomes());
    assert!(stop.result().unwrap().complete);
    drop(pool);
    wait_until("every argument is dropped", || values.count() >= 121);
    assert_eq!(values.count(), 121);
}
