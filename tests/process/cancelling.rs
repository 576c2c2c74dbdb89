//! What a running sync call sees when it is to end.

use concurry::Cancel;
use concurry::prelude::*;
use concurry_testkit::{Gate, within};

use crate::workers::fragile;

#[test]
fn a_running_sync_call_is_told_of_a_cancel_and_its_outcome_stands() {
    within(|| {
        let (fragile, gate) = (fragile(1), Gate::new());
        gate.open();
        let mut heeding = fragile.heed(gate.clone());
        gate.wait_for_arrivals(1);
        assert_eq!(heeding.cancel(), Cancel::Signalled);
        let error = heeding.result().unwrap_err();
        assert_eq!(error.failure().map(String::as_str), Some("cancelled"), "{error:?}");
        assert_eq!(fragile.add(1, 2).result().unwrap(), 3);
    });
}

#[test]
fn a_running_sync_call_is_told_of_a_stop_now() {
    within(|| {
        let (fragile, gate) = (fragile(1), Gate::new());
        gate.open();
        let heeding = fragile.heed(gate.clone());
        gate.wait_for_arrivals(1);
        let stop = fragile.stop_now();
        let error = heeding.result().unwrap_err();
        assert_eq!(error.failure().map(String::as_str), Some("cancelled"), "{error:?}");
        assert!(stop.result().unwrap().complete);
    });
}
