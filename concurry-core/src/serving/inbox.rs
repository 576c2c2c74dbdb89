//! Where a worker's messages come from.

use std::io;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::mpsc::Receiver;

use rustix::net::RecvFlags;

use crate::spin::{BlockSpin, ProcessSpin};
use crate::wire::{FlightRecorder, Frame, FrameHeader, FrameReader, Source};

/// A socket as a source of messages.
pub(crate) struct Socket<'s> {
    socket: &'s UnixStream,
    flags: RecvFlags,
    /// The last read gave as much as was asked for.
    was_filled: bool,
}

impl<'s> Socket<'s> {
    pub(crate) fn new(socket: &'s UnixStream, flags: RecvFlags) -> Self {
        Self { socket, flags, was_filled: false }
    }

    /// Whether there may be more.
    pub(crate) fn was_filled(&self) -> bool {
        self.was_filled
    }
}

impl Source for Socket<'_> {
    #[allow(unsafe_code)]
    fn append(&mut self, bytes: &mut Vec<u8>, most: usize) -> io::Result<usize> {
        let room = bytes.spare_capacity_mut();
        let most = most.min(room.len());
        let ((filled, _), _) = rustix::net::recv(self.socket, &mut room[..most], self.flags)?;
        let count = filled.len();
        self.was_filled = count == most;
        let length = bytes.len() + count;
        // SAFETY: the system has filled so many bytes behind the length.
        unsafe { bytes.set_len(length) };
        Ok(count)
    }
}

/// Reads once. That the other side is gone is an error, an interrupt is none.
pub(super) fn read_once(
    reader: &mut FrameReader,
    channel: &UnixStream,
    flags: RecvFlags,
) -> io::Result<()> {
    match reader.read_from(&mut Socket::new(channel, flags)) {
        Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
        Err(error) => Err(error),
    }
}

/// A message with its own memory.
#[derive(Debug)]
pub(crate) struct OwnedFrame {
    header: FrameHeader,
    body: Vec<u8>,
    attachments: Vec<Vec<u8>>,
}

impl OwnedFrame {
    pub(crate) fn of(frame: Frame<'_>) -> Self {
        Self { header: frame.header, body: frame.body.to_vec(), attachments: frame.attachments }
    }

    fn lend(&mut self) -> Frame<'_> {
        let attachments = std::mem::take(&mut self.attachments);
        Frame { header: self.header, body: &self.body, attachments }
    }
}

/// The messages of the thread that works.
#[derive(Debug)]
pub(crate) enum Inbox {
    /// It reads itself: what is urgent comes another way.
    Own(OwnInbox),
    /// Another thread reads, and deals with what is urgent.
    Sorted(Sorted),
}

/// What another thread hands on.
#[derive(Debug)]
pub(crate) struct Sorted {
    messages: Receiver<OwnedFrame>,
    next: Option<OwnedFrame>,
}

impl Sorted {
    pub(crate) fn new(messages: Receiver<OwnedFrame>) -> Self {
        Self { messages, next: None }
    }
}

/// The channel of a thread that reads itself.
#[derive(Debug)]
pub(crate) struct OwnInbox {
    channel: UnixStream,
    reader: FrameReader,
    recorder: Option<Arc<FlightRecorder>>,
    spin: ProcessSpin,
    block_spin: BlockSpin,
}

impl OwnInbox {
    pub(crate) fn new(
        channel: UnixStream,
        reader: FrameReader,
        recorder: Option<Arc<FlightRecorder>>,
    ) -> Self {
        let (spin, block_spin) = (ProcessSpin::new(), BlockSpin::default());
        Self { channel, reader, recorder, spin, block_spin }
    }

    /// Whether more than the next message is here or on its way. False is a hint.
    fn is_followed(&self) -> bool {
        let comes = |recorder: &Arc<FlightRecorder>| {
            recorder.written_by_parent().bytes > self.reader.total()
        };
        self.reader.is_followed() || self.recorder.as_ref().is_some_and(comes)
    }

    fn read(&mut self) -> io::Result<()> {
        if self.reader.has_blocks() {
            return self.read_blocks();
        }
        if let Some(recorder) = &self.recorder {
            let heard = self.reader.total();
            let comes = || {
                let written = recorder.written_by_parent();
                written.bytes > heard || !written.may_linger
            };
            let _ = comes() || self.spin.wait_until(comes);
        }
        read_once(&mut self.reader, &self.channel, RecvFlags::empty())
    }

    /// Large blocks: the other side is writing them.
    fn read_blocks(&mut self) -> io::Result<()> {
        let lingers = self.recorder.as_ref().is_some_and(|own| own.written_by_parent().may_linger);
        let tries = lingers && self.block_spin.tries_again(self.reader.total());
        let flags = if tries { RecvFlags::DONTWAIT } else { RecvFlags::empty() };
        match read_once(&mut self.reader, &self.channel, flags) {
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(error),
            _ => Ok(()),
        }
    }
}

/// What to do when there is no message.
pub(crate) enum Next {
    /// There may be one now.
    Look,
    /// There will be no more.
    End,
}

impl Inbox {
    /// Handles every message that is there. `handle` is told whether more seems to follow.
    pub(crate) fn handle_all(
        &mut self,
        mut handle: impl FnMut(Frame<'_>, bool) -> Next,
    ) -> io::Result<Next> {
        match self {
            Self::Own(own) => loop {
                let followed = own.is_followed();
                let Some(frame) = own.reader.take().map_err(io::Error::other)? else { break };
                if let Next::End = handle(frame, followed) {
                    return Ok(Next::End);
                }
            },
            Self::Sorted(Sorted { messages, next }) => {
                let mut message = next.take().or_else(|| messages.try_recv().ok());
                while let Some(mut frame) = message {
                    message = messages.try_recv().ok();
                    if let Next::End = handle(frame.lend(), message.is_some()) {
                        return Ok(Next::End);
                    }
                }
            }
        }
        Ok(Next::Look)
    }

    /// Waits for more. If the other side is gone, that is an error.
    pub(crate) fn wait(&mut self) -> io::Result<()> {
        match self {
            Self::Own(own) => own.read(),
            Self::Sorted(Sorted { messages, next }) => {
                *next = Some(messages.recv().map_err(|_| io::ErrorKind::UnexpectedEof)?);
                Ok(())
            }
        }
    }
}
