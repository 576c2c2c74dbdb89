//! Looking at graphs.

use std::time::Duration;

use concurry::graph::{ColourBy, Graph, GraphNode, Stage};
use concurry::prelude::*;
use concurry_testkit::within;

use crate::worker::{arithmetic, gated};

#[test]
fn nodes_edges_order_and_critical_path_are_there_before_and_after() {
    let (pool, _) = arithmetic(Mode::Thread);
    let three = pool.lazy().add(1, 2);
    let nine = pool.lazy().square(three.clone()).cost(Duration::from_secs(2));
    let twelve = pool.lazy().add(three, nine);
    let graph = twelve.graph();
    assert_eq!(graph.nodes().len(), 3);
    assert_eq!(graph.edges().collect::<Vec<_>>(), [(0, 1), (0, 2), (1, 2)]);
    assert!(graph.edges().all(|(from, to)| from < to), "in topological order");
    assert_eq!(graph.critical_path(), [0, 1, 2]);
    assert!(graph.critical_time() >= Duration::from_secs(2));
    assert!(graph.nodes().iter().all(|node| node.stage == Stage::New));
    assert!(graph.dot().contains("0 -> 2"));

    let kept = twelve.clone();
    assert_eq!(twelve.compute().unwrap(), 12);
    let graph = kept.graph();
    assert_eq!(graph.edges().count(), 3, "the shape stays when the values are gone");
    assert!(graph.nodes().iter().all(|node| node.stage == Stage::Done && node.took.is_some()));
    let text = graph.to_string();
    assert!(text.starts_with("3 nodes, 3 edges, 3 on the critical path"), "{text}");
    for colour_by in [ColourBy::Stage, ColourBy::Time, ColourBy::Retries, ColourBy::Worker] {
        let svg = graph.svg(colour_by);
        assert!(svg.starts_with("<svg") && svg.ends_with("</svg>\n"));
        assert_eq!(svg.matches("<title>").count(), 3);
        assert!(svg.contains("3 on the critical path ("));
    }
}

#[derive(Worker)]
struct Second;

#[worker]
impl Second {
    fn new() -> Self {
        Self
    }

    /// Succeeds with the second attempt.
    pub async fn attempt(&self, ctx: &CallContext, _before: u32) -> Result<u32, String> {
        if ctx.attempt() == 1 { Err("too early".into()) } else { Ok(ctx.attempt()) }
    }
}

#[test]
fn times_workers_and_retries_are_known_after_a_run() {
    within(|| {
        let retry = || RetryPolicy::constant(Duration::from_millis(1)).max_retries(3);
        for mode in [Mode::Thread, Mode::Async, Mode::Process] {
            let pool = Second::options(mode, 2).retry(retry()).init().unwrap();
            let last = pool.lazy().attempt(pool.lazy().attempt(0));
            let kept = last.clone();
            assert_eq!(last.compute().unwrap(), 2);
            for node in kept.graph().nodes() {
                assert_eq!(node.retries, 1, "{mode}: {node:?}");
                assert!(node.worker.is_some() && node.took.is_some(), "{mode}: {node:?}");
            }
            assert!(kept.graph().svg(ColourBy::Retries).contains("2 retries"));
        }
        // Calls without layers, and a chain of short ones that one worker runs.
        for mode in [Mode::Thread, Mode::Async] {
            let (pool, _) = arithmetic(mode);
            let mut last = pool.lazy().add(0, 1);
            for _ in 0..200 {
                last = pool.lazy().add(last, 1);
            }
            let kept = last.clone();
            assert_eq!(last.compute().unwrap(), 201);
            let graph = kept.graph();
            let known = |node: &GraphNode| node.worker.is_some() && node.took.is_some();
            assert!(graph.nodes().iter().all(known), "{mode}: {graph}");
        }
    });
}

#[test]
fn workers_of_different_pools_are_told_apart() {
    let [one, other] = [(); 2].map(|()| {
        let (pool, _, gate) = gated(Mode::Thread, 1);
        gate.open();
        pool
    });
    let alone = one.lazy().add(1, 1);
    let both = Lazy::join((one.lazy().add(1, 1), other.lazy().add(1, 1)));
    compute((alone.clone(), both.clone())).unwrap();
    let legend = |graph: &Graph| graph.svg(ColourBy::Worker).matches("rx=\"2\"").count();
    assert_eq!((legend(&alone.graph()), legend(&both.graph())), (2, 3));
    let pools: Vec<_> = both.graph().nodes().iter().filter_map(|node| node.pool).collect();
    assert!(both.graph().svg(ColourBy::Worker).contains(&format!("0 of pool {}<", pools[0])));
    assert!(alone.graph().svg(ColourBy::Worker).contains(">Arithmetic 0<"));
}

#[test]
fn a_picture_of_a_thousand_nodes_is_drawn() {
    let (pool, _) = arithmetic(Mode::Thread);
    let mut rows: Vec<Lazy<u64>> = (0..100).map(|n| pool.lazy().add(n, 1)).collect();
    for _ in 0..9 {
        rows = (0..100)
            .map(|n| pool.lazy().add(rows[n].clone(), rows[(n * 7 + 3) % 100].clone()))
            .collect();
    }
    let graph = Lazy::join(rows).graph();
    assert_eq!(graph.nodes().len(), 1_001);
    assert_eq!(graph.svg(ColourBy::Stage).matches("<circle").count(), 1_001);
    assert!(graph.to_string().contains("… and 901 more"));
    let svg = graph.svg(ColourBy::Stage);
    assert!(svg.contains(">add<") && svg.contains(">× 100<"), "the methods stand over the layers");
    // It fits on a screen, also if nothing depends on anything.
    let wide = Lazy::join((0..1_000).map(|n| pool.lazy().add(n, 1)).collect::<Vec<_>>()).graph();
    for svg in [svg, wide.svg(ColourBy::Stage)] {
        let size = |name: &str| -> u32 {
            let (_, rest) = svg.split_once(&format!("{name}=\"")).unwrap();
            rest.split_once('"').unwrap().0.parse().unwrap()
        };
        assert!(size("width") < 1_600 && size("height") < 1_000);
    }
}
