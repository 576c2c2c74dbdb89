//! One sample: what was measured, what it returned, and what the processors did meanwhile.

use std::fmt;
use std::time::{Duration, Instant};

use crate::system::CpuTimes;

/// What the figures of a case mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Nanoseconds of wall time for each call.
    NanosecondsPerCall,
    /// Nanoseconds of wall time for each item.
    NanosecondsPerItem,
    /// Microseconds for one round trip.
    Microseconds,
    /// Milliseconds.
    Milliseconds,
    /// Bytes of heap for each call in flight.
    BytesPerCall,
    /// Wall time divided by the time that perfect overlap would take.
    TimesIdeal,
    /// Permits admitted, in percent of what the limit allows.
    PercentOfIdeal,
}

impl Unit {
    /// The unit as it stands in the table and in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NanosecondsPerCall => "ns/call",
            Self::NanosecondsPerItem => "ns/item",
            Self::Microseconds => "us",
            Self::Milliseconds => "ms",
            Self::BytesPerCall => "bytes/call",
            Self::TimesIdeal => "x ideal",
            Self::PercentOfIdeal => "% of ideal",
        }
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

/// One sample of one subject.
#[derive(Debug, Clone, Copy)]
pub struct Measurement {
    /// The figure, in the case's unit.
    pub value: f64,
    /// What the run computed; the case knows what it must be.
    pub sum: u64,
    /// Processors that this process kept busy, on average.
    pub busy_cpus: f64,
    /// Processors that everybody else kept busy, on average.
    pub other_cpus: f64,
}

impl Measurement {
    /// Load by other processes above which a figure is suspect, in processors.
    pub(super) const SUSPECT_LOAD: f64 = 0.15;
}

/// The system counts the machine's processor time in ticks of 10 ms, on each of both sides of a lap.
const TICKS_OF_ERROR: Duration = Duration::from_millis(20);

/// A running measurement of time and processors.
#[derive(Debug)]
pub struct Stopwatch {
    start: Instant,
    cpus: CpuTimes,
}

/// What a stopwatch saw.
#[derive(Debug, Clone, Copy)]
pub struct Lap {
    wall: Duration,
    own_cpu: Duration,
    other_cpu: Duration,
}

impl Stopwatch {
    /// Starts measuring.
    #[must_use]
    pub fn start() -> Self {
        let cpus = CpuTimes::now();
        Self { start: Instant::now(), cpus }
    }

    /// Stops measuring.
    #[must_use]
    pub fn stop(self) -> Lap {
        let wall = self.start.elapsed();
        let cpus = CpuTimes::now();
        let own_cpu = cpus.own.saturating_sub(self.cpus.own);
        let everybody = cpus.everybody.saturating_sub(self.cpus.everybody);
        Lap { wall, own_cpu, other_cpu: everybody.saturating_sub(own_cpu + TICKS_OF_ERROR) }
    }
}

impl Lap {
    /// The wall time.
    #[must_use]
    pub const fn wall(&self) -> Duration {
        self.wall
    }

    /// The processor time of this process.
    #[must_use]
    pub const fn own_cpu(&self) -> Duration {
        self.own_cpu
    }

    /// The wall time in nanoseconds, divided by the number of calls.
    #[must_use]
    pub fn per_call(self, calls: u64, sum: u64) -> Measurement {
        self.with_value(self.wall.as_nanos() as f64 / calls as f64, sum)
    }

    /// Any other figure that was computed while the stopwatch ran.
    #[must_use]
    pub fn with_value(self, value: f64, sum: u64) -> Measurement {
        let wall = self.wall.as_secs_f64().max(f64::MIN_POSITIVE);
        Measurement {
            value,
            sum,
            busy_cpus: self.own_cpu.as_secs_f64() / wall,
            other_cpus: self.other_cpu.as_secs_f64() / wall,
        }
    }
}
