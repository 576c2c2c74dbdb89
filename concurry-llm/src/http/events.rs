//! Server-sent events: the form in which services stream tokens.
//!
//! Own code, because a stream that never ends its line must not fill the memory: known decoders
//! buffer without a bound. Of the standard only what services use is read: the `data` of an event.
//! Source: WHATWG HTML Living Standard, section 9.2.6, "Interpreting an event stream".

use std::collections::VecDeque;

/// Cuts bytes, as they come, into the data of events.
#[derive(Debug)]
pub(crate) struct EventDecoder {
    /// A line that has begun.
    line: Vec<u8>,
    /// The first line, which may have a mark before it, is over.
    has_begun: bool,
    /// The last line ended with a carriage return: a line feed right after it belongs to it.
    after_return: bool,
    /// The data of an event that has begun.
    data: Vec<u8>,
    has_data: bool,
    /// Whole events that nobody has taken yet.
    ready: VecDeque<Vec<u8>>,
    /// The most bytes of one event.
    limit: u64,
}

/// What a stream may begin with: the byte order mark.
const MARK: &[u8] = "\u{feff}".as_bytes();

/// An event is larger than the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooLong;

impl EventDecoder {
    pub(crate) fn new(limit: u64) -> Self {
        let (line, data, ready) = Default::default();
        Self { line, has_begun: false, after_return: false, data, has_data: false, ready, limit }
    }

    /// Takes the next bytes.
    pub(crate) fn feed(&mut self, bytes: &[u8]) -> Result<(), TooLong> {
        for &byte in bytes {
            let follows_return = std::mem::take(&mut self.after_return);
            match byte {
                b'\n' if follows_return => {}
                b'\n' => self.end_line()?,
                b'\r' => {
                    self.after_return = true;
                    self.end_line()?;
                }
                _ => {
                    self.line.push(byte);
                    self.check(self.line.len())?;
                }
            }
        }
        Ok(())
    }

    /// The data of the next whole event.
    pub(crate) fn next(&mut self) -> Option<Vec<u8>> {
        self.ready.pop_front()
    }

    fn end_line(&mut self) -> Result<(), TooLong> {
        if self.line.is_empty() {
            // An event without data says nothing: it keeps the connection alive.
            if std::mem::take(&mut self.has_data) && !self.data.is_empty() {
                self.ready.push_back(std::mem::take(&mut self.data));
            }
            return Ok(());
        }
        if !std::mem::replace(&mut self.has_begun, true) && self.line.starts_with(MARK) {
            self.line.drain(..MARK.len());
        }
        if let Some(value) = self.line.strip_prefix(b"data:") {
            let value = value.strip_prefix(b" ").unwrap_or(value);
            if self.has_data {
                self.data.push(b'\n');
            }
            self.data.extend_from_slice(value);
            self.has_data = true;
        }
        self.line.clear();
        self.check(self.data.len())
    }

    fn check(&self, length: usize) -> Result<(), TooLong> {
        if length as u64 > self.limit { Err(TooLong) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn events(pieces: &[&[u8]]) -> Vec<String> {
        let mut decoder = EventDecoder::new(1_000);
        for piece in pieces {
            decoder.feed(piece).unwrap();
        }
        std::iter::from_fn(|| decoder.next()).map(|data| String::from_utf8(data).unwrap()).collect()
    }

    #[test]
    fn comments_and_other_fields_are_passed_over() {
        let stream = b": ping\n\nevent: x\nid: 1\ndata: {\"a\":1}\n\ndata:[DONE]\n\n";
        assert_eq!(events(&[stream]), [r#"{"a":1}"#, "[DONE]"]);
    }

    #[test]
    fn data_may_have_several_lines_and_an_unfinished_event_is_none() {
        assert_eq!(events(&[b"data: a\ndata: b\n\ndata: c\n"]), ["a\nb"]);
    }

    #[test]
    fn a_mark_at_the_start_and_events_without_data_are_passed_over() {
        assert_eq!(events(&[b"\xef\xbb", b"\xbfdata: a\n\ndata:\n\ndata: b\n\n"]), ["a", "b"]);
    }

    #[test]
    fn a_line_without_end_and_an_event_without_end_are_bounded() {
        let mut decoder = EventDecoder::new(10);
        assert_eq!(decoder.feed(&[b'x'; 11]), Err(TooLong));
        let mut decoder = EventDecoder::new(10);
        assert_eq!(decoder.feed(&b"data: 1\n".repeat(100)), Err(TooLong));
    }

    proptest! {
        #[test]
        fn where_the_bytes_are_cut_makes_no_difference(
            lines in proptest::collection::vec("(data: ?[a-z]{0,5}|:|event: x|)", 0..20),
            ends in proptest::collection::vec(0_usize..3, 20),
            cuts in proptest::collection::vec(0_usize..100, 0..10),
        ) {
            let mut stream = Vec::new();
            for (line, end) in lines.iter().zip(ends) {
                stream.extend_from_slice(line.as_bytes());
                stream.extend_from_slice([&b"\n"[..], b"\r", b"\r\n"][end]);
            }
            let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.min(stream.len())).collect();
            cuts.sort_unstable();
            let bounds = [vec![0], cuts, vec![stream.len()]].concat();
            let pieces: Vec<_> = bounds.windows(2).map(|pair| &stream[pair[0]..pair[1]]).collect();
            prop_assert_eq!(events(&pieces), events(&[&stream]));
        }
    }
}
