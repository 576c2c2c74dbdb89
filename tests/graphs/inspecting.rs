//! Looking at graphs.

use std::time::Duration;

use concurry::graph::{ColourBy, Stage};
use concurry::prelude::*;

use crate::worker::arithmetic;

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
    }
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
}
