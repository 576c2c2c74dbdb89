//! What a run knows of its units, under one lock: which wait, which are ready, which have ended.

use std::time::Duration;

use super::ready::Ready;
use crate::node::{AnyNode, Place, SharedNode, Stage};
use crate::plan::{Edges, Ranked, index};

/// What a run knows of its units.
pub(crate) struct State {
    /// Those that have not begun.
    pub(crate) units: Vec<Option<SharedNode>>,
    /// How many units each waits for.
    waiting: Vec<u32>,
    /// Ready units that will fail because of what they depend on: no worker is needed for that.
    doomed: Vec<u32>,
    /// The links of the ready lists.
    next: Vec<u32>,
    lane_of: Vec<u16>,
    bucket_of: Vec<u32>,
    pub(crate) lanes: Vec<Lane>,
    /// The lane of what runs on any thread.
    pub(crate) anywhere: Option<usize>,
    /// Units that have not ended.
    pub(crate) remaining: usize,
    /// Something became ready that the driver has to see to.
    pub(crate) driver_is_needed: bool,
}

/// A unit that has ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ended {
    unit: u32,
    /// What waits for it will fail, too.
    failed: bool,
}

impl Ended {
    pub(crate) fn of(unit: u32, node: &dyn AnyNode) -> Self {
        Self { unit, failed: node.header().stage() != Stage::Done }
    }

    pub(crate) fn unit(self) -> u32 {
        self.unit
    }

    /// Whether the other is the next unit.
    pub(crate) fn is_followed_by(&self, other: &Self) -> bool {
        self.unit + 1 == other.unit
    }
}

/// In a unit's count of units that it waits for: one of them has failed.
const DOOMED: u32 = 1 << 31;

/// Units that are run in the same way by the same pool.
pub(crate) struct Lane {
    pub(crate) place: Place,
    pub(crate) ready: Ready,
    /// Workers that were asked to come, or are here.
    pub(crate) visits: usize,
    /// Nanoseconds that a unit of this lane takes, on average; more than any if not known yet.
    pub(crate) nanoseconds: u64,
}

/// So much work is worth another worker's way.
const WORTH_A_VISIT: u64 = 20_000;

impl Lane {
    /// A unit took so long.
    pub(crate) fn learn(&mut self, each: Duration) {
        let each = u64::try_from(each.as_nanos()).unwrap_or(u64::MAX - 1);
        self.nanoseconds = match self.nanoseconds {
            u64::MAX => each,
            known => known - known / 8 + each / 8,
        };
    }

    /// How many workers should be here, or on their way.
    fn wanted_visits(&self) -> usize {
        let Place::Visit { workers, .. } = self.place else { return 0 };
        let ready = self.ready.len();
        let work = self.nanoseconds.saturating_mul(ready as u64);
        let worth = usize::try_from(work.div_ceil(WORTH_A_VISIT)).unwrap_or(usize::MAX);
        worth.min(ready).min(workers)
    }

    /// How many more workers to ask for.
    pub(crate) fn missing_visits(&self) -> usize {
        self.wanted_visits().saturating_sub(self.visits)
    }

    /// How many units a visitor takes at once, of those that it would like: not so many that others
    /// have nothing to do.
    pub(crate) fn share(&self, wish: usize) -> usize {
        let Place::Visit { workers, .. } = self.place else { return wish };
        wish.min((self.ready.len() / (2 * workers)).max(1))
    }
}

impl State {
    pub(crate) fn new(
        units: Vec<SharedNode>,
        waiting: Vec<u32>,
        ranked: Ranked,
        foreign: &[u32],
    ) -> Self {
        let Ranked { lanes, lane_of, bucket_of } = ranked;
        let lanes = lanes.into_iter().map(|lane| Lane {
            place: lane.place,
            ready: Ready::new(lane.buckets as usize),
            visits: 0,
            nanoseconds: u64::MAX,
        });
        let mut state = Self {
            remaining: units.len(),
            next: vec![0; units.len()],
            units: units.into_iter().map(Some).collect(),
            waiting,
            doomed: Vec::new(),
            lane_of,
            bucket_of,
            anywhere: None,
            lanes: lanes.collect(),
            driver_is_needed: false,
        };
        state.anywhere = state.lanes.iter().position(|lane| lane.place == Place::Anywhere);
        for unit in 0..index(state.units.len()) {
            // What another run works on is over when that run says so.
            if state.waiting[unit as usize] == 0 && foreign.binary_search(&unit).is_err() {
                state.make_ready(unit);
            }
        }
        state
    }

    pub(crate) fn lane_number(&self, unit: u32) -> usize {
        self.lane_of[unit as usize] as usize
    }

    /// A unit may begin.
    pub(crate) fn make_ready(&mut self, unit: u32) {
        let (lane, bucket) = (self.lane_number(unit), self.bucket_of[unit as usize]);
        let lane = &mut self.lanes[lane];
        lane.ready.push(unit, bucket, &mut self.next);
        self.driver_is_needed |= !matches!(lane.place, Place::Visit { .. });
    }

    /// A unit has ended: what waited for it alone may begin.
    pub(crate) fn end(&mut self, ended: Ended, dependants: &Edges) {
        self.remaining -= 1;
        for &dependant in dependants.of(ended.unit) {
            let waiting = &mut self.waiting[dependant as usize];
            *waiting -= 1;
            if ended.failed {
                *waiting |= DOOMED;
            }
            match *waiting {
                0 => self.make_ready(dependant),
                DOOMED => {
                    self.doomed.push(dependant);
                    self.driver_is_needed = true;
                }
                _ => {}
            }
        }
    }

    /// Takes units that will fail at once.
    pub(crate) fn take_doomed(&mut self, most: usize, taken: &mut Vec<(u32, SharedNode)>) {
        while taken.len() < most
            && let Some(unit) = self.doomed.pop()
        {
            taken.extend(self.units[unit as usize].take().map(|node| (unit, node)));
        }
        self.driver_is_needed |= !self.doomed.is_empty();
    }

    /// Takes the most urgent ready unit of a lane.
    pub(crate) fn take(&mut self, lane: usize) -> Option<(u32, SharedNode)> {
        let unit = self.lanes[lane].ready.pop(&self.next)?;
        let node = self.units[unit as usize].take()?;
        Some((unit, node))
    }

    /// A unit was taken and has to be run by somebody else, or later.
    pub(crate) fn put_back(&mut self, unit: u32, node: SharedNode) {
        self.units[unit as usize] = Some(node);
        self.make_ready(unit);
    }

    /// A pool sends no workers: its units become ordinary calls.
    pub(crate) fn refuse_visits(&mut self, lane: usize) {
        let lane = &mut self.lanes[lane];
        if let Place::Visit { pool, .. } = lane.place {
            lane.place = Place::Call { pool, max_queued: None };
            self.driver_is_needed |= lane.ready.len() > 0;
        }
    }
}
