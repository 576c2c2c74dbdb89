//! What a worker sends: many messages by one write, and none lost if it dies before that.

use std::cell::Cell;
use std::io;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, OnceLock};
use std::thread::{self, Thread};

use rustix::net::{SendAncillaryBuffer, SendFlags};

use crate::spin::BlockSpin;
use crate::sync::lock;
use crate::wire::several::pack;
use crate::wire::{
    CarryFailure, Encoder, FlightRecorder, FrameHeader, FrameWriter, HEADER, Kind, Status,
};

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
    /// The message that waits and to which more can be added.
    open: Option<Open>,
}

/// A message of the outcomes of calls under one number.
#[derive(Debug)]
struct Open {
    call: u64,
    /// Of which call the next outcome in it is.
    next: u16,
    /// Where it begins.
    start: usize,
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
        let state = Mutex::new(State { channel, waiting: Vec::new(), sent: 0, open: None });
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

    /// As [`add`](Self::add), the outcome of one of the calls under a number.
    pub(crate) fn add_outcome<'v>(
        &self,
        call: u64,
        place: u16,
        status: Status,
        encode: impl FnOnce(&mut Encoder<'v>) -> Result<(), CarryFailure>,
    ) -> Result<(), CarryFailure> {
        // As in `add`.
        let mut body = SCRATCH.try_with(Cell::take).unwrap_or_default();
        body.clear();
        body.extend_from_slice(&[0; HEADER]);
        let mut encoder = Encoder { body, attachments: Vec::new() };
        let mut added = pack(&mut encoder, status as u8, encode);
        if added.is_ok() && !self.keep_outcome(&mut encoder, call, place) {
            let mut writer = FrameWriter::new(self.max_message);
            added = writer.add_prepared(Kind::Results, place, call, encoder);
            if added.is_ok() {
                self.post(&mut writer);
            }
            encoder = Encoder { body: writer.into_buffer(), attachments: Vec::new() };
        }
        let _ = SCRATCH.try_with(|scratch| scratch.set(encoder.body));
        added
    }

    fn post(&self, writer: &mut FrameWriter<'_>) {
        let mut state = lock(&self.state);
        self.close(&mut state);
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

    /// Adds an outcome, behind room for a header, to the message that is open if it is of the call
    /// behind those in it, or begins a message with it. False: it is too long to wait here.
    #[inline]
    fn keep_outcome(&self, encoder: &mut Encoder<'_>, call: u64, place: u16) -> bool {
        let Some(recorder) = &self.recorder else { return false };
        let message = &mut encoder.body;
        let length = message.len() - HEADER;
        if !encoder.attachments.is_empty() || length > FULL.min(self.max_message) {
            return false;
        }
        let mut state = lock(&self.state);
        let kept = recorder.kept().len();
        if kept + message.len() > FULL && self.flush_locked(&mut state).is_err() {
            return true; // nobody reads any more
        }
        if let Some(open) = &mut state.open
            && (open.call, open.next) == (call, place)
            && kept - open.start + length <= self.max_message
        {
            open.next += 1;
            return recorder.keep(&message[HEADER..]);
        }
        self.close(&mut state);
        let header = FrameHeader {
            length: length as u32,
            kind: Kind::Results,
            attachments: 0,
            code: place,
            call,
        };
        message[..HEADER].copy_from_slice(&header.to_bytes());
        let Some(start) = recorder.keep_open(message) else { return false };
        state.open = Some(Open { call, next: place + 1, start });
        true
    }

    /// Nothing is added any more to the message that is open.
    fn close(&self, state: &mut State) {
        if let (Some(open), Some(recorder)) = (state.open.take(), &self.recorder) {
            recorder.close(open.start);
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
        // It never ends: there is nothing to take care of when the handle is dropped.
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
        self.close(state);
        let State { channel, waiting, sent, .. } = state;
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
