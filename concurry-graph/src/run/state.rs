//! What a run knows of its units, under one lock: which wait, which are ready, which have ended.

use concurry_core::__private::SlabArc;

use super::lane::Lane;
use super::rows::RowState;
use crate::node::{AnyNode, Place, SharedNode, Stage};
use crate::plan::{Edges, Ranked, Row, index};

/// What a run knows of its units.
pub(crate) struct State {
    /// Our own that have not begun: those of other runs are theirs to leave.
    pub(crate) units: Vec<Option<SharedNode>>,
    /// How many units each waits for. Of a row, which waits for none: its number.
    waiting: Vec<u32>,
    pub(super) rows: Vec<RowState>,
    /// Rows that have ended, to be let go without the lock.
    pub(super) over: Vec<SharedNode>,
    /// Ready units that will fail because of what they depend on: no worker is needed for that.
    doomed: Vec<u32>,
    /// The links of the ready lists.
    pub(super) next: Vec<u32>,
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

    pub(super) fn new(unit: u32, failed: bool) -> Self {
        Self { unit, failed }
    }

    pub(crate) fn unit(self) -> u32 {
        self.unit
    }

    pub(super) fn failed(self) -> bool {
        self.failed
    }

    /// Whether the other is the next unit.
    pub(crate) fn is_followed_by(&self, other: &Self) -> bool {
        self.unit + 1 == other.unit
    }
}

/// In a unit's count of units that it waits for: one of them has failed.
const DOOMED: u32 = 1 << 31;
/// In place of that count: what follows is the number of a row.
const ROW: u32 = 1 << 30;

impl State {
    pub(crate) fn new(
        units: Vec<SharedNode>,
        mut waiting: Vec<u32>,
        ranked: Ranked,
        foreign: &[u32],
        rows: Vec<(u32, SlabArc<Row>)>,
    ) -> Self {
        let Ranked { lanes, lane_of, bucket_of } = ranked;
        for (number, &(unit, _)) in rows.iter().enumerate() {
            waiting[unit as usize] = ROW | index(number);
        }
        let is_own = |unit: u32| foreign.binary_search(&unit).is_err();
        let count = units.len();
        let own_units = (0..).zip(units).map(|(unit, node)| is_own(unit).then_some(node)).collect();
        let mut state = Self {
            remaining: count,
            next: vec![0; count],
            units: own_units,
            waiting,
            rows: rows.into_iter().map(|(_, row)| RowState::new(row)).collect(),
            over: Vec::new(),
            doomed: Vec::new(),
            lane_of,
            bucket_of,
            anywhere: None,
            lanes: lanes.into_iter().map(|lane| Lane::new(lane.place, lane.buckets)).collect(),
            driver_is_needed: false,
        };
        state.anywhere = state.lanes.iter().position(|lane| lane.place == Place::Anywhere);
        for unit in 0..index(state.units.len()) {
            let is_free = state.waiting[unit as usize] == 0 || state.row_number(unit).is_some();
            // What another run works on is over when that run says so.
            if is_free && is_own(unit) {
                state.make_ready(unit);
            }
        }
        state
    }

    /// Which of the rows a unit is.
    pub(super) fn row_number(&self, unit: u32) -> Option<usize> {
        let waiting = self.waiting[unit as usize];
        (waiting & ROW != 0).then_some((waiting & !ROW) as usize)
    }

    pub(crate) fn lane_number(&self, unit: u32) -> usize {
        self.lane_of[unit as usize] as usize
    }

    /// A unit may begin.
    pub(crate) fn make_ready(&mut self, unit: u32) {
        let (lane, bucket) = (self.lane_number(unit), self.bucket_of[unit as usize]);
        let row = self.row_number(unit);
        let lane = &mut self.lanes[lane];
        lane.in_rows += row.map_or(0, |number| self.rows[number].list());
        lane.ready.push(unit, bucket, &mut self.next);
        self.driver_is_needed |= !matches!(lane.place, Place::Visit { .. });
    }

    /// A unit has ended, or the driver's part of one.
    pub(crate) fn end(&mut self, ended: Ended, dependants: &Edges) {
        match self.row_number(ended.unit) {
            Some(number) => self.end_driven(number, ended, dependants),
            None => self.end_unit(ended, dependants),
        }
    }

    /// A unit has ended: what waited for it alone may begin.
    pub(super) fn end_unit(&mut self, ended: Ended, dependants: &Edges) {
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
        if let Some(number) = self.row_number(unit) {
            // Visitors may bring parts of it back.
            self.lanes[lane].in_rows -= self.rows[number].drive();
            return Some((unit, self.units[unit as usize].clone()?));
        }
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
