//! The one thread that draws a target's bars, for as long as there are any.

use std::future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use concurry_time::block_on_until;

use super::meter::Meter;
use super::targets::Target;
use crate::shared::spawn_detached;

/// The bars to draw, and whether their thread runs.
///
/// One lock orders everything: the thread looks for bars and leaves its waker under it, and says under
/// it that it goes. So a bar that comes late finds either a thread that will look again or none, and a
/// bar that goes finds the waker of a thread that already waits.
#[derive(Debug, Default)]
pub(super) struct Frames {
    state: Mutex<Live>,
    #[cfg(test)]
    stopped: std::sync::Condvar,
}

#[derive(Debug, Default)]
struct Live {
    meters: Vec<Arc<Meter>>,
    running: bool,
    /// Wakes the thread before its next frame.
    waker: Option<Waker>,
}

impl Frames {
    fn lock(&self) -> MutexGuard<'_, Live> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has the meter drawn at the target's pace from now on.
    pub(super) fn add(&self, meter: Arc<Meter>, target: &Target) {
        let mut live = self.lock();
        live.meters.push(meter);
        if !live.running {
            let target = target.clone();
            let run = move || target.frames().run(&target);
            // Without a thread only the last frames are drawn; the work goes on.
            live.running = spawn_detached("concurry-progress".into(), run).is_ok();
        }
    }

    /// Takes the meter out, and ends the thread when it was the last one.
    pub(super) fn remove(&self, meter: &Meter) {
        let mut live = self.lock();
        live.meters.retain(|other| other.id() != meter.id());
        let waker = if live.meters.is_empty() { live.waker.take() } else { None };
        drop(live);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn run(&self, target: &Target) {
        while self.wait(target) {
            // Cloned, so that no lock is held while something is drawn.
            let meters = self.lock().meters.clone();
            for meter in meters {
                // Whatever goes wrong in drawing is no reason to stop drawing the others.
                let _ = catch_unwind(AssertUnwindSafe(|| target.draw(&meter)));
            }
        }
    }

    /// Waits for the next frame. `false` when there is nothing left to draw.
    fn wait(&self, target: &Target) -> bool {
        let emptied = future::poll_fn(|context| {
            let mut live = self.lock();
            if live.meters.is_empty() {
                return Poll::Ready(());
            }
            live.waker = Some(context.waker().clone());
            Poll::Pending
        });
        let clock = target.clock();
        let deadline = clock.after(target.interval());
        if block_on_until(emptied, clock, deadline).is_none() {
            return true;
        }
        let mut live = self.lock();
        // A bar may have come since; then this thread stays its thread.
        live.running = !live.meters.is_empty();
        #[cfg(test)]
        self.stopped.notify_all();
        live.running
    }

    /// Blocks until the drawing thread is about to return.
    #[cfg(test)]
    pub(super) fn wait_until_stopped(&self) {
        let mut live = self.lock();
        while live.running {
            live = self.stopped.wait(live).unwrap_or_else(PoisonError::into_inner);
        }
    }

    #[cfg(test)]
    pub(super) fn is_running(&self) -> bool {
        self.lock().running
    }
}
