//! Subject `concurry`: one limit, three at once, a resource, and waiting in line. A permit is
//! dropped as soon as it is there.

use concurry_benches::harness::Measurement;
use concurry_limits::{Key, LimitSet, RateAlgorithm, RateLimit, ResourceLimit};

use super::attempts::{UNREACHED, measure};
use super::peers::Waiting;

const NAMES: [&str; 3] = ["requests", "tokens", "bytes"];

/// Limits that no machine reaches, of the given rule.
fn unreached(limits: usize, algorithm: RateAlgorithm) -> LimitSet {
    let limit = |name: &&str| RateLimit::per_second(*name, UNREACHED).algorithm(algorithm);
    let limits = NAMES.iter().take(limits).map(limit);
    let set = limits.fold(LimitSet::builder(), |builder, limit| builder.with(limit));
    set.build().expect("the limits are legal")
}

fn key(limits: &LimitSet, name: &str) -> Key {
    limits.key(name).expect("the set has that limit")
}

/// A permit of a token bucket, its key resolved once.
pub(crate) fn token_bucket(calls: u64, threads: usize) -> Measurement {
    let limits = unreached(1, RateAlgorithm::TokenBucket);
    let requests = key(&limits, NAMES[0]);
    measure(calls, threads, || limits.try_acquire([(&requests, 1)]).map(drop).is_ok())
}

/// A permit of a GCRA limit, its key resolved once.
pub(crate) fn gcra(calls: u64, threads: usize) -> Measurement {
    let limits = unreached(1, RateAlgorithm::Gcra);
    let requests = key(&limits, NAMES[0]);
    measure(calls, threads, || limits.try_acquire([(&requests, 1)]).map(drop).is_ok())
}

/// A permit of a token bucket, found by name.
pub(crate) fn by_name(calls: u64, threads: usize) -> Measurement {
    let limits = unreached(1, RateAlgorithm::TokenBucket);
    measure(calls, threads, || limits.try_acquire([(NAMES[0], 1)]).map(drop).is_ok())
}

/// An amount spent without a permit: nothing to settle, as in governor's check.
pub(crate) fn spend(calls: u64, threads: usize) -> Measurement {
    let limits = unreached(1, RateAlgorithm::TokenBucket);
    let requests = key(&limits, NAMES[0]);
    measure(calls, threads, || limits.try_spend(&requests, 1).is_ok())
}

/// One permit of three limits, all or nothing.
pub(crate) fn set_of_3(calls: u64) -> Measurement {
    let limits = unreached(3, RateAlgorithm::TokenBucket);
    let keys = NAMES.map(|name| key(&limits, name));
    measure(calls, 1, || limits.try_acquire(keys.each_ref().map(|key| (key, 1))).map(drop).is_ok())
}

/// A permit that comes back at once.
pub(crate) fn resource(calls: u64) -> Measurement {
    let connections = ResourceLimit::new("connections", UNREACHED);
    let limits = LimitSet::builder().with(connections).build().expect("the limit is legal");
    let connections = key(&limits, "connections");
    measure(calls, 1, || limits.try_acquire([(&connections, 1)]).map(drop).is_ok())
}

/// A limit that callers wait for in line.
pub(crate) struct Concurry(LimitSet, Key);

impl Waiting for Concurry {
    fn new(rate: u64, burst: u64) -> Self {
        let limit = RateLimit::per_second("permits", rate).algorithm(RateAlgorithm::Gcra);
        let limits = LimitSet::builder().with(limit.burst(burst)).build();
        let limits = limits.expect("the limit is legal");
        let permits = key(&limits, "permits");
        Self(limits, permits)
    }

    async fn acquire(&self) {
        drop(self.0.acquire([(&self.1, 1)]).await.expect("one permit fits the limit"));
    }
}
