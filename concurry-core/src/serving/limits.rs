//! Limits, as a worker asks for them: the pool's process has them.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::task::{Context, Poll, Waker};

use concurry_limits::remote::{
    Grant, GrantFuture, LimitServer, RemoteChange, RemoteError, RemoteRequest, Wait, remote_permit,
};
use concurry_limits::{LimitSet, Limits, Permit};
use concurry_time::block_on;

use super::leases::{Leases, Lent};
use super::outbox::Outbox;
use super::permits::{ForCall, Granted, OfLease};
use super::replies::Replies;
use crate::sync::lock;
use crate::wire::limits::{DIRECT, GrantText, GrantedText, LimitReply, LimitRequest, SetText};
use crate::wire::{Kind, codec};

/// Asks the pool's process.
#[derive(Debug)]
pub(crate) struct LimitClient {
    outbox: Arc<Outbox>,
    mirrors: Vec<LimitSet>,
    next: AtomicU64,
    /// Where a thread can wait for an answer by itself.
    replies: Option<Mutex<Replies>>,
    /// Never held while a waker runs.
    waiting: Mutex<HashMap<u64, Asking>>,
    /// Held while what happens to leases is told: see there. After `waiting`, where both are.
    leases: Mutex<Leases>,
    me: Weak<Self>,
}

#[derive(Debug)]
enum Asking {
    Waiting { request: RemoteRequest, waker: Option<Waker> },
    Answered(Result<Grant, RemoteError>),
}

impl LimitClient {
    pub(super) fn new(
        outbox: &Arc<Outbox>,
        sets: Vec<SetText>,
        replies: Option<Replies>,
    ) -> Arc<Self> {
        // What can't be mirrored is not there: requests for it say so.
        let mirrors = sets.into_iter().filter_map(|set| LimitSet::mirror(set.into()).ok());
        let mirrors = mirrors.collect();
        Arc::new_cyclic(|me| Self {
            outbox: Arc::clone(outbox),
            mirrors,
            next: AtomicU64::new(1),
            replies: replies.map(Mutex::new),
            waiting: Mutex::default(),
            leases: Mutex::default(),
            me: Weak::clone(me),
        })
    }

    /// What methods see.
    pub(crate) fn limits(self: &Arc<Self>) -> Limits {
        if self.mirrors.is_empty() {
            return Limits::unlimited();
        }
        let server: Arc<dyn LimitServer> = Arc::<Self>::clone(self);
        Limits::of_server(server, self.mirrors.clone())
    }

    /// The permit that the pool took for a call.
    pub(crate) fn permit_of_call(&self, call: u64, grant: GrantText) -> Option<Permit<'static>> {
        let client = self.me.upgrade()?;
        let permit = Arc::new(ForCall { client, call });
        let GrantText { set, amounts } = grant;
        remote_permit(&self.mirrors, Grant { set, amounts, permit })
    }

    fn add(&self, number: u64, request: &LimitRequest) {
        // Of plain data: it can't fail.
        let _ = self
            .outbox
            .add(Kind::LimitRequest, 0, number, |encoder| codec::write(request, &mut encoder.body));
    }

    pub(super) fn send(&self, number: u64, request: &LimitRequest) {
        self.add(number, request);
        self.outbox.flush();
    }

    /// A number for a request or a permit.
    fn number(&self) -> u64 {
        // Relaxed: only has to differ.
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// Does something about leases, and sends what there is to tell.
    pub(super) fn tell(&self, act: impl FnOnce(&mut Leases, &mut dyn FnMut(u64, &LimitRequest))) {
        let (mut leases, mut told) = (lock(&self.leases), false);
        act(&mut leases, &mut |number, message| {
            told = true;
            self.add(number, message);
        });
        drop(leases);
        if told {
            self.outbox.flush();
        }
    }

    /// Gives out what is here.
    fn lend(&self, request: &RemoteRequest) -> Option<Grant> {
        let client = self.me.upgrade()?;
        let mut leases = lock(&self.leases);
        if leases.is_empty() {
            return None;
        }
        let number = self.number();
        let Lent { grant: GrantText { set, amounts }, lease } = leases.take(request, number)?;
        drop(leases);
        Some(Grant { set, amounts, permit: Arc::new(OfLease { client, lease, number }) })
    }

    /// Asks for what is not here.
    fn ask(&self, number: u64, request: &RemoteRequest) {
        let waits = request.wait == Wait::Forever;
        self.tell(|leases, mut told| {
            leases.ask(request, waits, &mut told);
            if number & DIRECT != 0 {
                leases.await_directly(number);
            }
            told(number, &LimitRequest::acquire(request.clone()));
        });
    }

    fn granted(
        &self,
        number: u64,
        request: RemoteRequest,
        reply: LimitReply,
    ) -> Result<Grant, RemoteError> {
        let client = self.me.upgrade().ok_or(RemoteError::Lost)?;
        let GrantedText { grant, lease } = reply.map_err(RemoteError::from)?;
        let GrantText { set, amounts } = grant.clone();
        let Some(text) = lease else {
            return Ok(Grant { set, amounts, permit: Arc::new(Granted { client, number }) });
        };
        let own = self.number();
        self.tell(|leases, mut told| {
            let recalled = number & DIRECT != 0 && leases.was_recalled(number);
            leases.open(number, request, (grant, text), own);
            if recalled {
                leases.recalled(number, &mut told);
            }
        });
        let permit = OfLease { client, lease: number, number: own };
        Ok(Grant { set, amounts, permit: Arc::new(permit) })
    }

    /// An answer has come.
    pub(crate) fn answered(&self, number: u64, body: &[u8]) {
        let Ok(reply) = codec::read::<LimitReply>(body) else { return };
        let mut waiting = lock(&self.waiting);
        let Some(asking @ Asking::Waiting { .. }) = waiting.get_mut(&number) else {
            // Nobody wants it any more, and the other side was told.
            return;
        };
        let lost = Asking::Answered(Err(RemoteError::Lost));
        let Asking::Waiting { request, waker } = std::mem::replace(asking, lost) else { return };
        // What is lent is here from now on, since it may be recalled by the next message.
        *asking = Asking::Answered(self.granted(number, request, reply));
        drop(waiting);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// The pool wants a lease back.
    pub(crate) fn recalled(&self, number: u64) {
        self.tell(|leases, mut told| leases.recalled(number, &mut told));
    }

    /// Gives back what is not in use. It is sent with whatever is sent next.
    pub(crate) fn end_leases(&self) {
        let mut leases = lock(&self.leases);
        leases.end(&mut |number, message: &LimitRequest| self.add(number, message));
    }

    /// Whether something is lent to this worker.
    pub(crate) fn has_leases(&self) -> bool {
        !self.mirrors.is_empty() && !lock(&self.leases).is_empty()
    }
}

impl LimitServer for LimitClient {
    fn request(&self, request: RemoteRequest) -> GrantFuture {
        let Some(client) = self.me.upgrade() else {
            return Box::pin(std::future::ready(Err(RemoteError::Lost)));
        };
        if let Some(grant) = self.lend(&request) {
            return Box::pin(std::future::ready(Ok(grant)));
        }
        let number = self.number();
        let asking = Asking::Waiting { request: request.clone(), waker: None };
        lock(&self.waiting).insert(number, asking);
        self.ask(number, &request);
        Box::pin(Asked { client, number, done: false })
    }

    fn wait(&self, request: RemoteRequest) -> Result<Grant, RemoteError> {
        let Some(replies) = &self.replies else { return block_on(self.request(request)) };
        if let Some(grant) = self.lend(&request) {
            return Ok(grant);
        }
        // Where another thread waits already, the answer comes the other way.
        let Ok(mut replies) = replies.try_lock() else {
            return block_on(self.request(request));
        };
        let number = self.number() | DIRECT;
        self.ask(number, &request);
        let reply = replies.wait(number).ok_or(RemoteError::Lost)?;
        // Before another one is awaited that way.
        let granted = self.granted(number, request, reply);
        drop(replies);
        granted
    }

    fn change(&self, set: usize, change: RemoteChange) {
        self.tell(|leases, mut told| {
            // What lies here unused may be what the change is about.
            leases.end(&mut told);
            told(0, &LimitRequest::Change { set, change: change.into() });
        });
    }
}

/// A request that was sent. Dropping it takes it back.
struct Asked {
    client: Arc<LimitClient>,
    number: u64,
    done: bool,
}

impl Future for Asked {
    type Output = Result<Grant, RemoteError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut waiting = lock(&self.client.waiting);
        if let Some(Asking::Waiting { waker, .. }) = waiting.get_mut(&self.number) {
            let old = waker.replace(context.waker().clone());
            drop(waiting);
            drop(old);
            return Poll::Pending;
        }
        let answered = waiting.remove(&self.number);
        drop(waiting);
        self.done = true;
        let Some(Asking::Answered(answer)) = answered else {
            return Poll::Ready(Err(RemoteError::Lost));
        };
        Poll::Ready(answer)
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        if self.done {
            return;
        }
        let asking = lock(&self.client.waiting).remove(&self.number);
        if let Some(Asking::Waiting { .. }) = asking {
            self.client.send(self.number, &LimitRequest::Release);
        }
        // What was answered is given back by what the answer holds.
    }
}
