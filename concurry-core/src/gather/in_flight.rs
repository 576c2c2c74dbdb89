//! Futures that are waited for together, and the queue in which they complete.
//!
//! A future that is not done gets a waker that points to one of our slots. The wake pushes the slot
//! on a stack: one compare-and-swap, no allocation, and a wake of the collector only if it sleeps.
//!
//! References: each waker that is out holds one to the shared part, and the collector holds one. A
//! wake passes its reference on to the stack, from where the collector takes it back, so the common
//! case counts nothing.

#[cfg(all(test, concurry_loom))]
mod loom_tests;

use std::cell::UnsafeCell;
use std::collections::VecDeque;
use std::mem::MaybeUninit;
use std::ptr::{self, NonNull};
use std::task::{Context, Poll, RawWaker, RawWakerVTable, Waker};

use crate::future::{Outcome, TaskFuture};
use crate::sync::{AtomicPtr, AtomicUsize, Mutex, Ordering, lock};

/// One place for a future, and the link by which its completion is queued.
struct Slot {
    next: AtomicPtr<Slot>,
    shared: *const Shared,
}

struct Shared {
    /// Completed slots, newest first; or a mark.
    head: AtomicPtr<Slot>,
    /// The collector's waker. Only touched when the collector sleeps.
    waker: Mutex<Option<Waker>>,
    references: AtomicUsize,
    /// A slot is written when its place is first used, and before its first waker goes out: a window
    /// of a million of which ten are used costs ten.
    slots: Box<[UnsafeCell<MaybeUninit<Slot>>]>,
}

// SAFETY: slots are only read and linked by atomics once a waker leads to them; the pointers lead
// into the same allocation.
unsafe impl Send for Shared {}
// SAFETY: as above.
unsafe impl Sync for Shared {}

/// The stack is empty, and the collector sleeps.
fn asleep() -> *mut Slot {
    ptr::without_provenance_mut(1)
}

/// The collector is gone.
fn closed() -> *mut Slot {
    ptr::without_provenance_mut(2)
}

fn is_slot(head: *mut Slot) -> bool {
    head.addr() > 2
}

/// A bounded number of futures that are waited for together.
pub(crate) struct InFlight<T, E> {
    shared: NonNull<Shared>,
    /// The futures of the places that were used so far.
    futures: Vec<Option<TaskFuture<T, E>>>,
    /// Places that are free again.
    free: Vec<usize>,
    /// Slots whose futures were done when they came, or were found done.
    ready: VecDeque<usize>,
    length: usize,
}

// SAFETY: the pointer is a counted reference to a `Sync` value, and the futures are `Send`.
unsafe impl<T: Send, E: Send> Send for InFlight<T, E> {}

impl<T: Send + 'static, E: Send + 'static> InFlight<T, E> {
    /// Room for `capacity` futures.
    pub(crate) fn new(capacity: usize) -> Self {
        let slots = std::iter::repeat_with(|| UnsafeCell::new(MaybeUninit::uninit()));
        let shared = NonNull::from(Box::leak(Box::new(Shared {
            head: AtomicPtr::new(ptr::null_mut()),
            waker: Mutex::new(None),
            references: AtomicUsize::new(1),
            slots: slots.take(capacity).collect(),
        })));
        Self {
            shared,
            futures: Vec::with_capacity(capacity),
            free: Vec::new(),
            ready: VecDeque::new(),
            length: 0,
        }
    }

    fn shared(&self) -> &Shared {
        // SAFETY: we hold a reference.
        unsafe { self.shared.as_ref() }
    }

    /// How many futures it has.
    pub(crate) fn len(&self) -> usize {
        self.length
    }

    pub(crate) fn has_room(&self) -> bool {
        !self.free.is_empty() || self.futures.len() < self.shared().slots.len()
    }

    /// Adds a future, and says where. The caller has asked whether there is room.
    pub(crate) fn insert(&mut self, future: TaskFuture<T, E>) -> usize {
        let place = self.free.pop().unwrap_or_else(|| self.open_place());
        self.length += 1;
        if future.is_done() || !future.register(self.waker(place)) {
            self.ready.push_back(place);
        }
        self.futures[place] = Some(future);
        place
    }

    /// A place that was never used.
    fn open_place(&mut self) -> usize {
        let place = self.futures.len();
        let slot = Slot { next: AtomicPtr::new(ptr::null_mut()), shared: self.shared.as_ptr() };
        // SAFETY: no waker leads to the slot yet, so nobody else knows it. A panic for want of room
        // comes before the write.
        unsafe { (*self.shared().slots[place].get()).write(slot) };
        self.futures.push(None);
        place
    }

    fn waker(&self, place: usize) -> Waker {
        let shared = self.shared();
        // Relaxed: as in `Arc`, whoever adds one has one.
        shared.references.fetch_add(1, Ordering::Relaxed);
        let slot = shared.slots[place].get().cast_const();
        // SAFETY: the waker's functions keep to `RawWaker`'s contract; the reference is counted, and
        // the slot was written when its place was opened.
        unsafe { Waker::from_raw(RawWaker::new(slot.cast(), &VTABLE)) }
    }

    /// Takes a future out before it is done, if it is there.
    pub(crate) fn remove(&mut self, place: usize) -> Option<TaskFuture<T, E>> {
        let future = self.futures[place].take()?;
        self.length -= 1;
        // The slot is used again only if its waker came back: else it may yet be queued.
        if future.unregister().is_some() {
            self.free.push(place);
        }
        Some(future)
    }

    /// The next future that is done by now.
    pub(crate) fn try_next(&mut self) -> Option<(usize, Outcome<T, E>)> {
        self.next_ready().or_else(|| if self.take_completed() { self.next_ready() } else { None })
    }

    /// The next future that is done. `Ready(None)`: there is none left.
    pub(crate) fn poll_next(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<(usize, Outcome<T, E>)>> {
        loop {
            if let Some(done) = self.try_next() {
                return Poll::Ready(Some(done));
            }
            if self.length == 0 {
                return Poll::Ready(None);
            }
            let shared = self.shared();
            let replaced = {
                let mut waker = lock(&shared.waker);
                let same = waker.as_ref().is_some_and(|old| old.will_wake(context.waker()));
                if same { None } else { waker.replace(context.waker().clone()) }
            };
            drop(replaced); // not under the lock: a waker's destructor is foreign code
            // AcqRel: the wake that finds the mark sees the waker.
            let slept = shared.head.compare_exchange(
                ptr::null_mut(),
                asleep(),
                Ordering::AcqRel,
                Ordering::Acquire,
            );
            match slept {
                Ok(_) => return Poll::Pending,
                Err(head) if head == asleep() => return Poll::Pending,
                Err(_) => {}
            }
        }
    }

    fn next_ready(&mut self) -> Option<(usize, Outcome<T, E>)> {
        while let Some(place) = self.ready.pop_front() {
            self.free.push(place);
            // A future that was taken out left its slot to complete on its own.
            let Some(future) = self.futures[place].take() else { continue };
            self.length -= 1;
            if let Some(outcome) = future.into_done() {
                return Some((place, outcome));
            }
            unreachable!("its completion was queued");
        }
        None
    }

    /// Moves what has completed to the ready queue, in order.
    fn take_completed(&mut self) -> bool {
        let shared = self.shared();
        let head = shared.head.load(Ordering::Relaxed);
        if !is_slot(head) {
            return false;
        }
        // Acquire pairs with the Release of the pushes.
        let mut rest = shared.head.swap(ptr::null_mut(), Ordering::AcqRel);
        let first = self.shared().slots.as_ptr().cast::<Slot>();
        let mut taken = 0;
        let start = self.ready.len();
        while is_slot(rest) {
            // SAFETY: pushed slots are ours, and the reference we hold keeps them alive.
            let (next, place) = unsafe {
                (
                    (*rest).next.load(Ordering::Relaxed),
                    rest.cast_const().offset_from_unsigned(first),
                )
            };
            self.ready.push_back(place);
            rest = next;
            taken += 1;
        }
        self.ready.make_contiguous()[start..].reverse();
        // Relaxed: our own reference remains, so this can't be the last.
        self.shared().references.fetch_sub(taken, Ordering::Relaxed);
        taken > 0
    }
}

impl<T, E> Drop for InFlight<T, E> {
    fn drop(&mut self) {
        // Futures first: each gives its waker back, or is about to use it.
        for future in self.futures.iter_mut() {
            drop(future.take());
        }
        // SAFETY: we hold a reference until the end of this function.
        let shared = unsafe { self.shared.as_ref() };
        let mut rest = shared.head.swap(closed(), Ordering::AcqRel);
        let mut given_up = 1;
        while is_slot(rest) {
            given_up += 1;
            // SAFETY: as in `take_completed`.
            rest = unsafe { (*rest).next.load(Ordering::Relaxed) };
        }
        // SAFETY: ours, and those that the stack held.
        unsafe { release(self.shared.as_ptr(), given_up) };
    }
}

/// # Safety
/// The caller owns so many references, and uses them no more.
unsafe fn release(shared: *const Shared, references: usize) {
    // SAFETY: by contract it is alive. AcqRel: the last one sees all others' use as over.
    unsafe {
        if (*shared).references.fetch_sub(references, Ordering::AcqRel) == references {
            drop(Box::from_raw(shared.cast_mut()));
        }
    }
}

#[allow(clippy::undocumented_unsafe_blocks)] // one argument for all four
const VTABLE: RawWakerVTable = RawWakerVTable::new(
    // SAFETY (each): a waker holds a reference to the shared part, which holds the slot.
    |slot| unsafe {
        let shared = (*slot.cast::<Slot>()).shared;
        (*shared).references.fetch_add(1, Ordering::Relaxed);
        RawWaker::new(slot, &VTABLE)
    },
    |slot| unsafe { wake(slot.cast::<Slot>().cast_mut()) },
    // Futures of ours wake by value; for anybody else this is only a hint to look again.
    |slot| unsafe {
        let shared = (*slot.cast::<Slot>()).shared;
        rouse(&*shared);
    },
    |slot| unsafe { release((*slot.cast::<Slot>()).shared, 1) },
);

/// Queues the slot's completion.
///
/// # Safety
/// The caller owns a waker of the slot, and hands its reference over.
unsafe fn wake(slot: *mut Slot) {
    // SAFETY: by contract the shared part is alive until we give the reference up.
    let memory = unsafe { (*slot).shared };
    // SAFETY: as above.
    let shared = unsafe { &*memory };
    let mut head = shared.head.load(Ordering::Relaxed);
    loop {
        if head == closed() {
            // SAFETY: the reference that was to be the stack's.
            unsafe { release(memory, 1) };
            return;
        }
        let below = if is_slot(head) { head } else { ptr::null_mut() };
        // SAFETY: a slot has one waker at a time, so nobody else links it.
        unsafe { (*slot).next.store(below, Ordering::Relaxed) };
        let sleeps = head == asleep();
        if sleeps {
            // The collector may take the slot, and drop everything, as soon as it is pushed; the
            // waker can only be read after that, since the collector may change it until then.
            shared.references.fetch_add(1, Ordering::Relaxed);
        }
        let pushed =
            shared.head.compare_exchange_weak(head, slot, Ordering::AcqRel, Ordering::Relaxed);
        if sleeps {
            let waker = pushed.ok().and_then(|_| lock(&shared.waker).clone());
            // SAFETY: the reference that was added above.
            unsafe { release(memory, 1) };
            if let Some(waker) = waker {
                waker.wake();
            }
        }
        match pushed {
            Ok(_) => return,
            Err(now) => head = now,
        }
    }
}

fn rouse(shared: &Shared) {
    let woke = shared.head.compare_exchange(
        asleep(),
        ptr::null_mut(),
        Ordering::AcqRel,
        Ordering::Acquire,
    );
    let waker = woke.ok().and_then(|_| lock(&shared.waker).clone());
    if let Some(waker) = waker {
        waker.wake();
    }
}

#[cfg(test)]
mod tests;
