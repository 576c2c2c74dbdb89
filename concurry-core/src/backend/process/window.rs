//! How many calls a process may have that it has not answered.

use std::time::Duration;

use crate::nanoseconds::nanoseconds;

/// So much work may lie ahead of a process: enough to hide the way there and back, little enough not
/// to keep a call from a worker that is free.
const AHEAD: Duration = Duration::from_micros(150);
/// Far above what hides the way there and back.
const MOST: usize = 2_000;

/// From here up half a window is long enough.
const WIDE: usize = 16;

/// Of a worker that runs one call at a time: by the time that its calls take.
#[derive(Debug)]
pub(crate) struct Window {
    /// Nanoseconds a call, smoothed. Zero: not known.
    per_call: u64,
    size: usize,
    /// More than one call is never in a window that is fixed.
    fixed: Option<usize>,
}

impl Window {
    /// One call first; more as it is known how long they take.
    pub(crate) fn adaptive() -> Self {
        Self { per_call: 0, size: 1, fixed: None }
    }

    /// So many calls, which overlap.
    pub(crate) fn fixed(size: usize) -> Self {
        Self { per_call: 0, size, fixed: Some(size) }
    }

    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// Below how many calls it may get more. Quick ones of a map are sent when half of those ahead are
    /// done, or else as few would follow as were just answered, each time.
    pub(crate) fn refill_below(&self, of_map: bool) -> usize {
        if of_map && self.size >= WIDE { self.size / 2 } else { self.size }
    }

    /// The process has worked so long at so many calls.
    pub(crate) fn answered(&mut self, calls: u64, time: Duration) {
        if self.fixed.is_some() || calls == 0 {
            return;
        }
        let each = nanoseconds(time) / calls;
        // A slow call counts at once, fast ones little by little.
        self.per_call = match self.per_call {
            known if each >= known => each,
            known => known - (known - each) / 2,
        };
        // The running one, and those that lie ahead.
        let ahead = nanoseconds(AHEAD) / self.per_call.max(1);
        let fits = usize::try_from(ahead + 1).unwrap_or(MOST).min(MOST);
        self.size = fits.min(self.size * 2);
    }

    /// A call takes longer than was thought.
    pub(crate) fn collapse(&mut self) {
        if self.fixed.is_none() {
            self.size = 1;
            self.per_call = nanoseconds(AHEAD);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fast_calls_widen_it_step_by_step_and_a_slow_one_closes_it() {
        let mut window = Window::adaptive();
        assert_eq!(window.size(), 1);
        window.answered(1, Duration::from_millis(20));
        assert_eq!(window.size(), 1);
        let mut sizes = Vec::new();
        for _ in 0..60 {
            let calls = window.size() as u64;
            window.answered(calls, Duration::from_nanos(50 * calls));
            sizes.push(window.size());
        }
        assert!(sizes.is_sorted() && sizes.last() == Some(&MOST), "{sizes:?}");
        assert_eq!((window.refill_below(false), window.refill_below(true)), (MOST, MOST / 2));
        window.answered(1, Duration::from_millis(1));
        assert_eq!((window.size(), window.refill_below(true)), (1, 1));
        window.answered(1, Duration::from_micros(1));
        window.collapse();
        assert_eq!(window.size(), 1);
    }
}
