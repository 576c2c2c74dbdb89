//! What other threads tell the thread of a process.

use std::sync::{Arc, Mutex};

use super::wake::PollWaker;
use crate::Cancel;
use crate::sync::lock;
use crate::wire::{FlightRecorder, generation, number, slot};

/// Something that the thread of a process is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Note {
    /// The user of a running call wants it no more.
    Cancel(u64),
    /// The same, and it was taken back before it had begun.
    TakenBack(u64),
}

/// How other threads reach the thread of a process.
#[derive(Debug)]
pub(crate) struct Mailbox {
    pub(crate) waker: Arc<PollWaker>,
    notes: Mutex<Vec<Note>>,
    /// Of the process that runs now.
    recorder: Mutex<Option<Arc<FlightRecorder>>>,
}

impl Mailbox {
    pub(crate) fn new() -> std::io::Result<Self> {
        let waker = PollWaker::new()?;
        Ok(Self { waker, notes: Mutex::default(), recorder: Mutex::default() })
    }

    pub(crate) fn take_notes(&self) -> Vec<Note> {
        std::mem::take(&mut *lock(&self.notes))
    }

    pub(crate) fn use_recorder(&self, recorder: Option<Arc<FlightRecorder>>) {
        *lock(&self.recorder) = recorder;
    }

    /// The user of a call that this process has wants it no more.
    pub(crate) fn cancel(&self, number: u64) -> Cancel {
        let recorder = lock(&self.recorder).clone();
        let taken_back = recorder.is_some_and(|recorder| recorder.take_back(number));
        let (note, cancel) = match taken_back {
            true => (Note::TakenBack(number), Cancel::Dequeued),
            false => (Note::Cancel(number), Cancel::Signalled),
        };
        lock(&self.notes).push(note);
        std::task::Wake::wake_by_ref(&self.waker);
        cancel
    }
}

const SLOT_BITS: u32 = 16;
const GENERATION_BITS: u32 = 30;

/// Which worker has a call, and under which number, in one word that is not zero.
pub(crate) fn place_of(worker: usize, call: u64) -> u64 {
    (worker as u64 + 1) << (SLOT_BITS + GENERATION_BITS)
        | u64::from(generation(call)) << SLOT_BITS
        | u64::from(slot(call))
}

/// The counterpart of [`place_of`].
pub(crate) fn placed(place: u64) -> Option<(usize, u64)> {
    let worker = (place >> (SLOT_BITS + GENERATION_BITS)).checked_sub(1)?;
    let generation = (place >> SLOT_BITS) as u32 & ((1 << GENERATION_BITS) - 1);
    let slot = place as u32 & ((1 << SLOT_BITS) - 1);
    Some((usize::try_from(worker).ok()?, number(slot, generation)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_told_apart() {
        let call = number(65_535, (1 << GENERATION_BITS) - 1);
        assert_eq!(placed(place_of(99_999, call)), Some((99_999, call)));
        assert_eq!(placed(place_of(0, number(0, 1))), Some((0, number(0, 1))));
        assert_eq!(placed(0), None);
    }
}
