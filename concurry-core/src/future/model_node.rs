//! A node for loom models: its parts are checked for races and counted when they are dropped.

use std::alloc::Layout;
use std::convert::Infallible;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::lifecycle::Lifecycle;
use super::node::{Header, Kind, VTable, View};
use super::sides::{PoolSide, UserSide};
use super::turns::Signal;
use super::{Cancel, Outcome, TaskFuture};
use crate::error::CallSite;
use crate::shared::PoolId;

/// How many of a node's parts are alive.
#[derive(Debug, Default)]
pub(crate) struct Alive {
    pub(crate) values: AtomicUsize,
    pub(crate) nodes: AtomicUsize,
}

impl Alive {
    pub(crate) fn assert_all_gone(&self) {
        assert_eq!(self.values.load(Ordering::Relaxed), 0, "a value was leaked or dropped twice");
        assert_eq!(self.nodes.load(Ordering::Relaxed), 0, "a node was leaked or freed twice");
    }
}

/// An argument or an outcome.
pub(crate) struct Tracked {
    alive: Arc<Alive>,
    content: loom::cell::UnsafeCell<u32>,
}

impl Tracked {
    pub(crate) fn new(alive: &Arc<Alive>) -> Self {
        alive.values.fetch_add(1, Ordering::Relaxed);
        let content = loom::cell::UnsafeCell::new(0);
        // SAFETY: nobody else has it yet; the write is for loom to know of.
        content.with_mut(|content| unsafe { *content = 7 });
        Self { alive: Arc::clone(alive), content }
    }

    pub(crate) fn look(&self) {
        // SAFETY: written once, before anybody else had it; loom checks that.
        self.content.with(|content| assert_eq!(unsafe { *content }, 7));
    }
}

impl Drop for Tracked {
    fn drop(&mut self) {
        self.look();
        self.alive.values.fetch_sub(1, Ordering::Relaxed);
    }
}

type Value = Outcome<Tracked, Infallible>;

pub(crate) const SPEC: &crate::method_spec::MethodSpec =
    &crate::method_spec::MethodSpec::of_our_own("Model", "call");

#[repr(C)]
struct ModelNode {
    /// First the argument, later the outcome.
    value: View<Value>,
    alive: Arc<Alive>,
}

fn value(node: NonNull<Header>) -> *mut Value {
    // SAFETY: within the node.
    unsafe { node.byte_add(View::<Value>::OFFSET).cast::<Value>() }.as_ptr()
}

const VTABLE: &VTable = &VTable {
    site: |_| CallSite::new(SPEC),
    layout: Layout::new::<ModelNode>(),
    outcome: View::<Value>::OFFSET,
    // SAFETY (each): the callers' contracts are those of `VTable`.
    abandon: |node, error| unsafe {
        value(node).drop_in_place();
        value(node).write(Err(error.widen()));
    },
    drop_outcome: |node| unsafe { value(node).drop_in_place() },
    signal: |_| Signal::Arrived(Cancel::Signalled),
    dispose: |node| unsafe {
        let alive = (&raw const (*node.cast::<ModelNode>().as_ptr()).alive).read();
        alive.nodes.fetch_sub(1, Ordering::Relaxed);
    },
    kind: Kind::Promised,
};

/// A queued call with an argument.
pub(crate) fn queued(alive: &Arc<Alive>) -> (PoolSide, TaskFuture<Tracked>) {
    let node = Header::allocate(VTABLE, PoolId::NONE, Lifecycle::queued);
    alive.nodes.fetch_add(1, Ordering::Relaxed);
    // SAFETY: the layout has room for both; a queued node has one reference for each side.
    unsafe {
        (&raw mut (*node.cast::<ModelNode>().as_ptr()).alive).write(Arc::clone(alive));
        value(node).write(Ok(Tracked::new(alive)));
        (PoolSide::from_raw(node), TaskFuture::from_node(UserSide::from_raw(node)))
    }
}

/// Runs a queued call as a worker does. False if it was cancelled.
pub(crate) fn run(call: PoolSide, alive: &Arc<Alive>) -> bool {
    let Some(claimed) = call.claim() else { return false };
    let node = claimed.into_node();
    // SAFETY: claimed by us, so argument and outcome are ours.
    unsafe {
        drop(value(node).read());
        value(node).write(Ok(Tracked::new(alive)));
        super::node::complete(node);
    }
    true
}
