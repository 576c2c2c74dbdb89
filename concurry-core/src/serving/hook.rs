//! Before `main`: is this process to be a worker?
//!
//! It is, if the environment has our variable, and the standard input is a socket in which a greeting
//! with the same secret waits. So neither a variable that somebody left behind nor a socket alone
//! makes a worker of a program, and nothing is read that was meant for it.

use std::io::IoSliceMut;
use std::mem::MaybeUninit;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;

use rustix::fs::{FileType, Mode, OFlags};
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags};
use rustix::process::Signal;

use super::Served;
use crate::wire::FrameReader;

/// The environment variable that asks a process to become a worker. Its value is the secret of the
/// [`greeting`], as 32 hexadecimal digits.
pub const WORKER_VARIABLE: &str = "CONCURRY_WORKER";

const MAGIC: [u8; 8] = *b"concurry";
const GREETING: usize = 8 + 16 + 4 + 1;
/// A bit of the last byte: the process dies with the thread that started it.
const DIES_WITH_PARENT: u8 = 1;
/// A bit of the last byte: descriptors of a control channel and of a shared table come along, and of a
/// channel for answers about limits if there are any.
const HAS_SIDE_CHANNELS: u8 = 2;
/// A bit of the last byte: the descriptor of a table comes along, which is read when the worker is
/// gone.
const HAS_TABLE: u8 = 4;

/// What is sent through the socket before the process is started: who waits there. The first message
/// follows.
#[must_use]
pub fn greeting(secret: [u8; 16]) -> Vec<u8> {
    full_greeting(secret, 0, 0)
}

/// The greeting if the descriptor of a file comes along, as long as [`table_length`](crate::remote::table_length)
/// says. The worker notes its calls there, and whoever survives it can read them.
#[must_use]
pub fn greeting_with_table(secret: [u8; 16]) -> Vec<u8> {
    full_greeting(secret, 0, HAS_TABLE)
}

/// The greeting of a parent that stays the parent, and sends two or three descriptors with it.
#[must_use]
pub(crate) fn greeting_of_parent(secret: [u8; 16], parent: u32) -> Vec<u8> {
    full_greeting(secret, parent, DIES_WITH_PARENT | HAS_SIDE_CHANNELS)
}

fn full_greeting(secret: [u8; 16], parent: u32, flags: u8) -> Vec<u8> {
    [&MAGIC[..], &secret, &parent.to_le_bytes(), &[flags]].concat()
}

/// The secret as the variable's value.
pub(crate) fn secret_text(secret: [u8; 16]) -> String {
    secret.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[allow(
    unsafe_code,
    reason = "runs before `main`, where the standard library's set-up is not done"
)]
#[ctor::ctor(unsafe)]
fn before_main() {
    init();
}

/// Turns this process into a worker if it was started to be one, and does not return then.
///
/// It runs by itself before `main`. A call is for programs that prefer to say so: it does nothing in
/// any other process.
pub fn init() {
    let Some(secret) = std::env::var_os(WORKER_VARIABLE) else { return };
    let Some(secret) = secret.to_str() else { return };
    let Some(served) = accept(secret, rustix::stdio::stdin()) else { return };
    // Its children are none of ours.
    // SAFETY: before `main` there is no other thread, and in `main` the variable is read by us only.
    unsafe { std::env::remove_var(WORKER_VARIABLE) };
    set_up_signals();
    // A worker's panics are sent as results; what is left ends the process without a word of it.
    let served = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| served.run()));
    std::process::exit(i32::from(served.is_err()));
}

fn accept(secret: &str, input: BorrowedFd<'_>) -> Option<Served> {
    let is_socket = rustix::fs::fstat(input)
        .is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Socket);
    if !is_socket {
        return None;
    }
    let mut seen = [0; GREETING];
    let peek = RecvFlags::PEEK | RecvFlags::DONTWAIT;
    let (count, _) = rustix::net::recv(input, &mut seen, peek).ok()?;
    let (known, rest) = seen.split_at(8 + 16);
    let expected: Vec<u8> = MAGIC.into_iter().chain(secret_bytes(secret)?).collect();
    if count < GREETING || known != expected {
        return None;
    }
    let parent = u32::from_le_bytes(*rest.first_chunk()?);
    let flags = rest[4];
    let mut descriptors = receive_greeting(input)?.into_iter();
    if flags & DIES_WITH_PARENT != 0 {
        die_with(parent);
    }
    let channel: UnixStream = duplicate(input)?.into();
    leave_empty()?;
    let (mut control, mut table, mut replies) = (None, None, None);
    if flags & HAS_SIDE_CHANNELS != 0 {
        control = Some(UnixStream::from(descriptors.next()?));
        table = descriptors.next();
        replies = descriptors.next().map(UnixStream::from);
    } else if flags & HAS_TABLE != 0 {
        table = descriptors.next();
    }
    Some(Served { channel, reader: FrameReader::new(usize::MAX), control, table, replies })
}

fn secret_bytes(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if digits.len() != 32 || !text.is_ascii() {
        return None;
    }
    digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}

/// Takes the greeting, and the descriptors that came along.
fn receive_greeting(input: BorrowedFd<'_>) -> Option<Vec<OwnedFd>> {
    let mut bytes = [0; GREETING];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(3))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let mut slices = [IoSliceMut::new(&mut bytes)];
    #[cfg(target_os = "linux")]
    let flags = RecvFlags::CMSG_CLOEXEC;
    #[cfg(not(target_os = "linux"))]
    let flags = RecvFlags::empty();
    let received = rustix::net::recvmsg(input, &mut slices, &mut ancillary, flags).ok()?;
    if received.bytes != GREETING {
        return None;
    }
    let mut descriptors = Vec::new();
    for message in ancillary.drain() {
        if let RecvAncillaryMessage::ScmRights(rights) = message {
            descriptors.extend(rights);
        }
    }
    Some(descriptors)
}

fn duplicate(descriptor: BorrowedFd<'_>) -> Option<OwnedFd> {
    // Above the three that everybody knows.
    rustix::io::fcntl_dupfd_cloexec(descriptor, 3).ok()
}

/// The worker's own standard input is empty.
fn leave_empty() -> Option<()> {
    let nothing = rustix::fs::open("/dev/null", OFlags::RDONLY, Mode::empty()).ok()?;
    rustix::stdio::dup2_stdin(nothing).ok()
}

/// Where the system can, the process is ended with its parent.
fn die_with(parent: u32) {
    #[cfg(target_os = "linux")]
    {
        // Goes on if it was stopped: it finds out by itself then, and takes along what it has started.
        let _ = rustix::process::set_parent_process_death_signal(Some(Signal::CONT));
        // It may have gone before.
        let now = rustix::process::getppid().map(|pid| pid.as_raw_nonzero().get() as u32);
        if now != Some(parent) {
            std::process::exit(1);
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (parent, Signal::CONT);
}

/// What the standard library does before `main`: a closed pipe is an error and not the end, and a
/// stack overflow is told apart from other faults.
#[allow(unsafe_code)]
fn set_up_signals() {
    // SAFETY: plain settings of this process, in which no other thread runs yet. The alternate stack
    // is never given back, since the thread that uses it never ends.
    unsafe {
        libc::signal(libc::SIGPIPE, libc::SIG_IGN);
        let size = libc::SIGSTKSZ.max(64 * 1024);
        let memory: &'static mut [MaybeUninit<u8>] = Box::leak(Box::new_uninit_slice(size));
        let stack = libc::stack_t { ss_sp: memory.as_mut_ptr().cast(), ss_flags: 0, ss_size: size };
        libc::sigaltstack(&raw const stack, std::ptr::null_mut());
    }
}
