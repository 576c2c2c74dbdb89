//! The pass `fuse`: a chain of calls of one pool becomes one unit, run by one worker.
//!
//! Two calls are linked if the second needs only the first, only the second needs the first, and both
//! are made on visits of the same pool. A link needs no dispatch, no entry in a ready list and no
//! count of dependencies: the worker goes on with the next call.

use std::sync::{Arc, Mutex};
use std::task::Waker;

use concurry_core::__private::Visitor;

use super::collect::Collected;
use super::edges::{Edges, index};
use crate::error::{Cause, ComputeError};
use crate::node::{About, AnyNode, Claim, Dependency, Header, Place, Progress, Stage, VisitAsker};
use crate::sync::lock;

/// Links of a chain between two looks at the clock.
const STRIDE: usize = 64;

/// Puts chains into units. Gives the dependants of the units, or `None` if there is no chain.
pub(crate) fn fuse(collected: &mut Collected, dependants: &Edges, run: u32) -> Option<Edges> {
    let next = links(collected, dependants);
    if next.iter().all(|&next| next == NONE) {
        return None;
    }
    // The unit of each node: that of its chain's last node, which has its place in the order.
    let mut unit_of = vec![NONE; next.len()];
    let nodes = std::mem::take(&mut collected.nodes);
    let mut has_previous = vec![false; next.len()];
    for &next in next.iter().filter(|&&next| next != NONE) {
        has_previous[next as usize] = true;
    }
    let mut units: Vec<Arc<dyn AnyNode>> = Vec::new();
    let mut heads: Vec<u32> = Vec::new();
    for head in (0..index(nodes.len())).filter(|&node| !has_previous[node as usize]) {
        let unit = index(units.len());
        unit_of[head as usize] = unit;
        heads.push(head);
        if next[head as usize] == NONE {
            units.push(Arc::clone(&nodes[head as usize]));
            continue;
        }
        let mut chain = vec![Arc::clone(&nodes[head as usize])];
        let mut link = head;
        while next[link as usize] != NONE {
            link = next[link as usize];
            unit_of[link as usize] = unit;
            chain.push(Arc::clone(&nodes[link as usize]));
        }
        units.push(Chain::new(chain));
    }
    // A chain depends on what its head depends on; who depends on a chain depends on its last node.
    let mut dependencies = Edges::new();
    for &head in &heads {
        for &dependency in collected.dependencies.of(head) {
            dependencies.push(unit_of[dependency as usize]);
        }
        dependencies.end_list();
    }
    drop(nodes);
    for (place, unit) in units.iter().enumerate() {
        unit.header().move_to(Claim { run, place: index(place) });
    }
    collected.foreign.iter_mut().for_each(|place| *place = unit_of[*place as usize]);
    collected.foreign.sort_unstable();
    let of = heads.iter().map(|&head| collected.lanes.of[head as usize]).collect();
    collected.lanes.of = of;
    collected.nodes = units;
    collected.dependencies = dependencies;
    Some(collected.dependencies.reversed())
}

const NONE: u32 = u32::MAX;

/// The next link after each node.
fn links(collected: &Collected, dependants: &Edges) -> Vec<u32> {
    let mut next = vec![NONE; collected.nodes.len()];
    let linked = |first: u32| {
        let &[second] = dependants.of(first) else { return None };
        let alone = collected.dependencies.degree(second) == 1;
        let lanes = &collected.lanes;
        let together = lanes.of[first as usize] == lanes.of[second as usize];
        (alone && together).then_some(second)
    };
    for first in 0..index(next.len()) {
        if matches!(collected.lanes.place_of(first), Place::Visit { .. })
            && let Some(second) = linked(first)
        {
            next[first as usize] = second;
        }
    }
    next
}

/// Calls that one worker makes, one after the other.
struct Chain {
    header: Header,
    /// The last link first.
    links: Mutex<Vec<Arc<dyn AnyNode>>>,
    about: About,
    place: Place,
}

impl Chain {
    fn new(mut links: Vec<Arc<dyn AnyNode>>) -> Arc<Self> {
        let (about, place) = (links[0].about(), links[0].place());
        links.reverse();
        let header = Header::new(Stage::New, true, false);
        let cost: f32 = links.iter().filter_map(|link| link.header().cost()).sum();
        if cost > 0.0 {
            header.set_cost(std::time::Duration::from_secs_f32(cost));
        }
        Arc::new(Self { header, links: Mutex::new(links), about, place })
    }

    /// What `work` does with each link until it says to stop.
    fn each(&self, mut work: impl FnMut(&dyn AnyNode) -> Option<Progress>) -> Progress {
        let (mut done, mut failed) = (0, 0);
        loop {
            let Some(link) = lock(&self.links).pop() else {
                return Progress::Over { done, failed };
            };
            let progress = work(&*link);
            self.header.set_stage(link.header().stage());
            match progress {
                Some(Progress::Over { done: more, failed: more_failed }) => {
                    done += more;
                    failed += more_failed;
                }
                Some(_) => {
                    lock(&self.links).push(link);
                    return Progress::Pending;
                }
                None => {
                    lock(&self.links).push(link);
                    return Progress::Unfinished { done, failed };
                }
            }
        }
    }
}

impl AnyNode for Chain {
    fn header(&self) -> &Header {
        &self.header
    }

    fn about(&self) -> About {
        self.about
    }

    fn place(&self) -> Place {
        self.place
    }

    fn dependencies(&self, _: &mut dyn FnMut(&dyn Dependency)) {}

    fn begin(&self, waker: &Waker) -> Progress {
        // Its pool sends no workers: the links are ordinary calls, one after the other.
        self.each(|link| Some(link.begin(waker)))
    }

    fn begin_together(&self, _: &[(u32, Arc<dyn AnyNode>)], _: &[Waker]) -> Vec<Progress> {
        Vec::new()
    }

    fn go_on(&self, waker: &Waker) -> Progress {
        let mut first = true;
        self.each(|link| {
            let begun = std::mem::replace(&mut first, false);
            Some(if begun { link.go_on(waker) } else { link.begin(waker) })
        })
    }

    fn run_on(&self, visitor: &mut Visitor<'_>, leave: &dyn Fn(bool) -> bool) -> Progress {
        let mut links = 0_usize;
        self.each(|link| {
            // After a panic the worker is not used again; the links after it fail without it.
            let looks_at_clock = links.is_multiple_of(STRIDE);
            if links > 0 && !visitor.is_spoilt() && leave(looks_at_clock) {
                return None;
            }
            links += 1;
            Some(link.run_on(visitor, leave))
        })
    }

    fn run_here(&self) {}

    fn cancel(&self) {
        let running = lock(&self.links).pop();
        if let Some(link) = running {
            link.cancel();
        }
    }

    fn unclaim(&self) {
        lock(&self.links).iter().for_each(|link| link.unclaim());
    }

    fn fail(&self, error: ComputeError) {
        self.each(|link| {
            link.fail(error.clone());
            Some(Progress::Over { done: 0, failed: 1 })
        });
    }

    fn abort(&self, _: Cause) {
        // Which of the links it was is not known any more; those after it find it without a value.
        self.each(|link| {
            link.abort(Cause::Cancelled);
            Some(Progress::Over { done: 0, failed: 1 })
        });
    }

    fn visit_asker(&self) -> Option<VisitAsker> {
        lock(&self.links).last().and_then(|link| link.visit_asker())
    }

    fn when_over(&self, waiter: Box<dyn FnOnce() + Send>) {
        waiter();
    }

    fn pure_hash(&self) -> Option<u64> {
        None
    }

    fn is_equal(&self, _: &dyn AnyNode) -> bool {
        false
    }

    fn become_copy_of(&self, _: Arc<dyn AnyNode>) -> bool {
        false
    }
}
