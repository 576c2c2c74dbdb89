//! The pool's own side of its workers elsewhere: counters, limits, time, and what comes back.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use std::task::Waker;

use concurry_limits::LimitSet;
use concurry_time::{Clock, wake_together};

use super::{CallTable, Elsewhere, Launch, LimitDesk, RemoteQueue, Restarts, TakenCall};
use crate::CallError;
use crate::error::CodecError;
use crate::event::Event;
use crate::future::{Ran, Sending, Unpublished};
use crate::shared::{PoolShared, Reached, Seat, Stage};
use crate::wire::deliveries::SharedValue;
use crate::wire::limits::SetText;
use crate::wire::message::{Hello, Rebuilt, RestartRule, VERSION};
use crate::wire::{CarryFailure, Frame, FrameWriter, Kind, Status, codec, leaving};

/// The pool's own side of workers that run elsewhere. Clones are the same pool.
#[derive(Clone, Debug)]
pub struct RemotePool {
    pub(crate) shared: Arc<PoolShared>,
    pub(crate) queue: Arc<RemoteQueue>,
    seats: Arc<[Arc<Seat>]>,
}

/// What a message from a worker was.
#[derive(Debug)]
#[non_exhaustive]
pub enum Received {
    /// The outcome of a call, which is done now.
    Done,
    /// The outcomes of so many calls under one number, which are done now.
    Several(usize),
    /// The outcome of a call that the table does not have: it was cancelled or given up.
    Unknown,
    /// The worker's constructor has finished: see [`Launch::report`].
    Built(Result<(), super::BuiltFailure>),
    /// A sign of life.
    Alive,
    /// A call that was asked back and had not begun. `None`: nobody wants it any more.
    TakenBack(Option<TakenCall>),
    /// A request about limits, for the worker's [`LimitDesk`]: see there.
    Limits,
    /// The worker's state can't be built again: the worker is to be ended and started anew.
    Unbuilt(String),
}

/// Outcomes that are written and not handed to their users yet. They are when this is dropped.
///
/// Who waits for several is woken once for all, and not once for each.
#[derive(Debug, Default)]
pub(crate) struct Outcomes(Vec<Unpublished>);

/// So many outcomes wait for one another at most.
const TOGETHER: usize = 128;

impl Outcomes {
    /// Hands them to their users.
    #[inline]
    pub(crate) fn publish(&mut self) {
        if self.0.len() > 1 {
            wake_together(|| self.0.drain(..).for_each(Unpublished::publish));
        } else if let Some(outcome) = self.0.pop() {
            outcome.publish();
        }
    }
}

impl Drop for Outcomes {
    fn drop(&mut self) {
        self.publish();
    }
}

impl RemotePool {
    pub(crate) fn new(shared: &Arc<PoolShared>, queue: Arc<RemoteQueue>) -> Self {
        let seats = (0..shared.workers.len())
            .map(|index| Arc::new(Seat { pool: Arc::clone(shared), index }));
        Self { shared: Arc::clone(shared), queue, seats: seats.collect() }
    }

    /// The worker's name.
    #[must_use]
    pub fn worker_name(&self) -> &'static str {
        self.shared.worker_name
    }

    /// The calls that wait.
    #[must_use]
    pub fn queue(&self) -> &RemoteQueue {
        &self.queue
    }

    /// The pool's clock.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.shared.clock
    }

    /// Who hears of cancelled calls. Called once, by `init`.
    pub(crate) fn attend(&self, elsewhere: &Arc<dyn Elsewhere>) {
        let weak: Weak<dyn Elsewhere> = Arc::downgrade(elsewhere);
        let _ = self.shared.elsewhere.set(weak);
    }

    /// Whether the pool is being stopped without waiting for its calls.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.shared.shutdown.stage() >= Stage::Stopping
    }

    /// Whether the pool takes no more calls.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.shared.shutdown.stage() >= Stage::Draining
    }

    /// Waits until [`is_stopping`](Self::is_stopping).
    pub fn stopping(&self) -> impl Future<Output = ()> + Send + Unpin + 'static {
        let reached: Reached = self.shared.shutdown.reached(Stage::Stopping);
        reached
    }

    /// The restarts of one worker, by the pool's policy.
    #[must_use]
    pub fn restarts(&self) -> Restarts {
        Restarts::new(self.shared.restart)
    }

    /// Whether the pool has limits.
    pub(crate) fn is_limited(&self) -> bool {
        self.shared.limits.sets().any(|set| !set.describe().limits.is_empty())
    }

    /// What workers know of the pool's limits.
    fn sets(&self) -> Vec<SetText> {
        if !self.is_limited() {
            return Vec::new();
        }
        self.shared.limits.sets().map(LimitSet::describe).map(SetText::from).collect()
    }

    /// Answers one worker's requests about limits. `waker` is called when one that waits may go on.
    #[must_use]
    pub fn limit_desk(&self, waker: Waker) -> LimitDesk {
        LimitDesk::new(self.shared.limits.clone(), self.shared.clock.clone(), waker)
    }

    pub(crate) fn hello(
        &self,
        launch: &Launch,
        worker: usize,
        max_message: usize,
        slots: u32,
    ) -> Vec<u8> {
        let restart = self.shared.restart;
        let hello = Hello {
            version: VERSION,
            worker: launch.worker.name.to_owned(),
            fingerprint: launch.worker.fingerprint,
            seat: worker,
            concurrency: launch.concurrency,
            max_message,
            sets: if launch.answers_limits { self.sets() } else { Vec::new() },
            restart: RestartRule {
                first_wait: restart.first_wait,
                max_wait: restart.max_wait,
                max_failures: restart.max_failures,
            },
            parameters: launch.parameters.to_vec(),
            slots,
        };
        let mut writer = FrameWriter::new(usize::MAX);
        let mut bytes = Vec::new();
        // Into memory, and of plain data: it can't fail.
        let added =
            writer.add(Kind::Hello, VERSION, 0, |encoder| codec::write(&hello, &mut encoder.body));
        let written = writer.write_to(&mut bytes);
        debug_assert!(added.is_ok() && written.is_ok());
        bytes
    }

    /// Adds a call to the messages for a worker and to its table, and gives its number. `None`: it
    /// can't be encoded, or its deadline has passed, so it is over.
    ///
    /// # Safety
    ///
    /// As [`TakenCall::encode`]: the table keeps the call until the messages are written or dropped.
    pub unsafe fn send(
        &self,
        worker: usize,
        call: TakenCall,
        table: &mut CallTable,
        writer: &mut FrameWriter<'static>,
        now: Instant,
    ) -> Option<u64> {
        // SAFETY: the same contract.
        unsafe { self.send_by(worker, call, table, writer, now, |encode| encode()) }
    }

    /// The same, encoded inside of `by`.
    unsafe fn send_by(
        &self,
        worker: usize,
        call: TakenCall,
        table: &mut CallTable,
        writer: &mut FrameWriter<'static>,
        now: Instant,
        by: impl FnOnce(&mut dyn FnMut() -> Result<(), CarryFailure>) -> Result<(), CarryFailure>,
    ) -> Option<u64> {
        let number = table.next_number();
        let sending = Sending { now, limits: &self.shared.limits };
        let counters = &self.shared.workers[worker];
        counters.begin();
        let begun = match call.environment() {
            None => Ok(()),
            Some(environment) => environment.begin(&self.seats[worker]),
        };
        let error = match begun {
            Err(timeout) => CallError::TimedOut(timeout),
            // SAFETY: by contract, since the call is in the table then.
            Ok(()) => match by(&mut || unsafe { call.encode(writer, number, &sending) }) {
                Ok(()) => {
                    table.insert(call);
                    return Some(number);
                }
                Err(CarryFailure(message)) => {
                    let site = call.site();
                    CallError::Codec(Box::new(CodecError { site, what: "arguments", message }))
                }
            },
        };
        counters.end(true);
        call.fail(error);
        None
    }

    /// As [`send`](Self::send), but the message is copied behind others, large arguments as well.
    /// `scratch` is empty before and after. Gives the shared values that the worker needs for the call,
    /// in the order in which it has to get them.
    #[allow(unsafe_code)]
    pub fn send_copied(
        &self,
        worker: usize,
        call: TakenCall,
        table: &mut CallTable,
        scratch: &mut FrameWriter<'static>,
        messages: &mut Vec<u8>,
    ) -> Vec<SharedValue> {
        let now = self.shared.clock.now();
        let mut places = Vec::new();
        let by_number = |encode: &mut dyn FnMut() -> Result<(), CarryFailure>| {
            let (encoded, met) = leaving::by_number(encode);
            places = met;
            encoded
        };
        // SAFETY: the message is written before anything else can happen to the call.
        let sent = unsafe { self.send_by(worker, call, table, scratch, now, by_number) };
        // Into memory: it can't fail.
        let written = scratch.write_to(messages);
        debug_assert!(written.is_ok());
        if sent.is_none() { Vec::new() } else { SharedValue::all_of(&places) }
    }

    /// Handles a message from a worker.
    pub fn receive(&self, worker: usize, frame: Frame<'_>, table: &mut CallTable) -> Received {
        self.receive_into(worker, frame, table, &mut Outcomes(Vec::new()))
    }

    /// As [`receive`](Self::receive), but the outcome of a call is handed to its user together with
    /// others.
    #[inline]
    pub(crate) fn receive_into(
        &self,
        worker: usize,
        frame: Frame<'_>,
        table: &mut CallTable,
        outcomes: &mut Outcomes,
    ) -> Received {
        match frame.header.kind {
            Kind::Result => match table.remove(frame.header.call) {
                None => Received::Unknown,
                Some(call) if frame.header.code == Status::TakenBack as u16 => {
                    Received::TakenBack(self.take_back(worker, call))
                }
                Some(call) => {
                    outcomes.0.push(self.complete(worker, call, frame));
                    if outcomes.0.len() == TOGETHER {
                        outcomes.publish();
                    }
                    Received::Done
                }
            },
            Kind::Results => self.receive_several(worker, frame, table),
            Kind::Built => self.built(&frame).map_or(Received::Alive, Received::Built),
            Kind::LimitRequest => Received::Limits,
            Kind::Rebuilt => self.rebuilt(worker, &frame),
            _ => Received::Alive,
        }
    }

    /// How a worker's constructor went, if that is what the message tells.
    #[must_use]
    pub fn built(&self, frame: &Frame<'_>) -> Option<Result<(), super::BuiltFailure>> {
        if frame.header.kind != Kind::Built {
            return None;
        }
        let (code, body) = (frame.header.code, frame.body.to_vec());
        Some(if code == 0 { Ok(()) } else { Err(super::BuiltFailure::Told { code, body }) })
    }

    #[inline]
    fn complete(&self, worker: usize, call: TakenCall, frame: Frame<'_>) -> Unpublished {
        let counters = &self.shared.workers[worker];
        let (ran, outcome) = call.complete(frame, worker);
        // Before the outcome is out, so that who has it finds it counted.
        counters.end(ran != Ran::Done);
        outcome
    }

    fn rebuilt(&self, worker: usize, frame: &Frame<'_>) -> Received {
        match codec::read::<Rebuilt>(frame.body) {
            Ok(Rebuilt::Again { in_a_row }) => {
                self.tell_restarted(worker, in_a_row);
                Received::Alive
            }
            Ok(Rebuilt::GivenUp { message }) => Received::Unbuilt(message),
            Err(CarryFailure(message)) => Received::Unbuilt(message),
        }
    }

    /// A worker was started again.
    pub fn tell_restarted(&self, worker: usize, in_a_row: u32) {
        crate::backend::restart::restarted(&self.seats[worker], in_a_row);
    }

    /// A worker will not come back. Without others, the calls that wait fail, and the pool takes no
    /// more. Call [`worker_ended`](Self::worker_ended) then.
    pub fn give_up(&self, worker: usize, failures: u32, message: &str) {
        use std::sync::atomic::Ordering;
        self.shared.events.emit(|| Event::WorkerGivenUp {
            worker_name: self.shared.worker_name,
            worker,
            message: message.to_owned(),
        });
        // AcqRel: the last one has seen the others give up.
        let last = self.shared.serving.fetch_sub(1, Ordering::AcqRel) == 1;
        if last {
            self.shared.shutdown.advance(Stage::Draining);
            self.queue.close();
        }
        if last || self.queue.is_divided() {
            let left = self.queue.abandon(worker);
            if last {
                for call in left {
                    super::bury::fail_unbuilt(call, worker, failures, message);
                }
                while let Some(call) = self.queue.take(worker) {
                    super::bury::fail_unbuilt(call, worker, failures, message);
                }
            } else {
                self.queue.give_back(left);
            }
        }
    }

    /// A worker has ended. The last one ends the pool.
    pub fn worker_ended(&self) {
        self.shared.worker_ended();
    }

    /// How long calls that were told to stop may take.
    #[must_use]
    pub fn grace(&self) -> Duration {
        // Within the grace that a stop of the pool allows in all.
        Duration::from_millis(700)
    }
}
