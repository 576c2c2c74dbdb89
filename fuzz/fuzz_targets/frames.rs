//! Any bytes, cut anywhere, are the same messages within the bound, or the same error: no panic, no
//! hang, no memory beyond the bound.

#![no_main]

use std::io;

use concurry_core::wire::{FrameError, FrameHeader, FrameReader, Source};
use libfuzzer_sys::fuzz_target;

/// The bound of a message.
const MOST: usize = 64 * 1024;

/// Gives so many bytes a read, at most.
struct Trickle<'b> {
    bytes: &'b [u8],
    width: usize,
}

impl Source for Trickle<'_> {
    fn append(&mut self, bytes: &mut Vec<u8>, most: usize) -> io::Result<usize> {
        self.bytes.append(bytes, most.min(self.width))
    }
}

type Message = (FrameHeader, Vec<u8>, Vec<Vec<u8>>);

/// The messages in the bytes, and what is wrong behind them.
fn read(bytes: &[u8], width: usize) -> (Vec<Message>, Option<FrameError>) {
    let mut source = Trickle { bytes, width };
    let mut reader = FrameReader::new(MOST);
    let mut messages = Vec::new();
    loop {
        match reader.take() {
            Err(error) => return (messages, Some(error)),
            Ok(Some(frame)) => {
                let blocks: usize = frame.attachments.iter().map(Vec::len).sum();
                assert!(frame.body.len() + blocks <= MOST);
                messages.push((frame.header, frame.body.to_vec(), frame.attachments));
            }
            Ok(None) => match reader.read_from(&mut source) {
                Ok(0) => return (messages, None),
                Ok(_) => {}
                Err(error) => panic!("memory can be read: {error}"),
            },
        }
    }
}

fuzz_target!(|input: &[u8]| {
    let Some((width, bytes)) = input.split_first() else { return };
    assert_eq!(read(bytes, usize::from(*width) + 1), read(bytes, usize::MAX));
});
