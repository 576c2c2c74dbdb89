//! Limits, as a worker asks for them: the pool's process has them.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::task::{Context, Poll, Waker};

use concurry_limits::remote::{
    Grant, GrantFuture, LimitServer, RemoteChange, RemoteError, RemotePermit, RemoteRequest,
    remote_permit,
};
use concurry_limits::{LimitSet, Limits, Permit};
use concurry_time::block_on;

use super::outbox::Outbox;
use super::replies::Replies;
use crate::sync::lock;
use crate::wire::limits::{DIRECT, GrantText, LimitReply, LimitRequest, SetText};
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
    me: Weak<Self>,
}

#[derive(Debug)]
enum Asking {
    Waiting(Option<Waker>),
    Answered(LimitReply),
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

    fn send(&self, number: u64, request: &LimitRequest) {
        // Of plain data: it can't fail.
        let _ = self
            .outbox
            .add(Kind::LimitRequest, 0, number, |encoder| codec::write(request, &mut encoder.body));
        self.outbox.flush();
    }

    /// An answer has come.
    pub(crate) fn answered(&self, number: u64, body: &[u8]) {
        let Ok(reply) = codec::read::<LimitReply>(body) else { return };
        let mut waiting = lock(&self.waiting);
        let Some(asking) = waiting.get_mut(&number) else {
            // Nobody wants it any more, and the other side was told.
            return;
        };
        let before = std::mem::replace(asking, Asking::Answered(reply));
        drop(waiting);
        if let Asking::Waiting(Some(waker)) = before {
            waker.wake();
        }
    }
}

impl LimitServer for LimitClient {
    fn request(&self, request: RemoteRequest) -> GrantFuture {
        let Some(client) = self.me.upgrade() else {
            return Box::pin(std::future::ready(Err(RemoteError::Lost)));
        };
        // Relaxed: only has to differ.
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        lock(&self.waiting).insert(number, Asking::Waiting(None));
        self.send(number, &LimitRequest::acquire(request));
        Box::pin(Asked { client, number, done: false })
    }

    fn wait(&self, request: RemoteRequest) -> Result<Grant, RemoteError> {
        let (Some(client), Some(replies)) = (self.me.upgrade(), &self.replies) else {
            return block_on(self.request(request));
        };
        // Where another thread waits already, the answer comes the other way.
        let Ok(mut replies) = replies.try_lock() else {
            return block_on(self.request(request));
        };
        let number = self.next.fetch_add(1, Ordering::Relaxed) | DIRECT;
        self.send(number, &LimitRequest::acquire(request));
        let reply = replies.wait(number).ok_or(RemoteError::Lost)?;
        drop(replies);
        granted(client, number, reply)
    }

    fn change(&self, set: usize, change: RemoteChange) {
        self.send(0, &LimitRequest::Change { set, change: change.into() });
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
        match waiting.get_mut(&self.number) {
            Some(Asking::Waiting(waker)) => {
                let old = waker.replace(context.waker().clone());
                drop(waiting);
                drop(old);
                return Poll::Pending;
            }
            Some(Asking::Answered(_)) | None => {}
        }
        let answered = waiting.remove(&self.number);
        drop(waiting);
        self.done = true;
        let Some(Asking::Answered(reply)) = answered else {
            return Poll::Ready(Err(RemoteError::Lost));
        };
        Poll::Ready(granted(Arc::clone(&self.client), self.number, reply))
    }
}

fn granted(client: Arc<LimitClient>, number: u64, reply: LimitReply) -> Result<Grant, RemoteError> {
    let GrantText { set, amounts } = reply.map_err(RemoteError::from)?;
    Ok(Grant { set, amounts, permit: Arc::new(Granted { client, number }) })
}

impl Drop for Asked {
    fn drop(&mut self) {
        if !self.done {
            drop(lock(&self.client.waiting).remove(&self.number));
            self.client.send(self.number, &LimitRequest::Release);
        }
    }
}

/// A permit that the pool's process holds.
#[derive(Debug)]
struct Granted {
    client: Arc<LimitClient>,
    number: u64,
}

impl RemotePermit for Granted {
    fn update(&self, used: Vec<(String, f64)>) {
        self.client.send(self.number, &LimitRequest::Update { used });
    }

    fn refund(&self) {
        self.client.send(self.number, &LimitRequest::Refund);
    }
}

impl Drop for Granted {
    fn drop(&mut self) {
        self.client.send(self.number, &LimitRequest::Release);
    }
}

/// The permit that the pool took for a call, and gives back itself.
#[derive(Debug)]
struct ForCall {
    client: Arc<LimitClient>,
    call: u64,
}

impl RemotePermit for ForCall {
    fn update(&self, used: Vec<(String, f64)>) {
        self.client.send(self.call, &LimitRequest::UpdateOfCall { used });
    }

    fn refund(&self) {
        self.client.send(self.call, &LimitRequest::RefundOfCall);
    }
}
