//! When a batch is sent: pure arithmetic over counts and `now`.
//!
//! A batch is sent at once when it is full, and otherwise only while a worker is free for it: what
//! waits meanwhile grows the next batch at no cost. With a worker free, it is sent as soon as nobody
//! else is expected. Expected are as many calls as were lately on their way together, since callers
//! that wait for results tend to come back with their next calls. If they do not come within
//! `max_wait`, the batch goes without them, and fewer are expected from then on. So a lone caller
//! never waits, and a crowd waits for the few microseconds that it needs to gather.

use std::time::{Duration, Instant};

/// After a quiet time of so many windows, what was expected before means nothing.
const FORGET_AFTER: u32 = 10;

/// The state of the decision.
#[derive(Debug)]
pub(super) struct Window {
    max_wait: Duration,
    /// Batches that the workers can run at a time.
    slots: usize,
    /// Calls that wait for a batch.
    waiting: usize,
    /// Calls in batches that were sent.
    running: usize,
    /// Batches that were sent and have not ended.
    batches: usize,
    /// How many calls are expected to be on their way together.
    expected: usize,
    /// More calls came than were expected, so more may follow.
    growing: bool,
    /// When a worker got free after all were taken.
    free_since: Option<Instant>,
    /// Since when there has been nothing.
    quiet_since: Option<Instant>,
    /// Callers who have said that they will make more calls.
    holds: usize,
    /// Somebody has said that no more calls follow those that wait.
    flush: bool,
    /// The pool takes no more calls.
    draining: bool,
}

/// What to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// Send the oldest batch.
    Send,
    /// Look again then, or when something happens.
    WaitUntil(Instant),
    /// Look again when something happens.
    Wait,
}

impl Window {
    pub(super) fn new(max_wait: Duration, slots: usize) -> Self {
        Self {
            max_wait,
            slots,
            waiting: 0,
            running: 0,
            batches: 0,
            expected: 0,
            growing: false,
            free_since: None,
            quiet_since: None,
            holds: 0,
            flush: false,
            draining: false,
        }
    }

    fn under_way(&self) -> usize {
        self.waiting + self.running
    }

    /// Whether there is nothing to do.
    pub(super) fn is_idle(&self) -> bool {
        self.waiting == 0 && self.batches == 0
    }

    pub(super) fn waiting(&self) -> usize {
        self.waiting
    }

    pub(super) fn batches(&self) -> usize {
        self.batches
    }

    /// A call has come.
    pub(super) fn arrived(&mut self, now: Instant) {
        let quiet = self.quiet_since.take().map(|since| now.saturating_duration_since(since));
        if quiet.is_some_and(|quiet| quiet >= self.max_wait * FORGET_AFTER) {
            self.expected = 0;
        }
        self.waiting += 1;
        let under_way = self.under_way();
        self.growing = under_way > self.expected && under_way > 1;
        self.expected = self.expected.max(under_way);
    }

    /// A call that waited was cancelled. It is not expected again.
    pub(super) fn left(&mut self, now: Instant) {
        self.waiting = self.waiting.saturating_sub(1);
        self.expected = self.expected.saturating_sub(1);
        self.note_quiet(now);
    }

    /// A batch of waiting calls was sent.
    pub(super) fn sent(&mut self, calls: usize) {
        self.waiting = self.waiting.saturating_sub(calls);
        self.running += calls;
        self.batches += 1;
    }

    /// A batch that failed is sent again in halves.
    pub(super) fn halved(&mut self) {
        self.batches += 1;
    }

    /// Calls of a batch have their outcome, or left it.
    pub(super) fn answered(&mut self, calls: usize) {
        self.running = self.running.saturating_sub(calls);
    }

    /// A batch has ended.
    pub(super) fn ended(&mut self, now: Instant) {
        if self.batches >= self.slots {
            self.free_since = Some(now);
        }
        self.batches = self.batches.saturating_sub(1);
        self.note_quiet(now);
    }

    fn note_quiet(&mut self, now: Instant) {
        if self.under_way() == 0 {
            self.quiet_since = Some(now);
        }
    }

    /// Somebody is about to make several calls.
    pub(super) fn hold(&mut self) {
        self.holds += 1;
    }

    /// The calls are made: no more follow.
    pub(super) fn release(&mut self) {
        self.holds = self.holds.saturating_sub(1);
        self.flush = true;
    }

    /// The pool takes no more calls, so there is nobody to wait for.
    pub(super) fn drain(&mut self) {
        self.draining = true;
    }

    /// How many batches could run at once beside those that do.
    pub(super) fn free(&self) -> usize {
        self.slots.saturating_sub(self.batches)
    }

    /// Whether a batch could run at once, or is worth a place in the queue of the pool.
    pub(super) fn has_room(&self) -> bool {
        self.batches < self.slots
    }

    /// The same for the place of a batch that is about to end.
    pub(super) fn has_room_after_end(&self) -> bool {
        self.batches <= self.slots
    }

    /// What to do, given whether a batch is full, when the oldest call came, and how many batches there
    /// are at least, since calls of several groups never share one.
    pub(super) fn decide(
        &mut self,
        now: Instant,
        full: bool,
        oldest: Option<Instant>,
        groups: usize,
    ) -> Decision {
        let Some(oldest) = oldest else {
            self.flush = false;
            return Decision::Wait;
        };
        if !self.has_room() {
            return Decision::Wait;
        }
        if full {
            return Decision::Send;
        }
        if self.holds > 0 {
            return Decision::Wait;
        }
        let nobody_else = !self.growing && self.under_way() >= self.expected;
        // What can't all run at once waits for a worker anyway: others may join it meanwhile.
        let crowded = groups > self.free();
        if self.flush || self.draining || nobody_else || crowded {
            return Decision::Send;
        }
        let since = self.free_since.map_or(oldest, |free| free.max(oldest));
        // A wait beyond what an instant can hold never ends by itself.
        let Some(until) = since.checked_add(self.max_wait) else { return Decision::Wait };
        if now < until {
            return Decision::WaitUntil(until);
        }
        // They did not come.
        self.expected = self.under_way();
        self.growing = false;
        Decision::Send
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAX_WAIT: Duration = Duration::from_millis(5);

    struct Test {
        window: Window,
        now: Instant,
        oldest: Option<Instant>,
    }

    impl Test {
        fn new(slots: usize) -> Self {
            Self { window: Window::new(MAX_WAIT, slots), now: Instant::now(), oldest: None }
        }

        fn arrive(&mut self, calls: usize) {
            for _ in 0..calls {
                self.window.arrived(self.now);
                self.oldest.get_or_insert(self.now);
            }
        }

        fn decide(&mut self) -> Decision {
            self.window.decide(self.now, false, self.oldest, 1)
        }

        fn send(&mut self) -> usize {
            let calls = self.window.waiting();
            self.window.sent(calls);
            self.oldest = None;
            calls
        }

        fn end(&mut self, calls: usize) {
            self.window.answered(calls);
            self.window.ended(self.now);
        }

        fn pass(&mut self, time: Duration) {
            self.now += time;
        }
    }

    #[test]
    fn a_lone_caller_never_waits() {
        let mut test = Test::new(4);
        for _ in 0..3 {
            test.arrive(1);
            assert_eq!(test.decide(), Decision::Send);
            let calls = test.send();
            test.end(calls);
        }
    }

    #[test]
    fn what_comes_beside_a_running_batch_waits_for_more() {
        let mut test = Test::new(4);
        test.arrive(1);
        test.send();
        test.arrive(3);
        assert_eq!(test.decide(), Decision::WaitUntil(test.now + MAX_WAIT));
        test.pass(MAX_WAIT);
        assert_eq!(test.decide(), Decision::Send);
    }

    #[test]
    fn a_crowd_is_sent_as_soon_as_it_is_complete_again() {
        let mut test = Test::new(4);
        test.arrive(8);
        test.send();
        test.end(8);
        test.arrive(7);
        assert!(matches!(test.decide(), Decision::WaitUntil(_)));
        test.arrive(1);
        assert_eq!(test.decide(), Decision::Send);
    }

    #[test]
    fn who_did_not_come_is_not_waited_for_again() {
        let mut test = Test::new(4);
        test.arrive(8);
        test.send();
        test.end(8);
        test.arrive(2);
        test.pass(MAX_WAIT);
        assert_eq!(test.decide(), Decision::Send);
        test.send();
        test.end(2);
        test.arrive(2);
        assert_eq!(test.decide(), Decision::Send);
    }

    #[test]
    fn nothing_is_sent_while_all_workers_are_taken() {
        let mut test = Test::new(1);
        test.arrive(1);
        test.send();
        test.arrive(5);
        test.pass(MAX_WAIT * 3);
        assert_eq!(test.window.decide(test.now, true, test.oldest, 1), Decision::Wait);
        // The time counts from the moment when a worker is free.
        test.end(1);
        assert_eq!(test.decide(), Decision::WaitUntil(test.now + MAX_WAIT));
        test.arrive(1);
        assert_eq!(test.decide(), Decision::Send);
    }

    #[test]
    fn a_quiet_time_is_forgotten() {
        let mut test = Test::new(4);
        test.arrive(8);
        test.send();
        test.end(8);
        test.pass(MAX_WAIT * FORGET_AFTER);
        test.arrive(1);
        assert_eq!(test.decide(), Decision::Send);
    }

    #[test]
    fn a_call_that_left_is_not_expected() {
        let mut test = Test::new(4);
        test.arrive(2);
        test.send();
        test.end(2);
        test.arrive(1);
        assert!(matches!(test.decide(), Decision::WaitUntil(_)));
        test.arrive(1);
        test.window.left(test.now);
        assert_eq!(test.decide(), Decision::Send);
    }

    #[test]
    fn a_hold_waits_for_its_calls_and_its_end_sends_them() {
        let mut test = Test::new(4);
        test.window.hold();
        test.arrive(3);
        test.pass(MAX_WAIT * 2);
        assert_eq!(test.decide(), Decision::Wait);
        test.window.release();
        assert_eq!(test.decide(), Decision::Send);
    }

    #[test]
    fn of_more_groups_than_workers_are_free_the_oldest_goes_at_once() {
        let mut test = Test::new(2);
        test.arrive(4);
        let decide =
            |test: &mut Test, groups| test.window.decide(test.now, false, test.oldest, groups);
        assert_eq!(decide(&mut test, 2), Decision::WaitUntil(test.now + MAX_WAIT));
        assert_eq!(decide(&mut test, 3), Decision::Send);
        test.window.sent(1);
        assert_eq!(decide(&mut test, 2), Decision::Send);
        assert_eq!(decide(&mut test, 1), Decision::WaitUntil(test.now + MAX_WAIT));
    }

    #[test]
    fn a_pool_that_drains_waits_for_nobody() {
        let mut test = Test::new(4);
        test.arrive(2);
        assert!(matches!(test.decide(), Decision::WaitUntil(_)));
        test.window.drain();
        assert_eq!(test.decide(), Decision::Send);
    }
}
