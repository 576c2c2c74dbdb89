//! Which units are run in the same way by the same pool.

use crate::node::Place;

/// Where each unit is run: a number for each, into a list of few places.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lanes {
    pub(crate) places: Vec<Place>,
    pub(crate) of: Vec<u16>,
}

/// A number for a lane fits into 16 bits.
const MOST: usize = u16::MAX as usize;

impl Lanes {
    /// Adds the next unit.
    pub(crate) fn push(&mut self, place: Place) {
        let same_as_last = self.of.last().filter(|&&last| self.places[last as usize] == place);
        let lane = match same_as_last {
            Some(&last) => last,
            None => self.lane(place),
        };
        self.of.push(lane);
    }

    fn lane(&mut self, place: Place) -> u16 {
        let known = self.places.iter().position(|&known| known == place);
        let lane = known.unwrap_or_else(|| {
            assert!(self.places.len() < MOST, "a graph calls fewer than 65,535 pools");
            self.places.push(place);
            self.places.len() - 1
        });
        lane as u16
    }

    /// Has all calls begun by the driver.
    pub(crate) fn without_visits(&mut self) {
        for place in &mut self.places {
            if let Place::Visit { pool, .. } = *place {
                *place = Place::Call { pool, max_queued: None };
            }
        }
    }

    pub(crate) fn place_of(&self, unit: u32) -> Place {
        self.places[self.of[unit as usize] as usize]
    }

    /// Whether the unit is a call.
    pub(crate) fn is_call(&self, unit: u32) -> bool {
        !matches!(self.place_of(unit), Place::Anywhere | Place::Elsewhere)
    }
}
