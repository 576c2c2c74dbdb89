//! What does a call cost on a Ray cluster, beside Ray's own actors from Python?
//!
//! One cluster of two nodes on this machine serves both.

#![expect(unreachable_pub, reason = "the public methods of a worker are those that can be called")]

mod peer;

use std::collections::VecDeque;
use std::process::ExitCode;
use std::sync::Arc;

use concurry::prelude::*;
use concurry::ray::RayConnection;
use concurry_benches::harness::{Bench, Case, Lap, Measurement, Stopwatch, Unit};
use concurry_testkit::RayCluster;

use peer::Peer;

/// What it measures.
#[derive(Worker)]
struct Echo;

#[worker]
impl Echo {
    fn new() -> Self {
        Self
    }

    pub fn echo(&self, value: u64) -> u64 {
        value
    }

    pub fn bytes(&self, value: Vec<u8>) -> Vec<u8> {
        value
    }
}

fn main() -> ExitCode {
    let cluster = match RayCluster::start() {
        Ok(cluster) => cluster,
        Err(why) => {
            eprintln!("error: {why}");
            return ExitCode::FAILURE;
        }
    };
    let options = RayOptions::new().address(cluster.address()).python(cluster.python()).num_cpus(0.0);
    let _connection = RayConnection::open(&options).expect("the cluster is there");
    let pool = |workers| {
        let options = Echo::options(Mode::Ray, workers).ray(options.clone());
        options.init().expect("the cluster has room")
    };
    let (one, two) = (pool(1), pool(2));
    let peer = Arc::new(Peer::start(&cluster));
    let ray = |case| {
        let peer = Arc::clone(&peer);
        move |calls| peer.measure(case, calls)
    };
    let windowed = |window| {
        let echo = two.clone();
        move |calls| measure(calls, |calls| in_flight(&echo, calls, window))
    };
    let (single, blocks, starting) = (one.clone(), two.clone(), options.clone());
    let code = Bench::new("ray")
        .rounds(5)
        .case(
            Case::new("roundtrip", Unit::Microseconds)
                .floor("ray-python")
                .subject("ray-python", 500, ray("roundtrip"))
                .subject("concurry", 500, move |calls| {
                    let all = |calls| (0..calls).map(|x| done(single.echo(x))).sum();
                    micros(Stopwatch::start(), calls, all)
                }),
        )
        .case(
            Case::new("calls-256", Unit::NanosecondsPerCall)
                .floor("ray-python")
                .subject("ray-python", 3_000, ray("calls-256"))
                .subject("concurry", 100_000, windowed(256)),
        )
        .case(
            Case::new("calls-16384", Unit::NanosecondsPerCall)
                .floor("ray-python")
                .subject("ray-python", 16_384, ray("calls-16384"))
                .subject("concurry", 1_000_000, windowed(16_384)),
        )
        .case(
            Case::new("bytes-1MiB", Unit::NanosecondsPerCall)
                .floor("ray-python")
                .subject("ray-python", 100, ray("bytes-1MiB"))
                .subject("concurry", 100, move |calls| {
                    measure(calls, |calls| in_flight_bytes(&blocks, calls))
                }),
        )
        .case(
            Case::new("start-2", Unit::Milliseconds)
                .floor("ray-python")
                .subject("ray-python", 2, ray("start-2"))
                .subject("concurry", 2, move |workers| start(&starting, workers)),
        )
        .main();
    drop((one, two));
    code
}

fn done<T: Send + 'static>(future: TaskFuture<T>) -> T {
    future.result().expect("the call succeeds")
}

fn measure(calls: u64, run: impl FnOnce(u64) -> u64) -> Measurement {
    let watch = Stopwatch::start();
    let sum = run(calls);
    watch.stop().per_call(calls, sum)
}

fn micros(watch: Stopwatch, calls: u64, run: impl FnOnce(u64) -> u64) -> Measurement {
    let sum = run(calls);
    let lap: Lap = watch.stop();
    lap.with_value(lap.wall().as_secs_f64() * 1e6 / calls as f64, sum)
}

/// So many calls under way at a time.
fn in_flight(echo: &EchoHandle, calls: u64, window: usize) -> u64 {
    let mut waiting: VecDeque<TaskFuture<u64>> = VecDeque::with_capacity(window);
    let mut sum = 0;
    for x in 0..calls {
        if waiting.len() == window {
            sum += waiting.pop_front().map(done).unwrap_or_default();
        }
        waiting.push_back(echo.echo(x));
    }
    sum + waiting.into_iter().map(done).sum::<u64>()
}

/// Four blocks of a mebibyte under way at a time.
fn in_flight_bytes(echo: &EchoHandle, calls: u64) -> u64 {
    let mut waiting = VecDeque::new();
    let mut sum = 0;
    let mut take = |waiting: &mut VecDeque<(u64, TaskFuture<Vec<u8>>)>| {
        if let Some((x, bytes)) = waiting.pop_front() {
            assert_eq!(done(bytes).len(), 1 << 20);
            sum += x;
        }
    };
    for x in 0..calls {
        if waiting.len() == 4 {
            take(&mut waiting);
        }
        waiting.push_back((x, echo.bytes(vec![0; 1 << 20])));
    }
    while !waiting.is_empty() {
        take(&mut waiting);
    }
    sum
}

/// Time until the workers of a pool are there and one has answered.
fn start(options: &RayOptions, workers: u64) -> Measurement {
    let count = usize::try_from(workers).expect("a few");
    let watch = Stopwatch::start();
    let echo = Echo::options(Mode::Ray, count).ray(options.clone()).init().expect("there is room");
    let sum = (0..workers).map(|x| done(echo.echo(x))).sum();
    let lap = watch.stop();
    done(echo.stop());
    lap.with_value(lap.wall().as_secs_f64() * 1e3, sum)
}
