//! A bound on the calls that wait in a pool.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};

use super::blocking;
use super::{PoolId, Shutdown, Stage};
use crate::overflow::Overflow;
use crate::sync::lock;

/// The places in a bounded queue.
#[derive(Debug)]
pub(crate) struct Bound {
    pub(crate) max: usize,
    pub(crate) overflow: Overflow,
    pool: PoolId,
    /// Never held while a waker runs.
    places: Mutex<Places>,
}

#[derive(Debug)]
struct Places {
    free: usize,
    waiting: VecDeque<Waker>,
}

/// No place, and none to wait for.
#[derive(Debug)]
pub(crate) struct Full;

/// A call's place in the queue. Dropping it makes room for another.
#[derive(Debug)]
pub(crate) struct QueuePlace(Arc<Bound>);

impl Bound {
    pub(crate) fn new(max: usize, overflow: Overflow, pool: PoolId) -> Arc<Self> {
        let places = Mutex::new(Places { free: max, waiting: VecDeque::new() });
        Arc::new(Self { max, overflow, pool, places })
    }

    /// Takes a place, as the bound's rule says. A pool that is being stopped gives no place to wait
    /// for; the submit that follows finds it closed. If it waits, it has what `meanwhile` gives as long.
    pub(crate) fn enter<G>(
        self: &Arc<Self>,
        shutdown: &Arc<Shutdown>,
        meanwhile: impl FnOnce() -> G,
    ) -> Result<QueuePlace, Full> {
        if let Some(place) = self.try_enter() {
            return Ok(place);
        }
        if self.overflow == Overflow::Reject {
            return Err(Full);
        }
        let _meanwhile = meanwhile();
        // A worker of this very pool may be the one that has to make room.
        let place = blocking::wait(self.pool, async {
            let mut stopping = pin!(shutdown.reached(Stage::Draining));
            poll_fn(|context| {
                if stopping.as_mut().poll(context).is_ready() {
                    return Poll::Ready(Err(Full));
                }
                let mut places = lock(&self.places);
                if places.free > 0 {
                    places.free -= 1;
                    return Poll::Ready(Ok(QueuePlace(Arc::clone(self))));
                }
                places.waiting.push_back(context.waker().clone());
                Poll::Pending
            })
            .await
        });
        place.unwrap_or(Err(Full))
    }

    fn try_enter(self: &Arc<Self>) -> Option<QueuePlace> {
        let mut places = lock(&self.places);
        places.free = places.free.checked_sub(1)?;
        Some(QueuePlace(Arc::clone(self)))
    }
}

impl Drop for QueuePlace {
    fn drop(&mut self) {
        let waker = {
            let mut places = lock(&self.0.places);
            places.free += 1;
            places.waiting.pop_front()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}
