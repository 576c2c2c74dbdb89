//! The node of several calls that go to a worker elsewhere together. It has no user's side: each of its
//! calls ends by itself.

use std::alloc::Layout;
use std::convert::Infallible;
use std::ptr::NonNull;

use super::remote_node::{RemoteHead, RemoteView};
use crate::future::node::{Header, Kind as NodeKind, VTable, larger_layout};
use crate::future::{
    Call, Cancel, Lifecycle, Outcome, PoolSide, Ran, RemoteFunctions, Signal, UserSide,
};
use crate::remote::{Anywhere, Chunk};
use crate::shared::PoolId;
use crate::sync::AtomicU64;
use crate::wire::CarryFailure;
use crate::worker::MethodSpec;

type Order = Box<dyn Chunk>;
type Done = Outcome<(), Infallible>;

/// Of no method: only what all of them have in common is asked of it.
const SPEC: MethodSpec = MethodSpec::of_our_own("", "");

#[allow(clippy::undocumented_unsafe_blocks)] // one argument for all of them
const VTABLE: &VTable = &VTable {
    // SAFETY (each): the callers' contracts are those of `VTable`, and the order is there until the node
    // is abandoned, which is the one way in which it ends.
    site: |node| unsafe { (*order(node)).site() },
    layout: larger_layout(Layout::new::<RemoteView<Order>>(), Layout::new::<RemoteView<Done>>()),
    outcome: std::mem::offset_of!(RemoteView<Done>, value),
    abandon: |node, error| unsafe {
        let mut chunk = order(node).read();
        outcome(node).write(Ok(()));
        chunk.fail(error);
    },
    drop_outcome: |node| unsafe { outcome(node).drop_in_place() },
    signal: |_| Signal::Arrived(Cancel::TooLate),
    dispose: |_| {},
    kind: NodeKind::Remote(RemoteFunctions {
        spec: &SPEC,
        chunk: Some(order),
        environment: |_| None,
        encode: |_, _, _, _| Err(CarryFailure("it is not one call".to_owned())),
        complete: |_, _, _| Ran::Failed,
        attend: |_| {},
        heed: |_| {},
        quarantine: |_, _| {},
    }),
};

/// Makes a node for calls that are sent together.
pub(crate) fn chunk_node(chunk: Order, pool: PoolId) -> Call<Anywhere> {
    let node = Header::allocate(VTABLE, pool, Lifecycle::queued);
    // SAFETY: the layout has room for the place and the order behind the header, and a queued node
    // has one reference for each side.
    unsafe {
        (&raw mut (*node.cast::<RemoteHead>().as_ptr()).place).write(AtomicU64::new(0));
        order(node).write(chunk);
        drop(UserSide::from_raw(node));
        Call::new(PoolSide::from_raw(node))
    }
}

fn order(node: NonNull<Header>) -> *mut Order {
    // SAFETY: within the node.
    unsafe { node.byte_add(std::mem::offset_of!(RemoteView<Order>, value)) }.cast().as_ptr()
}

fn outcome(node: NonNull<Header>) -> *mut Done {
    // SAFETY: within the node.
    unsafe { node.byte_add(VTABLE.outcome) }.cast().as_ptr()
}
