//! What a worker hears while it works: cancels, answers about limits, signs of life.

use std::os::unix::net::UnixStream;
use std::sync::mpsc::Sender;
use std::sync::{Arc, OnceLock};

use rustix::net::RecvFlags;

use super::inbox::{OwnedFrame, read_once};
use super::limits::LimitClient;
use super::outbox::Outbox;
use super::running::RunningCalls;
use crate::shared::{PoolShared, Stage, spawn_detached};
use crate::wire::{FlightRecorder, Frame, FrameReader, Kind, Status, deliveries};

/// What the thread that listens shares with those that work.
pub(crate) struct Control {
    pub(crate) outbox: Arc<Outbox>,
    pub(crate) limits: Arc<LimitClient>,
    pub(super) running: RunningCalls,
    pub(crate) pool: OnceLock<Arc<PoolShared>>,
}

impl Control {
    pub(crate) fn new(outbox: Arc<Outbox>, limits: Arc<LimitClient>) -> Arc<Self> {
        Arc::new(Self { outbox, limits, running: RunningCalls::default(), pool: OnceLock::new() })
    }

    /// Gives up a call that was handed on and has not begun. False: it has, or is unknown.
    fn give_back(
        &self,
        recorder: &Option<Arc<FlightRecorder>>,
        number: u64,
        status: Status,
    ) -> bool {
        if !recorder.as_ref().is_some_and(|recorder| recorder.take_back(number)) {
            return false;
        }
        let _ = self.outbox.add(Kind::Result, status as u16, number, |_| Ok(()));
        self.outbox.flush();
        true
    }

    /// Deals with an urgent message. `Some`: it is for those that work.
    pub(crate) fn handle<'f>(&self, mut frame: Frame<'f>) -> Option<Frame<'f>> {
        match frame.header.kind {
            // Here, so that it is there before the calls behind it are handed on.
            Kind::Shared => deliveries::deliver_frame(&mut frame),
            Kind::Forget => deliveries::forget(frame.header.call),
            Kind::Cancel => self.running.cancel(frame.header.call),
            Kind::Recall => self.limits.recalled(frame.header.call),
            Kind::LimitReply => self.limits.answered(frame.header.call, frame.body),
            Kind::Abort => {
                if let Some(pool) = self.pool.get() {
                    pool.shutdown.advance(Stage::Stopping);
                }
            }
            Kind::Ping => {
                // What waits goes along.
                let _ = self.outbox.add(Kind::Pong, 0, frame.header.call, |_| Ok(()));
                self.outbox.flush();
            }
            _ => return Some(frame),
        }
        None
    }
}

/// Listens on a channel of its own, until the other side is gone: then so is this process.
pub(crate) fn listen(control: Arc<Control>, channel: UnixStream) -> std::io::Result<()> {
    let listener = move || {
        hear(&channel, FrameReader::new(usize::MAX), |frame| drop(control.handle(frame)));
        gone();
    };
    spawn_detached("concurry-control".to_owned(), listener)
}

/// Listens on the only channel, and hands on what is for those that work.
///
/// Calls that are handed on and have not begun can be taken back: the recorder, in which they are noted
/// here, decides that.
pub(crate) fn sort(
    control: Arc<Control>,
    channel: UnixStream,
    reader: FrameReader,
    messages: Sender<OwnedFrame>,
    recorder: Option<Arc<FlightRecorder>>,
) -> std::io::Result<()> {
    let listener = move || {
        hear(&channel, reader, |frame| {
            let number = frame.header.call;
            match frame.header.kind {
                Kind::Call | Kind::CallInContext => {
                    if let Some(recorder) = &recorder {
                        recorder.send(number);
                    }
                }
                Kind::Cancel if control.give_back(&recorder, number, Status::Cancelled) => return,
                Kind::TakeBack => {
                    control.give_back(&recorder, number, Status::TakenBack);
                    return;
                }
                _ => {}
            }
            if let Some(frame) = control.handle(frame) {
                let _ = messages.send(OwnedFrame::of(frame));
            }
        });
        gone();
    };
    spawn_detached("concurry-control".to_owned(), listener)
}

fn hear(channel: &UnixStream, mut reader: FrameReader, mut heard: impl FnMut(Frame<'_>)) {
    loop {
        loop {
            match reader.take() {
                Ok(Some(frame)) => heard(frame),
                Ok(None) => break,
                Err(_) => return,
            }
        }
        if read_once(&mut reader, channel, RecvFlags::empty()).is_err() {
            return;
        }
    }
}

/// Nobody wants this process any more, whatever its user's code is doing.
#[allow(unsafe_code)]
pub(super) fn gone() -> ! {
    use rustix::process::{Signal, getpgrp, getpid, kill_process_group};

    // What it has started goes along. It has a group of its own unless somebody else started it.
    if getpgrp() == getpid() {
        let _ = kill_process_group(getpgrp(), Signal::KILL);
    }
    // SAFETY: it ends the process; nothing runs after it. Not `exit`, which would run destructors of
    // the user's code beside the user's code.
    unsafe { libc::_exit(0) }
}
