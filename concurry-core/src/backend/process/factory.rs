//! How a pool of processes is started, and how its handle reaches it.

use std::sync::Arc;

use super::line::Line;
use super::link::Link;
use super::notes::placed;
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
    lines: Box<[Arc<Line>]>,
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
        let lines = (0..launch.workers).map(|worker| Line::new(worker, &launch, options.clone()));
        let lines: Box<[_]> =
            lines.collect::<Result<_, _>>().map_err(refused("a descriptor for each worker"))?;
        let report = launch.report();
        for (worker, line) in lines.iter().enumerate() {
            let link = Link::new(line, &launch, outputs.clone());
            if let Err(error) = link.spawn() {
                let message = format!("the operating system refused a thread: {error}");
                report(worker, Err(BuiltFailure::Gone(message)));
                launch.pool.worker_ended();
            }
        }
        Ok(Arc::new(ProcessPool { pool: launch.pool, lines }))
    }
}

impl ProcessPool {
    fn wake_all(&self) {
        self.lines.iter().for_each(|line| std::task::Wake::wake_by_ref(&line.mailbox.waker));
    }
}

impl Elsewhere for ProcessPool {
    fn submit(&self, call: RemoteCall) -> Result<(), RemoteCall> {
        if self.pool.queue().is_divided() {
            return self.pool.queue().submit(call);
        }
        let mut call = call;
        for line in &self.lines {
            match line.send_directly(call) {
                Ok(()) => return Ok(()),
                Err(back) => call = back,
            }
        }
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
        self.lines.get(worker).map_or(Cancel::Signalled, |line| line.mailbox.cancel(number))
    }

    fn heed(&self, place: u64) {
        if let Some((worker, _)) = placed(place)
            && let Some(line) = self.lines.get(worker)
        {
            line.heed();
        }
    }

    fn attend(&self, place: u64) {
        if let Some((worker, number)) = placed(place)
            && let Some(line) = self.lines.get(worker)
        {
            line.attend(number);
        }
    }
}
