//! The pass `rows`: many calls that only one container wants become one unit.
//!
//! Workers that come by take as many of its calls at a time as suits them, and put the values where
//! the container finds them. As nobody else can reach these nodes, none of them is claimed, locked,
//! counted or kept once it has run: a million calls for a vector cost little more than the calls.

use std::ops::Range;
use std::sync::Mutex;
use std::task::Waker;

use concurry_core::__private::{SlabArc, Visitor};

use super::chain::Chain;
use crate::error::Cause;
use crate::journal::Ledger;
use crate::node::{
    About, AnyNode, Header, Place, Progress, RowRun, SharedNode, Stage, Stretch, VisitAsker,
};
use crate::sync::lock;

/// Below this it makes no difference.
pub(super) const FEWEST: usize = 64;

/// Calls that only one container wants, in its order.
pub(crate) struct Row {
    header: Header,
    container: SharedNode,
    about: About,
    place: Place,
    /// Those that nobody has taken yet, in parts of which none is empty.
    left: Mutex<Vec<Range<usize>>>,
    /// Those that the driver has taken, because the pool sends no workers.
    chain: Mutex<Option<SharedNode>>,
}

impl Row {
    pub(super) fn of(container: &SharedNode, stretch: Stretch) -> SlabArc<Self> {
        let Stretch { nodes, place, about } = stretch;
        SlabArc::new(Self {
            header: Header::new(Stage::New, true, false),
            container: container.clone(),
            about,
            place,
            left: Mutex::new(vec![nodes]),
            chain: Mutex::new(None),
        })
    }

    /// How many calls nobody has taken.
    pub(crate) fn left(&self) -> usize {
        lock(&self.left).iter().map(Range::len).sum()
    }

    /// Takes calls that follow each other.
    pub(crate) fn take(&self, most: usize) -> Range<usize> {
        let mut left = lock(&self.left);
        let Some(part) = left.last_mut() else { return 0..0 };
        let taken = part.start..part.end.min(part.start + most);
        part.start = taken.end;
        if part.start == part.end {
            left.pop();
        }
        taken
    }

    /// Gives back what was taken and not run.
    pub(crate) fn give_back(&self, nodes: Range<usize>) {
        if !nodes.is_empty() {
            lock(&self.left).push(nodes);
        }
    }

    /// Runs calls that were taken, up to the first that is left.
    pub(crate) fn run(
        &self,
        nodes: Range<usize>,
        visitor: &mut Visitor<'_>,
        leave: &dyn Fn(bool) -> bool,
    ) -> RowRun {
        self.container.run_row(nodes, visitor, leave)
    }

    /// What is done with the ordinary calls; the row is over when they are.
    fn with_chain(&self, act: impl FnOnce(&dyn AnyNode) -> Progress) -> Progress {
        let Some(chain) = lock(&self.chain).take() else {
            return Progress::Over { done: 0, failed: 0 };
        };
        let progress = act(&*chain);
        match progress {
            Progress::Over { failed, .. } => {
                self.header.set_stage(if failed == 0 { Stage::Done } else { Stage::Failed });
            }
            Progress::Pending | Progress::Unfinished { .. } => {
                *lock(&self.chain) = Some(chain);
            }
        }
        progress
    }
}

impl AnyNode for Row {
    fn header(&self) -> &Header {
        &self.header
    }

    fn about(&self) -> About {
        self.about
    }

    fn place(&self) -> Place {
        self.place
    }

    fn begin(&self, waker: &Waker, _: Option<&mut Ledger>) -> Progress {
        let left: Vec<_> = std::mem::take(&mut *lock(&self.left));
        let nodes = left.into_iter().flatten().filter_map(|node| self.container.node(node));
        *lock(&self.chain) = Some(Chain::of(nodes.collect()));
        self.with_chain(|chain| chain.begin(waker, None))
    }

    fn go_on(&self, waker: &Waker, _: Option<&mut Ledger>) -> Progress {
        self.with_chain(|chain| chain.go_on(waker, None))
    }

    fn run_on(&self, _: &mut Visitor<'_>, _: &dyn Fn(bool) -> bool) -> Progress {
        unreachable!("visitors take parts of it")
    }

    fn cancel(&self) {
        let chain = lock(&self.chain).take();
        if let Some(chain) = chain {
            chain.cancel();
        }
    }

    fn abort(&self, cause: Cause) {
        let chain = lock(&self.chain).take();
        if let Some(chain) = chain {
            chain.abort(cause);
        }
        self.header.set_stage(Stage::Failed);
    }

    fn visit_asker(&self) -> Option<VisitAsker> {
        let next = lock(&self.left).last()?.start;
        self.container.node(next)?.visit_asker()
    }
}
