//! The pool's limits, for workers that run elsewhere.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use concurry_limits::remote::{Answer, RemoteError};
use concurry_limits::{Acquire, LimitError, Limits, Permit};

use super::CallTable;
use crate::wire::limits::{GrantText, LimitReply, LimitRequest, request};
use crate::wire::{Frame, codec};

/// Answers the requests of one worker about limits. What its permits hold is given back when the desk
/// is dropped, which is done when the worker is gone.
#[derive(Debug)]
pub struct LimitDesk {
    limits: Limits,
    permits: HashMap<u64, Permit<'static>>,
    waiting: Vec<(u64, Acquire)>,
    ready: Arc<Ready>,
    waker: Waker,
}

/// Told that a request may go on.
#[derive(Debug)]
struct Ready {
    flag: AtomicBool,
    waker: Waker,
}

impl Wake for Ready {
    fn wake(self: Arc<Self>) {
        // Release: pairs with the Acquire of `poll`.
        self.flag.store(true, Ordering::Release);
        self.waker.wake_by_ref();
    }
}

impl LimitDesk {
    /// A desk that calls `waker` when [`poll`](Self::poll) has something to say.
    pub(crate) fn new(limits: Limits, waker: Waker) -> Self {
        let ready = Arc::new(Ready { flag: AtomicBool::new(false), waker });
        let waker = Waker::from(Arc::clone(&ready));
        Self { limits, permits: HashMap::new(), waiting: Vec::new(), ready, waker }
    }

    /// Handles a message of the kind [`LimitRequest`](crate::wire::Kind::LimitRequest). What is to be
    /// sent back, as the body of a [`LimitReply`](crate::wire::Kind::LimitReply) with that number, goes
    /// to `reply`.
    pub fn handle(
        &mut self,
        frame: &Frame<'_>,
        calls: &CallTable,
        mut reply: impl FnMut(u64, Vec<u8>),
    ) {
        let number = frame.header.call;
        let Ok(wanted) = codec::read::<LimitRequest>(frame.body) else { return };
        match wanted {
            LimitRequest::Acquire { scope, amounts, wait } => {
                match self.limits.answer(request(scope, amounts, wait)) {
                    Answer::Now(answer) => self.decide(number, answer, &mut reply),
                    Answer::Later(mut acquire) => match self.look(&mut acquire) {
                        Poll::Ready(answer) => self.decide(number, answer, &mut reply),
                        Poll::Pending => self.waiting.push((number, acquire)),
                    },
                }
            }
            LimitRequest::Release => {
                self.waiting.retain(|(waiting, _)| *waiting != number);
                drop(self.permits.remove(&number));
            }
            // The worker has checked what it says against its mirror of the set.
            LimitRequest::Update { used } => {
                let _ = self.permits.get_mut(&number).map(|permit| permit.update(used));
            }
            LimitRequest::Refund => {
                let _ = self.permits.get_mut(&number).map(Permit::refund);
            }
            LimitRequest::UpdateOfCall { used } => {
                if let Some(environment) = calls.get(number).and_then(super::TakenCall::environment)
                {
                    let _ = environment.permit.update(used);
                }
            }
            LimitRequest::Change { set, change } => self.limits.change(set, change.into()),
            LimitRequest::RefundOfCall => {
                if let Some(environment) = calls.get(number).and_then(super::TakenCall::environment)
                {
                    let _ = environment.permit.refund();
                }
            }
        }
    }

    /// Looks at the requests that wait, if one of them may go on.
    pub fn poll(&mut self, mut reply: impl FnMut(u64, Vec<u8>)) {
        // Acquire: see `Ready`.
        if !self.ready.flag.swap(false, Ordering::Acquire) {
            return;
        }
        for (number, mut acquire) in std::mem::take(&mut self.waiting) {
            match self.look(&mut acquire) {
                Poll::Ready(answer) => self.decide(number, answer, &mut reply),
                Poll::Pending => self.waiting.push((number, acquire)),
            }
        }
    }

    fn look(&self, acquire: &mut Acquire) -> Poll<Result<Permit<'static>, LimitError>> {
        Pin::new(acquire).poll(&mut Context::from_waker(&self.waker))
    }

    fn decide(
        &mut self,
        number: u64,
        answer: Result<Permit<'static>, LimitError>,
        reply: &mut impl FnMut(u64, Vec<u8>),
    ) {
        let answer: LimitReply = match answer {
            Err(error) => Err(RemoteError::from(&error).into()),
            Ok(permit) => {
                let set = self.limits.place_of(&permit).unwrap_or(0);
                let amounts = permit.amounts().map(|(key, amount)| (key.to_owned(), amount));
                let grant = GrantText { set, amounts: amounts.collect() };
                self.permits.insert(number, permit);
                Ok(grant)
            }
        };
        let mut body = Vec::new();
        // Of plain data: it can't fail.
        let _ = codec::write(&answer, &mut body);
        reply(number, body);
    }
}
