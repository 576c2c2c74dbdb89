//! What wakes the thread of a process.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::Duration;

use rustix::event::Timespec;

use super::connection::Interest;
use super::wake::PollWaker;

/// Who wakes a thread that sleeps there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wakers<'w> {
    /// For whatever the thread has to do.
    pub(crate) waker: &'w Arc<PollWaker>,
    /// To have it look after a caller.
    pub(crate) rouser: &'w Arc<PollWaker>,
}

/// Why a sleep is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rung {
    /// The process has ended.
    Ended,
    /// There may be something to do.
    Something,
    /// A caller uses the process, and nothing else.
    Roused,
    /// Nothing came for so long.
    Nothing,
}

#[cfg(target_os = "linux")]
mod system {
    use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};

    use super::*;

    const OTHER: u64 = 0;
    const ENDED: u64 = 1;
    const ROUSED: u64 = 2;

    /// Sleeps until one of several descriptors has something. Others may change for what, also while
    /// somebody sleeps, without waking him.
    #[derive(Debug)]
    pub(crate) struct Bell(OwnedFd);

    impl Bell {
        pub(crate) fn new(
            wakers: &Wakers<'_>,
            channel: &Arc<UnixStream>,
            ended: Option<&OwnedFd>,
        ) -> io::Result<Self> {
            let epoll = epoll::create(CreateFlags::CLOEXEC)?;
            let data = EventData::new_u64;
            epoll::add(&epoll, wakers.waker.descriptor(), data(OTHER), EventFlags::IN)?;
            epoll::add(&epoll, wakers.rouser.descriptor(), data(ROUSED), EventFlags::IN)?;
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

        /// Sleeps, at most so long.
        pub(crate) fn wait(&self, timeout: Option<Duration>) -> Rung {
            let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
            let mut events = [const { std::mem::MaybeUninit::uninit() }; 4];
            match epoll::wait(&self.0, &mut events, timeout.as_ref()) {
                Ok(([], _)) => Rung::Nothing,
                Ok((events, _)) if events.iter().any(|event| event.data.u64() == ENDED) => {
                    Rung::Ended
                }
                Ok((events, _)) if events.iter().all(|event| event.data.u64() == ROUSED) => {
                    Rung::Roused
                }
                _ => Rung::Something,
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
        rouser: Arc<PollWaker>,
        channel: Arc<UnixStream>,
        also: Mutex<Option<Arc<UnixStream>>>,
        writes: AtomicBool,
    }

    impl Bell {
        pub(crate) fn new(
            wakers: &Wakers<'_>,
            channel: &Arc<UnixStream>,
            _: Option<&OwnedFd>,
        ) -> io::Result<Self> {
            let (waker, rouser) = (Arc::clone(wakers.waker), Arc::clone(wakers.rouser));
            let (also, writes) = (Mutex::default(), AtomicBool::new(false));
            Ok(Self { waker, rouser, channel: Arc::clone(channel), also, writes })
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

        /// Sleeps, at most so long. That the process has ended shows in its channel.
        pub(crate) fn wait(&self, timeout: Option<Duration>) -> Rung {
            let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
            let also = lock(&self.also).clone();
            let mut wanted = PollFlags::IN;
            if self.writes.load(Ordering::Relaxed) {
                wanted |= PollFlags::OUT;
            }
            let mut watched = [
                PollFd::new(&*self.channel, wanted),
                PollFd::from_borrowed_fd(self.waker.descriptor(), PollFlags::IN),
                PollFd::from_borrowed_fd(self.rouser.descriptor(), PollFlags::IN),
                PollFd::new(also.as_deref().unwrap_or(&self.channel), PollFlags::IN),
            ];
            match poll(&mut watched, timeout.as_ref()) {
                Ok(0) => Rung::Nothing,
                Ok(1) if !watched[2].revents().is_empty() => Rung::Roused,
                _ => Rung::Something,
            }
        }
    }
}

pub(crate) use system::Bell;
