//! A pool in Ray mode, as the rest of the program sees it.

use std::path::Path;
use std::sync::Arc;

use concurry_core::remote::{
    Elsewhere, Factory, Launch, LaunchError, RemoteCall, RemotePool, set_option,
};
use concurry_core::{Cancel, Mode, WorkerOptions};

use crate::cluster::{Letter, Mailbox, spawn};
use crate::options::RayOptions;
use crate::protocol::File;
use crate::pump::Pump;

/// Found by every program that this crate is linked into.
#[concurry_core::remote::linkme::distributed_slice(concurry_core::remote::FACTORIES)]
#[linkme(crate = concurry_core::remote::linkme)]
static RAY: fn() -> (Mode, Box<dyn Factory>) = || (Mode::Ray, Box::new(Ray));

/// Starts pools in Ray mode.
struct Ray;

impl Factory for Ray {
    fn launch(&self, launch: Launch) -> Result<Arc<dyn Elsewhere>, LaunchError> {
        let options = launch.option::<RayOptions>().cloned().unwrap_or_default();
        options.check().map_err(LaunchError)?;
        let files = files(&options)?;
        let mailbox = Arc::new(Mailbox::default());
        let pool = launch.pool.clone();
        let name = format!("{}-ray", pool.worker_name());
        let pump = Pump::new(launch, options, Arc::clone(&mailbox), files);
        spawn(&name, move || pump.run()).map_err(|error| LaunchError(error.to_string()))?;
        Ok(Arc::new(Calls { pool, mailbox }))
    }
}

/// The executable and what goes with it, where the gateway finds it.
fn files(options: &RayOptions) -> Result<Vec<File>, LaunchError> {
    let text = |path: &Path| {
        path.to_str().map(str::to_owned).ok_or_else(|| {
            LaunchError(format!("the path of `{}` has to be Unicode to be shipped", path.display()))
        })
    };
    let unknown = |error| LaunchError(format!("the path of this program is not known: {error}"));
    let program = std::env::current_exe().map_err(unknown)?;
    // Deleted, it has no name of its own.
    let name = program.file_name().and_then(|name| name.to_str()).unwrap_or("worker");
    let name = name.strip_suffix(" (deleted)").unwrap_or(name).to_owned();
    // The very file that runs, also if it was built anew meanwhile.
    let path = match cfg!(target_os = "linux") {
        true => format!("/proc/{}/exe", std::process::id()),
        false => text(&program)?,
    };
    let mut files = vec![File { path, name, executable: true }];
    for (name, path) in &options.files {
        let path = std::path::absolute(path).map_err(unknown)?;
        if !path.is_file() {
            let problem = format!("`{}` is no file, so it can't be shipped", path.display());
            return Err(LaunchError(problem));
        }
        files.push(File { path: text(&path)?, name: name.clone(), executable: false });
    }
    Ok(files)
}

/// Where calls of a pool go: into its queue, from which its thread takes them.
struct Calls {
    pool: RemotePool,
    mailbox: Arc<Mailbox>,
}

impl Elsewhere for Calls {
    fn submit(&self, call: RemoteCall) -> Result<(), RemoteCall> {
        self.pool.queue().submit(call)?;
        self.mailbox.called();
        Ok(())
    }

    fn close(&self) {
        self.pool.queue().close();
        self.mailbox.ring();
    }

    fn refuse(&self) {
        self.pool.queue().refuse();
        self.mailbox.ring();
    }

    fn queued(&self) -> usize {
        self.pool.queue().waiting()
    }

    fn cancel(&self, place: u64) -> Cancel {
        self.mailbox.post(Letter::Cancelled { place });
        Cancel::Signalled
    }
}

/// The option of a pool that only means something in Ray mode. In the prelude.
pub trait RayWorkerOptions: WorkerOptions {
    /// Which cluster, and what a worker takes of it. Other modes leave it alone.
    #[must_use]
    fn ray(mut self, options: RayOptions) -> Self {
        set_option(&mut self, options);
        self
    }
}

impl<O: WorkerOptions> RayWorkerOptions for O {}
