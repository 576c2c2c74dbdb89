//! How the value of a node is taken, copied and let go.

use std::sync::PoisonError;
use std::thread;

use concurry_core::__private::Visitor;

use super::kind::Kind;
use super::typed::{Node, State};
use super::{AnyNode, Place, graveyard};
use crate::argument::Inputs;
use crate::error::{Cause, ComputeError};
use crate::lazy::Produces;
use crate::sync::lock;

impl<K: Kind> Produces<K::Output> for Node<K> {
    fn spend(&self) -> Result<K::Output, ComputeError> {
        let alone = self.header.is_last_use();
        // Ended also if copying the value panics.
        let _use = EndUse { node: self, alone };
        loop {
            let mut body = lock(&self.body);
            let cloner = body.cloner.filter(|_| !self.header.is_last_use());
            let state = body.state.inner_mut();
            match (std::mem::replace(state, State::Empty), cloner) {
                (State::Done(value), None) => return Ok(value),
                (State::Done(value), Some(cloner)) => {
                    *state = State::Lent(None);
                    drop(body);
                    return Ok(self.lend_value(value).copy(cloner));
                }
                (State::Lent(mut waiting), _) => {
                    waiting.get_or_insert_default().0.push(thread::current());
                    *state = State::Lent(waiting);
                    drop(body);
                    // Wakes without a reason do no harm: it looks again.
                    thread::park();
                }
                (State::Failed(error), _) => {
                    *state = State::Failed(error.clone());
                    return Err(error);
                }
                (other, _) => {
                    *state = other;
                    drop(body);
                    return Err((self as &dyn AnyNode).error(Cause::Cancelled));
                }
            }
        }
    }

    fn take_last(&mut self) -> Option<K::Output> {
        if !self.header.is_last_use() {
            return None;
        }
        let body = self.body.get_mut().unwrap_or_else(PoisonError::into_inner);
        let state = body.state.inner_mut();
        match std::mem::replace(state, State::Empty) {
            State::Done(value) => Some(value),
            other => {
                *state = other;
                None
            }
        }
    }

    fn row_place(&self) -> Option<Place> {
        let place = self.header.is_simple_call().then(|| self.kind.place())?;
        matches!(place, Place::Visit { .. }).then_some(place)
    }

    fn run_alone(&mut self, visitor: &mut Visitor<'_>) -> Option<K::Output> {
        let body = self.body.get_mut().unwrap_or_else(PoisonError::into_inner);
        if !matches!(body.state, State::New) {
            return None;
        }
        body.state = State::Empty;
        let outcome = match body.inputs.as_mut()?.resolve(false) {
            Ok(values) => self.kind.run_on(values, visitor),
            Err(error) => {
                self.end(Err(error));
                return None;
            }
        };
        match outcome {
            Ok(value) => Some(value),
            Err(cause) => {
                self.header.note_worker(visitor.worker_index());
                self.end_call(Err(cause), None, None);
                None
            }
        }
    }

    fn end_use(&self) {
        if self.header.end_use() && self.header.is_over() {
            self.forget();
        }
    }

    fn original(&self) -> Option<usize> {
        if !self.header.is_copy() {
            return None;
        }
        match lock(&self.body).state.inner() {
            State::Copy(lazy) => Some(lazy.identity()),
            _ => None,
        }
    }

    fn set_cloner(&self, cloner: fn(&K::Output) -> K::Output) {
        lock(&self.body).cloner = Some(cloner);
    }
}

impl<K: Kind> Node<K> {
    /// Lets the value go.
    fn forget(&self) {
        let value = {
            let mut body = lock(&self.body);
            match body.state.inner() {
                State::Done(_) => std::mem::replace(body.state.inner_mut(), State::Empty),
                _ => return,
            }
        };
        drop(value);
    }
}

/// Ends a use when the value was taken.
struct EndUse<'n, K: Kind> {
    node: &'n Node<K>,
    /// It is the only one, so the value was moved out and there is nothing to let go.
    alone: bool,
}

impl<K: Kind> Drop for EndUse<'_, K> {
    fn drop(&mut self) {
        if self.alone {
            self.node.header.end_use();
        } else {
            self.node.end_use();
        }
    }
}

impl<K: Kind> Drop for Node<K> {
    fn drop(&mut self) {
        let body = self.body.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let State::Copy(lazy) = std::mem::replace(&mut body.state, State::Empty) {
            graveyard::bury(|take| take(lazy.into_node()));
        }
        if let Some(inputs) = &mut body.inputs {
            graveyard::bury(|take| inputs.give_up(take));
        }
    }
}
