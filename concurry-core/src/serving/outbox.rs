//! What a worker sends: many messages by one write, and none lost if it dies before that.

use std::cell::Cell;
use std::io;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, OnceLock};
use std::thread::{self, Thread};

use rustix::net::{SendAncillaryBuffer, SendFlags};

use crate::spin::BlockSpin;
use crate::sync::lock;
use crate::wire::{CarryFailure, Encoder, FlightRecorder, FrameWriter, Kind};

/// So much is sent without waiting for more.
const FULL: usize = 32 * 1024;

/// The sending side of a worker.
#[derive(Debug)]
pub(crate) struct Outbox {
    recorder: Option<Arc<FlightRecorder>>,
    max_message: usize,
    state: Mutex<State>,
    flusher: OnceLock<Option<Thread>>,
}

#[derive(Debug)]
struct State {
    channel: UnixStream,
    /// Messages, where no recorder keeps them.
    waiting: Vec<u8>,
    /// How many bytes were written, all in all.
    sent: u64,
}

thread_local! {
    /// Memory for the next message.
    static SCRATCH: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

impl Outbox {
    pub(crate) fn new(
        channel: UnixStream,
        recorder: Option<Arc<FlightRecorder>>,
        max_message: usize,
    ) -> Self {
        let state = Mutex::new(State { channel, waiting: Vec::new(), sent: 0 });
        Self { recorder, max_message, state, flusher: OnceLock::new() }
    }

    /// Adds a message. It is sent by the next [`flush`](Self::flush), or now if much waits.
    ///
    /// # Errors
    ///
    /// What its encoding says; nothing was added then. A channel that is broken is no error: the
    /// other side is gone, and the process ends soon.
    pub(crate) fn add<'v>(
        &self,
        kind: Kind,
        code: u16,
        call: u64,
        encode: impl FnOnce(&mut Encoder<'v>) -> Result<(), CarryFailure>,
    ) -> Result<(), CarryFailure> {
        // Encoding is code of the types' own, so it comes before the lock.
        let mut writer = FrameWriter::new(self.max_message);
        writer.reuse(SCRATCH.try_with(Cell::take).unwrap_or_default());
        let added = writer.add(kind, code, call, encode);
        if added.is_ok() {
            self.post(&mut writer);
        }
        let _ = SCRATCH.try_with(|scratch| scratch.set(writer.into_buffer()));
        added
    }

    fn post(&self, writer: &mut FrameWriter<'_>) {
        let mut state = lock(&self.state);
        match writer.as_bytes() {
            Some(message) if self.keep(&mut state, message) => {}
            _ => {
                let sent = self.flush_locked(&mut state);
                let mut channel = Blocks {
                    channel: &state.channel,
                    recorder: self.recorder.as_deref(),
                    spin: BlockSpin::default(),
                    written: 0,
                };
                let _ = sent.and_then(|()| writer.write_to(&mut channel));
                state.sent += writer.total();
                self.tell_sent(&state);
            }
        }
    }

    /// False: it is too long to wait here.
    fn keep(&self, state: &mut State, message: &[u8]) -> bool {
        match &self.recorder {
            Some(recorder) => {
                if recorder.kept().len() + message.len() > FULL && self.flush_locked(state).is_err()
                {
                    return true; // nobody reads any more
                }
                recorder.keep(message)
            }
            None => {
                state.waiting.extend_from_slice(message);
                if state.waiting.len() > FULL {
                    let _ = self.flush_locked(state);
                }
                true
            }
        }
    }

    /// Has what waits sent by the thread that is there for it.
    pub(crate) fn flush_soon(&self) {
        let flusher = self.flusher.get_or_init(|| None);
        match flusher {
            Some(flusher) => flusher.unpark(),
            None => self.flush(),
        }
    }

    /// Starts the thread for [`flush_soon`](Self::flush_soon). Without it everything is sent at once.
    pub(crate) fn start_flusher(self: &Arc<Self>) {
        let outbox = Arc::clone(self);
        let run = move || loop {
            thread::park();
            outbox.flush();
        };
        let started = thread::Builder::new().name("concurry-flush".to_owned()).spawn(run);
        let _ = self.flusher.set(started.ok().map(|handle| handle.thread().clone()));
    }

    /// Sends what waits.
    pub(crate) fn flush(&self) {
        let _ = self.flush_locked(&mut lock(&self.state));
    }

    fn flush_locked(&self, state: &mut State) -> io::Result<()> {
        use std::io::Write;
        let State { channel, waiting, sent } = state;
        match &self.recorder {
            Some(recorder) => {
                let kept = recorder.kept();
                if !kept.is_empty() {
                    (&*channel).write_all(kept)?;
                    *sent += kept.len() as u64;
                    recorder.sent();
                    self.tell_sent(state);
                }
            }
            None if waiting.is_empty() => {}
            None => {
                (&*channel).write_all(waiting)?;
                waiting.clear();
            }
        }
        Ok(())
    }

    fn tell_sent(&self, state: &State) {
        if let Some(recorder) = &self.recorder {
            recorder.note_sent(state.sent);
        }
    }
}

/// The channel for messages with large blocks, which the other side reads as they come: where there is
/// a CPU for each side, neither sleeps for the other.
struct Blocks<'c> {
    channel: &'c UnixStream,
    recorder: Option<&'c FlightRecorder>,
    spin: BlockSpin,
    written: u64,
}

impl Blocks<'_> {
    fn tries_again(&mut self) -> bool {
        self.recorder.is_some_and(|recorder| recorder.written_by_parent().may_linger)
            && self.spin.tries_again(self.written)
    }
}

impl io::Write for Blocks<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[io::IoSlice::new(bytes)])
    }

    fn write_vectored(&mut self, slices: &[io::IoSlice<'_>]) -> io::Result<usize> {
        loop {
            let tries = self.tries_again();
            let flags = if tries { SendFlags::DONTWAIT } else { SendFlags::empty() };
            let mut nothing = SendAncillaryBuffer::default();
            let flags = flags | SendFlags::NOSIGNAL;
            match rustix::net::sendmsg(self.channel, slices, &mut nothing, flags) {
                Err(rustix::io::Errno::WOULDBLOCK) if tries => {}
                sent => {
                    let count = sent?;
                    self.written += count as u64;
                    return Ok(count);
                }
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
