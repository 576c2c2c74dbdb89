//! What wakes an async worker: calls that can go on.

#[cfg(all(test, concurry_loom))]
mod loom_tests;

use std::ptr;
use std::task::Waker;

use crate::future::node::{Header, release};
use crate::sync::{AtomicPtr, Mutex, Ordering, lock};

/// The ready list of one worker: a stack of nodes, each of which the list holds a reference to.
///
/// Inboxes are reused, never freed: a waker may be called long after its worker is gone, and then
/// finds some inbox, at worst another worker's, who throws a node that is done away. So a node needs
/// no counted reference to it. There are as many as there ever were async workers at one time.
#[derive(Debug)]
pub(crate) struct Inbox {
    head: AtomicPtr<Header>,
    /// The worker's own waker. Only touched when the worker sleeps.
    waker: Mutex<Option<Waker>>,
}

/// The list is empty, and the worker sleeps.
fn asleep() -> *mut Header {
    ptr::without_provenance_mut(1)
}

/// The worker is gone.
fn closed() -> *mut Header {
    ptr::without_provenance_mut(2)
}

/// Inboxes whose workers are gone.
fn free() -> &'static std::sync::Mutex<Vec<&'static Inbox>> {
    static FREE: std::sync::Mutex<Vec<&'static Inbox>> = std::sync::Mutex::new(Vec::new());
    &FREE
}

fn is_node(head: *mut Header) -> bool {
    head.addr() > 2
}

impl Inbox {
    fn new() -> Self {
        Self { head: AtomicPtr::new(ptr::null_mut()), waker: Mutex::new(None) }
    }

    /// One that no worker uses.
    pub(crate) fn open() -> &'static Self {
        match lock(free()).pop() {
            Some(inbox) => {
                inbox.head.store(ptr::null_mut(), Ordering::Release);
                inbox
            }
            None => Box::leak(Box::new(Self::new())),
        }
    }

    /// Adds a node that its waker has scheduled; the list takes the reference that came with it.
    ///
    /// # Safety
    /// The caller owns a reference, and SCHEDULED keeps others from pushing the node, too.
    pub(crate) unsafe fn push(&self, node: ptr::NonNull<Header>) {
        let mut head = self.head.load(Ordering::Relaxed);
        loop {
            if head == closed() {
                // SAFETY: the reference that was to be the list's.
                unsafe { release(node) };
                return;
            }
            let below = if is_node(head) { head } else { ptr::null_mut() };
            // SAFETY: the caller's reference keeps the node alive; the link is the scheduler's.
            unsafe { node.as_ref() }.set_next(below);
            // AcqRel: publishes the link, and what the waker's owner did before the wake.
            match self.head.compare_exchange_weak(
                head,
                node.as_ptr(),
                Ordering::AcqRel,
                Ordering::Relaxed,
            ) {
                Ok(_) => break,
                Err(now) => head = now,
            }
        }
        if head == asleep() {
            self.wake();
        }
    }

    /// Wakes the worker if it sleeps, and keeps it from going to sleep otherwise only by what the
    /// caller has left for it to find.
    pub(crate) fn rouse(&self) {
        // AcqRel: the worker looks at everything else after it has marked itself asleep.
        let woke = self.head.compare_exchange(
            asleep(),
            ptr::null_mut(),
            Ordering::AcqRel,
            Ordering::Acquire,
        );
        if woke.is_ok() {
            self.wake();
        }
    }

    fn wake(&self) {
        let waker = lock(&self.waker).clone();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Worker: says how to wake it. True if that is news.
    pub(crate) fn set_waker(&self, waker: &Waker) -> bool {
        let mut slot = lock(&self.waker);
        let news = !slot.as_ref().is_some_and(|old| old.will_wake(waker));
        if news {
            *slot = Some(waker.clone());
        }
        news
    }

    /// Worker: takes the whole list, oldest first, with the list's references.
    pub(crate) fn take(&self) -> Ready {
        let head = self.head.load(Ordering::Relaxed);
        if head.is_null() {
            return Ready(ptr::null_mut());
        }
        // Acquire pairs with the Release of the pushes.
        let mut rest = self.head.swap(ptr::null_mut(), Ordering::AcqRel);
        let mut first = ptr::null_mut();
        while is_node(rest) {
            // SAFETY: the list's reference keeps the node alive, and the list is ours now.
            let node = unsafe { &*rest };
            let next = node.next();
            node.set_next(first);
            first = rest;
            rest = next;
        }
        Ready(first)
    }

    /// Worker: marks itself asleep. False if a call can go on. Whatever else wakes the worker by
    /// [`rouse`](Self::rouse) has to be looked at after this.
    pub(crate) fn fall_asleep(&self) -> bool {
        self.head
            .compare_exchange(ptr::null_mut(), asleep(), Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
    }

    /// Worker: takes the mark back.
    pub(crate) fn stay_awake(&self) {
        let _ = self.head.compare_exchange(
            asleep(),
            ptr::null_mut(),
            Ordering::AcqRel,
            Ordering::Acquire,
        );
    }

    /// Worker: is gone. What is in the list, and what comes, loses its reference.
    pub(crate) fn close(&'static self) {
        let mut rest = self.head.swap(closed(), Ordering::AcqRel);
        while let Some(node) = ptr::NonNull::new(rest).filter(|_| is_node(rest)) {
            // SAFETY: the list's reference; the link is read before it is given up.
            unsafe {
                rest = node.as_ref().next();
                release(node);
            }
        }
        *lock(&self.waker) = None;
        lock(free()).push(self);
    }
}

/// Nodes that can go on, oldest first.
pub(crate) struct Ready(*mut Header);

impl Iterator for Ready {
    /// With the list's reference.
    type Item = ptr::NonNull<Header>;

    fn next(&mut self) -> Option<ptr::NonNull<Header>> {
        let node = ptr::NonNull::new(self.0)?;
        // SAFETY: the list's reference keeps the node alive until it is handed on.
        self.0 = unsafe { node.as_ref() }.next();
        Some(node)
    }
}

impl Drop for Ready {
    fn drop(&mut self) {
        for node in self.by_ref() {
            // SAFETY: the list's reference.
            unsafe { release(node) };
        }
    }
}
