//! Any bytes from a gateway, cut anywhere, are the same answers or the same refusal, and what its
//! exchanges bring comes out in order: no panic, no hang, no memory beyond the bound.

#![no_main]

use std::io::{self, Read};

use libfuzzer_sys::fuzz_target;

use protocol::Answer;
use returns::Returns;

#[allow(dead_code)] // what is only sent
#[path = "../../concurry-ray/src/protocol.rs"]
mod protocol;
#[path = "../../concurry-ray/src/returns.rs"]
mod returns;

/// Gives so many bytes a read, at most.
struct Trickle<'b> {
    bytes: &'b [u8],
    width: usize,
}

impl Read for Trickle<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = buffer.len().min(self.width);
        self.bytes.read(&mut buffer[..most])
    }
}

/// The messages in the bytes, and whether something is wrong behind them.
fn read(mut source: impl Read) -> (Vec<(u64, Answer)>, bool) {
    let mut messages = Vec::new();
    loop {
        match protocol::read(&mut source) {
            Ok(Some(message)) => messages.push(message),
            Ok(None) => return (messages, false),
            Err(_) => return (messages, true),
        }
    }
}

fuzz_target!(|input: &[u8]| {
    let Some((width, bytes)) = input.split_first() else { return };
    let whole = read(bytes);
    assert_eq!(read(Trickle { bytes, width: usize::from(*width) + 1 }), whole);
    let mut returns = Returns::default();
    let mut next = 0;
    for (_, answer) in whole.0 {
        let Answer::Returned(body) = answer else { continue };
        let refused = returns.add(body).is_err();
        while let Some(body) = returns.next() {
            let brought = protocol::brought(&body).expect("it was looked at when it came");
            assert_eq!(brought.map(|(number, _)| number), Some(next));
            next += 1;
        }
        if refused {
            return;
        }
    }
});
