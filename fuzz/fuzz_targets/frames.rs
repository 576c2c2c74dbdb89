//! Any bytes, cut anywhere, are messages within the bound or an error: no panic, no hang, no memory
//! beyond the bound.

#![no_main]

use std::io;

use concurry_core::wire::{FrameReader, Source};
use libfuzzer_sys::fuzz_target;

/// The bound of a message.
const MOST: usize = 64 * 1024;

/// Gives so many bytes a read.
struct Trickle<'b> {
    bytes: &'b [u8],
    width: usize,
}

impl Source for Trickle<'_> {
    fn append(&mut self, bytes: &mut Vec<u8>, most: usize) -> io::Result<usize> {
        self.bytes.append(bytes, most.min(self.width))
    }
}

fuzz_target!(|input: &[u8]| {
    let Some((width, bytes)) = input.split_first() else { return };
    let mut source = Trickle { bytes, width: usize::from(*width) + 1 };
    let mut reader = FrameReader::new(MOST);
    loop {
        match reader.take() {
            Err(_) => return,
            Ok(Some(frame)) => {
                let blocks: usize = frame.attachments.iter().map(Vec::len).sum();
                assert!(frame.body.len() + blocks <= MOST);
            }
            Ok(None) => match reader.read_from(&mut source) {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            },
        }
    }
});
