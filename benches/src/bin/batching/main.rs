//! How near do automatic batches come to the best ones made by hand, and what does a lone call wait?

#![expect(unreachable_pub, reason = "the public methods of a worker are those that can be called")]

mod floor;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use concurry::prelude::*;
use concurry_benches::harness::{Bench, Case, Measurement, Stopwatch, Unit};

/// What each batch costs, and each item of it.
const BATCH: Duration = Duration::from_millis(5);
const ITEM: Duration = Duration::from_micros(10);

/// Workers that run batches beside each other.
const WORKERS: usize = 4;

/// A service that does many things at once for little more than the price of one.
#[derive(Clone, Worker)]
struct Service;

#[worker]
impl Service {
    pub fn ask(&self, x: u64) -> u64 {
        let [answer] = self.ask_all(vec![x])[..] else { unreachable!("one answer for one call") };
        answer
    }

    #[batch(of = "ask", max_size = 1_000, max_wait = "5ms")]
    pub fn ask_all(&self, xs: Vec<u64>) -> Vec<u64> {
        std::thread::sleep(takes(xs.len()));
        xs
    }
}

/// How long a batch takes.
fn takes(items: usize) -> Duration {
    BATCH + ITEM * u32::try_from(items).expect("a batch is small")
}

fn pool(workers: usize) -> ServiceHandle {
    Service::options(Mode::Thread, workers).init(Service).expect("the pool starts")
}

/// Batches of a fixed size, as one would make them by hand.
fn by_hand(calls: u64, size: u64) -> Measurement {
    let service = pool(WORKERS);
    let watch = Stopwatch::start();
    let starts = (0..calls).step_by(usize::try_from(size).expect("a size is small"));
    let batches = starts.map(|start| service.ask_all((start..calls.min(start + size)).collect()));
    let answers = gather(batches).results().expect("the calls succeed");
    milliseconds(watch, answers.iter().flatten().sum())
}

/// All calls made at once.
fn eager(calls: u64) -> Measurement {
    let service = pool(WORKERS);
    let watch = Stopwatch::start();
    let futures: Vec<_> = (0..calls).map(|x| service.ask(x)).collect();
    let answers = gather(futures).results().expect("the calls succeed");
    milliseconds(watch, answers.iter().sum())
}

/// A map, which keeps so many calls on their way.
fn map(calls: u64, in_flight: usize) -> Measurement {
    let service = pool(WORKERS);
    let watch = Stopwatch::start();
    let answers = service.map(0..calls, |service, x| service.ask(x)).in_flight(in_flight);
    milliseconds(watch, answers.results().expect("the calls succeed").iter().sum())
}

/// So many threads, each of which waits for its answer before it asks again.
fn callers(calls: u64, threads: u64) -> Measurement {
    let service = pool(WORKERS);
    let watch = Stopwatch::start();
    let sums: Vec<_> = (0..threads)
        .map(|thread| {
            let service = service.clone();
            let ask = move |x| service.ask(x).result().expect("the call succeeds");
            let xs = (thread..calls).step_by(usize::try_from(threads).expect("few threads"));
            std::thread::spawn(move || xs.map(ask).sum::<u64>())
        })
        .collect();
    milliseconds(watch, sums.into_iter().map(|sum| sum.join().expect("no caller panics")).sum())
}

/// The same threads, served by a batcher that is written by hand for them.
fn callers_by_hand(calls: u64, threads: u64) -> Measurement {
    let watch = Stopwatch::start();
    let sum = floor::callers(calls, threads, 64);
    milliseconds(watch, sum)
}

fn milliseconds(watch: Stopwatch, sum: u64) -> Measurement {
    let lap = watch.stop();
    lap.with_value(lap.wall().as_secs_f64() * 1e3, sum)
}

/// The median time of a call that has no company.
fn lone(calls: u64, ask: impl Fn(&ServiceHandle, u64) -> u64) -> Measurement {
    let service = pool(1);
    let watch = Stopwatch::start();
    let mut times = Vec::new();
    let mut sum = 0;
    for x in 0..calls {
        let asked = Instant::now();
        sum += ask(&service, x);
        times.push(asked.elapsed());
    }
    let lap = watch.stop();
    times.sort_unstable();
    lap.with_value(times[times.len() / 2].as_secs_f64() * 1e6, sum)
}

fn main() -> ExitCode {
    let direct = |service: &ServiceHandle, x| {
        service.ask_all(vec![x]).result().expect("the call succeeds").into_iter().sum()
    };
    let batched = |service: &ServiceHandle, x| service.ask(x).result().expect("the call succeeds");
    Bench::new("batching")
        .rounds(3)
        .case(
            Case::new("100k", Unit::Milliseconds)
                .floor("by-hand-1000")
                .subject("by-hand-1000", 100_000, |calls| by_hand(calls, 1_000))
                .subject("by-hand-250", 100_000, |calls| by_hand(calls, 250))
                .subject("concurry-eager", 100_000, eager)
                .subject("concurry-map", 100_000, |calls| map(calls, 10_000)),
        )
        .case(
            Case::new("64-callers", Unit::Milliseconds)
                .floor("by-hand-64")
                .subject("by-hand-64", 6_400, |calls| by_hand(calls, 64))
                .subject("concurry-map", 6_400, |calls| map(calls, 64 * WORKERS))
                .subject("threads-by-hand-64", 6_400, |calls| {
                    callers_by_hand(calls, 64 * WORKERS as u64)
                })
                .subject("concurry-threads", 6_400, |calls| callers(calls, 64 * WORKERS as u64)),
        )
        .case(
            Case::new("lone", Unit::Microseconds)
                .floor("direct")
                .subject("direct", 100, move |calls| lone(calls, direct))
                .subject("concurry", 100, move |calls| lone(calls, batched)),
        )
        .main()
}
