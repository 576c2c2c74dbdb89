//! What does not fit a method, or the pool: found by `init`, with the remedy.

use std::any::TypeId;

use concurry_limits::Limits;
use concurry_retry::{Hedge, RetryPolicy};

use super::MethodLayers;
use super::assemble::{Uses, Wishes};
use crate::error::OptionsError;

/// What of a method's layers can't be.
pub(super) fn check(layers: &MethodLayers, limits: &Limits) -> Option<OptionsError> {
    let types = layers.types;
    let refuse = |option, problem: String, remedy: &str| {
        Some(OptionsError::Method {
            worker: types.spec.worker,
            method: types.spec.name,
            option,
            problem,
            remedy: remedy.to_owned(),
        })
    };
    if let Some(Err(error)) = layers.retry.as_ref().map(RetryPolicy::validate) {
        return refuse("retry", error.to_string(), "change the policy");
    }
    if let Some(Err(error)) = layers.hedge.as_ref().map(Hedge::validate) {
        return refuse("hedge", error.to_string(), "change the hedge");
    }
    if layers.copies_arguments() && !(types.clones_arguments)() {
        let args = (types.arguments_name)();
        let (option, needs, remedy) = if layers.max_retries() > 0 {
            (
                "retry",
                "an attempt",
                "make the arguments `Clone`, or give this method `RetryPolicy::none()`",
            )
        } else if layers.hedge.is_some() {
            ("hedge", "a further copy of a call", "make the arguments `Clone`")
        } else {
            (
                "fallback",
                "a fallback that takes the arguments",
                "make them `Clone`, or take the error alone",
            )
        };
        let problem = format!("{needs} needs a copy of the arguments, and {args} is not `Clone`");
        return refuse(option, problem, remedy);
    }
    if layers.reserve.is_some() && limits.sets().all(|set| set.stats().limits.is_empty()) {
        return refuse(
            "reserve",
            "the pool has no limits to reserve from".into(),
            "give the pool its limits by `.limits(…)`",
        );
    }
    for (option, value) in [("timeout", layers.timeout), ("deadline", layers.deadline)] {
        if value.is_some_and(|value| value.is_zero()) {
            return refuse(option, "it is zero".into(), "give it some time, or leave it out");
        }
    }
    None
}

/// What options of the whole pool are for nobody. `matched` are the errors that `retry_if` met.
pub(super) fn check_pool(
    worker: &'static str,
    wishes: &Wishes<'_>,
    matched: &[TypeId],
    uses: Uses,
) -> Result<(), OptionsError> {
    let refuse = |problem: String, remedy: &str| {
        Err(OptionsError::Contradiction { worker, problem, remedy: remedy.into() })
    };
    for retry_if in wishes.retry_if {
        if !matched.contains(&retry_if.error) {
            return refuse(
                format!("no method fails with {}, which `retry_if` is for", retry_if.type_name),
                "give the predicate the error type of a method, or leave it out",
            );
        }
    }
    if wishes.hedge.is_some() && !uses.hedged {
        return refuse(
            "`hedge` is for idempotent methods, and no method is marked so".into(),
            "put `#[idempotent]` on a method that may be run twice, or leave `hedge` out",
        );
    }
    if wishes.budget.is_some() && !uses.retried && !uses.hedged {
        return refuse(
            "`retry_budget` pays for retries and hedges, and no method has either".into(),
            "add `.retry(…)` or `.hedge(…)`, or leave the budget out",
        );
    }
    Ok(())
}
