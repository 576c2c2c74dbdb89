//! The pool's limits, for workers that run elsewhere.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use concurry_limits::remote::{Answer, RemoteError};
use concurry_limits::{Acquire, LimitError, Limits, Permit};
use concurry_time::Clock;

use super::CallTable;
use super::leases::Leases;
use crate::wire::limits::{GrantText, GrantedText, LimitReply, LimitRequest, request};
use crate::wire::{Frame, Kind, codec};

/// Answers the requests of one worker about limits. What its permits hold is given back when the desk
/// is dropped, which is done when the worker is gone.
#[derive(Debug)]
pub struct LimitDesk {
    limits: Limits,
    permits: HashMap<u64, Permit<'static>>,
    waiting: Vec<(u64, Acquire)>,
    leases: Leases,
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
    pub(crate) fn new(limits: Limits, clock: Clock, waker: Waker) -> Self {
        let ready = Arc::new(Ready { flag: AtomicBool::new(false), waker });
        let waker = Waker::from(Arc::clone(&ready));
        let (permits, leases) = (HashMap::new(), Leases::new(clock));
        Self { limits, permits, waiting: Vec::new(), leases, ready, waker }
    }

    /// Handles a message of the kind [`LimitRequest`](Kind::LimitRequest). What is to be sent back, as a
    /// message of that kind, number and body, goes to `reply`.
    pub fn handle(
        &mut self,
        frame: &Frame<'_>,
        calls: &CallTable,
        mut reply: impl FnMut(Kind, u64, Vec<u8>),
    ) {
        let number = frame.header.call;
        let Ok(wanted) = codec::read::<LimitRequest>(frame.body) else { return };
        match wanted {
            LimitRequest::Acquire { scope, amounts, wait } => {
                let request = request(scope, amounts, wait);
                let lent = self.leases.ask(number, &request, &self.limits, &self.waker);
                if let Some(granted) = lent {
                    return send(number, &Ok(granted), &mut reply);
                }
                match self.limits.answer(request) {
                    Answer::Now(answer) => self.decide(number, answer, &mut reply),
                    Answer::Later(mut acquire) => match self.look(&mut acquire) {
                        Poll::Ready(answer) => self.decide(number, answer, &mut reply),
                        Poll::Pending => self.waiting.push((number, acquire)),
                    },
                }
            }
            LimitRequest::Release => {
                self.waiting.retain(|(waiting, _)| *waiting != number);
                if self.permits.remove(&number).is_none() {
                    self.leases.discard(number);
                }
            }
            LimitRequest::Begin { lease } => {
                self.permits.extend(self.leases.begin(lease).map(|permit| (number, permit)));
            }
            LimitRequest::EndLease { unused, begun } => {
                if let Some(mut lease) = self.leases.end(number, unused) {
                    let begun = begun.into_iter();
                    self.permits.extend(begun.map_while(|permit| Some((permit, lease.begin()?))));
                }
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

    /// Looks at the requests that wait, if one of them may go on, and at what the worker has and others
    /// may want. What is to be sent goes to `reply`, as in [`handle`](Self::handle).
    pub fn poll(&mut self, mut reply: impl FnMut(Kind, u64, Vec<u8>)) {
        // Acquire: see `Ready`.
        if !self.ready.flag.swap(false, Ordering::Acquire) {
            return;
        }
        self.leases.poll(&self.waker, |lease| reply(Kind::Recall, lease, Vec::new()));
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
        reply: &mut impl FnMut(Kind, u64, Vec<u8>),
    ) {
        let answer: LimitReply = match answer {
            Err(error) => Err(RemoteError::from(&error).into()),
            Ok(permit) => {
                let set = self.limits.place_of(&permit).unwrap_or(0);
                let amounts = permit.amounts().map(|(key, amount)| (key.to_owned(), amount));
                let grant = GrantText { set, amounts: amounts.collect() };
                self.permits.insert(number, permit);
                Ok(GrantedText { grant, lease: None })
            }
        };
        send(number, &answer, reply);
    }
}

fn send(number: u64, answer: &LimitReply, reply: &mut impl FnMut(Kind, u64, Vec<u8>)) {
    let mut body = Vec::new();
    // Of plain data: it can't fail.
    let _ = codec::write(answer, &mut body);
    reply(Kind::LimitReply, number, body);
}
