//! Links of a chain between two looks at the clock: many if they are short, one if it is long.

use std::time::{Duration, Instant};

use crate::node::SharedNode;

/// As long as links take less than this together, there may be more of them…
const SHORT: Duration = Duration::from_micros(20);
/// …and fewer if they take more than this.
const LONG: Duration = Duration::from_micros(100);
/// How many there are at most.
const MOST: usize = 64;

/// The links since the last look. Each is told the mean of what they took.
pub(super) struct Pace {
    links: Vec<SharedNode>,
    size: usize,
    began: Instant,
}

impl Pace {
    pub(super) fn new() -> Self {
        Self { links: Vec::new(), size: 1, began: Instant::now() }
    }

    /// Whether the clock was just looked at.
    pub(super) fn is_new(&self) -> bool {
        self.links.is_empty()
    }

    /// A link was run.
    pub(super) fn add(&mut self, link: SharedNode) {
        self.links.push(link);
        if self.links.len() >= self.size {
            self.end();
        }
    }

    fn end(&mut self) {
        let now = Instant::now();
        let took = now.saturating_duration_since(self.began);
        self.began = now;
        if took < SHORT {
            self.size = (self.size * 2).min(MOST);
        } else if took > LONG {
            self.size = (self.size / 2).max(1);
        }
        let each = took / u32::try_from(self.links.len()).unwrap_or(u32::MAX).max(1);
        self.links.drain(..).for_each(|link| link.header().note_took(each));
    }
}

impl Drop for Pace {
    fn drop(&mut self) {
        self.end();
    }
}
