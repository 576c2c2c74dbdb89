//! What a layer must not say.

use super::error::ConfigError;
use super::field::{FIELDS, MODE};
use super::layer::Layer;
use super::settings::Settings;
use crate::Mode;

/// Refuses values out of their range, and those that contradict each other or the layer's mode.
///
/// Values of different layers can't contradict each other: the stronger one is meant to win.
pub(super) fn check(settings: &Settings, layer: Layer) -> Result<(), ConfigError> {
    for field in [&MODE].into_iter().chain(&FIELDS) {
        if !(field.is_legal)(settings) {
            let got = (field.show)(settings).unwrap_or_default();
            let legal = field.legal;
            return Err(ConfigError::OutOfRange { field: field.name, layer, got, legal });
        }
    }
    let contradiction =
        |problem, remedy| Err(ConfigError::Contradiction { layer, problem, remedy });
    if let (Some(timeout), Some(deadline)) = (settings.timeout, settings.deadline)
        && timeout > deadline
    {
        return contradiction(
            format!(
                "`timeout`, for one attempt, is {timeout:?}, but `deadline`, for the whole call, {deadline:?}"
            ),
            "give an attempt at most the time of the call",
        );
    }
    let Some(mode) = layer.mode() else {
        return Ok(());
    };
    if let Some(default) = settings.mode {
        return contradiction(
            format!("the defaults of {mode} mode can't have `mode` {default}"),
            "set it for every mode",
        );
    }
    if let Some(max_workers) = settings.max_workers
        && max_workers > 1
        && !has_many_workers(mode)
    {
        return contradiction(
            format!("`max_workers` is {max_workers}, but a pool in {mode} mode has one worker"),
            "leave it out",
        );
    }
    if settings.on_demand == Some(true) && !has_on_demand(mode) {
        return contradiction(
            format!("`on_demand` is true, but a pool in {mode} mode keeps its workers"),
            "leave it out",
        );
    }
    Ok(())
}

/// What values meant for every mode say to one of them: a mode that can't have a value passes it
/// over, so that one setting for the whole program does not make that mode unusable.
pub(super) fn narrow(mut settings: Settings, mode: Mode) -> Settings {
    if !has_many_workers(mode) {
        settings.max_workers = None;
    }
    if !has_on_demand(mode) {
        settings.on_demand = None;
    }
    settings
}

const fn has_many_workers(mode: Mode) -> bool {
    !matches!(mode, Mode::Sync)
}

const fn has_on_demand(mode: Mode) -> bool {
    !matches!(mode, Mode::Sync | Mode::Async)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn out_of_range(settings: &Settings) -> &'static str {
        match check(settings, Layer::Global) {
            Err(ConfigError::OutOfRange { field, .. }) => field,
            other => panic!("{settings:?}: {other:?}"),
        }
    }

    #[test]
    fn zero_is_refused_wherever_a_pool_could_not_work_with_it() {
        let settings = Settings::new;
        let zero = Duration::ZERO;
        assert_eq!(out_of_range(&settings().max_workers(0)), "max_workers");
        assert_eq!(out_of_range(&settings().concurrency(0)), "concurrency");
        assert_eq!(out_of_range(&settings().max_queued(0)), "max_queued");
        assert_eq!(out_of_range(&settings().init_timeout(zero)), "init_timeout");
        assert_eq!(out_of_range(&settings().stop_timeout(zero)), "stop_timeout");
        assert_eq!(out_of_range(&settings().timeout(zero)), "timeout");
        assert_eq!(out_of_range(&settings().deadline(zero)), "deadline");
        assert_eq!(check(&settings().max_retries(0), Layer::Global), Ok(()));
    }

    #[test]
    fn an_attempt_may_not_be_given_more_than_the_call() {
        let seconds = Duration::from_secs;
        let settings = Settings::new().timeout(seconds(20)).deadline(seconds(10));
        assert_eq!(
            check(&settings, Layer::Global).unwrap_err().to_string(),
            "`timeout`, for one attempt, is 20s, but `deadline`, for the whole call, 10s (global); \
             give an attempt at most the time of the call"
        );
        assert_eq!(check(&settings.deadline(seconds(20)), Layer::Global), Ok(()));
    }

    #[test]
    fn the_defaults_of_a_mode_say_nothing_that_it_cannot_have() {
        let refused = |settings: Settings, mode| {
            let contradiction = check(&settings, Layer::Mode(mode));
            assert!(matches!(contradiction, Err(ConfigError::Contradiction { .. })), "{mode}");
        };
        refused(Settings::new().mode(Mode::Thread), Mode::Thread);
        refused(Settings::new().max_workers(2), Mode::Sync);
        refused(Settings::new().on_demand(true), Mode::Sync);
        refused(Settings::new().on_demand(true), Mode::Async);

        let fine = |settings, mode| assert_eq!(check(&settings, Layer::Mode(mode)), Ok(()));
        fine(Settings::new().max_workers(1).on_demand(false), Mode::Sync);
        fine(Settings::new().max_workers(2), Mode::Async);
        fine(Settings::new().max_workers(2).on_demand(true), Mode::Thread);
    }
}
