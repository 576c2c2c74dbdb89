//! A process together with what is on its way to it and from it.

use std::io::{self, Write};
use std::os::unix::net::UnixStream;
use std::sync::Arc;

use rustix::io::IoSlice;
use rustix::net::{RecvFlags, SendAncillaryBuffer, SendFlags};

use super::bell::{Bell, Wakers};
use super::child::Process;
use crate::remote::{BuiltFailure, RemotePool};
use crate::serving::Socket;
use crate::shared::unheard::Unheard;
use crate::spin::{self, BlockSpin};
use crate::wire::{FrameReader, FrameWriter, Written};

/// A process and its streams of messages.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) writer: FrameWriter<'static>,
    pub(crate) reader: FrameReader,
    pub(super) bell: Arc<Bell>,
    interest: Interest,
    block_spin: BlockSpin,
    /// Nobody listens, though somebody may wait.
    pub(super) unheard: Option<Unheard>,
    /// After the writer, which may point into calls that outlive neither.
    pub(crate) process: Process,
}

/// What about a channel wakes its thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Interest {
    /// Only its end.
    Nothing,
    Read,
    ReadAndWrite,
}

/// What a look at the channel brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Came {
    /// All that was there.
    Bytes,
    /// As much as was asked for, so there may be more.
    More,
    Nothing,
    /// The other side has closed it.
    End,
}

impl Connection {
    pub(crate) fn new(
        process: Process,
        hello: &[u8],
        max_message: usize,
        wakers: &Wakers<'_>,
    ) -> io::Result<Self> {
        let mut writer = FrameWriter::new(max_message);
        writer.add_encoded(hello);
        let bell = Arc::new(Bell::new(wakers, &process.channel, process.ended.as_ref())?);
        let reader = FrameReader::new(max_message);
        Ok(Self {
            writer,
            reader,
            bell,
            interest: Interest::Read,
            block_spin: BlockSpin::default(),
            unheard: None,
            process,
        })
    }

    /// Writes what the channel takes. False: it is broken.
    pub(crate) fn flush(&mut self) -> bool {
        self.write(false)
    }

    /// The same, for a caller who may wait for the answer and send the next call then.
    pub(super) fn flush_for_caller(&mut self) -> bool {
        self.write(spin::room_for_pair())
    }

    fn write(&mut self, may_linger: bool) -> bool {
        if self.writer.is_empty() {
            return true;
        }
        let written = self.writer.write_to(&mut Channel(&self.process.channel));
        let bytes = self.writer.total();
        let may_linger = may_linger || self.writer.has_blocks() && spin::room_for_pair();
        self.process.recorder.note_written(Written { bytes, may_linger });
        match written {
            Ok(()) => true,
            Err(error) => error.kind() == io::ErrorKind::WouldBlock,
        }
    }

    /// Whether large blocks are on their way that will go on soon, so that nobody should sleep.
    pub(super) fn moves_blocks(&mut self) -> bool {
        (self.writer.has_blocks() || self.reader.has_blocks())
            && spin::room_for_pair()
            && self.block_spin.tries_again(self.writer.total() + self.reader.total())
    }

    /// Whether something is there to be read. False is a hint.
    pub(super) fn has_come(&self) -> bool {
        self.process.recorder.sent_by_worker() > self.reader.total()
    }

    /// Reads once what is there.
    pub(crate) fn read(&mut self) -> Came {
        let mut source = Socket::new(&self.process.channel, RecvFlags::DONTWAIT);
        match self.reader.read_from(&mut source) {
            Ok(0) => Came::End,
            Ok(_) if source.was_filled() => Came::More,
            Ok(_) => Came::Bytes,
            Err(error) => match error.kind() {
                io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted => Came::Nothing,
                _ => Came::End,
            },
        }
    }

    /// What its bell rings for from now on.
    pub(super) fn listen(&mut self, interest: Interest) {
        self.unheard = None;
        if self.interest != interest {
            self.interest = interest;
            self.bell.listen(&self.process.channel, interest);
        }
    }

    /// Its bell rings for what comes, and for room if there is something to write.
    pub(super) fn listen_to_all(&mut self) {
        let nothing_to_write = self.writer.is_empty();
        self.listen(if nothing_to_write { Interest::Read } else { Interest::ReadAndWrite });
    }

    /// Whether the process has told how its constructor went, or has ended without a word.
    pub(crate) fn poll_built(&mut self, pool: &RemotePool) -> Option<Result<(), BuiltFailure>> {
        let gone = |what: &str| Some(Err(BuiltFailure::Gone(what.to_owned())));
        if !self.flush() {
            return gone("its process closed the channel");
        }
        let came = self.read();
        loop {
            match self.reader.take() {
                Ok(None) => break,
                Ok(Some(frame)) => {
                    if let Some(built) = pool.built(&frame) {
                        return Some(built);
                    }
                }
                Err(error) => return gone(&error.to_string()),
            }
        }
        if came == Came::End || self.process.has_ended() {
            let status = self.process.reap();
            let cause = super::child::cause_of(status);
            return Some(Err(BuiltFailure::Gone(cause.to_string())));
        }
        None
    }
}

/// Writes to a socket without waiting, and without a signal if it is closed.
pub(super) struct Channel<'s>(pub(super) &'s UnixStream);

impl Write for Channel<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let flags = SendFlags::NOSIGNAL | SendFlags::DONTWAIT;
        Ok(rustix::net::send(self.0, bytes, flags)?)
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let flags = SendFlags::NOSIGNAL | SendFlags::DONTWAIT;
        let mut nothing = SendAncillaryBuffer::default();
        Ok(rustix::net::sendmsg(self.0, slices, &mut nothing, flags)?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
