//! Copies of a call: when they start, where they run, who wins, and what becomes of the losers.

use std::time::Duration;

use concurry::prelude::*;
use concurry::retry::{CircuitBreaker, Hedge, RetryBudget};
use concurry::{Balance, Event, OptionsError};
use concurry_testkit::{Gate, Recorder, wait_until};
use concurry_time::FakeClock;

conformance!(every:
    a_hedge_without_an_idempotent_method_is_refused,
    only_idempotent_methods_are_hedged,
    a_budget_without_retries_or_hedges_is_refused,
);
conformance!(at_the_call:
    nothing_is_hedged_where_a_call_is_over_at_once,
);
conformance!(queued:
    redundant_copies_run_on_different_workers,
    a_slow_call_gets_a_further_copy_and_the_first_success_wins,
    copies_run_on_different_workers_with_a_queue_for_each,
    an_error_that_may_pass_starts_the_next_copy_at_once,
    a_result_that_until_refuses_does_not_win,
    a_stop_waits_for_losers_and_their_permits_are_settled,
    within_the_grace_losers_have_ended_and_settled_before_the_result,
    a_loser_that_heeds_no_cancel_holds_the_result_up_for_the_grace_only,
    a_cancelled_call_cancels_all_its_copies,
);
conformance!(queued:
    all_failures_are_collected,
    no_copy_starts_while_calls_wait_for_a_limit,
    no_copy_starts_while_the_breaker_is_not_closed,
    retries_and_hedges_are_paid_for_by_one_budget,
);

const SECOND: Duration = Duration::from_secs(1);

/// Answers by the number of the copy that asks, on whatever worker it is.
#[derive(Worker)]
struct Replica {
    gates: Vec<Gate>,
    seen: Recorder<usize>,
}

#[worker]
impl Replica {
    fn new(gates: Vec<Gate>, seen: Recorder<usize>) -> Self {
        Self { gates, seen }
    }

    /// The first call waits at the first gate and so on. Gives the number of the call.
    #[idempotent]
    pub async fn ask(&self, ctx: &CallContext, fail: Vec<bool>) -> Result<usize, String> {
        // In one step: copies begin beside each other.
        let number = self.seen.record_numbered(ctx.worker_index());
        if let Some(gate) = self.gates.get(number) {
            gate.passed().await;
        }
        if fail.get(number).copied().unwrap_or_default() {
            return Err(format!("copy {number}"));
        }
        Ok(number)
    }

    /// The same on the worker's thread.
    #[idempotent]
    pub fn ask_blocking(&self, ctx: &CallContext) -> usize {
        // In one step: copies begin beside each other.
        let number = self.seen.record_numbered(ctx.worker_index());
        if let Some(gate) = self.gates.get(number) {
            gate.pass();
        }
        number
    }

    pub async fn send(&self, ctx: &CallContext) -> usize {
        self.seen.record(ctx.worker_index());
        std::future::pending::<()>().await;
        0
    }
}

/// A worker that has nothing to be hedged.
#[derive(Worker)]
struct Sender;

#[worker]
impl Sender {
    fn new() -> Self {
        Self
    }

    pub fn send(&self, message: String) -> usize {
        message.len()
    }
}

fn nothing_is_hedged_where_a_call_is_over_at_once(mode: Mode) {
    for hedge in [Hedge::redundant(2), Hedge::after(SECOND)] {
        let seen = Recorder::new();
        let replica =
            Replica::options(mode, 1).hedge(hedge).init(Vec::new(), seen.clone()).unwrap();
        assert!(replica.ask(vec![true]).result().is_err());
        assert_eq!((seen.count(), replica.stats().hedges), (1, 0));
    }
}

struct Setup {
    replica: ReplicaHandle,
    gates: Vec<Gate>,
    seen: Recorder<usize>,
    fake: FakeClock,
}

fn setup(mode: Mode, change: impl FnOnce(ReplicaOptions) -> ReplicaOptions) -> Setup {
    let (fake, seen) = (FakeClock::new(), Recorder::new());
    let gates = vec![Gate::new(), Gate::new()];
    let options = Replica::options(mode, 3).clock(fake.clock());
    let replica = change(options).init(gates.clone(), seen.clone()).unwrap();
    Setup { replica, gates, seen, fake }
}

fn after_a_second(options: ReplicaOptions) -> ReplicaOptions {
    options.hedge(Hedge::after(SECOND))
}

fn a_hedge_without_an_idempotent_method_is_refused(mode: Mode) {
    let error = Sender::options(mode, 1).hedge(Hedge::after(SECOND)).init().unwrap_err();
    let concurry::InitError::Options(error @ OptionsError::Contradiction { .. }) = error else {
        panic!("{error:?}")
    };
    assert!(error.to_string().contains("#[idempotent]"), "{error}");
    let zero = Replica::options(mode, 1).hedge(Hedge::after(Duration::ZERO));
    let error = zero.init(Vec::new(), Recorder::new()).unwrap_err();
    assert!(error.to_string().contains("hedge"), "{error}");
}

fn a_budget_without_retries_or_hedges_is_refused(mode: Mode) {
    let budget = RetryBudget::ratio(0.1).unwrap();
    let error = Sender::options(mode, 1).retry_budget(budget).init().unwrap_err();
    assert!(error.to_string().contains("retry_budget"), "{error}");
}

fn only_idempotent_methods_are_hedged(mode: Mode) {
    let options = Replica::options(mode, 1).hedge(Hedge::redundant(2));
    let replica = options.init(Vec::new(), Recorder::new()).unwrap();
    assert!(replica.ask(Vec::new()).result().is_ok());
    if mode != Mode::Sync {
        let mut sent = replica.send();
        assert!(sent.result_timeout(Duration::from_millis(5)).is_err());
        let hedges = replica.stats().hedges;
        assert!(hedges <= 1, "of `ask` alone: {hedges}");
        // It has no end of its own, and its pool waits for it.
        let _ = sent.cancel();
    }
}

fn a_slow_call_gets_a_further_copy_and_the_first_success_wins(mode: Mode) {
    let told = Recorder::new();
    let events = told.clone();
    let Setup { replica, gates, seen, fake } = setup(mode, |options| {
        after_a_second(options).on_event(move |event| match event {
            Event::Hedged { copy, .. } => events.record(("hedged", *copy)),
            Event::CopyWasted { copy, .. } => events.record(("wasted", *copy)),
            _ => {}
        })
    });
    let call = replica.ask(Vec::new());
    gates[0].wait_for_arrivals(1);
    fake.advance(SECOND - Duration::from_millis(1));
    assert_eq!(seen.count(), 1);
    fake.advance(Duration::from_millis(1));
    gates[1].wait_for_arrivals(1);
    gates[1].open();
    assert_eq!(call.result().unwrap(), 1, "the second copy was faster");
    wait_until("the loser has ended", || replica.stats().wasted == 1);
    let stats = replica.stats();
    assert_eq!((stats.hedges, stats.wasted_time), (1, SECOND));
    assert_eq!(told.events(), [("hedged", 2), ("wasted", 1)]);
}

fn redundant_copies_run_on_different_workers(mode: Mode) {
    let Setup { replica, gates, seen, .. } =
        setup(mode, |options| options.hedge(Hedge::redundant(2)));
    let call = replica.ask(Vec::new());
    gates[0].wait_for_arrivals(1);
    gates[1].wait_for_arrivals(1);
    let workers = seen.events();
    assert_ne!(workers[0], workers[1]);
    gates[0].open();
    assert_eq!(call.result().unwrap(), 0);
    assert_eq!(replica.stats().hedges, 1);
}

fn copies_run_on_different_workers_with_a_queue_for_each(mode: Mode) {
    for balance in [Balance::RoundRobin, Balance::LeastTotal, Balance::Random] {
        let Setup { replica, gates, seen, .. } =
            setup(mode, |options| options.load_balance(balance).hedge(Hedge::redundant(2)));
        let call = replica.ask(Vec::new());
        gates[0].wait_for_arrivals(1);
        gates[1].wait_for_arrivals(1);
        let workers = seen.events();
        assert_ne!(workers[0], workers[1], "{balance:?}");
        gates[1].open();
        assert_eq!(call.result().unwrap(), 1);
    }
}

fn an_error_that_may_pass_starts_the_next_copy_at_once(mode: Mode) {
    let Setup { replica, gates, seen: _seen, .. } = setup(mode, after_a_second);
    gates.iter().for_each(Gate::open);
    assert_eq!(replica.ask(vec![true]).result().unwrap(), 1);
}

fn a_result_that_until_refuses_does_not_win(mode: Mode) {
    let Setup { replica, gates, seen: _seen, .. } = setup(mode, |options| {
        options.on_ask(|ask| ask.hedge(Hedge::redundant(2)).until(|&number| number == 1))
    });
    let call = replica.ask(Vec::new());
    gates[0].open();
    gates[1].wait_for_arrivals(1);
    assert!(!call.is_done());
    gates[1].open();
    assert_eq!(call.result().unwrap(), 1);
}

fn all_failures_are_collected(mode: Mode) {
    let Setup { replica, gates, seen: _seen, .. } =
        setup(mode, |options| options.hedge(Hedge::redundant(2)));
    gates.iter().for_each(Gate::open);
    let error = replica.ask(vec![true; 9]).result().unwrap_err();
    let CallError::RetriesExhausted(exhausted) = error else { panic!("{error:?}") };
    let mut copies: Vec<_> = exhausted.attempts().records().iter().map(|r| r.copy).collect();
    copies.sort_unstable();
    assert_eq!(copies, [1, 2]);
    assert!(exhausted.attempts().records().iter().all(|record| record.worker.is_some()));
}

fn no_copy_starts_while_calls_wait_for_a_limit(mode: Mode) {
    let fake = FakeClock::new();
    let limit = CallLimit::per_hour(1);
    let limits = LimitSet::builder().with(limit).clock(fake.clock()).build().unwrap();
    let Setup { replica, gates, seen, fake, .. } =
        setup(mode, |options| after_a_second(options).limits(&limits));
    let slow = replica.ask(Vec::new());
    gates[0].wait_for_arrivals(1);
    let mut waiting = replica.ask(Vec::new());
    wait_until("one waits for the limit", || replica.stats().throttled == 1);
    fake.advance(SECOND);
    gates[0].open();
    assert_eq!(slow.result().unwrap(), 0);
    assert_eq!((replica.stats().hedges, seen.count()), (0, 1));
    // The clock stands still, so it would wait for ever, and its pool for it.
    let _ = waiting.cancel();
}

fn no_copy_starts_while_the_breaker_is_not_closed(mode: Mode) {
    let breaker = CircuitBreaker::builder("replica").build().unwrap();
    let (guard, asked) = (breaker.clone(), breaker.clone());
    let Setup { replica, gates, seen, fake } =
        setup(mode, move |options| after_a_second(options).breaker(guard));
    let slow = replica.ask(Vec::new());
    gates[0].wait_for_arrivals(1);
    asked.isolate();
    fake.advance(SECOND);
    gates[0].open();
    assert_eq!(slow.result().unwrap(), 0);
    assert_eq!((replica.stats().hedges, seen.count()), (0, 1));
}

fn retries_and_hedges_are_paid_for_by_one_budget(mode: Mode) {
    let budget = RetryBudget::builder().capacity(3).min_per_second(0.0).build().unwrap();
    let paid = budget.clone();
    let Setup { replica, gates, seen, .. } = setup(mode, move |options| {
        options
            .retry(RetryPolicy::waits([Duration::ZERO; 9]))
            .hedge(Hedge::after(SECOND).max_extra_load(1.0))
            .retry_budget(paid)
    });
    gates.iter().for_each(Gate::open);
    // Each attempt fails at once, which starts a copy at once: two copies and one retry.
    let error = replica.ask(vec![true; 99]).result().unwrap_err();
    assert_eq!(seen.count(), 1 + 3, "one attempt and what the budget pays for");
    let CallError::RetriesExhausted(exhausted) = error else { panic!("{error:?}") };
    assert_eq!(exhausted.gave_up(), concurry::retry::GaveUp::Budget);
    assert_eq!(budget.balance(), 0);
}

fn a_stop_waits_for_losers_and_their_permits_are_settled(mode: Mode) {
    let limits = LimitSet::builder().with(ResourceLimit::new("slots", 2)).build().unwrap();
    let Setup { replica, gates, seen: _seen, .. } = setup(mode, |options| {
        options
            .limits(&limits)
            .on_ask_blocking(|ask| ask.hedge(Hedge::redundant(2)).reserve(|_| [("slots", 1)]))
    });
    let call = replica.ask_blocking();
    gates[0].wait_for_arrivals(1);
    gates[1].wait_for_arrivals(1);
    gates[1].open();
    assert_eq!(call.result().unwrap(), 1);
    // The loser heeds no cancel: it still has its worker, its slot and a claim on the pool's stop.
    let mut stop = replica.stop();
    assert!(stop.result_timeout(Duration::from_millis(5)).is_err());
    assert!(limits.try_acquire([("slots", 2)]).is_err());
    gates[0].open();
    assert!(stop.result().unwrap().drained);
    assert!(limits.try_acquire([("slots", 2)]).is_ok());
    assert_eq!(replica.stats().wasted, 1);
}

fn within_the_grace_losers_have_ended_and_settled_before_the_result(mode: Mode) {
    let limits = LimitSet::builder().with(ResourceLimit::new("slots", 2)).build().unwrap();
    let Setup { replica, gates, seen: _seen, .. } = setup(mode, |options| {
        let hedge = Hedge::redundant(2).grace(SECOND);
        options.limits(&limits).on_ask(|ask| ask.hedge(hedge).reserve(|_| [("slots", 1)]))
    });
    let call = replica.ask(Vec::new());
    gates[0].wait_for_arrivals(1);
    gates[1].wait_for_arrivals(1);
    gates[1].open();
    assert_eq!(call.result().unwrap(), 1);
    // The clock stands still, so the loser was waited for and not the grace.
    assert_eq!(replica.stats().wasted, 1);
    assert!(limits.try_acquire([("slots", 2)]).is_ok());
}

fn a_loser_that_heeds_no_cancel_holds_the_result_up_for_the_grace_only(mode: Mode) {
    let Setup { replica, gates, seen: _seen, fake } = setup(mode, |options| {
        options.on_ask_blocking(|ask| ask.hedge(Hedge::redundant(2).grace(SECOND)))
    });
    let mut call = replica.ask_blocking();
    gates[0].wait_for_arrivals(1);
    gates[1].wait_for_arrivals(1);
    gates[1].open();
    wait_until("the grace has begun", || fake.sleepers() == 1);
    fake.advance(SECOND / 2);
    assert!(call.result_timeout(Duration::ZERO).is_err());
    fake.advance(SECOND / 2);
    assert_eq!(call.result().unwrap(), 1);
    assert_eq!(replica.stats().wasted, 0, "the loser still runs");
    gates[0].open();
    assert!(replica.stop().result().unwrap().drained);
    assert_eq!((replica.stats().wasted, fake.sleepers()), (1, 0));
}

fn a_cancelled_call_cancels_all_its_copies(mode: Mode) {
    let Setup { replica, gates, seen: _seen, .. } =
        setup(mode, |options| options.hedge(Hedge::redundant(2)));
    let mut call = replica.ask(Vec::new());
    gates[0].wait_for_arrivals(1);
    gates[1].wait_for_arrivals(1);
    assert_eq!(call.cancel(), concurry::Cancel::Signalled);
    assert!(call.result().unwrap_err().is_cancelled());
    // The gates stay shut: a stop is only done because the copies were dropped.
    assert!(replica.stop().result().unwrap().drained);
    assert_eq!(replica.stats().wasted, 0, "nobody won");
}
