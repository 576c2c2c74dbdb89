//! One process of a pool: started, watched, killed with all that it has started itself.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use rustix::io::IoSlice;
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags};
use rustix::process::{Pid, Signal};

use super::connection::Channel;
use super::output::Outputs;
use crate::error::WorkerDeath;
use crate::serving::{WORKER_VARIABLE, greeting_of_parent, secret_text};
use crate::wire::limits::DIRECT;
use crate::wire::{FlightRecorder, FrameWriter, Kind};

/// Room in the system's buffers, so that both sides are rarely held up.
const SOCKET_BUFFER: usize = 1 << 20;

/// A process that was started. Dropping it kills it.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    /// Becomes readable when the process ends, where the system has that.
    pub(crate) ended: Option<OwnedFd>,
    /// Calls and results.
    pub(crate) channel: Arc<UnixStream>,
    /// What is urgent.
    pub(crate) urgent: UnixStream,
    /// Answers about limits for threads that block on them.
    replies: Option<UnixStream>,
    pub(crate) recorder: Arc<FlightRecorder>,
    status: Option<ExitStatus>,
}

impl Process {
    /// Starts this executable as a worker. `limited`: it may ask about limits.
    pub(crate) fn start(
        name: &str,
        slots: u32,
        limited: bool,
        outputs: &Outputs,
    ) -> io::Result<Self> {
        let (channel, theirs) = UnixStream::pair()?;
        let (urgent, their_urgent) = UnixStream::pair()?;
        let (replies, their_replies) = limited.then(UnixStream::pair).transpose()?.unzip();
        for socket in [&channel, &theirs] {
            let _ = rustix::net::sockopt::set_socket_send_buffer_size(socket, SOCKET_BUFFER);
            let _ = rustix::net::sockopt::set_socket_recv_buffer_size(socket, SOCKET_BUFFER);
        }
        let (recorder, table) = FlightRecorder::create(slots)?;
        let secret = secret();
        let mut descriptors = vec![their_urgent.as_fd(), table.as_fd()];
        descriptors.extend(their_replies.as_ref().map(UnixStream::as_fd));
        send_greeting(&channel, secret, &descriptors)?;
        let mut command = executable()?;
        command
            .arg0(name)
            .env(WORKER_VARIABLE, secret_text(secret))
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0);
        let mut child = command.spawn()?;
        outputs
            .watch(child.stdout.take().map(OwnedFd::from), child.stderr.take().map(OwnedFd::from));
        let ended = pid_of(&child).and_then(watch_end);
        let (channel, recorder) = (Arc::new(channel), Arc::new(recorder));
        Ok(Self { child, ended, channel, urgent, replies, recorder, status: None })
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends an urgent message, if the channel for those takes it: a process that reads none is found
    /// out by its silence.
    pub(crate) fn send_urgent(&self, kind: Kind, call: u64, body: &[u8]) {
        send_on(&self.urgent, kind, call, body);
    }

    /// Sends what there is to say about limits.
    pub(super) fn answer(&self, kind: Kind, number: u64, body: &[u8]) {
        match &self.replies {
            Some(replies) if kind == Kind::LimitReply && number & DIRECT != 0 => {
                send_on(replies, kind, number, body);
                self.recorder.note_reply();
            }
            _ => self.send_urgent(kind, number, body),
        }
    }

    /// Ends it and everything in its process group.
    pub(crate) fn kill(&mut self) {
        if self.status.is_none() {
            if let Some(pid) = pid_of(&self.child) {
                // Also what it has started. It is not reaped, so the number is still its own.
                let _ = rustix::process::kill_process_group(pid, Signal::KILL);
            }
            let _ = self.child.kill();
        }
    }

    /// Whether it has ended.
    pub(crate) fn has_ended(&mut self) -> bool {
        if self.status.is_none() {
            // What it has left behind goes while its number is still taken.
            if self.peek_end() {
                self.kill();
            }
            self.status = self.child.try_wait().ok().flatten();
        }
        self.status.is_some()
    }

    fn peek_end(&self) -> bool {
        use rustix::process::{WaitId, WaitIdOptions, waitid};
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
        pid_of(&self.child)
            .is_some_and(|pid| matches!(waitid(WaitId::Pid(pid), options), Ok(Some(_))))
    }

    /// Waits for its end, at most so long.
    pub(crate) fn wait_for_end(&mut self, timeout: Duration) {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        if let (Some(ended), Ok(timeout)) = (&self.ended, Timespec::try_from(timeout)) {
            let _ = poll(&mut [PollFd::new(ended, PollFlags::IN)], Some(&timeout));
        }
    }

    /// Waits for its end. It was killed, or has closed its channel.
    pub(crate) fn reap(&mut self) -> Option<ExitStatus> {
        if !self.has_ended() {
            self.status = self.child.wait().ok();
        }
        self.status
    }

    /// The memory that it takes, where the system tells.
    pub(crate) fn memory(&self) -> Option<u64> {
        #[cfg(target_os = "linux")]
        {
            let text = std::fs::read_to_string(format!("/proc/{}/statm", self.id())).ok()?;
            let pages: u64 = text.split(' ').nth(1)?.parse().ok()?;
            Some(pages * rustix::param::page_size() as u64)
        }
        #[cfg(not(target_os = "linux"))]
        None
    }
}

fn send_on(channel: &UnixStream, kind: Kind, call: u64, body: &[u8]) {
    let mut writer = FrameWriter::new(usize::MAX);
    let added = writer.add(kind, 0, call, |encoder| {
        encoder.body.extend_from_slice(body);
        Ok(())
    });
    if added.is_ok() {
        let _ = writer.write_to(&mut Channel(channel));
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
        let _ = self.reap();
    }
}

/// What an exit status says.
pub(crate) fn cause_of(status: Option<ExitStatus>) -> WorkerDeath {
    match status {
        None => WorkerDeath::Lost { message: "its end was not told".to_owned() },
        Some(status) => match (status.signal(), status.code()) {
            (Some(signal), _) => WorkerDeath::Signal { signal },
            (None, code) => WorkerDeath::Exit { code: code.unwrap_or_default() },
        },
    }
}

fn executable() -> io::Result<Command> {
    // The very file that runs, also if it was replaced or deleted meanwhile.
    #[cfg(target_os = "linux")]
    let path = std::path::PathBuf::from("/proc/self/exe");
    #[cfg(not(target_os = "linux"))]
    let path = std::env::current_exe()?;
    Ok(Command::new(path))
}

fn pid_of(child: &Child) -> Option<Pid> {
    Pid::from_raw(i32::try_from(child.id()).ok()?)
}

#[cfg(target_os = "linux")]
fn watch_end(pid: Pid) -> Option<OwnedFd> {
    rustix::process::pidfd_open(pid, rustix::process::PidfdFlags::empty()).ok()
}

#[cfg(not(target_os = "linux"))]
fn watch_end(_: Pid) -> Option<OwnedFd> {
    None
}

/// A secret of one start, between two processes of one user.
fn secret() -> [u8; 16] {
    use std::hash::{BuildHasher, RandomState};
    // The keys of the standard library's hash maps are seeded by the system's generator.
    let halves = [RandomState::new().hash_one(0_u8), RandomState::new().hash_one(1_u8)];
    let mut secret = [0; 16];
    for (bytes, half) in secret.chunks_mut(8).zip(halves) {
        bytes.copy_from_slice(&half.to_ne_bytes());
    }
    secret
}

/// Sends who waits here, with the descriptors of the other channels and of the shared table.
fn send_greeting(
    channel: &UnixStream,
    secret: [u8; 16],
    descriptors: &[BorrowedFd<'_>],
) -> io::Result<()> {
    let greeting = greeting_of_parent(secret, std::process::id());
    let mut space = [std::mem::MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(3))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    if !ancillary.push(SendAncillaryMessage::ScmRights(descriptors)) {
        return Err(io::Error::other("no room for the descriptors"));
    }
    let slices = [IoSlice::new(&greeting)];
    rustix::net::sendmsg(channel, &slices, &mut ancillary, SendFlags::NOSIGNAL)?;
    Ok(())
}
