//! Which modes have which behaviours.

/// Makes a test of each behaviour in each mode that has what it needs.
///
/// A behaviour is a function of the mode, with the same name as the module of its tests. This is
/// the one table of what a mode can have: a new mode is a word in its rows.
macro_rules! conformance {
    // What holds everywhere, for arguments and results that are plain data.
    (every: $($behaviour:ident),+ $(,)?) => {
        instances! { [sync thread asynchronous] $($behaviour)+ }
    };
    // Arguments, results and state may be shared with the test.
    (shared_memory: $($behaviour:ident),+ $(,)?) => {
        instances! { [sync thread asynchronous] $($behaviour)+ }
    };
    // A call may wait, so it can be cancelled, stopped or waited for before it is done.
    (queued: $($behaviour:ident),+ $(,)?) => {
        instances! { [thread asynchronous] $($behaviour)+ }
    };
    // Each worker has its thread for itself while a method runs.
    (threads: $($behaviour:ident),+ $(,)?) => {
        instances! { [thread] $($behaviour)+ }
    };
    // Workers are built for single calls.
    (on_demand: $($behaviour:ident),+ $(,)?) => {
        instances! { [thread] $($behaviour)+ }
    };
    // Calls of one worker overlap.
    (overlapping: $($behaviour:ident),+ $(,)?) => {
        instances! { [asynchronous] $($behaviour)+ }
    };
    // The call is done when it returns.
    (at_the_call: $($behaviour:ident),+ $(,)?) => {
        instances! { [sync] $($behaviour)+ }
    };
}

macro_rules! instances {
    (@behaviour [$($mode:ident)+] $behaviour:ident) => {
        mod $behaviour {
            $(
                #[test]
                fn $mode() {
                    let mode = stringify!($mode).parse().unwrap();
                    concurry_testkit::within(move || super::$behaviour(mode));
                }
            )+
        }
    };
    ($modes:tt $($behaviour:ident)+) => { $( instances! { @behaviour $modes $behaviour } )+ };
}
