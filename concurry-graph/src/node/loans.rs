//! What the lock of a node guards, lent to code of the user's: it runs without the lock, and what it
//! was lent comes back even if it panics.

use std::ops::Range;
use std::thread;

use super::kind::Kind;
use super::typed::{Node, State};
use crate::argument::Inputs;
use crate::sync::lock;

/// The inputs of a node that has not begun, to be looked at.
pub(super) struct LentInputs<'n, K: Kind> {
    node: &'n Node<K>,
    inputs: Option<K::Inputs>,
}

impl<K: Kind> Node<K> {
    /// `None` if it has begun. Only for the run that has the node, so that nobody begins it meanwhile.
    pub(super) fn lend_inputs(&self) -> Option<LentInputs<'_, K>> {
        let mut body = lock(&self.body);
        let inputs = match body.state.inner() {
            State::New => body.inputs.take(),
            _ => None,
        };
        inputs.map(|inputs| LentInputs { node: self, inputs: Some(inputs) })
    }

    /// The value of a node that is over and has several users. The others wait until it is back.
    pub(super) fn lend_value(&self, value: K::Output) -> LentValue<'_, K> {
        LentValue { node: self, value: Some(value) }
    }
}

impl<K: Kind> LentInputs<'_, K> {
    pub(super) fn get(&self) -> &K::Inputs {
        match &self.inputs {
            Some(inputs) => inputs,
            None => unreachable!("only a drop takes them"),
        }
    }
}

impl<K: Kind> Drop for LentInputs<'_, K> {
    fn drop(&mut self) {
        lock(&self.node.body).inputs = self.inputs.take();
    }
}

/// Some of the nodes that a node puts together.
pub(super) struct LentPart<'n, K: Kind> {
    node: &'n Node<K>,
    part: Option<<K::Inputs as Inputs>::Part>,
}

impl<K: Kind> Node<K> {
    /// `None` if it has begun. Only for the run that has the node.
    pub(super) fn lend_part(&self, nodes: Range<usize>) -> Option<LentPart<'_, K>> {
        let part = lock(&self.body).inputs.as_mut()?.lend_part(nodes);
        Some(LentPart { node: self, part: Some(part) })
    }
}

impl<K: Kind> LentPart<'_, K> {
    pub(super) fn get_mut(&mut self) -> &mut <K::Inputs as Inputs>::Part {
        match &mut self.part {
            Some(part) => part,
            None => unreachable!("only a drop takes it"),
        }
    }
}

impl<K: Kind> Drop for LentPart<'_, K> {
    fn drop(&mut self) {
        if let Some(part) = self.part.take()
            && let Some(inputs) = &mut lock(&self.node.body).inputs
        {
            inputs.keep_part(part);
        }
    }
}

/// A value that is being copied for one of its users.
pub(super) struct LentValue<'n, K: Kind> {
    node: &'n Node<K>,
    value: Option<K::Output>,
}

impl<K: Kind> LentValue<'_, K> {
    pub(super) fn copy(&self, cloner: fn(&K::Output) -> K::Output) -> K::Output {
        match &self.value {
            Some(value) => cloner(value),
            None => unreachable!("only a drop takes it"),
        }
    }
}

impl<K: Kind> Drop for LentValue<'_, K> {
    fn drop(&mut self) {
        let Some(value) = self.value.take() else { return };
        let waiting = {
            let mut body = lock(&self.node.body);
            match std::mem::replace(&mut body.state, State::Done(value)) {
                State::Lent(waiting) => waiting,
                _ => None,
            }
        };
        waiting.iter().flat_map(|turns| &turns.0).for_each(thread::Thread::unpark);
    }
}
