//! Starting a pool whose workers run elsewhere.

use std::sync::Arc;

use super::backends::{Backend, Backends, Queued};
use super::init::Plan;
use super::layers::{LayerTable, types};
use super::options::{MethodKinds, Options};
use crate::Mode;
use crate::backend::process::Processes;
use crate::backend::{ConstructFailure, Startup, constructor_site};
use crate::call::Copies;
use crate::error::{InitError, OptionsError, Panicked};
use crate::future::Call;
use crate::queue::Closed;
use crate::remote::{
    Anywhere, BuiltFailure, Elsewhere, FACTORIES, Factory, Launch, RemoteCall, RemotePool,
    RemoteQueue, SharedValue,
};
use crate::shared::PoolShared;
use crate::wire::message::PanicText;
use crate::wire::{Carry, Status, WorkerKey, codec, leaving, registered};
use crate::worker::{Construct, Method, MethodVisitor, Queueing, Worker};

/// Calls go elsewhere.
struct Remote {
    elsewhere: Arc<dyn Elsewhere>,
    queue: Arc<RemoteQueue>,
    gathers: bool,
}

impl<W: Worker> Backend<W> for Remote {
    fn queueing(&self) -> Queueing {
        Queueing::Remote
    }

    fn submit(&self, call: Call<W>, copies: Option<&Arc<Copies>>) -> Result<(), Closed<W>> {
        let refused = self.elsewhere.submit(RemoteCall::new(call.retyped(), copies.cloned()));
        refused.map_err(|call| Closed(call.into_call().retyped()))
    }

    fn gathers(&self) -> bool {
        self.gathers
    }

    fn announce(&self, call: Call<Anywhere>) {
        // Where it is refused it is dropped, which fails its calls as stopped.
        drop(self.queue.submit(RemoteCall::new(call, None)));
    }

    fn close(&self) {
        self.elsewhere.close();
    }

    fn refuse(&self) {
        self.elsewhere.refuse();
    }

    fn queued(&self) -> usize {
        self.elsewhere.queued()
    }

    fn given(&self) -> Option<Vec<u64>> {
        self.queue.given()
    }
}

/// Starts the workers of a mode that is not of this process.
pub(super) fn start<W: Worker, E: Send + 'static>(
    options: &mut Options<W>,
    shared: &Arc<PoolShared>,
    plan: &Plan,
    construct: Box<dyn Construct<W, E>>,
    startup: &Arc<Startup<E>>,
    queued: Queued<Anywhere>,
) -> Result<Backends<W>, InitError<E>> {
    let unavailable =
        |remedy: String| OptionsError::ModeUnavailable { worker: W::NAME, mode: plan.mode, remedy };
    let factory = factory(plan.mode).ok_or_else(|| {
        unavailable("no crate of this program brings it; depend on `concurry-ray` for it".into())
    })?;
    check_methods::<W>(plan.mode, &plan.layers)?;
    // Workers in processes of this machine open the memory of shared values themselves.
    let (leaving, places) = match plan.mode {
        Mode::Process => leaving::by_name(|| construct.leave()),
        _ => leaving::by_number(|| construct.leave()),
    };
    let parameters = leaving.parameters.map_err(|problem| OptionsError::Method {
        worker: W::NAME,
        method: "new",
        option: mode_option(plan.mode),
        problem,
        remedy: "derive serde's `Serialize` and `Deserialize` for the parameters of `new`, or use \
                 Mode::Thread"
            .into(),
    })?;
    let worker = WorkerKey::of::<W>();
    if registered(worker.name, worker.fingerprint).is_none() {
        let name = worker.name;
        return Err(
            unavailable(format!("add `concurry::register!({name});` to the program")).into()
        );
    }
    let mut kinds = MethodKinds::default();
    W::visit_methods(&mut kinds);
    let pool = RemotePool::new(shared, RemoteQueue::new(queued));
    let launch = Launch {
        pool: pool.clone(),
        worker,
        workers: plan.workers,
        concurrency: plan.concurrency,
        one_at_a_time: !kinds.asynchronous,
        answers_limits: plan.mode == Mode::Process,
        shared: SharedValue::all_of(&places),
        parameters: parameters.into(),
        options: std::mem::take(&mut options.extensions),
        report: report_to::<W, E>(startup, leaving.error),
    };
    // A worker whose calls overlap begins each when it can, and with a queue for each worker it is
    // settled for each call who runs it.
    let gathers = plan.mode == Mode::Process && !kinds.asynchronous && !pool.queue.is_divided();
    let elsewhere = factory.launch(launch).map_err(|error| unavailable(error.0))?;
    pool.attend(&elsewhere);
    let queue = Arc::clone(&pool.queue);
    Ok(Backends::Other(Arc::new(Remote { elsewhere, queue, gathers })))
}

fn factory(mode: Mode) -> Option<Box<dyn Factory>> {
    if mode == Mode::Process {
        return Some(Box::new(Processes));
    }
    let mut known = FACTORIES.iter().map(|factory| factory());
    known.find(|(known, _)| *known == mode).map(|(_, factory)| factory)
}

fn mode_option(mode: Mode) -> &'static str {
    match mode {
        Mode::Process => "Mode::Process",
        _ => "Mode::Ray",
    }
}

fn report_to<W: Worker, E: Send + 'static>(
    startup: &Arc<Startup<E>>,
    error: Option<Carry<E>>,
) -> Arc<dyn Fn(usize, Result<(), BuiltFailure>) + Send + Sync> {
    let startup = Arc::clone(startup);
    Arc::new(move |worker, built| {
        startup.report(worker, built.map_err(|failure| failed::<W, E>(&failure, error)));
    })
}

fn failed<W: Worker, E>(failure: &BuiltFailure, error: Option<Carry<E>>) -> ConstructFailure<E> {
    if let BuiltFailure::Told { code, body } = failure {
        if *code == Status::Failed as u16
            && let Some(Ok(error)) = error.map(|wire| wire.of_bytes(body))
        {
            return ConstructFailure::Failed(error);
        }
        if *code == Status::Panicked as u16
            && let Ok(PanicText { message, location }) = codec::read(body)
        {
            let (site, message) = (constructor_site::<W>(), message.into());
            return ConstructFailure::Panicked(Panicked { site, message, location });
        }
    }
    ConstructFailure::Elsewhere(failure.describe())
}

/// Whether all that the methods take and give can leave the process.
fn check_methods<W: Worker>(mode: Mode, layers: &LayerTable) -> Result<(), OptionsError> {
    let mut check = Check { mode, layers, seen: false, refused: None };
    W::visit_methods(&mut check);
    let closures = std::any::TypeId::of::<W>() == std::any::TypeId::of::<crate::tasks::Tasks>();
    match check.refused {
        Some(refused) if !closures => Err(refused),
        None if check.seen && !closures => Ok(()),
        _ => Err(OptionsError::ModeUnavailable {
            worker: W::NAME,
            mode,
            remedy: "closures and futures never leave their process; put `#[task]` on a function, \
                     or use Mode::Thread or Mode::Async"
                .into(),
        }),
    }
}

struct Check<'l> {
    mode: Mode,
    layers: &'l LayerTable,
    seen: bool,
    refused: Option<OptionsError>,
}

impl<W: Worker> MethodVisitor<W> for Check<'_> {
    fn visit<M: Method<Worker = W>>(&mut self) {
        self.seen = true;
        let wires = M::abilities().wires;
        let refuse = |problem: String, remedy: &str| OptionsError::Method {
            worker: M::SPEC.worker,
            method: M::SPEC.name,
            option: mode_option(self.mode),
            problem,
            remedy: remedy.into(),
        };
        let refused = if let Some(name) = wires.first_that_stays() {
            Some(refuse(
                format!("`{name}` can't leave this process"),
                "derive serde's `Serialize` and `Deserialize` for it, mark the method \
                 `#[worker(skip)]`, or use Mode::Thread",
            ))
        } else if wires.error.is_none()
            && self.layers.find(types::<M>()).is_some_and(|layers| layers.retry_if.is_some())
        {
            let name = std::any::type_name::<M::Error>();
            Some(refuse(
                format!("`retry_if` can't see errors of type `{name}`, which come back as text"),
                "derive serde's `Serialize` and `Deserialize` for it, or let it implement \
                 `Retryable`, which is asked where the error is made",
            ))
        } else {
            None
        };
        self.refused = self.refused.take().or(refused);
    }
}
