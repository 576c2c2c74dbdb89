//! Polling by hand, so that a test decides what happens when.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use concurry_limits::{Acquire, LimitError, Permit, RateAlgorithm};

pub(crate) const RULES: [RateAlgorithm; 5] = [
    RateAlgorithm::TokenBucket,
    RateAlgorithm::LeakyBucket,
    RateAlgorithm::SlidingWindow,
    RateAlgorithm::FixedWindow,
    RateAlgorithm::Gcra,
];

/// Counts how often it was woken.
#[derive(Default)]
pub(crate) struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Wakes {
    pub(crate) fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

/// A request that is polled by hand.
pub(crate) struct Request {
    acquire: Acquire,
    wakes: Arc<Wakes>,
}

impl Request {
    pub(crate) fn new(acquire: Acquire) -> Self {
        Self { acquire, wakes: Arc::default() }
    }

    /// Starts it, expecting that it has to wait.
    pub(crate) fn queued(acquire: Acquire) -> Self {
        let mut request = Self::new(acquire);
        assert!(request.poll().is_none(), "the request should have to wait");
        request
    }

    pub(crate) fn poll(&mut self) -> Option<Result<Permit<'static>, LimitError>> {
        let waker = Waker::from(Arc::clone(&self.wakes));
        match Pin::new(&mut self.acquire).poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(result) => Some(result),
            Poll::Pending => None,
        }
    }

    /// Polls only if it was woken since the last time.
    pub(crate) fn poll_if_woken(&mut self) -> Option<Result<Permit<'static>, LimitError>> {
        if self.wakes.0.swap(0, Ordering::SeqCst) == 0 { None } else { self.poll() }
    }

    pub(crate) fn wakes(&self) -> usize {
        self.wakes.count()
    }
}
