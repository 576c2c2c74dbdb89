//! What is known of every node, whatever its types: who runs it, who uses it, how it went.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU16, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

/// What is known of every node, whatever its types.
///
/// All of it may be read at any time, so all of it is atomic. Relaxed wherever no comment says more:
/// outcomes are published by the lock of the node's body.
#[doc(hidden)]
#[derive(Debug)]
pub struct Header {
    /// The run that works on it, and its place there. Zero: none.
    claim: AtomicU64,
    /// How many `Lazy`s lead to it: how many may yet want its value.
    uses: AtomicU32,
    /// Counts nodes as they are made.
    pub(crate) number: u32,
    /// How long it took, in seconds. Bits of an `f32`: not a number while unknown, and below zero
    /// while it runs, when it is how long after its run it began.
    took: AtomicU32,
    /// What somebody expects it to take, in seconds. Bits of an `f32`.
    cost: AtomicU32,
    /// The worker that ran it, plus one.
    worker: AtomicU16,
    stage: AtomicU8,
    /// How often its call was tried again.
    retries: AtomicU8,
    /// It takes the value of an equal node.
    copy: AtomicBool,
    /// Nobody can look at it once it has run: its run has the only way to it.
    unseen: AtomicBool,
    /// What is known from the start: see `traits`.
    traits: u8,
}

/// What is known of a node from the start, a bit each.
mod traits {
    pub(super) const CALL: u8 = 1;
    pub(super) const PURE: u8 = 1 << 1;
    pub(super) const BATCHED: u8 = 1 << 2;
    pub(super) const LEAF: u8 = 1 << 3;
}

const _: () = assert!(size_of::<Header>() <= 32, "half a line of the cache: there may be millions");

/// How far a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// It has not begun.
    New,
    /// Its call is on its way, or runs.
    Running,
    /// It has its value.
    Done,
    /// It has no value, and never will: it failed, or what it depends on did.
    Failed,
}

/// The run that works on a node, and the node's place there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) run: u32,
    pub(crate) place: u32,
}

/// Counts nodes as they are made.
static MADE: AtomicU32 = AtomicU32::new(0);

impl Header {
    /// The number of the next node, unless another is made meanwhile.
    pub(crate) fn next_number() -> u32 {
        MADE.load(Ordering::Relaxed)
    }

    pub(crate) fn new(stage: Stage, is_call: bool, is_pure: bool) -> Self {
        Self {
            claim: AtomicU64::new(0),
            uses: AtomicU32::new(1),
            number: MADE.fetch_add(1, Ordering::Relaxed),
            took: AtomicU32::new(f32::NAN.to_bits()),
            cost: AtomicU32::new(f32::NAN.to_bits()),
            worker: AtomicU16::new(0),
            stage: AtomicU8::new(stage as u8),
            retries: AtomicU8::new(0),
            copy: AtomicBool::new(false),
            unseen: AtomicBool::new(false),
            traits: (traits::CALL * u8::from(is_call)) | (traits::PURE * u8::from(is_pure)),
        }
    }

    /// Sets whether several calls at once may become one.
    pub(crate) fn batched(mut self, batched: bool) -> Self {
        self.traits |= traits::BATCHED * u8::from(batched);
        self
    }

    /// Sets whether it depends on nothing.
    pub(crate) fn leaf(mut self, leaf: bool) -> Self {
        self.traits |= traits::LEAF * u8::from(leaf);
        self
    }

    /// Whether it calls a worker.
    pub(crate) fn is_call(&self) -> bool {
        self.traits & traits::CALL != 0
    }

    /// Whether equal calls give equal results.
    pub(crate) fn is_pure(&self) -> bool {
        self.traits & traits::PURE != 0
    }

    /// Whether several calls at once may become one.
    pub(crate) fn is_batched(&self) -> bool {
        self.traits & traits::BATCHED != 0
    }

    /// Whether it depends on nothing: its arguments are values.
    pub(crate) fn is_leaf(&self) -> bool {
        self.traits & traits::LEAF != 0
    }

    /// Whether it is a call that depends on nothing, of which no pass of the optimiser has more to say,
    /// and that one `Lazy` leads to.
    pub(crate) fn is_simple_call(&self) -> bool {
        self.traits == traits::CALL | traits::LEAF
            && self.stage() == Stage::New
            && !self.is_copy()
            && self.is_last_use()
            && self.cost().is_none()
    }

    pub(crate) fn claim(&self) -> Option<Claim> {
        Claim::read(self.claim.load(Ordering::Relaxed))
    }

    /// Takes the node for a run, or says who has it.
    pub(crate) fn try_claim(&self, claim: Claim) -> Result<(), Claim> {
        // Relaxed: only which run comes first matters.
        let before =
            self.claim.compare_exchange(0, claim.bits(), Ordering::Relaxed, Ordering::Relaxed);
        match before.map_err(Claim::read) {
            Ok(_) | Err(None) => Ok(()),
            Err(Some(other)) => Err(other),
        }
    }

    /// Gives the node another place in the run that has it.
    pub(crate) fn move_to(&self, claim: Claim) {
        self.claim.store(claim.bits(), Ordering::Relaxed);
    }

    /// Leaves the node to other runs.
    pub(crate) fn unclaim(&self) {
        self.claim.store(0, Ordering::Relaxed);
    }

    pub(crate) fn add_use(&self) {
        self.uses.fetch_add(1, Ordering::Relaxed);
    }

    /// One use less. True if it was the last.
    pub(crate) fn end_use(&self) -> bool {
        // AcqRel: who ends the last use has seen all others' as over.
        self.uses.fetch_sub(1, Ordering::AcqRel) == 1
    }

    /// Whether the caller's use is the only one. Nobody else can add one then.
    pub(crate) fn is_last_use(&self) -> bool {
        self.uses.load(Ordering::Acquire) == 1
    }

    pub(crate) fn is_unused(&self) -> bool {
        self.uses.load(Ordering::Acquire) == 0
    }

    pub(crate) fn stage(&self) -> Stage {
        match self.stage.load(Ordering::Acquire) {
            0 => Stage::New,
            1 => Stage::Running,
            2 => Stage::Done,
            _ => Stage::Failed,
        }
    }

    pub(crate) fn is_copy(&self) -> bool {
        self.copy.load(Ordering::Relaxed)
    }

    pub(crate) fn set_copy(&self) {
        self.copy.store(true, Ordering::Relaxed);
    }

    /// Whether somebody may look at it once it has run, and at what it depends on.
    pub(crate) fn is_looked_at(&self) -> bool {
        !self.unseen.load(Ordering::Relaxed)
    }

    pub(crate) fn set_unseen(&self) {
        self.unseen.store(true, Ordering::Relaxed);
    }

    pub(crate) fn set_stage(&self, stage: Stage) {
        self.stage.store(stage as u8, Ordering::Release);
    }

    pub(crate) fn is_over(&self) -> bool {
        self.stage() >= Stage::Done
    }

    /// Notes how long it took.
    pub(crate) fn note_took(&self, took: Duration) {
        self.took.store(took.as_secs_f32().to_bits(), Ordering::Relaxed);
    }

    /// Notes when it began.
    pub(crate) fn note_begin(&self, began: Duration) {
        self.took.store((-began.as_secs_f32()).to_bits(), Ordering::Relaxed);
    }

    /// Notes when it ended.
    pub(crate) fn note_end(&self, end: Duration) {
        let minus_began = f32::from_bits(self.took.load(Ordering::Relaxed));
        let took = (end.as_secs_f32() + minus_began).max(0.0);
        self.took.store(took.to_bits(), Ordering::Relaxed);
    }

    pub(crate) fn note_retries(&self, retries: u32) {
        let retries = u8::try_from(retries).unwrap_or(u8::MAX);
        self.retries.store(retries, Ordering::Relaxed);
    }

    pub(crate) fn retries(&self) -> u32 {
        u32::from(self.retries.load(Ordering::Relaxed))
    }

    pub(crate) fn note_worker(&self, worker: usize) {
        let number = u16::try_from(worker).map_or(0, |worker| worker.saturating_add(1));
        self.worker.store(number, Ordering::Relaxed);
    }

    pub(crate) fn worker(&self) -> Option<usize> {
        self.worker.load(Ordering::Relaxed).checked_sub(1).map(usize::from)
    }

    /// How long it took, in seconds.
    pub(crate) fn took(&self) -> Option<f32> {
        let took = f32::from_bits(self.took.load(Ordering::Relaxed));
        (!took.is_nan() && took.is_sign_positive()).then_some(took)
    }

    pub(crate) fn set_cost(&self, cost: Duration) {
        self.cost.store(cost.as_secs_f32().to_bits(), Ordering::Relaxed);
    }

    /// What somebody said that it will take, in seconds.
    pub(crate) fn cost(&self) -> Option<f32> {
        Some(f32::from_bits(self.cost.load(Ordering::Relaxed))).filter(|cost| !cost.is_nan())
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::New => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
        })
    }
}

impl PartialOrd for Stage {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        (*self as u8).partial_cmp(&(*other as u8))
    }
}

impl Claim {
    fn bits(self) -> u64 {
        u64::from(self.run) << 32 | u64::from(self.place)
    }

    fn read(bits: u64) -> Option<Self> {
        let run = (bits >> 32) as u32;
        (run != 0).then_some(Self { run, place: bits as u32 })
    }
}
