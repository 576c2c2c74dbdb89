//! What the colours of a picture mean.

use std::time::Duration;

use super::svg::short;
use super::{Graph, GraphNode};
use crate::node::Stage;

/// What the colours of a picture show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ColourBy {
    /// How far each node is: waiting, running, done, failed.
    #[default]
    Stage,
    /// How long each took, from pale to dark.
    Time,
    /// How often each was tried again.
    Retries,
    /// The worker that ran it, of those of its pool.
    Worker,
}

/// Colours with their meanings. A colour without one leads to the next.
pub(super) struct Legend(pub(super) Vec<(&'static str, String)>);

/// The colours of one picture.
pub(super) struct Colouring {
    colour_by: ColourBy,
    longest: f64,
    most_retries: u32,
    /// Sorted.
    workers: Vec<PoolWorker>,
}

/// A worker of a pool, which counts its own: its kind, the pool, its number there.
type PoolWorker = (&'static str, Option<u32>, usize);

/// No shade of those below.
const UNKNOWN: &str = "#d6d3d1";
const FAILED: &str = "#fca5a5";
/// Pale to dark, the same hue.
const SHADES: [&str; 6] = ["#eff6ff", "#dbeafe", "#bfdbfe", "#93c5fd", "#60a5fa", "#3b82f6"];
/// Easily told apart, also by those who see few colours.
const HUES: [&str; 8] =
    ["#a6cee3", "#fdbf6f", "#b2df8a", "#fb9a99", "#cab2d6", "#ffff99", "#8dd3c7", "#d9d9d9"];

impl Colouring {
    pub(super) fn new(graph: &Graph, colour_by: ColourBy) -> Self {
        let nodes = graph.nodes();
        let times = nodes.iter().filter_map(|node| node.took).map(|took| took.as_secs_f64());
        let mut workers: Vec<_> = nodes.iter().filter_map(worker).collect();
        workers.sort_unstable();
        workers.dedup();
        Self {
            colour_by,
            longest: times.fold(0.0, f64::max),
            most_retries: nodes.iter().map(|node| node.retries).max().unwrap_or(0),
            workers,
        }
    }

    pub(super) fn of(&self, node: &GraphNode) -> &'static str {
        if node.stage == Stage::Failed && self.colour_by != ColourBy::Worker {
            return FAILED;
        }
        match self.colour_by {
            ColourBy::Stage => stage_colour(node.stage),
            ColourBy::Time => match node.took {
                // One long call does not make all others look alike.
                Some(took) => shade(took.as_secs_f64().cbrt(), self.longest.cbrt()),
                None => UNKNOWN,
            },
            ColourBy::Retries => shade(f64::from(node.retries), f64::from(self.most_retries)),
            ColourBy::Worker => {
                let place =
                    worker(node).and_then(|worker| self.workers.binary_search(&worker).ok());
                place.map_or(UNKNOWN, |place| HUES[place % HUES.len()])
            }
        }
    }

    pub(super) fn legend(&self) -> Legend {
        Legend(match self.colour_by {
            ColourBy::Stage => [Stage::New, Stage::Running, Stage::Done, Stage::Failed]
                .map(|stage| (stage_colour(stage), stage.to_string()))
                .to_vec(),
            ColourBy::Time => {
                let longest = short(Duration::from_secs_f64(self.longest));
                let mut entries = scale(format!("up to {longest}"));
                entries.push((FAILED, "failed".to_owned()));
                entries.push((UNKNOWN, "not known".to_owned()));
                entries
            }
            ColourBy::Retries => {
                let most = self.most_retries;
                let mut entries = match most {
                    0 => vec![(SHADES[0], "no retry".to_owned())],
                    1..=4 => (0..=most)
                        .map(|retries| (shade(retries.into(), most.into()), retries.to_string()))
                        .collect(),
                    _ => scale(format!("up to {most} retries")),
                };
                entries.push((FAILED, "failed".to_owned()));
                entries
            }
            ColourBy::Worker => {
                let named = self.workers.iter().zip(HUES);
                let mut entries: Vec<_> =
                    named.map(|(worker, hue)| (hue, self.name(worker))).collect();
                if self.workers.len() > HUES.len()
                    && let Some((_, last)) = entries.last_mut()
                {
                    last.push_str(&format!(", {} more", self.workers.len() - HUES.len()));
                }
                entries.push((UNKNOWN, "not known".to_owned()));
                entries
            }
        })
    }
}

impl Colouring {
    /// What a worker is called: with its pool, where there are several of its kind.
    fn name(&self, &(kind, pool, number): &PoolWorker) -> String {
        let mut others = self.workers.iter().filter(|other| other.0 == kind && other.1 != pool);
        match (others.next(), pool) {
            (Some(_), Some(pool)) => format!("{kind} {number} of pool {pool}"),
            _ => format!("{kind} {number}"),
        }
    }
}

/// The worker that ran a node.
fn worker(node: &GraphNode) -> Option<PoolWorker> {
    node.worker.map(|number| (node.name.worker, node.pool, number))
}

/// All shades, from nothing to the most.
fn scale(most: String) -> Vec<(&'static str, String)> {
    let mut entries = SHADES.map(|shade| (shade, String::new())).to_vec();
    if let Some((_, text)) = entries.last_mut() {
        *text = most;
    }
    entries
}

fn stage_colour(stage: Stage) -> &'static str {
    match stage {
        Stage::New => UNKNOWN,
        Stage::Running => "#fde68a",
        Stage::Done => "#bbf7d0",
        Stage::Failed => FAILED,
    }
}

fn shade(value: f64, most: f64) -> &'static str {
    let part = if most > 0.0 { (value / most).clamp(0.0, 1.0) } else { 0.0 };
    SHADES[((part * SHADES.len() as f64) as usize).min(SHADES.len() - 1)]
}
