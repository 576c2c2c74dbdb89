//! Each call of a batch passes the layers by itself.

use super::*;
use concurry::Overflow;

conformance!(queued_in_this_process:
    each_call_is_retried_by_itself,
    the_error_of_a_batch_is_judged_like_the_calls_own,
    what_a_batch_used_is_split_among_its_calls,
);
conformance!(queued:
    each_call_takes_its_own_share_of_the_limits,
    a_call_of_a_bounded_queue_gives_its_place_back_when_its_batch_begins,
);

/// Fails each number once.
#[derive(Clone, serde::Deserialize, serde::Serialize, Worker)]
struct Flaky {
    failed: Recorder<u64>,
    whole: bool,
}

#[worker]
impl Flaky {
    pub fn ask(&self, number: u64) -> Result<u64, String> {
        Err(format!("{number} was not batched"))
    }

    #[batch(of = "ask", max_size = 4)]
    fn ask_all(&self, numbers: Vec<u64>) -> Result<Vec<Result<u64, String>>, String> {
        let ask = |number: u64| match self.failed.events().contains(&number) {
            true => Ok(number),
            false => {
                self.failed.record(number);
                Err(format!("{number} failed"))
            }
        };
        let answers: Vec<_> = numbers.into_iter().map(ask).collect();
        match answers.iter().any(Result::is_err) && self.whole {
            true => Err("one of them failed".into()),
            false => Ok(answers),
        }
    }
}

fn flaky(mode: Mode, whole: bool, retries: u32) -> FlakyHandle {
    let policy = RetryPolicy::waits([Duration::ZERO; 10]).max_retries(retries);
    let flaky = Flaky { failed: Recorder::new(), whole };
    Flaky::options(mode, 1).retry(policy).init(flaky).unwrap()
}

fn each_call_is_retried_by_itself(mode: Mode) {
    let flaky = flaky(mode, false, 1);
    let calls: Vec<_> = (0..20).map(|number| flaky.ask(number)).collect();
    assert_eq!(gather(calls).results().unwrap(), (0..20).collect::<Vec<_>>());
    assert_eq!(flaky.stats().retries, 20);
}

fn the_error_of_a_batch_is_judged_like_the_calls_own(mode: Mode) {
    let flaky = flaky(mode, true, 9);
    assert_eq!(flaky.ask(1).result().unwrap(), 1);
    assert_eq!(flaky.stats().retries, 1);
}

/// Knows what it may use.
#[derive(Clone, serde::Deserialize, serde::Serialize, Worker)]
struct Spender {
    gate: Gate,
}

#[worker]
impl Spender {
    pub fn spend(&self, tokens: u64) -> u64 {
        tokens
    }

    #[batch(of = "spend", weight = "tokens_of", max_weight = 1_000, limit = "tokens")]
    fn spend_all(&self, ctx: &CallContext, tokens: Vec<u64>) -> Vec<u64> {
        self.gate.pass();
        // A third of what was reserved.
        ctx.permit().update([("tokens", tokens.iter().sum::<u64>() / 3)]).unwrap();
        tokens
    }
}

fn tokens_of(tokens: &u64) -> u64 {
    *tokens
}

fn each_call_takes_its_own_share_of_the_limits(mode: Mode) {
    let fake = FakeClock::new();
    let limit = RateLimit::per_minute("tokens", 100).algorithm(RateAlgorithm::TokenBucket);
    let limits = LimitSet::builder().with(limit).clock(fake.clock()).build().unwrap();
    let gate = Gate::new();
    let spender = Spender::options(mode, 1).limits(&limits).clock(fake.clock());
    let spender = spender.init(Spender { gate: gate.clone() }).unwrap();
    let first = spender.spend(60);
    gate.wait_for_arrivals(1);
    let second = spender.spend(60);
    assert_eq!(limits.stats().waiting, 1, "only 40 are left");
    gate.open();
    assert_eq!(first.result().unwrap(), 60);
    assert_eq!(patiently(&fake, second).unwrap(), 60, "the first used less than it reserved");
    drop(spender);
}

fn what_a_batch_used_is_split_among_its_calls(mode: Mode) {
    let fake = FakeClock::new();
    let limit = RateLimit::per_minute("tokens", 1_000).algorithm(RateAlgorithm::TokenBucket);
    let limits = LimitSet::builder().with(limit).clock(fake.clock()).build().unwrap();
    let gate = Gate::new();
    let spender = Spender::options(mode, 1).limits(&limits).clock(fake.clock());
    let spender = spender.init(Spender { gate: gate.clone() }).unwrap();
    let first = spender.spend(30);
    gate.wait_for_arrivals(1);
    let calls = [100, 50, 51].map(|tokens| spender.spend(tokens));
    assert_eq!(limits.stats().limits[0].available, 1_000.0 - 30.0 - 201.0);
    let stop = spender.stop();
    gate.open();
    assert_eq!(gather(calls).results().unwrap(), [100, 50, 51]);
    assert_eq!(first.result().unwrap(), 30);
    assert!(stop.result().unwrap().drained);
    assert_eq!(limits.stats().limits[0].available, 1_000.0 - 10.0 - 67.0);
}

fn a_call_of_a_bounded_queue_gives_its_place_back_when_its_batch_begins(mode: Mode) {
    let setup = setup(mode, 1, |options| options.max_queued(3).overflow(Overflow::Reject));
    let first = setup.occupy();
    let calls: Vec<_> = (1..=3).map(|number| setup.squarer.square(number)).collect();
    let rejected = setup.squarer.square(4).result().unwrap_err();
    let CallError::Rejected(rejected) = rejected else { panic!("{rejected:?}") };
    assert_eq!(rejected.into_arguments::<(u64,)>().unwrap(), (4,));
    let stop = setup.squarer.stop();
    setup.gate.open();
    assert_eq!(gather(calls).results().unwrap(), [1, 4, 9]);
    assert!(first.result().is_ok() && stop.result().unwrap().drained);
}
