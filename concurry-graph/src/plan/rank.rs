//! Where each unit is run, and how urgent it is.
//!
//! A unit's rank is the length of the longest path from it to the end: what is expected of its own
//! call and of those that hang on it (list scheduling by critical path; T. C. Hu, "Parallel
//! sequencing and assembly line problems", 1961). In each lane the ranks that occur are numbered from
//! 0, and a unit's number is its bucket: a lane keeps its ready units in buckets, so that neither
//! adding nor taking one compares anything.

use super::collect::Collected;
use super::edges::{Edges, index};
use super::lanes::Lanes;
use crate::node::Place;

/// Where each unit is run, and how urgent it is.
#[derive(Debug, Default)]
pub(crate) struct Ranked {
    /// The lanes.
    pub(crate) lanes: Vec<Lane>,
    /// The lane of each unit.
    pub(crate) lane_of: Vec<u16>,
    /// The bucket of each unit in its lane.
    pub(crate) bucket_of: Vec<u32>,
}

/// Units that are run in the same way by the same pool.
#[derive(Debug)]
pub(crate) struct Lane {
    pub(crate) place: Place,
    /// How many buckets it has.
    pub(crate) buckets: u32,
    /// One of its units.
    pub(crate) example: u32,
}

pub(crate) fn rank(collected: &mut Collected, dependants: &Edges) -> Ranked {
    let ranks = ranks(collected, dependants);
    let Lanes { places, of } = std::mem::take(&mut collected.lanes);
    let mut lanes: Vec<Lane> =
        places.into_iter().map(|place| Lane { place, buckets: 0, example: 0 }).collect();
    for (unit, &lane) in of.iter().enumerate().rev() {
        lanes[lane as usize].example = index(unit);
    }
    let mut ranked = Ranked { lanes, lane_of: of, bucket_of: Vec::new() };
    ranked.bucket_of = ranked.buckets(ranks);
    ranked
}

impl Ranked {
    /// Numbers the ranks of each lane. Takes the array of ranks and gives it back.
    fn buckets(&mut self, mut ranks: Vec<u32>) -> Vec<u32> {
        let levels = ranks.iter().max().map_or(0, |&max| max as usize + 1);
        let lanes = self.lanes.len();
        if levels.saturating_mul(lanes) <= ranks.len().saturating_mul(4) + 1_024 {
            // A table of all ranks in all lanes.
            let mut table = vec![0_u32; levels * lanes];
            for (unit, &rank) in ranks.iter().enumerate() {
                table[self.lane_of[unit] as usize * levels + rank as usize] = 1;
            }
            for (lane, row) in table.chunks_mut(levels.max(1)).enumerate() {
                let mut next = 0;
                for entry in row {
                    let occurs = *entry;
                    *entry = next;
                    next += occurs;
                }
                self.lanes[lane].buckets = next;
            }
            for (unit, rank) in ranks.iter_mut().enumerate() {
                *rank = table[self.lane_of[unit] as usize * levels + *rank as usize];
            }
            return ranks;
        }
        let mut order: Vec<u32> = (0..index(ranks.len())).collect();
        let key = |unit: u32| (self.lane_of[unit as usize], ranks[unit as usize]);
        order.sort_unstable_by_key(|&unit| key(unit));
        let mut buckets = vec![0; ranks.len()];
        let mut before: Option<(u16, u32)> = None;
        for unit in order {
            let (lane, rank) = key(unit);
            let buckets_there = &mut self.lanes[lane as usize].buckets;
            if before != Some((lane, rank)) {
                *buckets_there += 1;
                before = Some((lane, rank));
            }
            buckets[unit as usize] = *buckets_there - 1;
        }
        buckets
    }
}

/// The length of the longest path from each unit to the end.
fn ranks(collected: &Collected, dependants: &Edges) -> Vec<u32> {
    let costs = costs(collected);
    let units = dependants.len();
    let mut waiting = dependants.degrees();
    let mut ranks = vec![0_u32; units];
    let mut order: Vec<u32> = Vec::with_capacity(units);
    order.extend((0..index(units)).filter(|&unit| waiting[unit as usize] == 0));
    let mut next = 0;
    while let Some(&unit) = order.get(next) {
        next += 1;
        let rank = ranks[unit as usize].saturating_add(costs.of(unit, collected));
        ranks[unit as usize] = rank;
        for &dependency in collected.dependencies.of(unit) {
            let dependency = dependency as usize;
            ranks[dependency] = ranks[dependency].max(rank);
            waiting[dependency] -= 1;
            if waiting[dependency] == 0 {
                order.push(index(dependency));
            }
        }
    }
    ranks
}

/// What the calls are expected to cost.
enum Costs {
    /// Nobody said anything: each call counts one.
    Equal,
    /// In units of this many seconds; who said nothing counts as the mean of the others.
    Known { unit: f32, mean: u32 },
}

/// As many steps as a path is divided into at most, if costs are known.
const STEPS: f32 = 10_000.0;

fn costs(collected: &Collected) -> Costs {
    if !collected.has_costs {
        return Costs::Equal;
    }
    let (mut sum, mut known, mut most) = (0.0_f64, 0_u32, 0.0_f32);
    for cost in collected.nodes.iter().filter_map(|node| node.header().cost()) {
        sum += f64::from(cost);
        known += 1;
        most = most.max(cost);
    }
    if known == 0 || most <= 0.0 {
        return Costs::Equal;
    }
    let unit = most / STEPS;
    let mean = (sum / f64::from(known)) as f32;
    Costs::Known { unit, mean: ((mean / unit) as u32).max(1) }
}

impl Costs {
    fn of(&self, unit: u32, collected: &Collected) -> u32 {
        let is_call = u32::from(collected.lanes.is_call(unit));
        match self {
            Self::Equal => is_call,
            Self::Known { unit: step, mean } => {
                match collected.nodes[unit as usize].header().cost() {
                    Some(cost) => ((cost / step) as u32).max(1),
                    None => is_call * mean,
                }
            }
        }
    }
}
