//! Values that are taken from the nodes of a large container before all of them are there.

use std::sync::Arc;

use concurry::prelude::*;
use concurry_testkit::within;

use crate::worker::arithmetic;

const MANY: u64 = 20_000;

#[test]
fn values_are_in_order_also_where_some_nodes_are_kept() {
    within(|| {
        let (pool, _) = arithmetic(Mode::Thread);
        let lazy = pool.lazy();
        let sums: Vec<_> = (0..MANY).map(|n| lazy.add(n, 1)).collect();
        let kept: Vec<_> = sums.iter().step_by(7).cloned().collect();
        let sums = Lazy::join(sums).map(|sums| (sums.len(), sums));
        let (count, sums) = sums.compute().unwrap();
        assert_eq!(count, sums.len());
        assert!(sums.iter().zip(1..).all(|(&sum, expected)| sum == expected));
        assert!(kept.iter().all(|kept| kept.graph().nodes().len() == 1));
        let kept = compute(kept).unwrap();
        assert!(kept.iter().zip((1..).step_by(7)).all(|(&sum, expected)| sum == expected));
    });
}

#[test]
fn the_shape_stays_for_whoever_can_look_at_it() {
    within(|| {
        let (pool, _) = arithmetic(Mode::Thread);
        let lazy = pool.lazy();
        let join = || Lazy::join((0..MANY).map(|n| lazy.add(n, 1)).collect::<Vec<_>>());
        // By a root that is kept, and by a node further down.
        let (root, middle) = (join().map(|sums| sums.len()), join());
        let (kept_root, kept_middle) = (root.clone(), middle.clone());
        assert_eq!(root.compute().unwrap(), 20_000);
        assert_eq!(middle.map(|sums| sums.len()).compute().unwrap(), 20_000);
        assert_eq!(kept_root.graph().nodes().len(), 20_002);
        assert_eq!(kept_middle.graph().nodes().len(), 20_001);
    });
}

/// Gives shares of one thing, so that a test sees which are left.
#[derive(Worker)]
pub struct Sharing(Arc<()>);

#[worker]
impl Sharing {
    pub fn new(shared: Arc<()>) -> Self {
        Self(shared)
    }

    pub fn share(&self, refused: bool) -> Result<Arc<()>, String> {
        if refused { Err("no more".into()) } else { Ok(Arc::clone(&self.0)) }
    }

    pub fn panic_if(&self, asked: bool) -> u32 {
        assert!(!asked, "it was asked to");
        0
    }
}

#[test]
fn a_failure_among_many_keeps_what_is_kept_and_drops_the_rest() {
    within(|| {
        let shared = Arc::new(());
        let pool = Sharing::options(Mode::Thread, 2).init(Arc::clone(&shared)).unwrap();
        let lazy = pool.lazy();
        let owners = Arc::strong_count(&shared);
        let shares = |refused| (0..MANY).map(|n| lazy.share(n == refused)).collect::<Vec<_>>();
        let all = compute(shares(MANY)).unwrap();
        assert_eq!(Arc::strong_count(&shared), owners + all.len());
        drop(all);
        assert_eq!(Arc::strong_count(&shared), owners);

        let failing = shares(MANY / 2);
        let kept = failing[8].clone();
        let error = compute(failing).unwrap_err();
        assert!(error.to_string().contains("no more"), "{error}");
        assert_eq!(Arc::strong_count(&shared), owners + 1);
        drop(kept.compute().unwrap());
        assert_eq!(Arc::strong_count(&shared), owners);
    });
}
