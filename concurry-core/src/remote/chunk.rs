//! Calls of one method that a map makes and that go to a worker together, under one number.
//!
//! A chunk is formed when a worker has room: it takes as many of the calls that wait as that worker is to
//! have ahead, which is a matter of how long its calls take. So a slow call goes alone, and quick ones
//! cost neither a node nor a message each. The arguments stay until the outcomes are here, as for a call
//! that goes alone.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;

use super::call::Anywhere;
use super::collector::Collector;
use super::{Death, RemoteCall, TakenCall};
use crate::backend::chunk_node::chunk_node;
use crate::backend::remote_node::read_outcome;
use crate::error::{CallSite, CodecError, Rejected, Rejection, WorkerDied};
use crate::future::{Call, Outcome, Ran};
use crate::wire::several::{MOST_TOGETHER, Packed, pack};
use crate::wire::{CarryFailure, Decoder, Frame, FrameWriter, Kind};
use crate::worker::Method;
use crate::{CallError, panics};

/// So many bytes of arguments go in one message, if they are of more than one call.
const FULL: usize = 32 * 1024;

/// Calls of one method, whichever it is. Dropping it with calls is for [`fail`](Self::fail).
pub(crate) trait Chunk: Send {
    /// The method.
    fn site(&self) -> CallSite;
    /// How many of its calls are not over.
    fn open(&self) -> usize;
    /// Takes calls that wait, and keeps at most so many. Gives those that it leaves to others.
    fn load(&mut self, most: usize) -> Option<Rest>;
    /// Adds its calls to the messages, under that number, and says how many there are. Those that can't
    /// be encoded are failed, and counted in the second place.
    ///
    /// # Safety
    /// The calls are not over before the messages are written or dropped.
    unsafe fn encode(&mut self, writer: &mut FrameWriter<'static>, number: u64) -> (usize, usize);
    /// Gives up its calls from that one on, counted from the first that was sent.
    fn split_off(&mut self, from: usize) -> Option<TakenCall>;
    /// Reads outcomes that a worker has sent. Nobody sees them before [`publish`](Self::publish).
    fn read(&mut self, frame: Frame<'_>, worker: usize) -> Result<Counts, String>;
    /// Hands the outcomes that were read to the map.
    fn publish(&mut self);
    /// All of its calls were begun by a worker that died.
    fn bury(&mut self, worker: usize, death: &Death);
    /// Ends all of its calls without having run them, or without knowing.
    fn fail(&mut self, error: CallError<Infallible>);
}

/// The calls that a chunk leaves to others.
pub(crate) enum Rest {
    /// They were with a worker already.
    Older(TakenCall),
    /// They wait as before.
    Waiting(Call<Anywhere>),
}

/// How calls have ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) done: usize,
    pub(crate) failed: usize,
}

struct ChunkOf<M: Method> {
    collector: Arc<Collector<M>>,
    /// Those that are not over, in their order, with the numbers that they have in their map.
    calls: VecDeque<(usize, M::Args)>,
    /// How many were sent and are over.
    over: usize,
    /// The outcomes that were read.
    outcomes: VecDeque<(usize, Outcome<M::Output, M::Error>)>,
    /// It has what it is to have: else it stands for all that waits.
    is_loaded: bool,
}

/// Stands for the calls of a map that wait.
pub(super) fn waiting<M: Method>(collector: &Arc<Collector<M>>) -> Call<Anywhere> {
    ChunkOf::node(collector, VecDeque::new(), false)
}

impl<M: Method> ChunkOf<M> {
    const SITE: CallSite = CallSite::new(const { &M::SPEC });

    fn node(
        collector: &Arc<Collector<M>>,
        calls: VecDeque<(usize, M::Args)>,
        is_loaded: bool,
    ) -> Call<Anywhere> {
        let pool = collector.pool;
        let collector = Arc::clone(collector);
        let chunk = Self { collector, calls, over: 0, outcomes: VecDeque::new(), is_loaded };
        chunk_node(Box::new(chunk), pool)
    }

    fn tail(&mut self, from: usize) -> Option<TakenCall> {
        if from >= self.calls.len() {
            return None;
        }
        let tail = self.calls.split_off(from);
        // Nobody has cancelled it: it has no user's side.
        RemoteCall::new(Self::node(&self.collector, tail, true), None).take()
    }

    fn end(&mut self, outcome: impl Fn(M::Args) -> CallError<M::Error>) {
        for (number, args) in self.calls.drain(..) {
            self.outcomes.push_back((number, Err(outcome(args))));
        }
        self.collector.arrive(&mut self.outcomes);
    }
}

impl<M: Method> Chunk for ChunkOf<M> {
    fn site(&self) -> CallSite {
        Self::SITE
    }

    fn open(&self) -> usize {
        self.calls.len()
    }

    fn load(&mut self, most: usize) -> Option<Rest> {
        let most = most.clamp(1, MOST_TOGETHER);
        if self.is_loaded {
            return self.tail(most).map(Rest::Older);
        }
        self.is_loaded = true;
        let more = self.collector.take_waiting(most, &mut self.calls);
        more.then(|| Rest::Waiting(waiting(&self.collector)))
    }

    unsafe fn encode(&mut self, writer: &mut FrameWriter<'static>, number: u64) -> (usize, usize) {
        let wire = M::abilities().wires.arguments;
        let (mut sent, mut failed) = (0, Vec::new());
        let most = writer.most();
        let calls = &self.calls;
        let added = writer.add(Kind::Calls, M::SPEC.index as u16, number, |encoder| {
            let start = encoder.body.len();
            for (place, (_, args)) in calls.iter().enumerate() {
                let before = (encoder.body.len(), encoder.attachments.len());
                if before.0 - start >= FULL || before.1 > 0 {
                    break;
                }
                // SAFETY: by contract it is there until the message is written. Nor does it move before,
                // if a block of it is not copied: see `would_move`; and others are only taken from the
                // ends.
                let args: &'static M::Args = unsafe { &*std::ptr::from_ref(args) };
                let Some(wire) = wire else {
                    failed.push((place, CarryFailure::no_way::<M::Args>()));
                    continue;
                };
                let packed = pack(encoder, 0, |encoder| {
                    // Serialisation is code of the types' own.
                    CarryFailure::or_panic("encoding it", || (wire.encode)(args, encoder))
                });
                match packed {
                    Ok(()) => {
                        let blocks = encoder.attachments.iter().map(|block| block.len() + 8);
                        let whole = encoder.body.len() - start + blocks.sum::<usize>();
                        // A block may be in the arguments themselves, which move when those that
                        // failed are taken out: they go by the next message then.
                        let would_move = encoder.attachments.len() > before.1 && !failed.is_empty();
                        if would_move || sent > 0 && whole > most {
                            encoder.body.truncate(before.0);
                            encoder.attachments.truncate(before.1);
                            break;
                        }
                        sent += 1;
                    }
                    Err(failure) => failed.push((place, failure)),
                }
            }
            if sent == 0 { Err(CarryFailure(String::new())) } else { Ok(()) }
        });
        if let Err(failure) = added
            && sent > 0
        {
            // One call alone is above the bound: the first that can be encoded.
            let first =
                (0..calls.len()).find(|place| failed.iter().all(|(other, _)| other != place));
            failed.extend(first.map(|place| (place, failure)));
            sent = 0;
        }
        let all_failed = failed.len();
        failed.sort_unstable_by_key(|(place, _)| std::cmp::Reverse(*place));
        for (place, CarryFailure(message)) in failed {
            if let Some((number, args)) = self.calls.remove(place) {
                panics::contain(|| drop(args));
                let error = CodecError { site: Self::SITE, what: "arguments", message };
                self.outcomes.push_front((number, Err(CallError::Codec(Box::new(error)))));
            }
        }
        self.publish();
        (sent, all_failed)
    }

    fn split_off(&mut self, from: usize) -> Option<TakenCall> {
        self.tail(from.saturating_sub(self.over))
    }

    fn read(&mut self, mut frame: Frame<'_>, worker: usize) -> Result<Counts, String> {
        let first = usize::from(frame.header.code);
        if first > self.over {
            return Err("it left out the outcome of a call".to_owned());
        }
        // What was sent before its death and is among what it left as well counts once.
        let known = self.over - first;
        let mut counts = Counts::default();
        for (status, body) in Packed(frame.body).skip(known) {
            let Some((number, args)) = self.calls.pop_front() else {
                return Err("it answered a call that it was not sent".to_owned());
            };
            if std::mem::needs_drop::<M::Args>() {
                panics::contain(|| drop(args));
            }
            self.over += 1;
            let mut decoder = Decoder { body, attachments: &mut frame.attachments };
            let (outcome, ran) = read_outcome::<M>(u16::from(status), &mut decoder, worker);
            if ran == Ran::Done {
                counts.done += 1;
            } else {
                counts.failed += 1;
            }
            self.outcomes.push_back((number, outcome));
        }
        Ok(counts)
    }

    fn publish(&mut self) {
        if !self.outcomes.is_empty() {
            self.collector.arrive(&mut self.outcomes);
        }
    }

    fn bury(&mut self, worker: usize, death: &Death) {
        let (site, deaths) = (Self::SITE, 1);
        self.end(|args| {
            if deaths >= death.quarantine_after {
                let reason = Rejection::Poisoned { deaths };
                return CallError::Rejected(Box::new(Rejected::new(
                    site,
                    reason,
                    Some(Box::new(args)),
                )));
            }
            panics::contain(|| drop(args));
            let cause = death.cause.clone();
            CallError::WorkerDied(Box::new(WorkerDied { site, worker, cause, attempt: 1 }))
        });
    }

    fn fail(&mut self, error: CallError<Infallible>) {
        if !self.is_loaded {
            self.is_loaded = true;
            self.collector.take_waiting(usize::MAX, &mut self.calls);
        }
        self.end(|args| {
            panics::contain(|| drop(args));
            again(&error, Self::SITE)
        });
    }
}

/// The error once more: several calls are not run for one reason.
fn again<E>(error: &CallError<Infallible>, site: CallSite) -> CallError<E> {
    match error {
        CallError::Cancelled(site) => CallError::Cancelled(*site),
        CallError::TimedOut(timeout) => CallError::TimedOut(*timeout),
        CallError::WorkerDied(died) => CallError::WorkerDied(died.clone()),
        CallError::Codec(error) => CallError::Codec(error.clone()),
        _ => CallError::Stopped(site),
    }
}
