//! A node with its types: what it is to work with, then its outcome, under one lock.

use std::any::Any;
use std::ops::Range;
use std::sync::Mutex;
use std::task::Waker;
use std::thread::Thread;

use concurry_core::__private::{SlabArc, Visitor};

use super::kind::{Begun, Kind};
use super::{
    About, AnyNode, Dependency, Header, Place, Progress, RowRun, SharedNode, Stage, Stretch,
    VisitAsker,
};
use crate::argument::{Inputs, Part};
use crate::error::{Cause, ComputeError};
use crate::journal::Ledger;
use crate::lazy::{Lazy, Produces};
use crate::sync::lock;

/// A node that was just made.
type Produced<K> = SlabArc<dyn Produces<<K as Kind>::Output>>;

/// Who is to be told that a node is over.
pub(super) type Waiters = Vec<Box<dyn FnOnce() + Send>>;

/// A node with its types.
pub(crate) struct Node<K: Kind> {
    pub(super) header: Header,
    pub(super) kind: K,
    /// Held for moments only, and never over code of the user's: see `loans.rs`.
    pub(super) body: Mutex<Body<K>>,
}

/// What the lock guards.
pub(super) struct Body<K: Kind> {
    /// `None` while they are being resolved or compared.
    pub(super) inputs: Option<K::Inputs>,
    pub(super) state: State<K>,
    /// Copies the value for all uses but the last. Known once there is a second use.
    pub(super) cloner: Option<fn(&K::Output) -> K::Output>,
}

/// Who waits for a turn to copy a value.
#[derive(Default)]
pub(super) struct Turns(pub(super) Vec<Thread>);

/// How far it is. As small as can be: there may be millions of nodes.
pub(super) enum State<K: Kind> {
    New,
    /// Begun; or its value was taken.
    Empty,
    Pending(K::Pending),
    Done(K::Output),
    /// Done; one of several users copies the value, and these threads wait for their turn.
    Lent(Option<Box<Turns>>),
    Failed(ComputeError),
    /// Takes the value of an equal node.
    Copy(Box<Lazy<K::Output>>),
    /// As before, and others are to be told.
    Watched(Box<(State<K>, Waiters)>),
}

impl<K: Kind> Node<K> {
    pub(crate) fn of(kind: K, inputs: K::Inputs) -> Produced<K> {
        Self::with(kind, inputs, State::New, Stage::New)
    }

    /// A node whose value is known.
    pub(crate) fn done(kind: K, inputs: K::Inputs, value: K::Output) -> Produced<K> {
        Self::with(kind, inputs, State::Done(value), Stage::Done)
    }

    fn with(kind: K, inputs: K::Inputs, state: State<K>, stage: Stage) -> Produced<K> {
        let header = Header::new(stage, K::IS_CALL, K::IS_PURE)
            .batched(kind.is_batched())
            .leaf(inputs.are_values());
        let body = Mutex::new(Body { inputs: Some(inputs), state, cloner: None });
        SlabArc::new(Self { header, kind, body }).see_as(|cell| cell as _)
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
        match self.header.stage() {
            // Another run has made its call, and left it to this one.
            Stage::Running => Place::Elsewhere,
            _ if self.header.is_copy() => Place::Anywhere,
            _ => self.kind.place(),
        }
    }

    fn dependencies(&self, show: &mut dyn FnMut(&dyn Dependency)) {
        let body = lock(&self.body);
        match (body.state.inner(), &body.inputs) {
            (State::Copy(lazy), _) => show(&**lazy),
            (_, Some(inputs)) => inputs.dependencies(show),
            (_, None) => {}
        }
    }

    fn begin(&self, waker: &Waker, ledger: Option<&mut Ledger>) -> Progress {
        self.begin_one(waker, ledger)
    }

    fn begin_together(
        &self,
        nodes: &[(u32, SharedNode)],
        wakers: &[Waker],
        ledger: Option<&mut Ledger>,
    ) -> Vec<Progress> {
        self.begin_many(nodes, wakers, ledger)
    }

    fn go_on(&self, waker: &Waker, ledger: Option<&mut Ledger>) -> Progress {
        match self.take_pending() {
            Some(pending) => self.look_at(pending, waker, ledger),
            None => Progress::Over { done: 0, failed: 0 },
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
                self.end_call(self.kind.run_on(values, visitor), None, None)
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
                let (outcome, trace) = match self.kind.begin(values) {
                    Begun::Over(outcome) => (outcome, None),
                    Begun::Pending(pending) => {
                        let trace = K::trace(&pending).cloned();
                        (K::wait(pending), trace)
                    }
                };
                self.end_call(outcome, trace.as_deref(), None);
            }
        }
    }

    fn cancel(&self) {
        // Another run waits for it, and goes on with its call.
        if matches!(lock(&self.body).state, State::Watched(_)) {
            return;
        }
        if let Some(pending) = self.take_pending() {
            let trace = K::trace(&pending).cloned();
            self.end_call(Err(K::cancel(pending)), trace.as_deref(), None);
        }
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

    fn abort(&self, cause: Cause) {
        if !self.header.is_over() {
            self.end_call(Err(cause), None, None);
        }
    }

    fn visit_asker(&self) -> Option<VisitAsker> {
        self.kind.visit_asker()
    }

    fn when_over(&self, waiter: Box<dyn FnOnce() + Send>) {
        let mut body = lock(&self.body);
        // The run that had it may have left it since somebody looked: nobody would say so again.
        if self.header.is_over() || self.header.claim().is_none() {
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
        if !K::IS_PURE {
            return None;
        }
        self.hash(&|_, identity| identity as u64)
    }

    fn structure(&self, of_node: &dyn Fn(&Header, usize) -> u64) -> Option<u64> {
        self.hash(of_node)
    }

    fn is_equal(&self, other: &dyn AnyNode) -> bool {
        let other: &dyn Any = other;
        let Some(other) = other.downcast_ref::<Self>() else { return false };
        if std::ptr::eq(self, other) {
            return true;
        }
        match (self.lend_inputs(), other.lend_inputs()) {
            (Some(own), Some(others)) => self.kind.is_equal(&other.kind, own.get(), others.get()),
            _ => false,
        }
    }

    fn takes_early(&self) -> Option<usize> {
        if self.header.is_looked_at() {
            return None;
        }
        lock(&self.body).inputs.as_ref()?.takes_early()
    }

    fn take_early(&self, nodes: Range<usize>) {
        // What belongs to the user is let go without the lock.
        if let Some(mut part) = self.lend_part(nodes) {
            part.get_mut().take();
        }
    }

    fn dependencies_of(&self, nodes: Range<usize>, show: &mut dyn FnMut(&dyn Dependency)) {
        if let Some(inputs) = &lock(&self.body).inputs {
            inputs.dependencies_of(nodes, show);
        }
    }

    fn rows(&self, fewest: usize) -> Vec<Stretch> {
        lock(&self.body).inputs.as_ref().map_or_else(Vec::new, |inputs| inputs.rows(fewest))
    }

    fn node(&self, place: usize) -> Option<SharedNode> {
        lock(&self.body).inputs.as_ref()?.node(place)
    }

    fn run_row(
        &self,
        nodes: Range<usize>,
        visitor: &mut Visitor<'_>,
        leave: &dyn Fn(bool) -> bool,
    ) -> RowRun {
        match self.lend_part(nodes) {
            Some(mut part) => part.get_mut().run(visitor, leave),
            None => RowRun::default(),
        }
    }

    fn become_copy_of(&self, original: SharedNode) -> bool {
        let Some(cloner) = self.kind.cloner() else { return false };
        let original = original.see_as::<dyn Any + Send + Sync>(|cell| cell);
        let Some(original) = original.downcast::<Self>() else { return false };
        lock(&original.body).cloner = Some(cloner);
        let inputs = {
            let mut body = lock(&self.body);
            if !matches!(body.state.inner(), State::New) {
                return false;
            }
            original.header.add_use();
            self.header.set_copy();
            let original = original.see_as::<dyn Produces<K::Output>>(|cell| cell);
            *body.state.inner_mut() = State::Copy(Box::new(Lazy::of_use(original)));
            body.inputs.take()
        };
        drop(inputs);
        true
    }
}
