//! How either side sees without a system call that the other one has written to their channel.
//!
//! Each says how many bytes it has written so far, all in all, after it has. Who has read fewer finds
//! something there; who has read as many may wait a little before it sleeps. Each word has a line of
//! memory for itself, which nobody takes away from the one who is waiting.

use std::sync::atomic::Ordering;

use super::recorder::FlightRecorder;

const BY_WORKER: usize = 8;
const BY_PARENT: usize = 16;
const REPLIES: usize = 17;

/// What the parent says: how much it has written, and whether a caller waits for the answer, so that
/// the next message comes soon after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) bytes: u64,
    pub(crate) may_linger: bool,
}

impl FlightRecorder {
    /// Worker: so many bytes are written.
    pub(crate) fn note_sent(&self, bytes: u64) {
        // Relaxed, everywhere here: a hint. What was written is in the channel.
        self.head_word(BY_WORKER).store(bytes, Ordering::Relaxed);
    }

    /// Parent: how many bytes the worker has written.
    pub(crate) fn sent_by_worker(&self) -> u64 {
        self.head_word(BY_WORKER).load(Ordering::Relaxed)
    }

    /// Parent: so many bytes are written.
    pub(crate) fn note_written(&self, written: Written) {
        let word = written.bytes << 1 | u64::from(written.may_linger);
        self.head_word(BY_PARENT).store(word, Ordering::Relaxed);
    }

    /// Parent: one more answer was written that a thread of the worker waits for by itself.
    pub(crate) fn note_reply(&self) {
        self.head_word(REPLIES).fetch_add(1, Ordering::Relaxed);
    }

    /// Worker: how many such answers there were.
    pub(crate) fn replies(&self) -> u64 {
        self.head_word(REPLIES).load(Ordering::Relaxed)
    }

    /// Worker: how many bytes its parent has written, and what is worth while.
    pub(crate) fn written_by_parent(&self) -> Written {
        let word = self.head_word(BY_PARENT).load(Ordering::Relaxed);
        Written { bytes: word >> 1, may_linger: word & 1 == 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_side_sees_what_the_other_has_written() {
        let (parent, file) = FlightRecorder::create(1).unwrap();
        let worker = FlightRecorder::open(&file, 1).unwrap();
        assert_eq!((parent.sent_by_worker(), worker.written_by_parent().bytes), (0, 0));
        worker.note_sent(7);
        let written = Written { bytes: u64::MAX >> 1, may_linger: true };
        parent.note_written(written);
        assert_eq!((parent.sent_by_worker(), worker.written_by_parent()), (7, written));
        assert!(worker.kept().is_empty() && parent.noted_pace().calls == 0);
    }
}
