//! What has to hold whatever a gateway sends. Property tests and a fuzz target feed it.

use std::io::{self, Read};

use super::protocol::{self, Answer};
use super::returns::Returns;

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
fn read_all(mut source: impl Read) -> (Vec<(u64, Answer)>, bool) {
    let mut messages = Vec::new();
    loop {
        match protocol::read(&mut source) {
            Ok(Some(message)) => messages.push(message),
            Ok(None) => return (messages, false),
            Err(_) => return (messages, true),
        }
    }
}

/// Any bytes are the same messages, or the same refusal, wherever they are cut. Returns the messages.
pub(crate) fn same_wherever_cut(bytes: &[u8], width: usize) -> Vec<(u64, Answer)> {
    let whole = read_all(bytes);
    assert_eq!(read_all(Trickle { bytes, width }), whole);
    whole.0
}

/// What exchanges bring comes out in order, or is refused.
pub(crate) fn in_order_or_refused(bodies: impl IntoIterator<Item = Vec<u8>>) {
    let mut returns = Returns::default();
    let mut next = 0;
    for body in bodies {
        let refused = returns.add(body).is_err();
        while let Some(body) = returns.next() {
            let brought = protocol::brought(&body).expect("it was looked at when it came");
            assert_eq!(brought.map(|(number, _)| number), Some(next));
            next += 1;
        }
        if refused {
            return; // the worker is ended then
        }
    }
}
