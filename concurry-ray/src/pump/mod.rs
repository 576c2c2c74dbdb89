//! The thread of a pool in Ray mode. It owns the workers and all their calls: nothing here is locked.
//!
//! Whatever happens is a letter (`mailbox.rs`) or a ring, after which [`Pump::turn`] looks at
//! everything once: letters (`letters.rs`), what came from workers (`receiving.rs`), starts and
//! deaths (`starting.rs`, `lives.rs`), shared values (`values.rs`), silence and calls that wait at the wrong worker (`watching.rs`), and at last the
//! calls that wait (`dispatch.rs`). Between turns the thread sleeps.

mod dispatch;
mod end;
mod letters;
mod lives;
mod receiving;
mod starting;
mod values;
mod watching;
mod worker;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use concurry_core::remote::{BuiltFailure, Launch, RemotePool};
use concurry_time::Clock;

use crate::cluster::{Gateway, Mailbox};
use crate::options::RayOptions;
use crate::protocol::File;
use worker::{Stage, Timer, Worker};

/// Hears of each constructor.
type Report = Arc<dyn Fn(usize, Result<(), BuiltFailure>) + Send + Sync>;

/// What the thread of a pool has.
pub(crate) struct Pump {
    pool: RemotePool,
    launch: Launch,
    report: Report,
    options: RayOptions,
    mailbox: Arc<Mailbox>,
    workers: Vec<Worker>,
    /// Whose link it is.
    links: HashMap<u64, usize>,
    gateway: Option<Arc<Gateway>>,
    connecting: bool,
    /// The link under which the gateway answers about the program.
    desk: u64,
    files: Vec<File>,
    program: Option<String>,
    /// The shared values that are in the cluster.
    values: HashSet<u64>,
    /// Tells the names of this pool's actors from those of others.
    tag: String,
    /// How many calls a worker runs beside each other.
    overlapping: usize,
    /// The worker that gets the next call.
    next: usize,
    /// Of this machine: what goes on in the cluster does not heed the pool's clock.
    clock: Clock,
    watch: Option<(Instant, Timer)>,
    /// The stop was passed on to the workers.
    aborted: bool,
    grace: Option<Timer>,
}

impl Pump {
    pub(crate) fn new(
        mut launch: Launch,
        options: RayOptions,
        mailbox: Arc<Mailbox>,
        files: Vec<File>,
    ) -> Self {
        launch.concurrency = options.concurrency.unwrap_or(launch.concurrency);
        launch.answers_limits = true;
        let now = Instant::now();
        let overlapping = match launch.one_at_a_time {
            true => 1,
            false => launch.concurrency.min(starting::SLOTS as usize),
        };
        let pool = launch.pool.clone();
        let workers = 0..launch.workers;
        let waker = Waker::from(Arc::clone(&mailbox));
        let desk = || pool.limit_desk(waker.clone());
        Self {
            workers: workers
                .map(|index| Worker::new(index, &pool, overlapping, desk(), now))
                .collect(),
            report: launch.report(),
            pool: pool.clone(),
            launch,
            options,
            mailbox,
            links: HashMap::new(),
            gateway: None,
            connecting: false,
            desk: 0,
            files,
            program: None,
            values: HashSet::new(),
            tag: starting::tag(),
            overlapping,
            next: 0,
            clock: Clock::system(),
            watch: None,
            aborted: false,
            grace: None,
        }
    }

    /// The life of the thread.
    pub(crate) fn run(mut self) {
        self.connect();
        concurry_time::block_on(std::future::poll_fn(|context| self.turn(context)));
        // The gateway may take a moment to go, and a stop is over when nothing is left.
        self.gateway = None;
        for _ in &self.workers {
            self.pool.worker_ended();
        }
    }

    /// Looks at everything once.
    fn turn(&mut self, context: &mut Context<'_>) -> Poll<()> {
        self.mailbox.answer(context.waker());
        let mut letters = Vec::new();
        self.mailbox.take(&mut letters);
        for letter in letters {
            self.open(letter);
        }
        self.stop_if_told(context);
        self.start_again(context);
        self.poll_limits();
        loop {
            self.dispatch();
            if !self.sleep_hungry() {
                break;
            }
        }
        // After the calls were sent whose answers it waits for.
        self.watch(context);
        self.finish_if_drained();
        let ended = |worker: &Worker| matches!(worker.stage, Stage::Ended);
        if self.workers.iter().all(ended) { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Says whether a new call has to wake the thread. True: one came meanwhile.
    fn sleep_hungry(&self) -> bool {
        let hungry = |worker: &Worker| worker.room() > 0;
        if !self.workers.iter().any(hungry) {
            self.mailbox.set_hungry(false);
            return false;
        }
        self.mailbox.set_hungry(true);
        let queue = self.pool.queue();
        self.workers.iter().any(|worker| hungry(worker) && !queue.is_empty(worker.index))
    }
}
