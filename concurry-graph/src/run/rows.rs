//! Rows among the units of a run: visitors take parts of them, at the same time.
//!
//! A row is in a ready list as long as nobody has taken some of its calls. It has ended when all parts
//! have been brought back and nothing is left of it.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

use concurry_core::__private::{SlabArc, Visitor, panic_message};

use super::state::{Ended, State};
use crate::node::{RowRun, SharedNode};
use crate::plan::{Edges, Row};

/// A row, under the lock of its run.
pub(super) struct RowState {
    /// `None` once it has ended: it keeps the container, which is to begin then.
    row: Option<SlabArc<Row>>,
    /// How many have calls of it.
    holders: u32,
    /// It is in its ready list.
    listed: bool,
    /// The driver makes ordinary calls of it.
    driven: bool,
    failed: bool,
}

/// Calls of a row that a visitor has taken.
pub(super) struct RowPart {
    unit: u32,
    row: SlabArc<Row>,
    nodes: Range<usize>,
}

/// What a visitor brings back of a row.
pub(super) struct RowRest {
    unit: u32,
    /// What it has not run.
    nodes: Range<usize>,
    failed: bool,
}

/// What is next in a ready list.
pub(super) enum Next {
    Unit(u32, SharedNode),
    Part(RowPart),
}

impl RowState {
    pub(super) fn new(row: SlabArc<Row>) -> Self {
        Self { row: Some(row), holders: 0, listed: false, driven: false, failed: false }
    }

    fn left(&self) -> usize {
        self.row.as_ref().map_or(0, |row| row.left())
    }

    /// It comes into its ready list. How many calls there are in it.
    pub(super) fn list(&mut self) -> usize {
        self.listed = true;
        self.left()
    }

    /// The driver takes what is left. How many calls that were.
    pub(super) fn drive(&mut self) -> usize {
        self.listed = false;
        self.driven = true;
        self.holders += 1;
        self.left()
    }
}

impl RowPart {
    /// Runs calls on a worker that has come by, up to the first that is left.
    pub(super) fn run(
        self,
        visitor: &mut Visitor<'_>,
        leave: &dyn Fn(bool) -> bool,
    ) -> (RowRun, RowRest) {
        let Self { unit, row, nodes } = self;
        // Each call catches its own panics. Should something else panic, the values of those that did
        // not run are missed by the container, which fails.
        let run = catch_unwind(AssertUnwindSafe(|| row.run(nodes.clone(), visitor, leave)));
        let (run, rest) = match run {
            Ok(run) => (run, nodes.start + run.calls()..nodes.end),
            Err(payload) => {
                drop(panic_message(payload));
                (RowRun { done: 0, failed: 1 }, nodes.end..nodes.end)
            }
        };
        (run, RowRest { unit, nodes: rest, failed: run.failed > 0 })
    }
}

impl State {
    /// Takes the most urgent ready unit of a lane, or so many calls of it if it is a row.
    pub(super) fn take_next(&mut self, lane: usize, most: usize) -> Option<Next> {
        let unit = self.lanes[lane].ready.first()?;
        let Some(number) = self.row_number(unit) else {
            return self.take(lane).map(|(unit, node)| Next::Unit(unit, node));
        };
        let (state, lane) = (&mut self.rows[number], &mut self.lanes[lane]);
        let row = state.row.clone()?;
        let nodes = row.take(most);
        state.holders += 1;
        lane.in_rows -= nodes.len();
        if row.left() == 0 {
            state.listed = false;
            lane.ready.pop(&self.next);
        }
        Some(Next::Part(RowPart { unit, row, nodes }))
    }

    /// A visitor is done with a part of a row.
    pub(super) fn bring_back(&mut self, rest: RowRest, dependants: &Edges) {
        let Some(number) = self.row_number(rest.unit) else { return };
        if self.rows[number].listed {
            let lane = self.lane_number(rest.unit);
            self.lanes[lane].in_rows += rest.nodes.len();
        }
        if let Some(row) = &self.rows[number].row {
            row.give_back(rest.nodes);
        }
        self.release_row(number, Ended::new(rest.unit, rest.failed), dependants);
    }

    /// The driver is done with its calls of a row.
    pub(super) fn end_driven(&mut self, number: usize, ended: Ended, dependants: &Edges) {
        self.rows[number].driven = false;
        self.release_row(number, ended, dependants);
    }

    fn release_row(&mut self, number: usize, ended: Ended, dependants: &Edges) {
        let state = &mut self.rows[number];
        state.holders -= 1;
        state.failed |= ended.failed();
        if state.left() > 0 {
            // The driver looks again when it is done with what it has.
            if !state.listed && !state.driven {
                self.make_ready(ended.unit());
            }
        } else if state.holders == 0 {
            // They may be the last to have the container, whose values are the user's.
            self.over.extend(state.row.take().map(|row| row.see_as(|cell| cell as _)));
            self.over.extend(self.units[ended.unit() as usize].take());
            let ended = Ended::new(ended.unit(), state.failed);
            self.end_unit(ended, dependants);
        }
    }
}
