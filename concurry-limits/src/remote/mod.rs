//! Limits whose state another process keeps: that side decides, this one asks.
//!
//! A worker in a process of its own has a [`Limits`] made of a [`LimitServer`] and of mirrors: sets
//! that know the keys and the configuration, and count nothing. What is taken is decided and held by
//! the pool's process; a [`Permit`] here tells that process what becomes of it. For the users of a
//! worker nothing is different.

mod error;

use std::fmt::{self, Debug};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};
use std::time::Duration;

pub use error::RemoteError;

use crate::acquire::Acquire;
use crate::error::{LimitBuildError, LimitError};
use crate::kind::{CallLimit, Kind, Limit, RateLimit, ResourceLimit};
pub use crate::lease::{AfterUse, Lease, TERM};
use crate::limit_set::LimitSet;
use crate::limits::Limits;
use crate::mirrored::Original;
pub use crate::mirrored::RemoteChange;
use crate::permit::Permit;
use crate::request::{Scope, Takes};
use crate::store::Take;

/// What is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct RemoteRequest {
    /// Whether what is not named is taken with one each: see `Scope`.
    pub scope: u8,
    /// The keys and amounts.
    pub amounts: Vec<(String, f64)>,
    /// Whether to wait, and how long at most.
    pub wait: Wait,
}

impl RemoteRequest {
    pub(crate) fn scope(&self) -> Scope {
        match self.scope {
            scope if scope == Scope::InsideCall as u8 => Scope::InsideCall,
            scope if scope == Scope::BeforeCall as u8 => Scope::BeforeCall,
            scope if scope == Scope::Exact as u8 => Scope::Exact,
            _ => Scope::Standalone,
        }
    }
}

/// How long a request waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Not at all.
    No,
    /// At most so long.
    AtMost(Duration),
    /// As long as it takes.
    Forever,
}

/// What the other side has taken.
#[derive(Clone, Debug)]
pub struct Grant {
    /// Of which of its sets.
    pub set: usize,
    /// The keys and amounts.
    pub amounts: Vec<(String, f64)>,
    /// Tells it what becomes of them. Dropping it gives the resources back.
    pub permit: Arc<dyn RemotePermit>,
}

/// A permit that another process holds. Dropping it gives the resources back there.
pub trait RemotePermit: Send + Sync + Debug {
    /// What was really used, for every key that is settled so far.
    fn update(&self, used: Vec<(String, f64)>);
    /// Nothing was used.
    fn refund(&self);
}

/// The process that has the limits.
pub trait LimitServer: Send + Sync + Debug {
    /// Asks. Dropping the future takes the request back.
    fn request(&self, request: RemoteRequest) -> GrantFuture;
    /// Asks, and blocks this thread until the answer is there.
    fn wait(&self, request: RemoteRequest) -> Result<Grant, RemoteError> {
        concurry_time::block_on(self.request(request))
    }
    /// Has one of its sets changed.
    fn change(&self, set: usize, change: RemoteChange);
}

/// A set of the other side.
#[derive(Debug)]
struct SetOfServer {
    server: Weak<dyn LimitServer>,
    set: usize,
}

// Changes are messages, and each is sent whole or not at all.
impl std::panic::UnwindSafe for SetOfServer {}
impl std::panic::RefUnwindSafe for SetOfServer {}

impl Original for SetOfServer {
    fn change(&self, change: RemoteChange) {
        if let Some(server) = self.server.upgrade() {
            server.change(self.set, change);
        }
    }
}

/// What comes back, when it does.
pub type GrantFuture = Pin<Box<dyn Future<Output = Result<Grant, RemoteError>> + Send>>;

/// What a mirror of a set is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct SetDescription {
    /// The limits, in their order.
    pub limits: Vec<LimitDescription>,
    /// The settings.
    pub config: Vec<(String, String)>,
}

/// What a mirror knows of a limit.
#[derive(Clone, Debug, PartialEq)]
pub struct LimitDescription {
    /// Its key.
    pub key: String,
    /// Whether it counts calls.
    pub calls: bool,
    /// Its capacity.
    pub capacity: f64,
    /// Its window. `None`: a resource.
    pub window: Option<Duration>,
}

impl LimitSet {
    /// What a mirror in another process is made of.
    #[doc(hidden)]
    #[must_use]
    pub fn describe(&self) -> SetDescription {
        let stats = self.stats().limits;
        let limits =
            self.shared.keys.limits.iter().zip(stats).map(|(limit, stats)| LimitDescription {
                key: limit.key.clone(),
                calls: matches!(limit.kind, Kind::Calls { .. }),
                capacity: stats.capacity,
                window: stats.window,
            });
        let config = self.shared.config.iter();
        SetDescription {
            limits: limits.collect(),
            config: config.map(|(name, value)| (name.clone(), value.clone())).collect(),
        }
    }

    /// A set with the keys and settings of another one, which counts nothing.
    ///
    /// # Errors
    ///
    /// As [`LimitSetBuilder::build`](crate::LimitSetBuilder::build), if the description is damaged.
    #[doc(hidden)]
    pub fn mirror(description: SetDescription) -> Result<Self, LimitBuildError> {
        let limits = description.limits.into_iter().map(|limit| match limit.window {
            None => Limit::from(ResourceLimit::new(limit.key, limit.capacity)),
            Some(window) if limit.calls => CallLimit::new(limit.capacity, window).into(),
            Some(window) => RateLimit::new(limit.key, limit.capacity, window).into(),
        });
        let builder = limits.fold(Self::builder(), |builder, limit| builder.with(limit));
        builder.config(description.config).build()
    }
}

/// Limits that another process keeps.
#[derive(Clone, Debug)]
pub(crate) struct Remote {
    pub(crate) server: Arc<dyn LimitServer>,
    pub(crate) mirrors: Arc<[LimitSet]>,
}

impl Remote {
    pub(crate) fn acquire(&self, scope: Scope, amounts: Vec<(String, f64)>) -> Acquire {
        let request = RemoteRequest { scope: scope as u8, amounts, wait: Wait::Forever };
        Acquire::remote(RemoteAcquire { remote: self.clone(), request: Some(request), asked: None })
    }

    pub(crate) fn try_acquire(&self, scope: Scope, amounts: Vec<(String, f64)>) -> Granted {
        let request = RemoteRequest { scope: scope as u8, amounts, wait: Wait::No };
        self.permit(self.server.wait(request))
    }

    fn permit(&self, answer: Result<Grant, RemoteError>) -> Granted {
        let grant = answer.map_err(|error| error.into_error(&self.mirrors))?;
        remote_permit(&self.mirrors, grant)
            .ok_or_else(|| RemoteError::Lost.into_error(&self.mirrors))
    }
}

/// A permit for what the other side has taken. `None`: it is not of these mirrors.
#[doc(hidden)]
#[must_use]
pub fn remote_permit(mirrors: &[LimitSet], grant: Grant) -> Option<Permit<'static>> {
    let mirror = mirrors.get(grant.set)?;
    let keys = &mirror.shared.keys;
    let takes = grant
        .amounts
        .iter()
        .map(|(key, amount)| keys.find(key).map(|index| Take { index, amount: *amount }));
    let takes = takes.collect::<Option<Takes>>()?;
    Some(Permit::of_server(Arc::clone(&mirror.shared), takes, grant.permit))
}

type Granted = Result<Permit<'static>, LimitError>;

/// A request on its way to the other side.
#[derive(Debug)]
pub(crate) struct RemoteAcquire {
    remote: Remote,
    request: Option<RemoteRequest>,
    asked: Option<Asked>,
}

struct Asked(GrantFuture);

impl Debug for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Asked")
    }
}

impl RemoteAcquire {
    /// Blocks until the answer is there. `None`: it was asked for before, by a poll.
    pub(crate) fn wait(&mut self, timeout: Option<Duration>) -> Option<Granted> {
        let request = self.take_request(timeout)?;
        Some(self.remote.permit(self.remote.server.wait(request)))
    }

    fn take_request(&mut self, timeout: Option<Duration>) -> Option<RemoteRequest> {
        let wait = timeout.map_or(Wait::Forever, Wait::AtMost);
        self.request.take().map(|request| RemoteRequest { wait, ..request })
    }

    pub(crate) fn poll(
        &mut self,
        timeout: Option<Duration>,
        context: &mut Context<'_>,
    ) -> Poll<Granted> {
        if let Some(request) = self.take_request(timeout) {
            self.asked = Some(Asked(self.remote.server.request(request)));
        }
        let Some(Asked(asked)) = &mut self.asked else { return Poll::Pending };
        asked.as_mut().poll(context).map(|answer| self.remote.permit(answer))
    }
}

/// What is to be done about a request from another process.
#[derive(Debug)]
pub enum Answer {
    /// It is decided.
    Now(Result<Permit<'static>, LimitError>),
    /// It waits.
    Later(Acquire),
}

impl Limits {
    /// Limits that another process keeps.
    #[doc(hidden)]
    #[must_use]
    pub fn of_server(server: Arc<dyn LimitServer>, mirrors: Vec<LimitSet>) -> Self {
        for (set, mirror) in mirrors.iter().enumerate() {
            let original = SetOfServer { server: Arc::downgrade(&server), set };
            let _ = mirror.shared.original.set(Box::new(original));
        }
        Self::from_remote(Remote { server, mirrors: mirrors.into() })
    }

    /// Changes a set, as another process wishes that has a mirror of it.
    #[doc(hidden)]
    pub fn change(&self, set: usize, change: RemoteChange) {
        let Some(set) = self.sets().nth(set) else { return };
        match change {
            RemoteChange::Pause(duration) => set.pause_for(duration),
            RemoteChange::Resume => set.resume(),
            // Where it was called it was checked against the mirror.
            RemoteChange::Capacity { key, capacity } => {
                let _ = set.set_capacity(key.as_str(), capacity);
            }
        }
    }

    /// Answers a request of another process.
    #[doc(hidden)]
    #[must_use]
    pub fn answer(&self, request: RemoteRequest) -> Answer {
        let scope = request.scope();
        match request.wait {
            Wait::No => Answer::Now(self.try_acquire_in(scope, request.amounts)),
            Wait::Forever => Answer::Later(self.acquire_in(scope, request.amounts)),
            Wait::AtMost(timeout) => {
                Answer::Later(self.acquire_in(scope, request.amounts).timeout(timeout))
            }
        }
    }

    /// Which of its sets a permit is of.
    #[doc(hidden)]
    #[must_use]
    pub fn place_of(&self, permit: &Permit<'_>) -> Option<usize> {
        self.sets().position(|set| permit.is_of(set))
    }
}
