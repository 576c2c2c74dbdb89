//! The methods of a worker, by their numbers: from the bytes of a call to those of its outcome.

use std::sync::Arc;

use serde::Serialize;

use super::control::Control;
use super::running::Running;
use crate::backend::remote_node::read_context;
use crate::call::{CallEnvironment, CallPermit, EnvironmentRef};
use crate::future::Outcome;
use crate::pool::Pool;
use crate::shared::{Stage, StockedArc};
use crate::wire::message::{FailureText, PanicText, Uncarried};
use crate::wire::several::Packed;
use crate::wire::{
    CarryFailure, Decoder, Encoder, FlightRecorder, Frame, Kind, Status, codec, judged, leaving,
};
use crate::worker::{Method, MethodVisitor, Worker};
use crate::{CallError, panics};

/// What calls are run with.
pub(crate) struct Server<W: Worker> {
    pub(crate) pool: StockedArc<Pool<W>>,
    pub(crate) control: Arc<Control>,
    pub(crate) recorder: Option<Arc<FlightRecorder>>,
}

/// How a call of one method is run. It is told whether other messages follow.
pub(crate) type Run<W> = fn(&Server<W>, Frame<'_>, bool);
/// How several calls of one method are run, one after the other. The function is called behind each.
pub(crate) type RunSeveral<W> = fn(&Server<W>, Frame<'_>, bool, &mut dyn FnMut());

/// Collects the methods of a worker.
pub(crate) struct Methods<W: Worker> {
    pub(crate) run: Vec<Run<W>>,
    pub(crate) run_several: Vec<RunSeveral<W>>,
    one_at_a_time: bool,
}

impl<W: Worker> Methods<W> {
    /// Of a worker that works on one call at a time, or on several.
    pub(crate) fn of(one_at_a_time: bool) -> Self {
        let mut methods = Self { run: Vec::new(), run_several: Vec::new(), one_at_a_time };
        W::visit_methods(&mut methods);
        methods
    }
}

impl<W: Worker> MethodVisitor<W> for Methods<W> {
    fn visit<M: Method<Worker = W>>(&mut self) {
        // A sync method never runs beside another one: if it takes the process along, those behind
        // it were not begun, and are run elsewhere. Async ones that run go on meanwhile.
        let alone = self.one_at_a_time || !M::SPEC.asynchronous;
        self.run.push(if alone { run_here::<M> } else { submit::<M> });
        self.run_several.push(run_several::<M>);
    }
}

impl<W: Worker> Server<W> {
    /// Whether the state is lost for good: no call is begun any more, so that others run them.
    pub(crate) fn is_unbuilt(&self) -> bool {
        self.pool.shared.shutdown.stage() >= Stage::Draining
    }

    /// Whether this process is to run the call, and not one that took it back.
    fn begin(&self, number: u64) -> bool {
        self.recorder.as_ref().is_none_or(|recorder| recorder.begin(number))
    }

    /// What the call brings along, and its arguments.
    fn read<M: Method>(
        &self,
        frame: &mut Frame<'_>,
    ) -> Result<(Option<EnvironmentRef>, M::Args), CarryFailure> {
        let mut body = frame.body;
        let environment = match frame.header.kind {
            Kind::CallInContext => {
                let (context, length) = read_context(body)?;
                body = &body[length..];
                let clock = &self.pool.shared.clock;
                let mut environment = CallEnvironment::first(None);
                environment.attempt = context.attempt;
                environment.deadline = context.remaining.map(|remaining| clock.after(remaining));
                environment.idempotency_key = context.idempotency_key.map(Into::into);
                let permit = context
                    .permit
                    .and_then(|grant| self.control.limits.permit_of_call(frame.header.call, grant));
                environment.permit = CallPermit::new(permit);
                Some(EnvironmentRef::new(environment))
            }
            _ if M::SPEC.uses_context => Some(EnvironmentRef::new(CallEnvironment::first(None))),
            _ => None,
        };
        let mut decoder = Decoder { body, attachments: &mut frame.attachments };
        Ok((environment, decode::<M>(&mut decoder)?))
    }

    fn read_caught<M: Method>(
        &self,
        frame: &mut Frame<'_>,
    ) -> Option<(Option<EnvironmentRef>, M::Args)> {
        let number = frame.header.call;
        // Decoding is code of the types' own.
        let read = CarryFailure::or_panic("decoding them", || self.read::<M>(frame));
        let reply = Reply::Call(number);
        read.map_err(|failure| send_uncarried(&self.control, reply, "arguments", failure)).ok()
    }
}

/// Which call an outcome is of.
#[derive(Clone, Copy)]
enum Reply {
    Call(u64),
    /// One of several under a number.
    OneOf(u64, u16),
}

/// Sends how a call ended.
fn send<M: Method>(control: &Control, reply: Reply, outcome: &Outcome<M::Output, M::Error>) {
    let wires = M::abilities().wires;
    let sent = match outcome {
        Ok(output) => try_send(control, reply, Status::Done, |encoder| match wires.output {
            Some(wire) => (wire.encode)(output, encoder),
            None => Err(CarryFailure::no_way::<M::Output>()),
        }),
        Err(CallError::Failed(error)) => {
            let sent = match wires.error {
                None => Err(CarryFailure::no_way::<M::Error>()),
                Some(wire) => try_send(control, reply, Status::Failed, |encoder| {
                    (wire.encode)(error, encoder)
                }),
            };
            // What it says can always be carried.
            sent.or_else(|_| {
                let text = wires.text_of(error);
                let verdict = judged(M::abilities().verdict.map(|verdict| verdict(error))).into();
                let text = FailureText { message: text.message, sources: text.sources, verdict };
                send_text(control, reply, Status::FailedAsText, &text)
            })
        }
        Err(CallError::Panicked(panic)) => {
            let (message, location) = (panic.message.to_string(), panic.location.clone());
            send_text(control, reply, Status::Panicked, &PanicText { message, location })
        }
        Err(CallError::Cancelled(_)) => try_send(control, reply, Status::Cancelled, |_| Ok(())),
        Err(CallError::Stopped(_)) => try_send(control, reply, Status::Stopped, |_| Ok(())),
        Err(CallError::WorkerDied(died)) => {
            send_text(control, reply, Status::Unbuilt, &died.cause.to_string())
        }
        Err(other) => Err(CarryFailure(refusal(other))),
    };
    if let Err(failure) = sent {
        send_uncarried(control, reply, "result", failure);
    }
}

fn refusal<E>(error: &CallError<E>) -> String {
    match error {
        CallError::Rejected(rejected) => rejected.to_string(),
        _ => "the worker did not run the call".to_owned(),
    }
}

fn send_text(
    control: &Control,
    reply: Reply,
    status: Status,
    text: &impl Serialize,
) -> Result<(), CarryFailure> {
    try_send(control, reply, status, |encoder| codec::write(text, &mut encoder.body))
}

fn try_send<'v>(
    control: &Control,
    reply: Reply,
    status: Status,
    encode: impl FnOnce(&mut Encoder<'v>) -> Result<(), CarryFailure>,
) -> Result<(), CarryFailure> {
    // Serialisation is code of the types' own.
    let encode = |encoder: &mut Encoder<'v>| leaving::as_a_whole(|| encode(encoder));
    let add = || match reply {
        Reply::Call(number) => control.outbox.add(Kind::Result, status as u16, number, encode),
        Reply::OneOf(number, place) => control.outbox.add_outcome(number, place, status, encode),
    };
    CarryFailure::or_panic("encoding it", add)
}

fn send_uncarried(control: &Control, reply: Reply, what: &str, failure: CarryFailure) {
    let text = Uncarried { what: what.to_owned(), message: failure.0 };
    // Plain text: it can't fail.
    let _ = send_text(control, reply, Status::Uncarried, &text);
}

/// Runs a call to its end before the next message is looked at.
fn run_here<M: Method>(server: &Server<M::Worker>, mut frame: Frame<'_>, followed: bool) {
    let number = frame.header.call;
    // Before its arguments are decoded, which is code that may crash as well.
    if !server.begin(number) {
        return;
    }
    let Some((environment, args)) = server.read_caught::<M>(&mut frame) else { return };
    let told = environment.clone().filter(|_| M::SPEC.uses_context);
    if let Some(environment) = &told
        && !server.control.running.enter(number, Running::Told(environment.clone()))
    {
        environment.cancel();
    }
    let outcome = server.pool.submit::<M>(args, environment).result();
    if told.is_some() {
        server.control.running.leave(number);
    }
    if !followed {
        end_leases_if_last(&server.control, number);
    }
    send::<M>(&server.control, Reply::Call(number), &outcome);
    panics::contain(|| drop(outcome));
}

/// Runs calls under one number, one after the other, as long as they are not taken back.
fn run_several<M: Method>(
    server: &Server<M::Worker>,
    mut frame: Frame<'_>,
    followed: bool,
    done: &mut dyn FnMut(),
) {
    let (control, number) = (&server.control, frame.header.call);
    let Some(recorder) = &server.recorder else { return };
    if !followed {
        // None of these calls asks for limits: they see no context.
        end_leases_if_last(control, number);
    }
    for (_, body) in Packed(frame.body) {
        // Before its arguments are decoded, which is code that may crash as well.
        let Some(place) = recorder.begin_next(number) else { return };
        let reply = Reply::OneOf(number, place as u16);
        let mut decoder = Decoder { body, attachments: &mut frame.attachments };
        match CarryFailure::or_panic("decoding them", || decode::<M>(&mut decoder)) {
            Ok(args) => {
                let outcome = server.pool.submit::<M>(args, None).result();
                send::<M>(control, reply, &outcome);
                panics::contain(|| drop(outcome));
            }
            Err(failure) => send_uncarried(control, reply, "arguments", failure),
        }
        done();
        if server.is_unbuilt() {
            return;
        }
    }
}

/// Decodes arguments, which is code of the types' own.
fn decode<M: Method>(decoder: &mut Decoder<'_>) -> Result<M::Args, CarryFailure> {
    let wire = M::abilities().wires.arguments.ok_or_else(CarryFailure::no_way::<M::Args>)?;
    (wire.decode)(decoder)
}

/// Runs a call beside others.
fn submit<M: Method>(server: &Server<M::Worker>, mut frame: Frame<'_>, _: bool) {
    let number = frame.header.call;
    if !server.begin(number) {
        return;
    }
    let Some((environment, args)) = server.read_caught::<M>(&mut frame) else { return };
    let told = environment.clone().filter(|_| !M::SPEC.asynchronous && M::SPEC.uses_context);
    let first = told.map_or(Running::Starting, Running::Told);
    let may_drop = matches!(first, Running::Starting);
    let cancelled = !server.control.running.enter(number, first);
    let mut future = server.pool.submit::<M>(args, environment);
    let control = Arc::clone(&server.control);
    future.on_done(move |outcome| {
        end_leases_if_last(&control, number);
        send::<M>(&control, Reply::Call(number), outcome);
        // With few others, nobody else will send it soon.
        if control.running.leave(number) < FEW {
            control.outbox.flush();
        } else {
            control.outbox.flush_soon();
        }
    });
    if cancelled {
        let _ = future.cancel();
    } else if may_drop {
        let cancel = Box::new(move || {
            let _ = future.cancel();
        });
        server.control.running.started(number, cancel);
    }
}

/// Where nothing runs any more, nothing is lent to: whoever has the result of the last call finds the
/// limits as they are without leases.
fn end_leases_if_last(control: &Control, number: u64) {
    if control.limits.has_leases() && control.running.is_alone(number) {
        control.limits.end_leases();
    }
}

/// As few calls beside one another that each result is sent at once.
const FEW: usize = 3;
