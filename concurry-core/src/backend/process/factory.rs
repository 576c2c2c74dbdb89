//! How a pool of processes is started, and how its handle reaches it.

use std::sync::Arc;

use super::link::Link;
use super::notes::{Mailbox, placed};
use super::options::ProcessOptions;
use super::output::Outputs;
use crate::Cancel;
use crate::remote::{
    BuiltFailure, Elsewhere, Factory, Launch, LaunchError, RemoteCall, RemotePool,
};

/// Starts pools of processes.
#[derive(Debug)]
pub(crate) struct Processes;

/// A pool whose workers are processes.
struct ProcessPool {
    pool: RemotePool,
    mailboxes: Box<[Arc<Mailbox>]>,
}

impl Factory for Processes {
    fn launch(&self, launch: Launch) -> Result<Arc<dyn Elsewhere>, LaunchError> {
        let options = launch.option::<ProcessOptions>().cloned().unwrap_or_default();
        options.check().map_err(LaunchError)?;
        let refused = |what: &str| {
            let what = what.to_owned();
            move |error: std::io::Error| {
                LaunchError(format!("the operating system refused {what}: {error}"))
            }
        };
        let outputs =
            Outputs::start(launch.pool.worker_name()).map_err(refused("a thread for output"))?;
        let mailboxes =
            (0..launch.workers).map(|_| Mailbox::new()).collect::<Result<Box<[_]>, _>>();
        let mailboxes = mailboxes.map_err(refused("a descriptor for each worker"))?;
        let report = launch.report();
        for (worker, mailbox) in mailboxes.iter().enumerate() {
            let link = Link::new(worker, &launch, options.clone(), mailbox, outputs.clone());
            if let Err(error) = link.spawn() {
                let message = format!("the operating system refused a thread: {error}");
                report(worker, Err(BuiltFailure::Gone(message)));
                launch.pool.worker_ended();
            }
        }
        Ok(Arc::new(ProcessPool { pool: launch.pool, mailboxes }))
    }
}

impl ProcessPool {
    fn wake_all(&self) {
        self.mailboxes.iter().for_each(|mailbox| std::task::Wake::wake_by_ref(&mailbox.waker));
    }
}

impl Elsewhere for ProcessPool {
    fn submit(&self, call: RemoteCall) -> Result<(), RemoteCall> {
        self.pool.queue().submit(call)
    }

    fn close(&self) {
        self.pool.queue().close();
        self.wake_all();
    }

    fn refuse(&self) {
        self.pool.queue().refuse();
        self.wake_all();
    }

    fn queued(&self) -> usize {
        self.pool.queue().waiting()
    }

    fn cancel(&self, place: u64) -> Cancel {
        let Some((worker, number)) = placed(place) else { return Cancel::Signalled };
        self.mailboxes.get(worker).map_or(Cancel::Signalled, |mailbox| mailbox.cancel(number))
    }
}
