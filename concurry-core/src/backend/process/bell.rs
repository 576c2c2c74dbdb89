//! What wakes the thread of a process.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::Duration;

use rustix::event::Timespec;

use super::connection::Interest;
use super::wake::PollWaker;

#[cfg(target_os = "linux")]
mod system {
    use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};

    use super::*;

    const ENDED: u64 = 1;
    const OTHER: u64 = 0;

    /// Sleeps until one of several descriptors has something. Others may change for what, also while
    /// somebody sleeps, without waking him.
    #[derive(Debug)]
    pub(crate) struct Bell(OwnedFd);

    impl Bell {
        pub(crate) fn new(
            waker: &Arc<PollWaker>,
            channel: &Arc<UnixStream>,
            ended: Option<&OwnedFd>,
        ) -> io::Result<Self> {
            let epoll = epoll::create(CreateFlags::CLOEXEC)?;
            let data = EventData::new_u64;
            epoll::add(&epoll, waker.descriptor(), data(OTHER), EventFlags::IN)?;
            epoll::add(&epoll, channel, data(OTHER), EventFlags::IN)?;
            if let Some(ended) = ended {
                epoll::add(&epoll, ended, data(ENDED), EventFlags::IN)?;
            }
            Ok(Self(epoll))
        }

        pub(crate) fn listen(&self, channel: &UnixStream, interest: Interest) {
            let events = match interest {
                Interest::Nothing => EventFlags::empty(),
                Interest::Read => EventFlags::IN,
                Interest::ReadAndWrite => EventFlags::IN | EventFlags::OUT,
            };
            let _ = epoll::modify(&self.0, channel, EventData::new_u64(OTHER), events);
        }

        /// Rings for what comes on another channel, too.
        pub(crate) fn add(&self, channel: &Arc<UnixStream>) {
            let _ = epoll::add(&self.0, channel, EventData::new_u64(OTHER), EventFlags::IN);
        }

        pub(crate) fn remove(&self, channel: &UnixStream) {
            let _ = epoll::delete(&self.0, channel);
        }

        /// Sleeps, at most so long. True: the process has ended.
        pub(crate) fn wait(&self, timeout: Option<Duration>) -> bool {
            let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
            let mut events = [const { std::mem::MaybeUninit::uninit() }; 4];
            match epoll::wait(&self.0, &mut events, timeout.as_ref()) {
                Ok((events, _)) => events.iter().any(|event| event.data.u64() == ENDED),
                Err(_) => false,
            }
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicBool, Ordering};

    use rustix::event::{PollFd, PollFlags, poll};

    use super::*;
    use crate::sync::lock;

    /// Sleeps until one of several descriptors has something.
    #[derive(Debug)]
    pub(crate) struct Bell {
        waker: Arc<PollWaker>,
        channel: Arc<UnixStream>,
        also: Mutex<Option<Arc<UnixStream>>>,
        writes: AtomicBool,
    }

    impl Bell {
        pub(crate) fn new(
            waker: &Arc<PollWaker>,
            channel: &Arc<UnixStream>,
            _: Option<&OwnedFd>,
        ) -> io::Result<Self> {
            let (waker, channel) = (Arc::clone(waker), Arc::clone(channel));
            Ok(Self { waker, channel, also: Mutex::default(), writes: AtomicBool::new(false) })
        }

        pub(crate) fn listen(&self, _: &UnixStream, interest: Interest) {
            // Relaxed: set by the thread that sleeps next. Here the thread always listens.
            self.writes.store(interest == Interest::ReadAndWrite, Ordering::Relaxed);
        }

        /// Rings for what comes on another channel, too.
        pub(crate) fn add(&self, channel: &Arc<UnixStream>) {
            *lock(&self.also) = Some(Arc::clone(channel));
        }

        pub(crate) fn remove(&self, _: &UnixStream) {
            *lock(&self.also) = None;
        }

        /// Sleeps, at most so long. True: the process has ended.
        pub(crate) fn wait(&self, timeout: Option<Duration>) -> bool {
            let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
            let also = lock(&self.also).clone();
            let mut wanted = PollFlags::IN;
            if self.writes.load(Ordering::Relaxed) {
                wanted |= PollFlags::OUT;
            }
            let mut watched = [
                PollFd::new(&*self.channel, wanted),
                PollFd::from_borrowed_fd(self.waker.descriptor(), PollFlags::IN),
                PollFd::new(also.as_deref().unwrap_or(&self.channel), PollFlags::IN),
            ];
            let _ = poll(&mut watched, timeout.as_ref());
            false
        }
    }
}

pub(crate) use system::Bell;
