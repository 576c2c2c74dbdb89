//! Waking a thread that sleeps in `poll`.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Wake;

/// A descriptor that becomes readable when the waker is called.
#[derive(Debug)]
pub(crate) struct PollWaker {
    woken: AtomicBool,
    read: OwnedFd,
    #[cfg(not(target_os = "linux"))]
    write: OwnedFd,
}

impl PollWaker {
    pub(crate) fn new() -> io::Result<Arc<Self>> {
        #[cfg(target_os = "linux")]
        {
            use rustix::event::{EventfdFlags, eventfd};
            let read = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
            Ok(Arc::new(Self { woken: AtomicBool::new(false), read }))
        }
        #[cfg(not(target_os = "linux"))]
        {
            let (read, write) = std::os::unix::net::UnixStream::pair()?;
            read.set_nonblocking(true)?;
            write.set_nonblocking(true)?;
            Ok(Arc::new(Self {
                woken: AtomicBool::new(false),
                read: read.into(),
                write: write.into(),
            }))
        }
    }

    /// To be polled for reading.
    pub(crate) fn descriptor(&self) -> BorrowedFd<'_> {
        self.read.as_fd()
    }

    /// Whether it was called since the last reset: a hint.
    pub(super) fn is_woken(&self) -> bool {
        self.woken.load(Ordering::Relaxed)
    }

    /// After a poll: wakes from here on make the descriptor readable again.
    pub(crate) fn reset(&self) {
        // SeqCst, and before whatever is looked at next: a wake after this look is seen by a poll.
        if self.woken.swap(false, Ordering::SeqCst) {
            let mut bytes = [0; 8];
            let _ = rustix::io::read(&self.read, &mut bytes);
        }
    }
}

impl Wake for PollWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.woken.swap(true, Ordering::SeqCst) {
            #[cfg(target_os = "linux")]
            let _ = rustix::io::write(&self.read, &1_u64.to_ne_bytes());
            #[cfg(not(target_os = "linux"))]
            let _ = rustix::io::write(&self.write, &[1]);
        }
    }
}
