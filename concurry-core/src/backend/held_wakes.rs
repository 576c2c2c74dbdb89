//! Blocking where a tokio scheduler holds wakes back.
//!
//! A future that yields to tokio (`tokio::task::yield_now`) leaves its waker with the scheduler of
//! the current thread, which calls it when it gets the thread back. A thread that blocks for the
//! future never gives it back, so the future would never be polled again. Two ways out:
//!
//! * What may leave the thread is run by another one, which no scheduler has.
//! * What may not is polled again whenever a poll has left a waker with the scheduler. Where futures
//!   with wakers of their own lie in between (`FuturesUnordered`), that does not reach what yielded.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;

use tokio::runtime::Handle;

use crate::shared::{blocking, running};

/// A waker that tells what a scheduler does with it.
#[derive(Default)]
struct Probe {
    woken: AtomicBool,
}

impl Wake for Probe {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // Relaxed: a scheduler calls what was left with it on the thread that left it.
        self.woken.store(true, Ordering::Relaxed);
    }
}

thread_local! {
    /// One for each thread: a scheduler that has it for the last one is not given it again.
    static PROBE: Arc<Probe> = Arc::default();
}

/// Yields with the probe. True if the scheduler has it now, instead of calling it at once.
fn is_held_back(probe: &Arc<Probe>) -> bool {
    probe.woken.store(false, Ordering::Relaxed);
    let waker = Waker::from(Arc::clone(probe));
    let mut yielding = pin!(tokio::task::yield_now());
    let polled = yielding.as_mut().poll(&mut Context::from_waker(&waker));
    polled.is_pending() && !probe.woken.load(Ordering::Relaxed)
}

/// Whether what yields on this thread is woken only when the thread goes back to its scheduler.
pub(crate) fn are_held_back() -> bool {
    Handle::try_current().is_ok() && PROBE.try_with(is_held_back).unwrap_or(false)
}

/// Runs `work` on a thread of its own, and waits for it. What calls find out of their thread holds
/// there, too. On the current thread if the system has no other.
///
/// # Safety
/// Everything that `work` uses, and what it returns, may be used by another thread while the current
/// one waits.
pub(crate) unsafe fn on_another_thread<R>(name: &str, work: impl FnOnce() -> R) -> R {
    /// Crosses over to the other thread and back.
    struct Moved<T>(T);
    // SAFETY: by the contract of the function around it.
    unsafe impl<T> Send for Moved<T> {}
    // SAFETY: as above; one thread uses it at a time.
    unsafe impl<T> Sync for Moved<T> {}

    let work = Moved(Cell::new(Some(work)));
    let (deadline, pool) = (running::deadline(), blocking::threads_of_current());
    let run = || {
        let work = &work;
        let work = work.0.take()?;
        Some(Moved(work()))
    };
    let there = Moved(|| {
        let _within = running::Within::enter(deadline);
        if let Some(pool) = &pool {
            pool.mark_current_thread();
        }
        run()
    });
    let outcome = thread::scope(|scope| {
        let spawned =
            thread::Builder::new().name(format!("{name}-sync")).spawn_scoped(scope, || {
                let there = &there;
                (there.0)()
            });
        match spawned {
            Ok(thread) => thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            Err(_) => run(),
        }
    });
    match outcome {
        Some(Moved(outcome)) => outcome,
        None => unreachable!("the work is there until one of the two takes it"),
    }
}

/// Polls a future that has to stay on this thread, so that a held wake is made good by another poll.
pub(crate) async fn polled_again<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let probe = PROBE.with(Arc::clone);
    poll_fn(move |context| poll_again(future.as_mut(), &probe, context)).await
}

fn poll_again<F: Future>(
    mut future: Pin<&mut F>,
    probe: &Arc<Probe>,
    context: &mut Context<'_>,
) -> Poll<F::Output> {
    loop {
        // Now the probe is the last that the scheduler has.
        is_held_back(probe);
        let before = Arc::strong_count(probe);
        // If it is not taken for the last one even so, nothing can be told by it.
        is_held_back(probe);
        let can_tell = Arc::strong_count(probe) == before;
        if let Poll::Ready(output) = future.as_mut().poll(context) {
            return Poll::Ready(output);
        }
        // It is given once more only if another waker was left after it: the future has yielded.
        is_held_back(probe);
        let yielded = can_tell && Arc::strong_count(probe) > before;
        if !yielded {
            return Poll::Pending;
        }
    }
}
