//! Calls from inside a tokio runtime, on the thread that the runtime's own scheduler needs.

use std::rc::Rc;
use std::time::Duration;

use concurry::Rejection;
use concurry::RestartPolicy;
use concurry::prelude::*;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::runtime::{Builder, Runtime};
use tokio::task::{LocalSet, yield_now};

conformance!(every:
    a_method_may_yield_to_tokio_wherever_its_caller_blocks,
    a_method_may_use_up_tokios_budget_wherever_its_caller_blocks,
    futures_inside_a_method_may_yield_wherever_its_caller_blocks,
    a_panic_after_a_yield_is_an_error_and_the_worker_is_built_again,
);
conformance!(in_this_process:
    a_method_of_a_state_that_stays_on_its_thread_may_yield,
);
conformance!(at_the_call:
    a_call_of_a_method_to_its_own_worker_is_refused_inside_a_runtime_as_well,
);

#[derive(Worker)]
struct Polite {
    yielded: u32,
}

#[worker]
impl Polite {
    async fn new() -> Self {
        yield_now().await;
        Self { yielded: 1 }
    }

    pub async fn yield_often(&mut self, times: u32) -> u32 {
        for _ in 0..times {
            yield_now().await;
            self.yielded += 1;
        }
        self.yielded
    }

    /// Takes more than a task may take from a channel before tokio makes it yield.
    pub async fn receive(&self, count: u32) -> u32 {
        let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
        for number in 0..count {
            sender.send(number).unwrap();
        }
        drop(sender);
        let mut received = 0;
        while receiver.recv().await.is_some() {
            received += 1;
        }
        received
    }

    /// Each of them is woken by a waker of its own.
    pub async fn yield_together(&self, count: u32) -> u32 {
        let futures: FuturesUnordered<_> = (0..count)
            .map(|number| async move {
                yield_now().await;
                number
            })
            .collect();
        futures.fold(0, async |sum, number| sum + number).await
    }

    pub async fn panic_after_a_yield(&self) {
        yield_now().await;
        panic!("not so polite");
    }
}

fn current_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn multi_thread() -> Runtime {
    Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

/// Calls and blocks in all places where a scheduler may wait for the thread.
fn wherever(call: impl Fn() + Clone + Send + 'static) {
    call();
    let place = |call: &(dyn Fn() + Send)| call();
    for runtime in [current_thread(), multi_thread()] {
        runtime.block_on(async { place(&call) });
        let task = call.clone();
        runtime.block_on(runtime.spawn(async move { task() })).unwrap();
        let task = call.clone();
        runtime.block_on(runtime.spawn_blocking(task)).unwrap();
        let task = call.clone();
        LocalSet::new().block_on(&runtime, async move {
            tokio::task::spawn_local(async move { task() }).await.unwrap();
        });
    }
    let runtime = multi_thread();
    runtime.block_on(runtime.spawn(async move { tokio::task::block_in_place(call) })).unwrap();
}

fn a_method_may_yield_to_tokio_wherever_its_caller_blocks(mode: Mode) {
    wherever(move || {
        let polite = Polite::options(mode, 1).init().unwrap();
        assert_eq!(polite.yield_often(3).result().unwrap(), 4);
        assert_eq!(polite.yield_often(200).result().unwrap(), 204);
    });
}

fn a_method_may_use_up_tokios_budget_wherever_its_caller_blocks(mode: Mode) {
    wherever(move || {
        let polite = Polite::options(mode, 1).init().unwrap();
        assert_eq!(polite.receive(1_000).result().unwrap(), 1_000);
    });
}

fn futures_inside_a_method_may_yield_wherever_its_caller_blocks(mode: Mode) {
    wherever(move || {
        let polite = Polite::options(mode, 1).init().unwrap();
        assert_eq!(polite.yield_together(40).result().unwrap(), 40 * 39 / 2);
    });
}

fn a_panic_after_a_yield_is_an_error_and_the_worker_is_built_again(mode: Mode) {
    wherever(move || {
        let policy = RestartPolicy::new().first_wait(Duration::ZERO);
        let polite = Polite::options(mode, 1).restart(policy).init().unwrap();
        let error = polite.panic_after_a_yield().result().unwrap_err();
        let CallError::Panicked(panic) = error else { panic!("{error:?}") };
        assert_eq!(panic.message, "not so polite");
        assert!(panic.location.is_some());
        assert_eq!(polite.yield_often(2).result().unwrap(), 3);
    });
}

/// Its state is not `Send`, so in sync mode only the thread that made the pool can run its methods.
#[derive(Worker)]
struct Local {
    yielded: Rc<u32>,
}

#[worker]
impl Local {
    async fn new() -> Self {
        yield_now().await;
        Self { yielded: Rc::new(1) }
    }

    pub async fn yield_often(&mut self, times: u32) -> u32 {
        let both = async {
            for _ in 0..times {
                yield_now().await;
                *Rc::make_mut(&mut self.yielded) += 1;
            }
        };
        tokio::join!(both, yield_now());
        *self.yielded
    }

    pub async fn sleep(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}

fn a_method_of_a_state_that_stays_on_its_thread_may_yield(mode: Mode) {
    wherever(move || {
        let local = Local::options(mode, 1).init().unwrap();
        assert_eq!(local.yield_often(3).result().unwrap(), 4);
        local.sleep(Duration::from_millis(1)).result().unwrap();
        assert_eq!(local.yield_often(200).result().unwrap(), 204);
    });
}

fn a_call_of_a_method_to_its_own_worker_is_refused_inside_a_runtime_as_well(mode: Mode) {
    wherever(move || {
        let pool = TaskPool::new(mode, 1).unwrap();
        let own = pool.clone();
        let error = pool.spawn(async move { own.submit(|| 1).result() }).result().unwrap();
        let CallError::Rejected(rejected) = error.unwrap_err() else { panic!() };
        assert_eq!(rejected.reason(), Rejection::Reentrant);
    });
}
