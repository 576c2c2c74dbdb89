//! How the value of a node is taken, copied and let go.

use std::sync::PoisonError;

use super::kind::Kind;
use super::typed::{Node, State};
use super::{AnyNode, graveyard};
use crate::argument::Inputs;
use crate::error::{Cause, ComputeError};
use crate::lazy::Produces;
use crate::sync::lock;

impl<K: Kind> Produces<K::Output> for Node<K> {
    fn take(&self) -> Result<K::Output, ComputeError> {
        let mut body = lock(&self.body);
        let cloner = body.cloner.filter(|_| !self.header.is_last_use());
        match (body.state.inner(), cloner) {
            (State::Failed(error), _) => return Err(error.clone()),
            (State::Done(value), Some(cloner)) => return Ok(cloner(value)),
            _ => {}
        }
        match std::mem::replace(body.state.inner_mut(), State::Empty) {
            State::Done(value) => Ok(value),
            other => {
                *body.state.inner_mut() = other;
                drop(body);
                Err((self as &dyn AnyNode).error(Cause::Cancelled))
            }
        }
    }

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
