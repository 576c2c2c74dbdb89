//! Several calls of one method under one number: how far the worker has got with them, in the shared
//! memory, and how their arguments and results lie in a message.
//!
//! One word for each number says how many of the calls were begun and where they end. The worker steps
//! the first, the parent lowers the second to take back what was not begun, both by compare-and-swap:
//! so a call is begun or taken back, and a death costs the one that was running.

use std::sync::atomic::{AtomicU64, Ordering};

use super::carry::{CarryFailure, Encoder};
use super::frame::HEADER;
use super::number::generation;
use super::recorder::FlightRecorder;

/// The most calls under one number.
pub(crate) const MOST_TOGETHER: usize = 1 << 12;

const COUNT_BITS: u32 = 17;
const COUNT: u64 = (1 << COUNT_BITS) - 1;
/// In the place of the length of a message that is still being added to.
pub(super) const OPEN: u32 = u32::MAX;
/// Before each argument or result: its status, and its length.
const ITEM: usize = 1 + 4;

fn word(number: u64, end: u64, begun: u64) -> u64 {
    u64::from(generation(number)) << (2 * COUNT_BITS) | end << COUNT_BITS | begun
}

/// Where the calls of that number end, and how many were begun.
fn counts(number: u64, word: u64) -> Option<(u64, u64)> {
    let same = word >> (2 * COUNT_BITS) == u64::from(generation(number));
    same.then_some((word >> COUNT_BITS & COUNT, word & COUNT))
}

impl FlightRecorder {
    fn step_several(
        &self,
        number: u64,
        step: impl Fn(u64, u64) -> Option<(u64, u64)>,
    ) -> Option<(u64, u64)> {
        let at: &AtomicU64 = self.several_word(number)?;
        // Acquire, and AcqRel below: one order of begins and of takings back.
        let mut now = at.load(Ordering::Acquire);
        loop {
            let (end, begun) = counts(number, now)?;
            let (new_end, new_begun) = step(end, begun)?;
            let next = word(number, new_end, new_begun);
            match at.compare_exchange_weak(now, next, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return Some((end, begun)),
                Err(other) => now = other,
            }
        }
    }

    /// Parent: so many calls are about to be sent under that number.
    pub(crate) fn send_several(&self, number: u64, calls: usize) {
        debug_assert!(calls <= MOST_TOGETHER);
        if let Some(at) = self.several_word(number) {
            at.store(word(number, calls as u64, 0), Ordering::Release);
        }
    }

    /// Worker: begins the next of them, and says the how-manieth it is. `None`: there is none left.
    #[inline]
    pub(crate) fn begin_next(&self, number: u64) -> Option<usize> {
        let step = |end, begun| (begun < end).then_some((end, begun + 1));
        self.step_several(number, step).map(|(_, begun)| begun as usize)
    }

    /// Parent: takes back what was not begun. How many were begun.
    pub(crate) fn take_back_rest(&self, number: u64) -> Option<usize> {
        self.step_several(number, |_, begun| Some((begun, begun))).map(|(_, begun)| begun as usize)
    }

    /// Parent: how many were begun.
    pub(crate) fn begun_of(&self, number: u64) -> Option<usize> {
        // Acquire: after the worker's death.
        let now = self.several_word(number)?.load(Ordering::Acquire);
        counts(number, now).map(|(_, begun)| begun as usize)
    }
}

/// Adds one argument or result to a message. If it fails nothing is added.
#[inline]
pub(crate) fn pack<'v>(
    encoder: &mut Encoder<'v>,
    status: u8,
    encode: impl FnOnce(&mut Encoder<'v>) -> Result<(), CarryFailure>,
) -> Result<(), CarryFailure> {
    let (start, blocks) = (encoder.body.len(), encoder.attachments.len());
    encoder.body.extend_from_slice(&[status, 0, 0, 0, 0]);
    let encoded = encode(encoder).and_then(|()| {
        let length = encoder.body.len() - start - ITEM;
        u32::try_from(length).map_err(|_| CarryFailure(format!("{length} bytes are too many")))
    });
    match encoded {
        Ok(length) => encoder.body[start + 1..start + ITEM].copy_from_slice(&length.to_le_bytes()),
        Err(_) => {
            encoder.body.truncate(start);
            encoder.attachments.truncate(blocks);
        }
    }
    encoded.map(drop)
}

/// The arguments or results of a message, each with its status. It ends early where they are cut off.
#[derive(Clone, Debug)]
pub(crate) struct Packed<'b>(pub(crate) &'b [u8]);

impl<'b> Iterator for Packed<'b> {
    type Item = (u8, &'b [u8]);

    #[inline]
    fn next(&mut self) -> Option<(u8, &'b [u8])> {
        let ([status, length @ ..], rest) = self.0.split_first_chunk::<ITEM>()?;
        let (item, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        self.0 = rest;
        Some((*status, item))
    }
}

/// Gives the message that is still being added to, if there is one, the length that it has by now. It is
/// the last one.
pub(crate) fn close_last(messages: &mut [u8]) {
    let mut rest = messages;
    while let Some(length) = rest.first_chunk::<4>() {
        let length = u32::from_le_bytes(*length);
        let whole = HEADER + if length == OPEN { 0 } else { length as usize };
        if rest.len() < whole {
            return;
        }
        if length == OPEN {
            // It was kept in a memory that is far shorter.
            let length = (rest.len() - HEADER) as u32;
            rest[..4].copy_from_slice(&length.to_le_bytes());
            return;
        }
        rest = &mut rest[whole..];
    }
}

#[cfg(test)]
mod tests {
    use super::super::frame::{FrameHeader, Kind};
    use super::*;

    const NUMBER: u64 = 7 << 32 | 3;

    #[test]
    fn what_a_worker_begins_is_not_taken_back_and_the_other_way_round() {
        let (parent, file) = FlightRecorder::create(8).unwrap();
        let worker = FlightRecorder::open(&file, 8).unwrap();
        parent.send_several(NUMBER, 3);
        assert_eq!((worker.begin_next(NUMBER), worker.begin_next(NUMBER)), (Some(0), Some(1)));
        assert_eq!((parent.begun_of(NUMBER), parent.take_back_rest(NUMBER)), (Some(2), Some(2)));
        assert_eq!(worker.begin_next(NUMBER), None, "that was taken back");
        assert_eq!(parent.take_back_rest(NUMBER), Some(2), "and is once only");
        let later = NUMBER + (1 << 32);
        parent.send_several(later, MOST_TOGETHER);
        assert_eq!(
            (worker.begin_next(NUMBER), parent.begun_of(NUMBER)),
            (None, None),
            "others now"
        );
        assert!((0..MOST_TOGETHER).all(|call| worker.begin_next(later) == Some(call)));
        assert_eq!(worker.begin_next(later), None);
        assert_eq!(worker.begin_next(8), None, "there is no such place");
    }

    fn message(body: &[u8]) -> Vec<u8> {
        let length = body.len() as u32;
        let header = FrameHeader { length, kind: Kind::Results, attachments: 0, code: 0, call: 1 };
        [&header.to_bytes(), body].concat()
    }

    #[test]
    fn a_message_that_was_being_added_to_ends_where_its_worker_did() {
        let (parent, file) = FlightRecorder::create(1).unwrap();
        let worker = FlightRecorder::open(&file, 1).unwrap();
        assert!(worker.keep(&message(b"one")));
        let start = worker.keep_open(&message(b"two")).unwrap();
        assert!(worker.keep(b"more"));
        let expected = [message(b"one"), message(b"twomore")].concat();
        assert_eq!(parent.left_behind(), expected);
        worker.close(start);
        assert_eq!((worker.kept(), parent.left_behind()), (&*expected, expected.clone()));
    }

    #[test]
    fn what_is_packed_is_there_again_and_what_fails_leaves_nothing() {
        let mut encoder = Encoder { body: Vec::new(), attachments: Vec::new() };
        for (status, item) in [(0, "first"), (1, ""), (2, "last")] {
            let encode = |encoder: &mut Encoder<'_>| {
                encoder.body.extend_from_slice(item.as_bytes());
                if status == 1 { Err(CarryFailure("no".to_owned())) } else { Ok(()) }
            };
            assert_eq!(pack(&mut encoder, status, encode).is_ok(), status != 1);
        }
        let whole = Packed(&encoder.body);
        assert!(whole.eq([(0, &b"first"[..]), (2, &b"last"[..])]));
        let cut = Packed(&encoder.body[..encoder.body.len() - 1]);
        assert!(cut.eq([(0, &b"first"[..])]));
    }
}
