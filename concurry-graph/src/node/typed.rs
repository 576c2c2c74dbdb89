//! A node with its types: what it is to work with, then its outcome, under one lock.

use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use concurry_core::__private::Visitor;

use super::kind::{Begun, Kind, Values};
use super::{About, AnyNode, Dependency, Header, Place, Progress, Stage, VisitAsker};
use crate::argument::Inputs;
use crate::error::{Cause, ComputeError};
use crate::lazy::Lazy;
use crate::sync::lock;

/// Who is to be told that a node is over.
pub(super) type Waiters = Vec<Box<dyn FnOnce() + Send>>;

/// A node with its types.
pub(crate) struct Node<K: Kind> {
    pub(super) header: Header,
    kind: K,
    /// Held for moments only, and over a copy of the value: by others that want the same value.
    pub(super) body: Mutex<Body<K>>,
}

/// What the lock guards.
pub(super) struct Body<K: Kind> {
    /// `None` while they are being resolved.
    pub(super) inputs: Option<K::Inputs>,
    pub(super) state: State<K>,
    /// Copies the value for all uses but the last. Known once there is a second use.
    pub(super) cloner: Option<fn(&K::Output) -> K::Output>,
}

/// How far it is.
pub(super) enum State<K: Kind> {
    New,
    /// Begun; or its value was taken.
    Empty,
    Pending(K::Pending),
    Done(K::Output),
    Failed(ComputeError),
    /// Takes the value of an equal node.
    Copy(Lazy<K::Output>),
    /// As before, and others are to be told.
    Watched(Box<(State<K>, Waiters)>),
}

impl<K: Kind> Node<K> {
    pub(crate) fn new(kind: K, inputs: K::Inputs) -> Arc<Self> {
        Self::with(kind, inputs, State::New, Stage::New)
    }

    /// A node whose value is known.
    pub(crate) fn done(kind: K, inputs: K::Inputs, value: K::Output) -> Arc<Self> {
        Self::with(kind, inputs, State::Done(value), Stage::Done)
    }

    fn with(kind: K, inputs: K::Inputs, state: State<K>, stage: Stage) -> Arc<Self> {
        let body = Mutex::new(Body { inputs: Some(inputs), state, cloner: None });
        let header = Header::new(stage, K::IS_CALL, K::IS_PURE).batched(kind.is_batched());
        Arc::new(Self { header, kind, body })
    }

    /// Makes it the caller's to run, and takes what it works with. `None` if it was over or begun.
    fn take_values(&self) -> Option<Result<Values<K>, ComputeError>> {
        let mut inputs = {
            let mut body = lock(&self.body);
            if !matches!(body.state.inner(), State::New) {
                return None;
            }
            *body.state.inner_mut() = State::Empty;
            self.header.set_stage(Stage::Running);
            body.inputs.take()?
        };
        // Not under the lock: this may copy values, and drop what is left of them.
        let values = inputs.resolve();
        if values.is_err() {
            inputs.release();
        }
        lock(&self.body).inputs = Some(inputs);
        Some(values)
    }

    /// Takes the value of the equal node, if that is what it is to do.
    fn copy(&self) -> Option<Progress> {
        let lazy = {
            let mut body = lock(&self.body);
            match std::mem::replace(body.state.inner_mut(), State::Empty) {
                State::Copy(lazy) => lazy,
                other => {
                    *body.state.inner_mut() = other;
                    return None;
                }
            }
        };
        Some(self.end(lazy.spend().0))
    }

    fn end_call(&self, outcome: Result<K::Output, Cause>) -> Progress {
        self.end(outcome.map_err(|cause| {
            self.header.note_retries(cause.retries());
            (self as &dyn AnyNode).error(cause)
        }))
    }

    /// Keeps the outcome.
    fn end(&self, outcome: Result<K::Output, ComputeError>) -> Progress {
        let failed = outcome.is_err();
        let (state, stage) = match outcome {
            Ok(value) => (State::Done(value), Stage::Done),
            Err(error) => (State::Failed(error), Stage::Failed),
        };
        let (unused, waiters) = {
            let mut body = lock(&self.body);
            let before = std::mem::replace(&mut body.state, state);
            self.header.set_stage(stage);
            // Nobody wants it. Who ends the last use after this sees that it is over.
            let unused = (self.header.is_unused() && !failed)
                .then(|| std::mem::replace(&mut body.state, State::Empty));
            let waiters = match before {
                State::Watched(watched) => watched.1,
                _ => Vec::new(),
            };
            (unused, waiters)
        };
        drop(unused);
        waiters.into_iter().for_each(|waiter| waiter());
        let calls = u32::from(K::IS_CALL);
        match failed {
            false => Progress::Over { done: calls, failed: 0 },
            true => Progress::Over { done: 0, failed: calls },
        }
    }
}

impl<K: Kind> State<K> {
    pub(super) fn inner(&self) -> &Self {
        match self {
            Self::Watched(watched) => &watched.0,
            other => other,
        }
    }

    pub(super) fn inner_mut(&mut self) -> &mut Self {
        match self {
            Self::Watched(watched) => &mut watched.0,
            other => other,
        }
    }
}

impl<K: Kind> AnyNode for Node<K> {
    fn header(&self) -> &Header {
        &self.header
    }

    fn about(&self) -> About {
        self.kind.about()
    }

    fn place(&self) -> Place {
        if self.header.is_copy() { Place::Anywhere } else { self.kind.place() }
    }

    fn dependencies(&self, show: &mut dyn FnMut(&dyn Dependency)) {
        let body = lock(&self.body);
        match (body.state.inner(), &body.inputs) {
            (State::Copy(lazy), _) => show(lazy),
            (_, Some(inputs)) => inputs.dependencies(show),
            (_, None) => {}
        }
    }

    fn begin(&self, waker: &Waker) -> Progress {
        if self.header.is_copy()
            && let Some(copied) = self.copy()
        {
            return copied;
        }
        let values = match self.take_values() {
            None => return Progress::Over { done: 0, failed: 0 },
            Some(Err(error)) => return self.end(Err(error)),
            Some(Ok(values)) => values,
        };
        match self.kind.begin(values) {
            Begun::Over(outcome) => self.end_call(outcome),
            Begun::Pending(pending) => {
                *lock(&self.body).state.inner_mut() = State::Pending(pending);
                self.go_on(waker)
            }
        }
    }

    fn begin_together(&self, nodes: &[(u32, Arc<dyn AnyNode>)], wakers: &[Waker]) -> Vec<Progress> {
        let same = |node: &Arc<dyn AnyNode>| {
            let node: &dyn std::any::Any = &**node;
            node.downcast_ref::<Self>().is_some_and(|node| self.kind.is_same(&node.kind))
        };
        let nodes: Vec<&Self> = nodes
            .iter()
            .take_while(|(_, node)| node.header().is_batched && same(node))
            .filter_map(|(_, node)| (&**node as &dyn std::any::Any).downcast_ref())
            .collect();
        let mut progress = vec![Progress::Over { done: 0, failed: 0 }; nodes.len()];
        let (mut begun, mut many) = (Vec::new(), Vec::new());
        for (place, node) in nodes.iter().enumerate() {
            match node.take_values() {
                None => {}
                Some(Err(error)) => progress[place] = node.end(Err(error)),
                Some(Ok(values)) => {
                    begun.push(place);
                    many.push(values);
                }
            }
        }
        for (place, outcome) in begun.into_iter().zip(self.kind.begin_together(many)) {
            let node = nodes[place];
            progress[place] = match outcome {
                Begun::Over(outcome) => node.end_call(outcome),
                Begun::Pending(pending) => {
                    *lock(&node.body).state.inner_mut() = State::Pending(pending);
                    node.go_on(&wakers[place])
                }
            };
        }
        progress
    }

    fn go_on(&self, waker: &Waker) -> Progress {
        let mut pending = {
            let mut body = lock(&self.body);
            match std::mem::replace(body.state.inner_mut(), State::Empty) {
                State::Pending(pending) => pending,
                other => {
                    *body.state.inner_mut() = other;
                    return Progress::Over { done: 0, failed: 0 };
                }
            }
        };
        match K::poll(&mut pending, &mut Context::from_waker(waker)) {
            Poll::Ready(outcome) => self.end_call(outcome),
            Poll::Pending => {
                *lock(&self.body).state.inner_mut() = State::Pending(pending);
                Progress::Pending
            }
        }
    }

    fn run_on(&self, visitor: &mut Visitor<'_>, _leave: &dyn Fn(bool) -> bool) -> Progress {
        if self.header.is_copy()
            && let Some(copied) = self.copy()
        {
            return copied;
        }
        match self.take_values() {
            None => Progress::Over { done: 0, failed: 0 },
            Some(Err(error)) => self.end(Err(error)),
            Some(Ok(values)) => {
                self.header.note_worker(visitor.worker_index());
                self.end_call(self.kind.run_on(values, visitor))
            }
        }
    }

    fn run_here(&self) {
        match self.take_values() {
            None => {}
            Some(Err(error)) => {
                self.end(Err(error));
            }
            Some(Ok(values)) => {
                let outcome = match self.kind.begin(values) {
                    Begun::Over(outcome) => outcome,
                    Begun::Pending(pending) => K::wait(pending),
                };
                self.end_call(outcome);
            }
        }
    }

    fn cancel(&self) {
        let pending = {
            let mut body = lock(&self.body);
            match std::mem::replace(body.state.inner_mut(), State::Empty) {
                State::Pending(pending) => pending,
                other => {
                    *body.state.inner_mut() = other;
                    return;
                }
            }
        };
        self.end_call(Err(K::cancel(pending)));
    }

    fn unclaim(&self) {
        let waiters = {
            let mut body = lock(&self.body);
            self.header.unclaim();
            match std::mem::replace(&mut body.state, State::Empty) {
                State::Watched(watched) => {
                    body.state = watched.0;
                    watched.1
                }
                other => {
                    body.state = other;
                    Vec::new()
                }
            }
        };
        // They find it unclaimed.
        waiters.into_iter().for_each(|waiter| waiter());
    }

    fn fail(&self, error: ComputeError) {
        let inputs = {
            let mut body = lock(&self.body);
            if !matches!(body.state.inner(), State::New | State::Copy(_)) {
                return;
            }
            *body.state.inner_mut() = State::Empty;
            body.inputs.take()
        };
        if let Some(mut inputs) = inputs {
            inputs.release();
            lock(&self.body).inputs = Some(inputs);
        }
        self.end(Err(error));
    }

    fn abort(&self, cause: Cause) {
        if !self.header.is_over() {
            self.end_call(Err(cause));
        }
    }

    fn visit_asker(&self) -> Option<VisitAsker> {
        self.kind.visit_asker()
    }

    fn when_over(&self, waiter: Box<dyn FnOnce() + Send>) {
        let mut body = lock(&self.body);
        if self.header.is_over() {
            drop(body);
            return waiter();
        }
        match &mut body.state {
            State::Watched(watched) => watched.1.push(waiter),
            state => {
                let before = std::mem::replace(state, State::Empty);
                *state = State::Watched(Box::new((before, vec![waiter])));
            }
        }
    }

    fn pure_hash(&self) -> Option<u64> {
        let body = lock(&self.body);
        match (body.state.inner(), &body.inputs) {
            (State::New, Some(inputs)) => self.kind.pure_hash(inputs),
            _ => None,
        }
    }

    fn is_equal(&self, other: &dyn AnyNode) -> bool {
        let other: &dyn std::any::Any = other;
        let Some(other) = other.downcast_ref::<Self>() else { return false };
        if std::ptr::eq(self, other) {
            return true;
        }
        // Both belong to one run, which compares them one pair at a time.
        let (own, others) = (lock(&self.body), lock(&other.body));
        match (&own.inputs, &others.inputs) {
            (Some(own), Some(others)) => self.kind.is_equal(&other.kind, own, others),
            _ => false,
        }
    }

    fn become_copy_of(&self, original: Arc<dyn AnyNode>) -> bool {
        let Some(cloner) = self.kind.cloner() else { return false };
        let original: Arc<dyn std::any::Any + Send + Sync> = original;
        let Ok(original) = original.downcast::<Self>() else { return false };
        lock(&original.body).cloner = Some(cloner);
        let inputs = {
            let mut body = lock(&self.body);
            if !matches!(body.state.inner(), State::New) {
                return false;
            }
            original.header.add_use();
            self.header.set_copy();
            *body.state.inner_mut() = State::Copy(Lazy::of_use(original));
            body.inputs.take()
        };
        drop(inputs);
        true
    }
}
