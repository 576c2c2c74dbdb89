//! Calls that are cancelled on their way through a batch.

use super::*;
use concurry::Cancel;

conformance!(queued:
    a_call_that_is_cancelled_before_its_batch_goes_leaves_it,
    a_call_that_is_cancelled_in_a_running_batch_leaves_the_others_alone,
    a_batch_that_nobody_waits_for_any_more_is_cancelled,
    a_call_that_runs_out_of_time_leaves_its_batch,
);

fn a_call_that_is_cancelled_before_its_batch_goes_leaves_it(mode: Mode) {
    let setup = setup(mode, 1, unchanged);
    let _first = setup.occupy();
    let mut calls: Vec<_> = (1..=5).map(|number| setup.squarer.square(number)).collect();
    assert_eq!(calls.remove(1).cancel(), Cancel::Dequeued);
    assert_eq!(setup.stats().waiting, 4);
    setup.gate.open();
    assert_eq!(gather(calls).results().unwrap(), [1, 9, 16, 25]);
    assert_eq!(setup.batches.events(), [vec![0], vec![1, 3, 4, 5]]);
}

fn a_call_that_is_cancelled_in_a_running_batch_leaves_the_others_alone(mode: Mode) {
    let setup = setup(mode, 2, unchanged);
    let _first = setup.occupy();
    let mut calls: Vec<_> = (1..=4).map(|number| setup.squarer.square(number)).collect();
    setup.gate.wait_for_arrivals(2);
    assert_eq!(calls[0].cancel(), Cancel::Signalled);
    assert!(calls.remove(0).result().unwrap_err().is_cancelled());
    setup.gate.open();
    assert_eq!(gather(calls).results().unwrap(), [4, 9, 16]);
}

/// Waits until it is dropped.
#[derive(Clone, serde::Deserialize, serde::Serialize, Worker)]
struct Stubborn {
    gate: Gate,
    left: Recorder<()>,
}

#[worker]
impl Stubborn {
    pub async fn wait(&self, number: u64) -> u64 {
        number
    }

    #[batch(of = "wait", max_size = 4)]
    async fn wait_for_all(&self, numbers: Vec<u64>) -> Vec<u64> {
        struct Left(Recorder<()>);
        impl Drop for Left {
            fn drop(&mut self) {
                self.0.record(());
            }
        }
        let _left = Left(self.left.clone());
        self.gate.passed().await;
        numbers
    }
}

fn a_batch_that_nobody_waits_for_any_more_is_cancelled(mode: Mode) {
    let stubborn = Stubborn { gate: Gate::new(), left: Recorder::new() };
    let (gate, left) = (stubborn.gate.clone(), stubborn.left.clone());
    let stubborn = Stubborn::options(mode, 1).init(stubborn).unwrap();
    let mut call = stubborn.wait(1);
    gate.wait_for_arrivals(1);
    assert_eq!(call.cancel(), Cancel::Signalled);
    concurry_testkit::wait_until("the batch is dropped", || left.count() == 1);
    gate.open();
    assert_eq!(stubborn.wait(2).result().unwrap(), 2);
}

fn a_call_that_runs_out_of_time_leaves_its_batch(mode: Mode) {
    let setup = setup(mode, 1, |options| {
        options.on_square(|square| square.deadline(Duration::from_secs(3_600)))
    });
    let first = setup.occupy();
    let call = setup.squarer.square(1);
    setup.fake.wait_for_sleepers(2);
    setup.fake.advance(Duration::from_secs(3_600));
    assert!(call.result().unwrap_err().is_timeout());
    assert!(first.result().unwrap_err().is_timeout());
    setup.gate.open();
    assert_eq!(setup.square(2).unwrap(), 4);
    assert_eq!(setup.batches.events(), [[0], [2]]);
}
