//! The behaviours that every mode has (`tests/conformance`), on the cluster.
//!
//! Those whose workers share memory with the test can't leave this process. They are not passed over in
//! silence: `KEPT_HERE` names them, and each is held to failing with the error that says why.

use concurry::__private::linkme;
use concurry::prelude::*;

/// A behaviour and its name.
pub(crate) type Behaviour = (&'static str, fn(Mode));

/// Filled by the modules of behaviours.
#[linkme::distributed_slice]
#[linkme(crate = concurry::__private::linkme)]
pub(crate) static BEHAVIOURS: [Behaviour];

/// Behaviours whose state, arguments or errors can't leave this process, and how their `init` says so.
const KEPT_HERE: &[&str] = &[];

macro_rules! conformance {
    (every: $($behaviour:ident),+ $(,)?) => { behaviours! { $($behaviour)+ } };
    (queued: $($behaviour:ident),+ $(,)?) => { behaviours! { $($behaviour)+ } };
    (overlapping: $($behaviour:ident),+ $(,)?) => { behaviours! { $($behaviour)+ } };
    // What threads and clocks of this process, or memory that the test shares, are needed for.
    ($($row:tt)*) => {};
}

macro_rules! behaviours {
    ($($behaviour:ident)+) => {
        $(
            mod $behaviour {
                #[concurry::__private::linkme::distributed_slice($crate::conformance::BEHAVIOURS)]
                #[linkme(crate = concurry::__private::linkme)]
                static BEHAVIOUR: $crate::conformance::Behaviour = (
                    concat!(module_path!()),
                    super::$behaviour,
                );
            }
        )+
    };
}

/// Runs a behaviour, or sees that it says why it can't leave.
pub(crate) fn check(name: &'static str, behaviour: fn(Mode)) {
    if !KEPT_HERE.iter().any(|kept| name.ends_with(kept)) {
        crate::cluster::keep_default_connection();
        return behaviour(Mode::Ray);
    }
    let outcome = std::panic::catch_unwind(|| behaviour(Mode::Ray));
    let panic = outcome.expect_err("it can leave: take it off the list");
    let text = panic.downcast_ref::<String>().expect("a text");
    assert!(text.contains("can't leave this process") || text.contains("never leave"), "{text}");
}
