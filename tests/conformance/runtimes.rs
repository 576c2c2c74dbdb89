//! Pools whose async methods use a runtime of the user's.

use std::thread;
use std::time::Duration;

use concurry::prelude::*;
use concurry_testkit::{Counted, Dropped, Gate};
use tokio::runtime::{Builder, Handle, Runtime};

conformance!(in_this_process:
    methods_and_constructors_find_the_runtime_that_the_pool_was_given,
    a_pool_whose_runtime_is_gone_goes_on_without_its_timers,
);
conformance!(queued_in_this_process:
    a_current_thread_runtime_serves_a_pool_while_it_runs,
    calls_that_wait_when_their_runtime_goes_all_end,
);

#[derive(Worker)]
struct Guest {
    built_in: String,
    _state: Counted,
}

fn here() -> String {
    Handle::current().id().to_string()
}

#[worker]
impl Guest {
    async fn new(states: Dropped) -> Self {
        Self { built_in: here(), _state: states.value() }
    }

    /// Where it was built, and where it runs.
    pub async fn places(&self) -> (String, String) {
        tokio::time::sleep(Duration::from_millis(1)).await;
        let spawned = tokio::spawn(async { here() }).await.unwrap();
        assert_eq!(spawned, here());
        (self.built_in.clone(), spawned)
    }

    pub async fn pass(&self, gate: Gate, value: Counted) -> u32 {
        gate.passed().await;
        drop(value);
        1
    }

    pub async fn sleep(&self, value: Counted, time: Duration) -> u32 {
        tokio::time::sleep(time).await;
        drop(value);
        2
    }

    pub fn block(&self, value: Counted) -> u32 {
        drop(value);
        3
    }
}

fn multi_thread() -> Runtime {
    Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

fn guest(mode: Mode, runtime: &Runtime, states: &Dropped) -> GuestHandle {
    let policy = concurry::RestartPolicy::new().first_wait(Duration::ZERO);
    let options = Guest::options(mode, 1).runtime(runtime.handle().clone()).restart(policy);
    options.init(states.clone()).unwrap()
}

fn methods_and_constructors_find_the_runtime_that_the_pool_was_given(mode: Mode) {
    let (runtimes, states) = ([multi_thread(), multi_thread()], Dropped::new());
    let guests = runtimes.each_ref().map(|runtime| guest(mode, runtime, &states));
    for _ in 0..2 {
        for (runtime, guest) in runtimes.iter().zip(&guests) {
            let id = runtime.handle().id().to_string();
            assert_eq!(guest.places().result().unwrap(), (id.clone(), id));
        }
    }
    for guest in guests {
        assert!(guest.stop().result().unwrap().complete);
    }
    assert_eq!(states.count(), 2);
}

fn a_pool_whose_runtime_is_gone_goes_on_without_its_timers(mode: Mode) {
    let (runtime, states, values) = (multi_thread(), Dropped::new(), Dropped::new());
    let guest = guest(mode, &runtime, &states);
    guest.sleep(values.value(), Duration::from_millis(1)).result().unwrap();
    runtime.shutdown_background();
    let gate = Gate::new();
    gate.open();
    assert_eq!(guest.pass(gate.clone(), values.value()).result().unwrap(), 1);
    let error = guest.sleep(values.value(), Duration::from_millis(1)).result().unwrap_err();
    assert!(error.is_panic(), "tokio says that the runtime is gone: {error:?}");
    assert_eq!(guest.block(values.value()).result().unwrap(), 3);
    assert_eq!(guest.pass(gate, values.value()).result().unwrap(), 1);
    assert_eq!(values.count(), 5);
    let stats = guest.stats();
    assert_eq!((stats.running, stats.queued), (0, 0));
    assert!(guest.stop().result().unwrap().complete);
    drop(guest);
    assert_eq!(states.count(), 2, "that of the call that panicked, and the next one");
}

fn calls_that_wait_when_their_runtime_goes_all_end(mode: Mode) {
    let (runtime, states, values) = (multi_thread(), Dropped::new(), Dropped::new());
    let guest = guest(mode, &runtime, &states);
    let gate = Gate::new();
    let passing = guest.pass(gate.clone(), values.value());
    gate.wait_for_arrivals(1);
    let sleeping = guest.sleep(values.value(), Duration::from_secs(3_600));
    let blocking = guest.block(values.value());
    drop(runtime);
    gate.open();
    // One worker, so in thread mode the others have not begun; in async mode they run beside it.
    let passed = passing.result();
    assert!(passed.is_ok() || passed.unwrap_err().is_panic());
    assert!(sleeping.result().unwrap_err().is_panic());
    blocking.result().unwrap();
    assert_eq!(values.count(), 3);
    assert!(guest.stop().result().unwrap().complete);
}

fn a_current_thread_runtime_serves_a_pool_while_it_runs(mode: Mode) {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let (states, values) = (Dropped::new(), Dropped::new());
    let guest = guest(mode, &runtime, &states);
    let waits = thread::spawn({
        let guest = guest.clone();
        move || guest.places().result().unwrap()
    });
    let id = runtime.handle().id().to_string();
    runtime.block_on(async {
        assert_eq!(guest.places().await.unwrap(), (id.clone(), id.clone()));
        assert_eq!(guest.sleep(values.value(), Duration::from_millis(1)).await.unwrap(), 2);
        let waited = tokio::task::spawn_blocking(move || waits.join().unwrap());
        assert_eq!(waited.await.unwrap(), (id.clone(), id));
        assert!(guest.stop().await.unwrap().complete);
    });
    assert_eq!(values.count(), 1);
}
