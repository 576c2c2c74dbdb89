//! What the operating system knows: processor time, and on which processors threads may run.

use std::fs;
use std::io;
use std::mem;
use std::time::Duration;

/// Processor time used so far.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CpuTimes {
    /// By all threads of this process.
    pub(crate) own: Duration,
    /// By every process of the machine.
    pub(crate) everybody: Duration,
}

impl CpuTimes {
    /// Reads both. Where the machine's total cannot be read it counts as zero: no load is reported.
    pub(crate) fn now() -> Self {
        Self { own: own_cpu_time(), everybody: machine_cpu_time().unwrap_or_default() }
    }
}

/// Processor time of all threads of this process, user and system.
fn own_cpu_time() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is a valid place for one `timespec`; the call keeps no pointer.
    let failed = unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut time) };
    if failed != 0 {
        return Duration::ZERO;
    }
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or_default())
}

/// Busy time of all processors: everything in `/proc/stat` but idle and waiting for disks.
fn machine_cpu_time() -> Option<Duration> {
    let text = fs::read_to_string("/proc/stat").ok()?;
    let ticks: Vec<u64> =
        text.lines().next()?.split_whitespace().skip(1).filter_map(|n| n.parse().ok()).collect();
    // user, nice, system, idle, iowait, irq, softirq; ten-millisecond ticks on every Linux
    let busy: u64 = ticks.iter().take(7).sum::<u64>() - ticks.get(3)? - ticks.get(4)?;
    Some(Duration::from_millis(busy * 10))
}

/// Keeps the calling thread, and the threads that it starts, on one processor until dropped.
#[derive(Debug)]
pub struct Pinned {
    before: libc::cpu_set_t,
}

impl Pinned {
    /// Pins to one of the processors that the thread may run on: 0 is the first of them.
    ///
    /// # Errors
    ///
    /// If there are fewer processors, or what the system says if their set cannot be read or set.
    pub fn to(number: usize) -> io::Result<Self> {
        // SAFETY: a `cpu_set_t` is an array of integers; all zeros is the empty set.
        let mut before: libc::cpu_set_t = unsafe { mem::zeroed() };
        let size = mem::size_of::<libc::cpu_set_t>();
        // SAFETY: thread 0 is the calling one; `before` has room for `size` bytes.
        if unsafe { libc::sched_getaffinity(0, size, &raw mut before) } != 0 {
            return Err(io::Error::last_os_error());
        }
        let limit = usize::try_from(libc::CPU_SETSIZE).unwrap_or_default();
        let chosen = (0..limit)
            // SAFETY: `cpu` is below CPU_SETSIZE, so it lies inside the set.
            .filter(|&cpu| unsafe { libc::CPU_ISSET(cpu, &before) })
            .nth(number)
            .ok_or_else(|| io::Error::other(format!("there are only {number} processors")))?;
        // SAFETY: all zeros is the empty set, as above.
        let mut only: libc::cpu_set_t = unsafe { mem::zeroed() };
        // SAFETY: `chosen` is below CPU_SETSIZE.
        unsafe { libc::CPU_SET(chosen, &mut only) };
        set_affinity(&only)?;
        Ok(Self { before })
    }
}

impl Drop for Pinned {
    fn drop(&mut self) {
        // The set was legal a moment ago; if the system now refuses, the next figures would be of
        // one processor, so that must not pass unseen.
        set_affinity(&self.before).expect("the former set of processors is still legal");
    }
}

/// Sets the processors of the calling thread.
fn set_affinity(set: &libc::cpu_set_t) -> io::Result<()> {
    // SAFETY: thread 0 is the calling one; `set` points to a full set of the given size.
    let failed = unsafe { libc::sched_setaffinity(0, mem::size_of::<libc::cpu_set_t>(), set) };
    if failed == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
