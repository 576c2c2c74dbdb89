//! The pass `fuse`: a chain of calls of one pool becomes one unit, run by one worker.
//!
//! Two calls are linked if the second needs only the first, only the second needs the first, and both
//! are made on visits of the same pool. A link needs no dispatch, no entry in a ready list and no
//! count of dependencies: the worker goes on with the next call.

use std::sync::Mutex;
use std::task::Waker;
use std::time::Instant;

use concurry_core::__private::{SlabArc, Visitor};

use super::collect::Collected;
use super::edges::{Edges, index};
use super::stretch::Stretch;
use crate::error::{Cause, ComputeError};
use crate::journal::Ledger;
use crate::node::{
    About, AnyNode, Claim, Dependency, Header, Place, Progress, SharedNode, Stage, VisitAsker,
};
use crate::sync::lock;

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
    let mut units: Vec<SharedNode> = Vec::new();
    let mut heads: Vec<u32> = Vec::new();
    for head in (0..index(nodes.len())).filter(|&node| !has_previous[node as usize]) {
        let unit = index(units.len());
        unit_of[head as usize] = unit;
        heads.push(head);
        if next[head as usize] == NONE {
            units.push(nodes[head as usize].clone());
            continue;
        }
        let mut chain = vec![nodes[head as usize].clone()];
        let mut link = head;
        while next[link as usize] != NONE {
            link = next[link as usize];
            unit_of[link as usize] = unit;
            chain.push(nodes[link as usize].clone());
        }
        units.push(Chain::of(chain));
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
    links: Mutex<Vec<SharedNode>>,
    /// When the link began that is an ordinary call on its way.
    began: Mutex<Instant>,
    about: About,
    place: Place,
}

impl Chain {
    fn of(mut links: Vec<SharedNode>) -> SharedNode {
        let (about, place) = (links[0].about(), links[0].place());
        links.reverse();
        let header = Header::new(Stage::New, true, false);
        let cost: f32 = links.iter().filter_map(|link| link.header().cost()).sum();
        if cost > 0.0 {
            header.set_cost(std::time::Duration::from_secs_f32(cost));
        }
        let (links, began) = (Mutex::new(links), Mutex::new(Instant::now()));
        SlabArc::new(Self { header, links, began, about, place }).see_as(|cell| cell as _)
    }

    /// Makes a link's call, or goes on with it. Its pool sends no workers, so the links are ordinary
    /// calls, one after the other.
    fn call(&self, link: &dyn AnyNode, waker: &Waker, is_begun: bool) -> Progress {
        let progress = if is_begun {
            link.go_on(waker, None)
        } else {
            *lock(&self.began) = Instant::now();
            link.begin(waker, None)
        };
        if progress != Progress::Pending {
            link.header().note_took(lock(&self.began).elapsed());
        }
        progress
    }

    /// What `work` does with each link, up to one that is not over at once.
    fn each(&self, mut work: impl FnMut(&dyn AnyNode) -> Progress) -> Progress {
        let (mut done, mut failed) = (0, 0);
        loop {
            let Some(link) = lock(&self.links).pop() else {
                return Progress::Over { done, failed };
            };
            let progress = work(&*link);
            self.header.set_stage(link.header().stage());
            let Progress::Over { done: more, failed: more_failed } = progress else {
                lock(&self.links).push(link);
                return Progress::Pending;
            };
            done += more;
            failed += more_failed;
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

    fn begin(&self, waker: &Waker, _: Option<&mut Ledger>) -> Progress {
        self.each(|link| self.call(link, waker, false))
    }

    fn begin_together(
        &self,
        _: &[(u32, SharedNode)],
        _: &[Waker],
        _: Option<&mut Ledger>,
    ) -> Vec<Progress> {
        Vec::new()
    }

    fn go_on(&self, waker: &Waker, _: Option<&mut Ledger>) -> Progress {
        let mut first = true;
        self.each(|link| self.call(link, waker, std::mem::replace(&mut first, false)))
    }

    fn run_on(&self, visitor: &mut Visitor<'_>, leave: &dyn Fn(bool) -> bool) -> Progress {
        let (mut done, mut failed) = (0, 0);
        let mut stretch = Stretch::new();
        loop {
            let Some(link) = lock(&self.links).pop() else {
                return Progress::Over { done, failed };
            };
            // After a panic the worker is not used again; the links after it fail without it.
            if done + failed > 0 && !visitor.is_spoilt() && leave(stretch.is_new()) {
                lock(&self.links).push(link);
                return Progress::Unfinished { done, failed };
            }
            if let Progress::Over { done: more, failed: more_failed } = link.run_on(visitor, leave)
            {
                done += more;
                failed += more_failed;
            }
            self.header.set_stage(link.header().stage());
            stretch.add(link);
        }
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
            Progress::Over { done: 0, failed: 1 }
        });
    }

    fn abort(&self, _: Cause) {
        // Which of the links it was is not known any more; those after it find it without a value.
        self.each(|link| {
            link.abort(Cause::Cancelled);
            Progress::Over { done: 0, failed: 1 }
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

    fn structure(&self, _: &dyn Fn(&Header, usize) -> u64) -> Option<u64> {
        None
    }

    fn is_equal(&self, _: &dyn AnyNode) -> bool {
        false
    }

    fn become_copy_of(&self, _: SharedNode) -> bool {
        false
    }
}
