//! The outcomes that a breaker looks back on: the last so many calls, or the last so long.

use std::collections::VecDeque;
use std::time::Duration;

/// How far back a breaker looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Span {
    Calls(u32),
    Time(Duration),
}

impl Span {
    /// A time window moves on in steps of a tenth.
    const STEPS: u32 = 10;

    /// The step that a moment `since` after the start falls into; always 0 for a count of calls.
    pub(crate) fn step(self, since: Duration) -> u32 {
        match self {
            Self::Calls(_) => 0,
            Self::Time(span) => {
                let width = (span / Self::STEPS).as_nanos().max(1);
                // Wraps after 2^32 steps (over a decade for a window of one second).
                (since.as_nanos() / width) as u32
            }
        }
    }
}

/// How many calls there were, and of what kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) calls: u64,
    pub(crate) failures: u64,
    pub(crate) slow: u64,
}

impl Counts {
    pub(crate) fn successes(calls: u64) -> Self {
        Self { calls, ..Self::default() }
    }

    fn add(&mut self, other: Self) {
        self.calls += other.calls;
        self.failures += other.failures;
        self.slow += other.slow;
    }

    fn subtract(&mut self, other: Self) {
        self.calls -= other.calls;
        self.failures -= other.failures;
        self.slow -= other.slow;
    }
}

/// A sliding window. Entries are runs of plain successes, single calls of another kind, or whole
/// time steps; there are at most as many as the window has calls or steps.
#[derive(Debug)]
pub(crate) struct Window {
    span: Span,
    entries: VecDeque<(u32, Counts)>,
    totals: Counts,
}

impl Window {
    pub(crate) fn new(span: Span) -> Self {
        Self { span, entries: VecDeque::new(), totals: Counts::default() }
    }

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
        self.totals = Counts::default();
    }

    /// Adds calls that ended in `step`: one call, or any number of plain successes.
    pub(crate) fn add(&mut self, step: u32, counts: Counts) {
        if counts.calls == 0 {
            return;
        }
        self.totals.add(counts);
        let plain = |counts: &Counts| counts.failures == 0 && counts.slow == 0;
        let merges = |last: &(u32, Counts)| match self.span {
            Span::Calls(_) => plain(&last.1) && plain(&counts),
            Span::Time(_) => last.0 == step,
        };
        let place = self.place(step);
        match place.checked_sub(1).and_then(|last| self.entries.get_mut(last)) {
            Some(last) if merges(last) => last.1.add(counts),
            _ => self.entries.insert(place, (step, counts)),
        }
        self.trim(step);
    }

    /// Behind the entries that are no later. A thread may have counted successes long before anybody takes
    /// them over: behind later ones they would stay as long as those.
    fn place(&self, step: u32) -> usize {
        let is_later = |other: u32| (1..u32::MAX / 2).contains(&other.wrapping_sub(step));
        match self.span {
            Span::Calls(_) => self.entries.len(),
            Span::Time(_) => {
                let before = self.entries.iter().rposition(|entry| !is_later(entry.0));
                before.map_or(0, |before| before + 1)
            }
        }
    }

    /// What the window holds at `step`.
    pub(crate) fn totals(&mut self, step: u32) -> Counts {
        self.trim(step);
        self.totals
    }

    fn trim(&mut self, now: u32) {
        match self.span {
            Span::Calls(size) => self.trim_to(u64::from(size)),
            Span::Time(_) => {
                let old = |step: u32| {
                    let age = now.wrapping_sub(step);
                    // An age in the upper half is a step from ahead: another thread's later clock.
                    (Span::STEPS..u32::MAX / 2).contains(&age)
                };
                while let Some((_, counts)) = self.entries.pop_front_if(|entry| old(entry.0)) {
                    self.totals.subtract(counts);
                }
            }
        }
    }

    fn trim_to(&mut self, size: u64) {
        while self.totals.calls > size {
            let excess = self.totals.calls - size;
            let Some((_, first)) = self.entries.front_mut() else { return };
            if first.calls > excess {
                // Only a run of plain successes has more than one call.
                first.calls -= excess;
                self.totals.calls -= excess;
            } else {
                let dropped = *first;
                self.entries.pop_front();
                self.totals.subtract(dropped);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FAILURE: Counts = Counts { calls: 1, failures: 1, slow: 0 };

    proptest! {
        #[test]
        fn a_count_window_holds_exactly_the_last_calls(
            size in 1_u32..30,
            calls in prop::collection::vec(any::<bool>(), 0..200),
        ) {
            let mut window = Window::new(Span::Calls(size));
            for (index, failed) in calls.iter().enumerate() {
                window.add(0, if *failed { FAILURE } else { Counts::successes(1) });
                let last = &calls[(index + 1).saturating_sub(size as usize)..=index];
                let failures = last.iter().filter(|failed| **failed).count() as u64;
                let expected = Counts { calls: last.len() as u64, failures, slow: 0 };
                prop_assert_eq!(window.totals(0), expected);
                prop_assert!(window.entries.len() <= size as usize);
            }
        }

        #[test]
        fn a_time_window_holds_exactly_the_last_ten_steps(
            steps in prop::collection::vec((0_u32..15, any::<bool>()), 0..100),
            origin in prop_oneof![Just(0_u32), Just(u32::MAX - 40)],
        ) {
            let mut window = Window::new(Span::Time(Duration::from_secs(10)));
            let (mut now, mut all) = (0_u32, Vec::new());
            for (gap, failed) in steps {
                now += gap;
                window.add(origin.wrapping_add(now), if failed { FAILURE } else { Counts::successes(1) });
                all.push((now, failed));
                let recent = all.iter().filter(|(step, _)| now - step < 10);
                let failures = recent.clone().filter(|(_, failed)| *failed).count() as u64;
                let expected = Counts { calls: recent.count() as u64, failures, slow: 0 };
                prop_assert_eq!(window.totals(origin.wrapping_add(now)), expected);
            }
        }
    }

    #[test]
    fn what_is_old_counts_no_more_however_late_it_is_told() {
        for start in [100, u32::MAX - 97] {
            let mut window = Window::new(Span::Time(Duration::from_secs(10)));
            let now = start.wrapping_add(100);
            window.add(now, Counts::successes(1));
            window.add(start, Counts::successes(1_000));
            window.add(now.wrapping_sub(1), Counts::successes(1));
            window.add(now, FAILURE);
            assert_eq!(window.totals(now), Counts { calls: 3, failures: 1, slow: 0 });
        }
    }

    #[test]
    fn a_long_run_of_successes_is_one_entry() {
        let mut window = Window::new(Span::Calls(100));
        window.add(0, Counts::successes(1_000_000));
        window.add(0, FAILURE);
        assert_eq!(window.totals(0), Counts { calls: 100, failures: 1, slow: 0 });
        assert_eq!(window.entries.len(), 2);
    }
}
