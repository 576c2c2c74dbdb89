//! Limits: of a pool in every mode, of several regions, and alone.

use std::time::Duration;

use concurry::limits::{LimitBuildError, LimitError};
use concurry::prelude::*;
use concurry_time::block_on;

#[derive(Worker)]
struct Llm;

#[worker]
impl Llm {
    pub fn new() -> Self {
        Self
    }

    pub fn chat(&self, ctx: &CallContext, prompt: String) -> Result<usize, anyhow::Error> {
        let used = prompt.len();
        ctx.permit().update([("tokens", used)])?;
        let _connection = ctx.limits().acquire([("connections", 1)]).wait()?;
        Ok(used)
    }
}

fn set(region: &str) -> Result<LimitSet, LimitBuildError> {
    let limits = LimitSet::builder()
        .with(CallLimit::per_minute(500))
        .with(RateLimit::per_minute("tokens", 50_000).algorithm(RateAlgorithm::SlidingWindow))
        .with(ResourceLimit::new("connections", 5))
        .config([("region", region)])
        .build()?;
    Ok(limits)
}

#[test]
fn one_set_is_shared_by_all_workers_in_every_mode() -> anyhow::Result<()> {
    let limits = set("us-east-1")?;
    for (mode, workers) in [(Mode::Sync, 1), (Mode::Thread, 100), (Mode::Async, 1)] {
        let llm = Llm::options(mode, workers)
            .limits(&limits)
            .on_chat(|chat| chat.reserve(|(prompt,)| [("tokens", 50 + prompt.len() / 4)]))
            .init()?;
        assert_eq!(llm.chat("hello".into()).result()?, 5);
    }
    let left: Vec<f64> = limits.stats().limits.iter().map(|limit| limit.available).collect();
    assert_eq!(left, [497.0, 49_985.0, 5.0]);
    Ok(())
}

#[test]
fn a_pool_of_sets_tells_which_one_it_took() -> anyhow::Result<()> {
    let (us_east, eu_west) = (set("us-east-1")?, set("eu-west-1")?);
    let pool = LimitPool::new([us_east, eu_west])?.load_balance(LoadBalance::RoundRobin);
    let permit = pool.try_acquire([("tokens", 10)])?;
    assert_eq!(permit.config("region"), Some("us-east-1"));
    let llm = Llm::options(Mode::Thread, 4).limits(&pool).init()?;
    assert_eq!(llm.chat("hello".into()).result()?, 5);
    Ok(())
}

#[test]
fn a_set_is_used_alone() -> anyhow::Result<()> {
    let limits = set("us-east-1")?;
    let mut permit = limits.try_acquire([("tokens", 2_000)])?;
    permit.update([("tokens", 1_234_u64)])?;
    drop(limits.acquire([("tokens", 2_000.0)]).timeout(Duration::from_secs(1)).wait()?);
    block_on(async {
        let permit = limits.acquire([("tokens", 46_766)]).await?;
        assert_eq!(permit.config("region"), Some("us-east-1"));
        Ok::<_, LimitError>(())
    })?;
    let refused = limits.try_acquire([("tokens", 1)]).unwrap_err();
    assert_eq!(refused.blocked_by(), Some("tokens"));
    Ok(())
}

#[test]
fn zero_nan_and_duplicate_keys_are_named_by_build() {
    for capacity in [0.0, f64::NAN] {
        let error = LimitSet::builder().with(RateLimit::per_minute("tokens", capacity)).build();
        assert!(error.unwrap_err().to_string().contains("`tokens`"));
    }
    let twice = [CallLimit::per_minute(1), CallLimit::per_second(1)];
    let twice = twice.into_iter().fold(LimitSet::builder(), |builder, limit| builder.with(limit));
    assert!(twice.build().unwrap_err().to_string().contains("two limits"));
}
