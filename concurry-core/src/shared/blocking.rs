//! Blocking waits, and how one that could never end is found out.
//!
//! A worker that waits for a call of its own pool relies on another worker to run it. When all of
//! the pool's threads wait like that, none is left: the last one is told instead of joining them. A
//! thread whose wake is on its way waits no more, so it is not counted.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use concurry_time::block_on;

use super::PoolId;
use crate::sync::lock;

/// The threads of a pool, and how many of them wait for the pool itself.
#[derive(Debug)]
pub(crate) struct PoolThreads {
    pool: PoolId,
    threads: usize,
    /// Never held while a waker runs.
    waiting: Mutex<usize>,
}

thread_local! {
    /// The pool whose thread this is.
    static THREAD_OF: RefCell<Option<Arc<PoolThreads>>> = const { RefCell::new(None) };
}

impl PoolThreads {
    pub(crate) fn new(pool: PoolId, threads: usize) -> Arc<Self> {
        Arc::new(Self { pool, threads, waiting: Mutex::new(0) })
    }

    /// Marks the current thread as one of the pool's, for the rest of its life.
    pub(crate) fn mark_current_thread(self: &Arc<Self>) {
        THREAD_OF.with(|slot| *slot.borrow_mut() = Some(Arc::clone(self)));
    }
}

/// The pool whose thread this is, for another thread that works in its place.
pub(crate) fn threads_of_current() -> Option<Arc<PoolThreads>> {
    THREAD_OF.try_with(|slot| slot.borrow().clone()).ok().flatten()
}

/// Every thread of the pool would wait for the pool.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct WouldDeadlock;

/// Blocks on something that the given pool works on.
pub(crate) fn wait<F: Future>(pool: PoolId, future: F) -> Result<F::Output, WouldDeadlock> {
    wait_for_any(|own| own == pool, future)
}

/// Blocks on something that several pools work on.
pub(crate) fn wait_for_any<F: Future>(
    works_on_it: impl FnOnce(PoolId) -> bool,
    future: F,
) -> Result<F::Output, WouldDeadlock> {
    match threads_of_current().filter(|threads| works_on_it(threads.pool)) {
        None => Ok(block_on(future)),
        Some(threads) => block_on(counted(&threads, future)),
    }
}

async fn counted<F: Future>(
    threads: &Arc<PoolThreads>,
    future: F,
) -> Result<F::Output, WouldDeadlock> {
    let mut future = pin!(future);
    poll_fn(|context| {
        let waiting = Arc::new(Waiting {
            threads: Arc::clone(threads),
            stage: Mutex::new(Stage::Polling),
            waker: context.waker().clone(),
        });
        let waker = Waker::from(Arc::clone(&waiting));
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => Poll::Ready(Ok(output)),
            Poll::Pending if waiting.begin() => Poll::Pending,
            Poll::Pending => Poll::Ready(Err(WouldDeadlock)),
        }
    })
    .await
}

/// One sleep of a thread that waits for its own pool.
struct Waiting {
    threads: Arc<PoolThreads>,
    /// Taken before the count, where both are.
    stage: Mutex<Stage>,
    waker: Waker,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Polling,
    Counted,
    Woken,
}

impl Waiting {
    /// Counts the thread as waiting, unless its wake has come already. False if it is the last.
    fn begin(&self) -> bool {
        let mut stage = lock(&self.stage);
        if *stage == Stage::Woken {
            return true;
        }
        let mut waiting = lock(&self.threads.waiting);
        if *waiting + 1 >= self.threads.threads {
            return false;
        }
        *waiting += 1;
        *stage = Stage::Counted;
        true
    }

    fn end(&self) {
        let mut stage = lock(&self.stage);
        if std::mem::replace(&mut *stage, Stage::Woken) == Stage::Counted {
            *lock(&self.threads.waiting) -= 1;
        }
    }
}

impl Wake for Waiting {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.end();
        self.waker.wake_by_ref();
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::{pending, ready};
    use std::thread;

    /// Runs `test` on a thread of a pool that has so many.
    fn on_thread_of(threads: &Arc<PoolThreads>, test: impl FnOnce() + Send) {
        thread::scope(|scope| {
            scope.spawn(|| {
                threads.mark_current_thread();
                test();
            });
        });
    }

    #[test]
    fn the_only_thread_of_a_pool_is_refused_a_wait_that_would_not_end() {
        let threads = PoolThreads::new(PoolId::next(), 1);
        on_thread_of(&threads, || {
            assert_eq!(wait(threads.pool, pending::<()>()), Err(WouldDeadlock));
            assert_eq!(wait(threads.pool, ready(3)), Ok(3));
        });
        assert_eq!(*lock(&threads.waiting), 0);
    }

    #[test]
    fn a_thread_that_is_woken_is_not_counted_before_it_runs() {
        let threads = PoolThreads::new(PoolId::next(), 2);
        let waiting = Arc::new(Waiting {
            threads: Arc::clone(&threads),
            stage: Mutex::new(Stage::Polling),
            waker: Waker::noop().clone(),
        });
        assert!(waiting.begin());
        assert_eq!(*lock(&threads.waiting), 1);
        on_thread_of(&threads, || {
            assert_eq!(wait(threads.pool, pending::<()>()), Err(WouldDeadlock));
        });
        Waker::from(Arc::clone(&waiting)).wake();
        assert_eq!(*lock(&threads.waiting), 0);
    }

    #[test]
    fn a_thread_of_no_pool_may_always_wait() {
        assert_eq!(wait(PoolId::next(), ready(1)), Ok(1));
    }
}
