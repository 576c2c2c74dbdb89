//! Which modes have which behaviours.

/// Makes a test of each behaviour in each mode that has what it needs.
///
/// A behaviour is a function of the mode, with the same name as the module of its tests. This is
/// the one table of what a mode can have: a new mode is a word in its rows.
macro_rules! conformance {
    // What holds everywhere: arguments, results and what the worker is built of can be copied to
    // another process. The gates and recorders of the tests reach back from there.
    (every: $($behaviour:ident),+ $(,)?) => {
        instances! { [sync thread asynchronous process] $($behaviour)+ }
    };
    // Something in it is shared with the test, or it is about memory, threads or the clock of this
    // process.
    (in_this_process: $($behaviour:ident),+ $(,)?) => {
        instances! { [sync thread asynchronous] $($behaviour)+ }
    };
    // A call may wait, so it can be cancelled, stopped or waited for before it is done.
    (queued: $($behaviour:ident),+ $(,)?) => {
        instances! { [thread asynchronous process] $($behaviour)+ }
    };
    // The same, as above.
    (queued_in_this_process: $($behaviour:ident),+ $(,)?) => {
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
        instances! { [asynchronous process] $($behaviour)+ }
    };
    // The same, as above.
    (overlapping_in_this_process: $($behaviour:ident),+ $(,)?) => {
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
