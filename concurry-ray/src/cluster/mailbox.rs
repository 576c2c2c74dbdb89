//! What the thread of a pool is told, and how it is woken.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::task::{Wake, Waker};

use super::{Gateway, lock};
use crate::error::RayError;
use crate::protocol::Answer;

/// What the thread of a pool is told.
#[derive(Debug)]
pub(crate) enum Letter {
    /// The gateway is there, or can't be had.
    Gateway(Result<Arc<Gateway>, RayError>),
    /// The gateway says something about a link.
    Answer { link: u64, answer: Answer },
    /// The gateway has ended, and this link with it.
    GatewayEnded { link: u64, text: String },
    /// Nobody wants the outcome of a call any more.
    Cancelled { place: u64 },
    /// A shared value is gone.
    ValueGone { number: u64 },
}

/// Where a pool's thread looks for what to do.
#[derive(Debug, Default)]
pub(crate) struct Mailbox {
    /// Taken for a push or a swap only.
    letters: Mutex<Vec<Letter>>,
    rung: AtomicBool,
    /// Whether the thread waits for calls.
    hungry: AtomicBool,
    waker: OnceLock<Waker>,
}

impl Mailbox {
    /// Leaves a letter, and wakes the thread.
    pub(crate) fn post(&self, letter: Letter) {
        lock(&self.letters).push(letter);
        self.ring();
    }

    /// Wakes the thread: there is something to do.
    #[inline]
    pub(crate) fn ring(&self) {
        // AcqRel: what was left before the first ring is seen by whoever answers it; while it is not
        // answered, nobody else has to wake the thread.
        if !self.rung.swap(true, Ordering::AcqRel)
            && let Some(waker) = self.waker.get()
        {
            waker.wake_by_ref();
        }
    }

    /// A call was added to the queue. Wakes the thread if it waits for one.
    #[inline]
    pub(crate) fn called(&self) {
        // SeqCst, here and below: the thread says that it is hungry and then looks at the queue, a
        // caller adds its call and then looks here. In one order of all four, either the thread finds
        // the call, or the caller finds it hungry.
        if self.hungry.load(Ordering::SeqCst) && self.hungry.swap(false, Ordering::SeqCst) {
            self.ring();
        }
    }

    /// Whether a call has to wake the thread.
    pub(crate) fn set_hungry(&self, hungry: bool) {
        self.hungry.store(hungry, Ordering::SeqCst);
    }

    /// The thread is about to look at everything. A ring from now on wakes it again.
    pub(crate) fn answer(&self, waker: &Waker) {
        // The thread has one waker for all its life.
        let _ = self.waker.set(waker.clone());
        // AcqRel: see `ring`.
        self.rung.swap(false, Ordering::AcqRel);
    }

    /// Takes the letters, oldest first, into an empty list.
    pub(crate) fn take(&self, letters: &mut Vec<Letter>) {
        std::mem::swap(&mut *lock(&self.letters), letters);
    }
}

/// A waker that rings.
impl Wake for Mailbox {
    fn wake(self: Arc<Self>) {
        self.ring();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.ring();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;

    #[derive(Default)]
    struct Counter(AtomicUsize);

    impl Wake for Counter {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn one_wake_is_enough_until_it_is_answered() {
        let (mailbox, counter) = (Mailbox::default(), Arc::new(Counter::default()));
        mailbox.post(Letter::Cancelled { place: 1 });
        mailbox.answer(&Waker::from(Arc::clone(&counter)));
        let mut letters = Vec::new();
        mailbox.take(&mut letters);
        assert!(matches!(letters[..], [Letter::Cancelled { place: 1 }]));
        mailbox.ring();
        mailbox.ring();
        assert_eq!(counter.0.load(Ordering::Relaxed), 1);
        mailbox.answer(Waker::noop());
        mailbox.ring();
        assert_eq!(counter.0.load(Ordering::Relaxed), 2);
    }
}
