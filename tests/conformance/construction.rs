//! Constructors: where they run, how they fail, and how long `init` waits.

use std::cell::Cell;
use std::rc::Rc;
use std::thread::ThreadId;
use std::time::Duration;

use concurry::InitError;
use concurry::prelude::*;
use concurry_testkit::{Counted, Dropped, Gate, Recorder, threads_named, wait_until};
use concurry_time::FakeClock;

conformance!(every:
    init_returns_when_every_constructor_has_finished,
    state_that_is_not_send_is_built_and_used_in_one_place,
    a_constructor_may_be_async,
);
conformance!(every:
    the_error_of_a_constructor_is_that_of_init,
    a_panic_of_a_constructor_is_an_error_of_init,
    a_worker_without_a_constructor_starts_as_a_clone_of_the_given_one,
);
conformance!(queued:
    an_init_that_is_dropped_ends_the_pool,
    a_constructor_that_never_returns_is_given_up_after_the_init_timeout,
    one_failing_constructor_of_many_ends_the_others,
);

/// Fails, panics or waits, as it is told.
#[derive(Worker)]
struct Fragile {
    _state: Counted,
}

#[derive(Clone, Debug, PartialEq, serde::Deserialize, serde::Serialize)]
struct NoModel(String);

#[derive(Clone, serde::Deserialize, serde::Serialize)]
enum Plan {
    Fail,
    Panic,
    /// Only the last of four to come fails, the others wait.
    FailLast(Recorder<()>, Gate),
    Wait(Gate),
}

#[worker]
impl Fragile {
    fn new(plan: Plan, states: Dropped) -> Result<Self, NoModel> {
        match plan {
            Plan::Fail => return Err(NoModel("tiny".to_owned())),
            Plan::Panic => panic!("no memory for the model"),
            Plan::FailLast(begun, gate) => {
                if begun.record_numbered(()) == 3 {
                    return Err(NoModel("one of four".to_owned()));
                }
                gate.pass();
            }
            Plan::Wait(gate) => gate.pass(),
        }
        Ok(Self { _state: states.value() })
    }

    pub fn number(&self) -> u64 {
        1
    }
}

fn the_error_of_a_constructor_is_that_of_init(mode: Mode) {
    let error = Fragile::options(mode, 1).init(Plan::Fail, Dropped::new()).unwrap_err();
    let InitError::Constructor { worker_name, worker, .. } = &error else { panic!("{error:?}") };
    assert_eq!((*worker_name, *worker), ("Fragile", 0));
    assert_eq!(error.into_constructor_error().unwrap(), NoModel("tiny".to_owned()));
}

fn a_panic_of_a_constructor_is_an_error_of_init(mode: Mode) {
    let error = Fragile::options(mode, 1).init(Plan::Panic, Dropped::new()).unwrap_err();
    let InitError::Panicked { worker_name, worker, panic } = error else { panic!("{error:?}") };
    assert_eq!((worker_name, worker), ("Fragile", 0));
    assert_eq!(panic.message, "no memory for the model");
    assert!(panic.location.unwrap().contains("construction.rs"));
}

fn one_failing_constructor_of_many_ends_the_others(mode: Mode) {
    let (begun, gate, states) = (Recorder::new(), Gate::new(), Dropped::new());
    if mode == Mode::Async {
        // Fewer threads than workers.
        gate.open();
    }
    // On which the time that the others get does not run out.
    let fake = FakeClock::new();
    let plan = Plan::FailLast(begun.clone(), gate.clone());
    let error = Fragile::options(mode, 4).clock(fake.clock()).init(plan, states.clone());
    let error = error.unwrap_err();
    assert!(matches!(error, InitError::Constructor { .. }), "{error:?}");
    assert_eq!(begun.count(), 4);
    gate.open();
    wait_until("what the others have built is dropped", || states.count() == 3);
}

fn a_constructor_that_never_returns_is_given_up_after_the_init_timeout(mode: Mode) {
    #[derive(Worker)]
    struct NeverBuilt(Fragile);

    #[worker]
    impl NeverBuilt {
        fn new(gate: Gate, states: Dropped) -> Result<Self, NoModel> {
            Fragile::new(Plan::Wait(gate), states).map(Self)
        }

        pub fn number(&self) -> u64 {
            self.0.number()
        }
    }

    let (fake, gate, states) = (FakeClock::new(), Gate::new(), Dropped::new());
    let hour = Duration::from_secs(3_600);
    let options = NeverBuilt::options(mode, 2).clock(fake.clock()).init_timeout(hour);
    let (at_gate, built) = (gate.clone(), states.clone());
    let init = std::thread::spawn(move || options.init(at_gate, built).map(drop));
    gate.wait_for_arrivals(1);
    fake.wait_for_sleepers(1);
    fake.advance(hour);
    let error = init.join().unwrap().unwrap_err();
    let InitError::TimedOut { waiting, max_workers, after, .. } = error else {
        panic!("{error:?}");
    };
    assert_eq!((waiting, max_workers, after), (2, 2, hour));
    gate.open();
    wait_until("the threads are gone", || threads_named("NeverBuilt") == 0);
    // A process that is given up is ended, wherever its constructor is by then.
    if !matches!(mode, Mode::Process | Mode::Ray) {
        assert_eq!(gate.arrived(), states.count(), "what was built late is dropped");
    }
}

fn an_init_that_is_dropped_ends_the_pool(mode: Mode) {
    let (gate, states) = (Gate::new(), Dropped::new());
    let init = Fragile::options(mode, 1).init_async(Plan::Wait(gate.clone()), states.clone());
    let mut init = Box::pin(init);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(init.as_mut().poll(&mut context).is_pending());
    gate.wait_for_arrivals(1);
    drop(init);
    gate.open();
    wait_until("the worker is dropped", || states.count() == 1);
}

fn init_returns_when_every_constructor_has_finished(mode: Mode) {
    let workers = if mode == Mode::Sync { 1 } else { 3 };
    let pool = crate::workers::counter(mode, workers);
    let stats = pool.stats();
    assert_eq!((stats.workers, stats.per_worker.len()), (workers, workers));
}

fn state_that_is_not_send_is_built_and_used_in_one_place(mode: Mode) {
    #[derive(Worker)]
    struct Local {
        built_on: ThreadId,
        uses: Rc<Cell<u64>>,
    }

    #[worker]
    impl Local {
        fn new() -> Self {
            Self { built_on: std::thread::current().id(), uses: Rc::default() }
        }

        pub fn used_where_built(&self) -> (bool, u64) {
            self.uses.set(self.uses.get() + 1);
            (self.built_on == std::thread::current().id(), self.uses.get())
        }

        pub async fn used_where_built_later(&self) -> (bool, u64) {
            let uses = Rc::clone(&self.uses);
            tokio::task::yield_now().await;
            uses.set(uses.get() + 1);
            (self.built_on == std::thread::current().id(), uses.get())
        }
    }

    let local = Local::options(mode, 1).init().unwrap();
    assert_eq!(local.used_where_built().result().unwrap(), (true, 1));
    assert_eq!(local.used_where_built_later().result().unwrap(), (true, 2));
    assert_eq!(local.used_where_built().result().unwrap(), (true, 3));
}

fn a_constructor_may_be_async(mode: Mode) {
    #[derive(Worker)]
    struct Slow(u64);

    #[worker]
    impl Slow {
        async fn new(number: u64) -> Result<Self, String> {
            // Needs a runtime with timers.
            tokio::time::sleep(Duration::from_millis(1)).await;
            if number == 0 { Err("zero".to_owned()) } else { Ok(Self(number)) }
        }

        pub fn number(&self) -> u64 {
            self.0
        }
    }

    let slow = Slow::options(mode, 1).init(5).unwrap();
    assert_eq!(slow.number().result().unwrap(), 5);
    let error = Slow::options(mode, 1).init(0).unwrap_err();
    assert_eq!(error.into_constructor_error().unwrap(), "zero");
}

fn a_worker_without_a_constructor_starts_as_a_clone_of_the_given_one(mode: Mode) {
    #[derive(Clone, serde::Deserialize, serde::Serialize, Worker)]
    struct Plain {
        number: u64,
    }

    #[worker]
    impl Plain {
        pub fn next(&mut self) -> u64 {
            self.number += 1;
            self.number
        }
    }

    let original = Plain { number: 4 };
    let pool = Plain::options(mode, 1).init(original.clone()).unwrap();
    assert_eq!(pool.next().result().unwrap(), 5);
    assert_eq!(original.number, 4);
}
