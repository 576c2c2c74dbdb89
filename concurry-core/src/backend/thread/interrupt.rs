//! Cancelling async methods that run to their end on a thread.
//!
//! Their thread sleeps until the method's future wakes it, so a cancel has to wake it, too. Each such
//! call leaves its thread's waker here while it runs.

use std::collections::HashMap;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::ptr::NonNull;
use std::sync::{Mutex, OnceLock};
use std::task::{Poll, Waker};

use crate::future::node::Header;
use crate::shared::{PoolShared, Stage};
use crate::sync::lock;

/// The wakers of running calls, by the address of their node. Never held while a waker runs.
fn running() -> &'static Mutex<HashMap<usize, Waker>> {
    static RUNNING: OnceLock<Mutex<HashMap<usize, Waker>>> = OnceLock::new();
    RUNNING.get_or_init(Mutex::default)
}

/// Wakes the thread of a running call, which then sees that it is cancelled.
pub(crate) fn interrupt(node: NonNull<Header>) {
    let waker = lock(running()).get(&node.addr().get()).cloned();
    if let Some(waker) = waker {
        waker.wake();
    }
}

/// Takes the call's waker away when the call is over.
struct Entry(usize);

impl Drop for Entry {
    fn drop(&mut self) {
        let waker = lock(running()).remove(&self.0);
        drop(waker);
    }
}

/// Runs a method's future until it is done, or its call is cancelled, or its pool is being stopped.
/// `None`: it was dropped.
///
/// # Safety
/// The node is alive until this is over.
pub(crate) async unsafe fn until_interrupted<F: Future>(
    future: F,
    node: NonNull<Header>,
    pool: &PoolShared,
) -> Option<F::Output> {
    let address = node.addr().get();
    let entry = Entry(address);
    let mut future = pin!(future);
    let mut stopping = pin!(pool.shutdown.reached(Stage::Stopping));
    let output = poll_fn(|context| {
        lock(running()).insert(address, context.waker().clone());
        // After the waker is in place: a cancel that comes later finds it.
        // SAFETY: by contract.
        let cancelled = unsafe { node.as_ref() }.lifecycle.is_cancelled();
        if cancelled || stopping.as_mut().poll(context).is_ready() {
            return Poll::Ready(None);
        }
        future.as_mut().poll(context).map(Some)
    })
    .await;
    drop(entry);
    output
}
