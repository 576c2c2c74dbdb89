//! How a node begins and ends: it takes what it works with, makes its call, and keeps the outcome.

use std::any::Any;
use std::hash::{DefaultHasher, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::{Context, Poll, Waker};

use concurry_core::__private::{CallTrace, panic_message};
use concurry_core::journal::text_of;

use super::kind::{Begun, Kind, Values};
use super::typed::{Node, State};
use super::{AnyNode, Header, Progress, SharedNode, Stage};
use crate::argument::{ArgumentHasher, Inputs};
use crate::error::{Cause, ComputeError};
use crate::journal::{Found, Ledger};
use crate::sync::lock;

/// Runs a node. A panic that is none of its method (of a value's `clone` or destructor) fails it.
pub(crate) fn guarded(node: &dyn AnyNode, run: impl FnOnce() -> Progress) -> Progress {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(progress) => progress,
        Err(payload) => {
            node.abort(Cause::Panicked(panic_message(payload)));
            Progress::Over { done: 0, failed: 1 }
        }
    }
}

impl<K: Kind> Node<K> {
    /// Makes it the caller's to run, and takes what it works with. `None` if it was over or begun.
    pub(super) fn take_values(&self) -> Option<Result<Values<K>, ComputeError>> {
        let mut inputs = {
            let mut body = lock(&self.body);
            if !matches!(body.state.inner(), State::New) {
                return None;
            }
            *body.state.inner_mut() = State::Empty;
            self.header.set_stage(Stage::Running);
            if self.header.is_leaf() {
                // Values are moved: nothing of the user's runs.
                return Some(body.inputs.as_mut()?.resolve(true));
            }
            body.inputs.take()?
        };
        // Not under the lock: this may copy values, and drop what is left of them.
        let values = inputs.resolve(self.header.is_looked_at());
        if values.is_err() {
            inputs.release();
        }
        lock(&self.body).inputs = Some(inputs);
        Some(values)
    }

    /// Takes the value of the equal node, if that is what it is to do.
    pub(super) fn copy(&self) -> Option<Progress> {
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

    /// What waits for the outcome of its call, which is the caller's then.
    pub(super) fn take_pending(&self) -> Option<K::Pending> {
        let mut body = lock(&self.body);
        match std::mem::replace(body.state.inner_mut(), State::Empty) {
            State::Pending(pending) => Some(pending),
            other => {
                *body.state.inner_mut() = other;
                None
            }
        }
    }

    /// Begins it, unless it takes its value from elsewhere.
    pub(super) fn begin_one(&self, waker: &Waker, mut ledger: Option<&mut Ledger>) -> Progress {
        if self.header.is_copy()
            && let Some(copied) = self.copy()
        {
            return copied;
        }
        let values = match self.take_values() {
            None => return self.take_over(waker, ledger),
            Some(Err(error)) => return self.end(Err(error)),
            Some(Ok(values)) => values,
        };
        if let Some(recalled) = self.recall(&values, ledger.as_deref_mut()) {
            return self.end_call(recalled, None, None);
        }
        match self.kind.begin(values) {
            Begun::Over(outcome) => self.end_call(outcome, None, ledger),
            Begun::Pending(pending) => self.look_at(pending, waker, ledger),
        }
    }

    /// Goes on with the call that another run has made and left.
    fn take_over(&self, waker: &Waker, ledger: Option<&mut Ledger>) -> Progress {
        match self.take_pending() {
            Some(pending) => self.look_at(pending, waker, ledger),
            None => Progress::Over { done: 0, failed: 0 },
        }
    }

    /// Begins those of the nodes, from the first on, that are calls of the same method and pool.
    pub(super) fn begin_many(
        &self,
        nodes: &[(u32, SharedNode)],
        wakers: &[Waker],
        mut ledger: Option<&mut Ledger>,
    ) -> Vec<Progress> {
        let same = |node: &SharedNode| {
            let node: &dyn Any = &**node;
            node.downcast_ref::<Self>().is_some_and(|node| self.kind.is_same(&node.kind))
        };
        let nodes: Vec<&Self> = nodes
            .iter()
            .take_while(|(_, node)| node.header().is_batched() && same(node))
            .filter_map(|(_, node)| (&**node as &dyn Any).downcast_ref())
            .collect();
        let mut progress = vec![Progress::Over { done: 0, failed: 0 }; nodes.len()];
        let (mut begun, mut many) = (Vec::new(), Vec::new());
        for (place, node) in nodes.iter().enumerate() {
            let mut to_call = None;
            progress[place] = guarded(*node, || match node.take_values() {
                None => node.take_over(&wakers[place], ledger.as_deref_mut()),
                Some(Err(error)) => node.end(Err(error)),
                Some(Ok(values)) => match node.recall(&values, ledger.as_deref_mut()) {
                    Some(recalled) => node.end_call(recalled, None, None),
                    None => {
                        to_call = Some(values);
                        Progress::Pending
                    }
                },
            });
            if let Some(values) = to_call {
                begun.push(place);
                many.push(values);
            }
        }
        for (place, outcome) in begun.into_iter().zip(self.kind.begin_together(many)) {
            let (node, ledger) = (nodes[place], ledger.as_deref_mut());
            progress[place] = match outcome {
                Begun::Over(outcome) => node.end_call(outcome, None, ledger),
                Begun::Pending(pending) => node.look_at(pending, &wakers[place], ledger),
            };
        }
        progress
    }

    /// Looks whether a call has its outcome. The waker is woken by one that comes later.
    pub(super) fn look_at(
        &self,
        mut pending: K::Pending,
        waker: &Waker,
        ledger: Option<&mut Ledger>,
    ) -> Progress {
        match K::poll(&mut pending, &mut Context::from_waker(waker)) {
            Poll::Ready(outcome) => {
                self.end_call(outcome, K::trace(&pending).map(|trace| &**trace), ledger)
            }
            Poll::Pending => {
                *lock(&self.body).state.inner_mut() = State::Pending(pending);
                Progress::Pending
            }
        }
    }

    /// The outcome of its call in an earlier run, if the journal has it.
    fn recall(
        &self,
        values: &Values<K>,
        ledger: Option<&mut Ledger>,
    ) -> Option<Result<K::Output, Cause>> {
        let (ledger, record) = (ledger?, self.kind.record()?);
        let key = |call| self.kind.key(call, values);
        match ledger.find(self.kind.about(), self.header.number, key) {
            Found::Nothing => None,
            Found::Done(result) => {
                let read = (record.read)(&result);
                Some(read.map_err(|source| Cause::Journal(ledger.unreadable(source))))
            }
            Found::Failed(message) => Some(Err(self.kind.failed_earlier(message))),
            Found::Broken(error) => Some(Err(Cause::Journal(error))),
        }
    }

    /// Notes what became of its call, and keeps the outcome.
    pub(super) fn end_call(
        &self,
        outcome: Result<K::Output, Cause>,
        trace: Option<&CallTrace>,
        ledger: Option<&mut Ledger>,
    ) -> Progress {
        if let Some(trace) = trace {
            self.header.note_retries(trace.retries());
            if let Some(worker) = trace.worker() {
                self.header.note_worker(worker);
            }
        }
        if let Some(ledger) = ledger.filter(|ledger| ledger.records(self.header.number))
            && let Some(record) = self.kind.record()
        {
            match &outcome {
                Ok(value) => ledger.done(self.header.number, (record.write)(value)),
                Err(cause) => {
                    let message = cause.is_final().then(|| text_of(cause));
                    ledger.failed(self.header.number, message.as_deref());
                }
            }
        }
        self.end(outcome.map_err(|cause| (self as &dyn AnyNode).error(cause)))
    }

    /// A hash of what it calls, with what nodes among the arguments count as.
    pub(super) fn hash(&self, of_node: &dyn Fn(&Header, usize) -> u64) -> Option<u64> {
        let inputs = self.lend_inputs()?;
        let mut hasher = DefaultHasher::new();
        let mut arguments = ArgumentHasher { hasher: &mut hasher, of_node };
        self.kind.hash(inputs.get(), &mut arguments)?;
        Some(hasher.finish())
    }

    /// Keeps the outcome.
    pub(super) fn end(&self, outcome: Result<K::Output, ComputeError>) -> Progress {
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
