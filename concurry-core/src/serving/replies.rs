//! Answers about limits for a thread that blocks on them: on a channel of their own, so that no other
//! thread has to hand them on.

use std::os::unix::net::UnixStream;
use std::sync::Arc;

use rustix::net::RecvFlags;

use super::inbox::read_once;
use crate::spin::ProcessSpin;
use crate::wire::limits::LimitReply;
use crate::wire::{FlightRecorder, FrameReader, codec};

/// The channel. One thread at a time waits here, for one answer.
#[derive(Debug)]
pub(super) struct Replies {
    channel: UnixStream,
    reader: FrameReader,
    recorder: Option<Arc<FlightRecorder>>,
    /// How many answers were taken.
    taken: u64,
    spin: ProcessSpin,
}

impl Replies {
    pub(super) fn new(channel: UnixStream, recorder: Option<Arc<FlightRecorder>>) -> Self {
        let (reader, spin) = (FrameReader::new(usize::MAX), ProcessSpin::new());
        Self { channel, reader, recorder, taken: 0, spin }
    }

    /// Waits for the answer to the request of that number. `None`: there will be none.
    pub(super) fn wait(&mut self, number: u64) -> Option<LimitReply> {
        loop {
            while let Some(frame) = self.reader.take().ok()? {
                self.taken += 1;
                if frame.header.call == number {
                    return codec::read(frame.body).ok();
                }
            }
            if let Some(recorder) = &self.recorder {
                let comes =
                    || recorder.replies() > self.taken || !recorder.written_by_parent().may_linger;
                let _ = comes() || self.spin.wait_until(comes);
            }
            read_once(&mut self.reader, &self.channel, RecvFlags::empty()).ok()?;
        }
    }
}
