//! The node of a call that runs elsewhere: its arguments stay until the outcome is here.
//!
//! So a call that was sent ahead and not begun can be sent again, and one that killed its worker too
//! often gives its arguments back.

use std::convert::Infallible;
use std::marker::PhantomData;
use std::ptr::NonNull;
use std::sync::Arc;

use concurry_limits::Limits;

use crate::CallError;
use crate::call::{CallEnvironment, CallPermit, EnvironmentRef};
use crate::error::{
    CallSite, CodecError, Panicked, Rejected, Rejection, RemoteFailure, WorkerDeath, WorkerDied,
};
use crate::future::node::{Header, Kind as NodeKind, VTable, larger_layout};
use crate::future::{Cancel, Lifecycle, Outcome, Ran, RemoteFunctions, Sending, Signal};
use crate::panics;
use crate::remote::Elsewhere;
use crate::shared::Pools;
use crate::sync::{AtomicU64, Ordering};
use crate::wire::limits::GrantText;
use crate::wire::message::{Context, FailureText, PanicText, Uncarried};
use crate::wire::{CarryFailure, Decoder, Encoder, Frame, FrameWriter, Kind, Status, codec};
use crate::worker::{CallParts, Method, QueuedCall};

/// Every node of the kind begins with this.
#[repr(C)]
pub(super) struct RemoteHead {
    header: Header,
    /// Where the call is: which worker has it, and as which of its calls. Zero: with none.
    pub(super) place: AtomicU64,
}

#[repr(C)]
pub(super) struct RemoteView<X> {
    head: RemoteHead,
    pub(super) value: X,
}

/// What a call brings along.
struct Order<M: Method> {
    args: M::Args,
    environment: Option<EnvironmentRef>,
}

struct RemoteNode<M>(PhantomData<M>);

/// Makes a call of `M` that runs elsewhere.
pub(crate) fn remote_node<M: Method>(parts: CallParts<M>) -> QueuedCall<M> {
    let CallParts { args, environment, pool, .. } = parts;
    let node = Header::allocate(RemoteNode::<M>::VTABLE, pool, Lifecycle::queued);
    // SAFETY: the layout has room for the place and the order behind the header, and a queued node
    // has one reference for each side.
    unsafe {
        (&raw mut (*node.cast::<RemoteHead>().as_ptr()).place).write(AtomicU64::new(0));
        RemoteNode::<M>::order(node).write(Order { args, environment });
        QueuedCall::new(node)
    }
}

/// The place of a call that runs elsewhere.
///
/// # Safety
/// The node is of the remote kind, and outlives the reference.
pub(crate) unsafe fn place<'a>(node: NonNull<Header>) -> &'a AtomicU64 {
    // SAFETY: by contract. A reference to this field only: the completer may be writing the outcome
    // behind it.
    unsafe { &(*node.cast::<RemoteHead>().as_ptr()).place }
}

impl<M: Method> RemoteNode<M> {
    const SITE: CallSite = CallSite::new(const { &M::SPEC });

    const VTABLE: &'static VTable = &VTable {
        site: |_| Self::SITE,
        layout: larger_layout(
            std::alloc::Layout::new::<RemoteView<Order<M>>>(),
            std::alloc::Layout::new::<RemoteView<Outcome<M::Output, M::Error>>>(),
        ),
        outcome: std::mem::offset_of!(RemoteView<Outcome<M::Output, M::Error>>, value),
        abandon: Self::abandon,
        // SAFETY: the caller owns the outcome.
        drop_outcome: |node| unsafe { Self::outcome(node).drop_in_place() },
        signal: Self::signal,
        dispose: |_| {},
        kind: NodeKind::Remote(RemoteFunctions {
            spec: const { &M::SPEC },
            chunk: None,
            environment: Self::environment,
            encode: Self::encode,
            complete: Self::complete,
            attend: Self::attend,
            heed: Self::heed,
            quarantine: Self::quarantine,
        }),
    };

    fn order(node: NonNull<Header>) -> *mut Order<M> {
        // SAFETY: within the node.
        unsafe { node.byte_add(std::mem::offset_of!(RemoteView<Order<M>>, value)) }.cast().as_ptr()
    }

    fn outcome(node: NonNull<Header>) -> *mut Outcome<M::Output, M::Error> {
        // SAFETY: within the node.
        unsafe { node.byte_add(Self::VTABLE.outcome) }.cast().as_ptr()
    }

    /// # Safety
    /// The order is the caller's; its place is free for the outcome then.
    unsafe fn drop_order(node: NonNull<Header>) {
        // SAFETY: by contract. Its destructor is the user's code.
        panics::contain(|| unsafe { Self::order(node).drop_in_place() });
    }

    /// # Safety
    /// See [`VTable::abandon`].
    unsafe fn abandon(node: NonNull<Header>, error: CallError<Infallible>) {
        // SAFETY: by contract.
        unsafe {
            Self::drop_order(node);
            Self::outcome(node).write(Err(error.widen()));
        }
    }

    /// # Safety
    /// See [`VTable::signal`].
    unsafe fn signal(node: NonNull<Header>) -> Signal {
        // SAFETY: the node is alive by contract.
        let (pool, place) = unsafe { (node.as_ref().pool(), place(node)) };
        let elsewhere = Pools::find(pool).and_then(|pool| pool.elsewhere.get()?.upgrade());
        // Acquire: pairs with the Release of whoever placed it.
        let place = place.load(Ordering::Acquire);
        let outcome = elsewhere.map_or(Cancel::Signalled, |elsewhere| elsewhere.cancel(place));
        Signal::Arrived(outcome)
    }

    /// # Safety
    /// See [`RemoteFunctions::attend`].
    unsafe fn attend(node: NonNull<Header>) {
        // SAFETY: by contract.
        if let Some((elsewhere, place)) = unsafe { Self::whereabouts(node) } {
            elsewhere.attend(place);
        }
    }

    /// # Safety
    /// See [`RemoteFunctions::heed`].
    unsafe fn heed(node: NonNull<Header>) {
        // SAFETY: by contract.
        if let Some((elsewhere, place)) = unsafe { Self::whereabouts(node) } {
            elsewhere.heed(place);
        }
    }

    /// Who has the call, and where, if it was sent.
    ///
    /// # Safety
    /// The node is alive.
    unsafe fn whereabouts(node: NonNull<Header>) -> Option<(Arc<dyn Elsewhere>, u64)> {
        // SAFETY: the node is alive by contract.
        let (pool, place) = unsafe { (node.as_ref().pool(), place(node)) };
        // Acquire: pairs with the Release of whoever placed it.
        let place = place.load(Ordering::Acquire);
        if place == 0 {
            return None;
        }
        Some((Pools::find(pool)?.elsewhere.get()?.upgrade()?, place))
    }

    /// # Safety
    /// See [`RemoteFunctions::environment`].
    unsafe fn environment(node: NonNull<Header>) -> Option<EnvironmentRef> {
        // SAFETY: by contract the order is there.
        unsafe { (*Self::order(node)).environment.clone() }
    }

    /// # Safety
    /// See [`RemoteFunctions::encode`].
    unsafe fn encode(
        node: NonNull<Header>,
        writer: &mut FrameWriter<'static>,
        call: u64,
        sending: &Sending<'_>,
    ) -> Result<(), CarryFailure> {
        // SAFETY: by contract the order is there, and stays until the message is written.
        let order: &'static Order<M> = unsafe { &*Self::order(node) };
        let Some(wire) = M::abilities().wires.arguments else {
            return Err(CarryFailure::no_way::<M::Args>());
        };
        let method = M::SPEC.index as u16;
        match &order.environment {
            None => {
                writer.add(Kind::Call, method, call, |encoder| (wire.encode)(&order.args, encoder))
            }
            Some(environment) => writer.add(Kind::CallInContext, method, call, |encoder| {
                write_context(environment, sending, encoder)?;
                (wire.encode)(&order.args, encoder)
            }),
        }
    }

    /// # Safety
    /// See [`RemoteFunctions::complete`].
    unsafe fn complete(node: NonNull<Header>, mut frame: Frame<'_>, worker: usize) -> Ran {
        let (outcome, ran) = read_outcome::<M>(frame.header.code, &mut frame.decoder(), worker);
        // SAFETY: by contract the order is ours, and so is its place.
        unsafe {
            Self::drop_order(node);
            Self::outcome(node).write(outcome);
        }
        ran
    }

    /// # Safety
    /// See [`RemoteFunctions::quarantine`].
    unsafe fn quarantine(node: NonNull<Header>, deaths: u32) {
        // SAFETY: by contract the order is ours: it is moved out, which makes room.
        let Order { args, environment } = unsafe { Self::order(node).read() };
        drop(environment);
        let reason = Rejection::Poisoned { deaths };
        let rejected = Rejected::new(Self::SITE, reason, Some(Box::new(args)));
        let error = CallError::Rejected(Box::new(rejected));
        // SAFETY: as above.
        unsafe { Self::outcome(node).write(Err(error)) };
    }
}

/// How a worker says that a call ended.
pub(crate) fn read_outcome<M: Method>(
    status: u16,
    decoder: &mut Decoder<'_>,
    worker: usize,
) -> (Outcome<M::Output, M::Error>, Ran) {
    let wires = M::abilities().wires;
    let site = RemoteNode::<M>::SITE;
    let uncarried = |what: &'static str, failure: CarryFailure| {
        let error = CodecError { site, what, message: failure.0 };
        (Err(CallError::Codec(Box::new(error))), Ran::Failed)
    };
    let no_way = || CarryFailure("its type can't be carried".to_owned());
    match Status::from_code(status) {
        Some(Status::Done) => {
            let decode = wires.output.ok_or_else(no_way);
            match decode
                .and_then(|wire| CarryFailure::or_panic("decoding it", || (wire.decode)(decoder)))
            {
                Ok(output) => (Ok(output), Ran::Done),
                Err(failure) => uncarried("result", failure),
            }
        }
        Some(Status::Failed) => {
            let decode = wires.error.ok_or_else(no_way);
            match decode
                .and_then(|wire| CarryFailure::or_panic("decoding it", || (wire.decode)(decoder)))
            {
                Ok(error) => (Err(CallError::Failed(error)), Ran::Failed),
                Err(failure) => uncarried("error", failure),
            }
        }
        Some(Status::FailedAsText) => match codec::read::<FailureText>(decoder.body) {
            Ok(FailureText { message, sources, verdict }) => {
                let failure = RemoteFailure { site, message, sources, verdict: verdict.into() };
                (Err(CallError::FailedRemote(Box::new(failure))), Ran::Failed)
            }
            Err(failure) => uncarried("error", failure),
        },
        Some(Status::Panicked) => match codec::read::<PanicText>(decoder.body) {
            Ok(PanicText { message, location }) => {
                let panic = Panicked { site, message: message.into(), location };
                (Err(CallError::Panicked(Box::new(panic))), Ran::Panicked)
            }
            Err(failure) => uncarried("panic", failure),
        },
        Some(Status::Uncarried) => match codec::read::<Uncarried>(decoder.body) {
            Ok(Uncarried { what, message }) => {
                let what = if what == "arguments" { "arguments" } else { "result" };
                uncarried(what, CarryFailure(message))
            }
            Err(failure) => uncarried("result", failure),
        },
        Some(Status::Unbuilt) => {
            let message = codec::read::<String>(decoder.body).unwrap_or_default();
            let cause = WorkerDeath::Constructor { failures: 1, message };
            let died = WorkerDied { site, worker, cause, attempt: 1 };
            (Err(CallError::WorkerDied(Box::new(died))), Ran::Failed)
        }
        Some(Status::Cancelled) => (Err(CallError::Cancelled(site)), Ran::Failed),
        Some(Status::Stopped) => (Err(CallError::Stopped(site)), Ran::Failed),
        Some(Status::TakenBack) | None => {
            uncarried("result", CarryFailure("its status is unknown".to_owned()))
        }
    }
}

/// The context of a call, with its length in front.
fn write_context(
    environment: &CallEnvironment,
    sending: &Sending<'_>,
    encoder: &mut Encoder<'_>,
) -> Result<(), CarryFailure> {
    let context = Context {
        attempt: environment.attempt,
        remaining: environment.deadline.map(|by| by.saturating_duration_since(sending.now)),
        idempotency_key: environment.idempotency_key.as_deref().map(str::to_owned),
        permit: grant_of(&environment.permit, sending.limits),
    };
    let start = encoder.body.len();
    encoder.body.extend_from_slice(&[0; 4]);
    codec::write(&context, &mut encoder.body)?;
    let length = (encoder.body.len() - start - 4) as u32;
    encoder.body[start..start + 4].copy_from_slice(&length.to_le_bytes());
    Ok(())
}

/// What the pool took for a call: for a batch, what it took for its calls together. Here it is split
/// among them again.
fn grant_of(permit: &CallPermit, limits: &Limits) -> Option<GrantText> {
    let mut grant: Option<GrantText> = None;
    permit.look_at(&mut |permit| {
        let grant = grant.get_or_insert_with(|| GrantText {
            set: limits.place_of(permit).unwrap_or(0),
            amounts: Vec::new(),
        });
        for (key, amount) in permit.amounts() {
            match grant.amounts.iter_mut().find(|(known, _)| known == key) {
                Some((_, sum)) => *sum += amount,
                None => grant.amounts.push((key.to_owned(), amount)),
            }
        }
    });
    grant
}

/// The counterpart of [`write_context`]: the context, and how long it was.
pub(crate) fn read_context(body: &[u8]) -> Result<(Context, usize), CarryFailure> {
    let short = || CarryFailure("the context is cut off".to_owned());
    let (length, rest) = body.split_first_chunk::<4>().ok_or_else(short)?;
    let length = u32::from_le_bytes(*length) as usize;
    let context = rest.get(..length).ok_or_else(short)?;
    Ok((codec::read(context)?, 4 + length))
}
