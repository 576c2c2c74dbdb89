//! Random graphs: computed lazily, optimised, eagerly, in any modes, they give the same.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use concurry::graph::{Compute, Passes};
use concurry::prelude::*;
use concurry_testkit::within;
use proptest::prelude::*;

/// What a node of a random graph does with those before it.
#[derive(Clone, Debug)]
struct Plan {
    kind: u8,
    /// Which of the nodes before it, modulo their number.
    inputs: Vec<usize>,
    pool: usize,
}

/// Notes each call in a file, which processes can share.
#[derive(Worker)]
struct Counting {
    calls: File,
}

#[worker]
impl Counting {
    pub fn new(calls: PathBuf) -> std::io::Result<Self> {
        Ok(Self { calls: OpenOptions::new().append(true).create(true).open(calls)? })
    }

    pub fn next(&self, node: usize, a: u64) -> u64 {
        self.count(node);
        next(a)
    }

    #[pure]
    pub fn pure(&self, a: u64, b: u64) -> u64 {
        a.wrapping_mul(3) ^ b
    }

    pub async fn sum(&self, node: usize, all: Vec<u64>) -> u64 {
        self.count(node);
        sum(&all)
    }

    pub fn fails(&self, node: usize, a: u64) -> Result<u64, String> {
        self.count(node);
        fails(node, a)
    }

    pub fn halve(&self, node: usize, a: u64) -> Result<u64, String> {
        self.halve_all(vec![(node, a)]).swap_remove(0)
    }

    #[batch(of = "halve", max_size = 8, max_wait = "1ms")]
    fn halve_all(&self, all: Vec<(usize, u64)>) -> Vec<Result<u64, String>> {
        all.iter().for_each(|(node, _)| self.count(*node));
        all.into_iter().map(|(node, a)| fails(node, a)).collect()
    }

    /// One line by one call of the system, so that none is torn.
    fn count(&self, node: usize) {
        (&self.calls).write_all(format!("{node}\n").as_bytes()).unwrap();
    }
}

/// How often each node ran, since the last time.
fn taken_counts(calls: &Path, nodes: usize) -> Vec<usize> {
    let mut counts = vec![0; nodes];
    for line in std::fs::read_to_string(calls).unwrap().lines() {
        counts[line.parse::<usize>().unwrap()] += 1;
    }
    File::create(calls).unwrap();
    counts
}

fn next(a: u64) -> u64 {
    a.wrapping_mul(31).wrapping_add(7)
}

fn sum(all: &[u64]) -> u64 {
    all.iter().fold(1, |sum, a| sum.wrapping_mul(5).wrapping_add(*a))
}

fn fails(node: usize, a: u64) -> Result<u64, String> {
    if a.is_multiple_of(5) { Err(format!("node {node}")) } else { Ok(a / 2) }
}

/// What each node should give: its value, or the message of the failure that reached it.
fn expected(plans: &[Plan]) -> Vec<Result<u64, String>> {
    let mut values: Vec<Result<u64, String>> = Vec::new();
    for (node, plan) in plans.iter().enumerate() {
        let inputs: Result<Vec<u64>, String> = plan
            .inputs
            .iter()
            .filter(|_| node > 0)
            .map(|&input| values[input % node].clone())
            .collect();
        values.push(inputs.and_then(|inputs| {
            let a = inputs.first().copied().unwrap_or(node as u64);
            match plan.kind {
                0 | 1 => Ok(next(a)),
                2 => Ok(a.wrapping_mul(3) ^ inputs.get(1).copied().unwrap_or(2)),
                3 => Ok(sum(&inputs)),
                4 | 5 => fails(node, a),
                _ => Ok(a.wrapping_add(1)),
            }
        }));
    }
    values
}

fn build(plans: &[Plan], pools: &[CountingHandle]) -> Vec<Lazy<u64>> {
    let mut nodes: Vec<Lazy<u64>> = Vec::new();
    for (node, plan) in plans.iter().enumerate() {
        let lazy = pools[plan.pool % pools.len()].lazy();
        let inputs: Vec<Lazy<u64>> = plan
            .inputs
            .iter()
            .filter(|_| node > 0)
            .map(|&input| nodes[input % node].clone())
            .collect();
        let a = || inputs.first().cloned().unwrap_or_else(|| Lazy::value(node as u64));
        // The other inputs count, too: what fails there fails this.
        nodes.push(match plan.kind {
            0 | 1 if inputs.len() < 2 => lazy.next(node, a()),
            0 | 1 => lazy.next(node, Lazy::join(inputs).map(|inputs| inputs[0])),
            2 if inputs.len() < 3 => match inputs.get(1) {
                Some(b) => lazy.pure(a(), b.clone()),
                None => lazy.pure(a(), 2),
            },
            2 => {
                let both = Lazy::join(inputs);
                lazy.pure(both.clone().map(|inputs| inputs[0]), both.map(|inputs| inputs[1]))
            }
            3 => lazy.sum(node, inputs),
            4 if inputs.len() < 2 => lazy.fails(node, a()),
            4 => lazy.fails(node, Lazy::join(inputs).map(|inputs| inputs[0])),
            5 if inputs.len() < 2 => lazy.halve(node, a()),
            5 => lazy.halve(node, Lazy::join(inputs).map(|inputs| inputs[0])),
            _ if inputs.len() < 2 => a().map(|a| a.wrapping_add(1)),
            _ => Lazy::join(inputs).map(|inputs| inputs[0].wrapping_add(1)),
        });
    }
    nodes
}

fn plans() -> impl Strategy<Value = Vec<Plan>> {
    let plan = (0_u8..7, prop::collection::vec(any::<usize>(), 0..4), 0_usize..3)
        .prop_map(|(kind, inputs, pool)| Plan { kind, inputs, pool });
    prop::collection::vec(plan, 1..60)
}

fn modes(all: &'static [Mode]) -> impl Strategy<Value = Vec<Mode>> {
    prop::collection::vec(prop::sample::select(all), 1..4)
}

pub fn passes() -> impl Strategy<Value = Passes> {
    any::<[bool; 5]>().prop_map(|[merge, prune, batch, fuse, rows]| {
        Passes::none().merge(merge).prune(prune).batch(batch).fuse(fuse).rows(rows)
    })
}

fn check(plans: &[Plan], modes: &[Mode], passes: Passes) {
    let folder = tempfile::tempdir().unwrap();
    let calls = folder.path().join("calls");
    let pools: Vec<CountingHandle> = modes
        .iter()
        .map(|&mode| {
            let workers = if mode == Mode::Sync { 1 } else { 2 };
            Counting::options(mode, workers).init(calls.clone()).unwrap()
        })
        .collect();
    let outcomes = |nodes: Vec<Lazy<u64>>| -> Vec<Lazy<Result<u64, String>>> {
        let message = |error: concurry::ComputeError| {
            let call = error.downcast_ref::<CallError<String>>();
            call.and_then(CallError::failure).cloned().unwrap_or_else(|| error.to_string())
        };
        nodes.into_iter().map(|node| node.outcome().map(move |o| o.map_err(message))).collect()
    };
    let expected = expected(plans);
    let lazily = Compute::of(outcomes(build(plans, &pools))).passes(passes).run().unwrap();
    for (node, (got, expected)) in lazily.iter().zip(&expected).enumerate() {
        assert_eq!(got, expected, "node {node}");
    }
    let counts = taken_counts(&calls, plans.len());
    assert!(counts.iter().all(|&count| count <= 1), "a node ran twice: {counts:?}");
    let eagerly = eager(|| outcomes(build(plans, &pools)));
    assert_eq!(compute(eagerly).unwrap(), expected);
    let counts = taken_counts(&calls, plans.len());
    assert!(counts.iter().all(|&count| count <= 1), "a node ran twice: {counts:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]
    #[test]
    fn a_graph_gives_the_same_however_it_is_computed(
        plans in plans(),
        modes in modes(&[Mode::Sync, Mode::Thread, Mode::Async]),
        passes in passes(),
    ) {
        within(move || check(&plans, &modes, passes));
    }
}

proptest! {
    // Processes take their time to start.
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]
    #[test]
    fn a_graph_gives_the_same_with_processes_among_its_pools(
        plans in plans(),
        modes in modes(&[Mode::Process, Mode::Process, Mode::Thread, Mode::Async]),
        passes in passes(),
    ) {
        within(move || check(&plans, &modes, passes));
    }
}
