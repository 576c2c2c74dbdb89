//! What can be said about the processes of a pool.

use std::time::Duration;

use crate::WorkerOptions;
use crate::remote::set_option;
use crate::wire::MAX_FRAME;

/// How the processes of a pool are supervised. Given by
/// [`process`](ProcessWorkerOptions::process); other modes leave it alone.
///
/// ```
/// use concurry_core::process::ProcessOptions;
/// use std::time::Duration;
///
/// let options = ProcessOptions::new()
///     .recycle_after(10_000)
///     .memory_limit(2 << 30)
///     .quarantine_after(2)
///     .hang_timeout(Duration::from_secs(10));
/// assert!(format!("{options:?}").contains("10000"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "options do nothing until they are given to a pool"]
pub struct ProcessOptions {
    pub(crate) max_message: usize,
    pub(crate) recycle_after: Option<u64>,
    pub(crate) recycle_above: Option<u64>,
    pub(crate) memory_limit: Option<u64>,
    pub(crate) quarantine_after: u32,
    pub(crate) hang_timeout: Duration,
    pub(crate) overdue_grace: Duration,
    pub(crate) kill_cancelled_after: Option<Duration>,
}

impl ProcessOptions {
    /// The defaults: as the methods say.
    pub const fn new() -> Self {
        Self {
            max_message: MAX_FRAME,
            recycle_after: None,
            recycle_above: None,
            memory_limit: None,
            quarantine_after: 3,
            hang_timeout: Duration::from_secs(30),
            overdue_grace: Duration::from_millis(500),
            kill_cancelled_after: None,
        }
    }

    /// The largest message, so the most that the arguments or the result of one call may take: 1 GiB
    /// unless set.
    pub const fn max_message(mut self, bytes: usize) -> Self {
        self.max_message = bytes;
        self
    }

    /// Replaces a process after so many calls. The next one is started before the old one is ended.
    /// Never, unless set.
    pub const fn recycle_after(mut self, calls: u64) -> Self {
        self.recycle_after = Some(calls);
        self
    }

    /// Replaces a process between two calls when it takes more memory than that. Never, unless set.
    pub const fn recycle_above(mut self, bytes: u64) -> Self {
        self.recycle_above = Some(bytes);
        self
    }

    /// Kills a process that takes more memory than that, also in the middle of a call, which then
    /// fails with [`WorkerDeath::Memory`](crate::WorkerDeath::Memory). Never, unless set.
    pub const fn memory_limit(mut self, bytes: u64) -> Self {
        self.memory_limit = Some(bytes);
        self
    }

    /// How many processes one call may end. Then it is not tried again, whatever its policy says: it
    /// fails with [`Rejection::Poisoned`](crate::Rejection::Poisoned), which has its arguments. Three
    /// unless set.
    pub const fn quarantine_after(mut self, deaths: u32) -> Self {
        self.quarantine_after = deaths;
        self
    }

    /// How long a process that has calls may show no sign of life before it is killed: 30 seconds
    /// unless set. A method that takes long is not the matter: another thread of the process answers.
    pub const fn hang_timeout(mut self, timeout: Duration) -> Self {
        self.hang_timeout = timeout;
        self
    }

    /// How long a sync method may go on after its call's deadline, or its attempt's timeout, before its
    /// process is killed: half a second unless set.
    pub const fn overdue_grace(mut self, grace: Duration) -> Self {
        self.overdue_grace = grace;
        self
    }

    /// Kills the process of a sync method that goes on for so long after its call was cancelled.
    /// Never, unless set: the method sees `ctx.is_cancelled()`, and its outcome stands.
    pub const fn kill_cancelled_after(mut self, grace: Duration) -> Self {
        self.kill_cancelled_after = Some(grace);
        self
    }

    /// What is wrong with them.
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.max_message < 4_096 {
            return Err(format!("max_message is {}; it has to be at least 4096", self.max_message));
        }
        if self.recycle_after == Some(0) {
            return Err("recycle_after is 0; it has to be at least 1".to_owned());
        }
        if self.quarantine_after == 0 {
            return Err("quarantine_after is 0; it has to be at least 1".to_owned());
        }
        if self.hang_timeout.is_zero() {
            return Err("hang_timeout is zero; it has to be longer".to_owned());
        }
        Ok(())
    }
}

impl Default for ProcessOptions {
    fn default() -> Self {
        Self::new()
    }
}

/// The options of a pool that only mean something in process mode. In the prelude.
pub trait ProcessWorkerOptions: WorkerOptions {
    /// How the processes are supervised.
    ///
    /// ```
    /// use concurry_core::process::{ProcessOptions, ProcessWorkerOptions};
    /// use concurry_core::{Mode, TaskPool};
    ///
    /// // In other modes it means nothing.
    /// let options = ProcessOptions::new().recycle_after(1_000);
    /// let pool = TaskPool::options(Mode::Thread, 1).process(options).init()?;
    /// assert_eq!(pool.submit(|| 1).result()?, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    fn process(mut self, options: ProcessOptions) -> Self {
        set_option(&mut self, options);
        self
    }
}

impl<O: WorkerOptions> ProcessWorkerOptions for O {}
