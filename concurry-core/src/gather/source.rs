//! What is collected, in what order it was given, and how it is waited for.

use std::future::poll_fn;
use std::ops::ControlFlow;
use std::task::{Context, Poll};
use std::time::Duration;

use concurry_time::{Clock, Sleep, block_on};

use super::gathered::Gathered;
use super::in_flight::InFlight;
use super::room::Room;
use super::watch::Watch;
use crate::CallError;
use crate::error::{CallSite, Timeout};
use crate::future::{Outcome, TaskFuture};
use crate::progress::Progress;
#[cfg(feature = "process")]
use crate::remote::gathered;
use crate::shared::{PoolId, blocking};

/// Where the futures come from: all are there, or each is made when there is room.
pub(crate) type Futures<T, E> = Box<dyn Calls<T, E>>;

/// Makes the calls of a collection, and hears what becomes of them.
pub(crate) trait Calls<T, E>: Send {
    /// The next future. Each is numbered as it comes, from 0.
    fn next_call(&mut self) -> Option<TaskFuture<T, E>>;
    /// As [`next_call`](Self::next_call), while others are on their way: the call may go together with
    /// them.
    #[cfg(feature = "process")]
    fn gather_call(&mut self, number: usize) -> Option<gathered::Made<T, E>> {
        let _ = number;
        self.next_call().map(gathered::Made::Future)
    }
    /// Where the outcomes come of calls that do.
    #[cfg(feature = "process")]
    fn arrivals(&self) -> Option<std::sync::Arc<dyn gathered::Arrivals<T, E>>> {
        None
    }
    /// How many follow.
    fn remaining(&self) -> (usize, Option<usize>);
    /// The call of that number is done.
    fn done(&mut self, number: usize, outcome: &Outcome<T, E>) {
        let _ = (number, outcome);
    }
    /// Nothing is done now, and the collector is about to wait. It looks again when it is woken.
    fn poll_idle(&mut self, context: &mut Context<'_>) {
        let _ = context;
    }
    /// No call follows, and all are done.
    #[cfg(feature = "journal")]
    fn finish(&mut self) -> Result<(), crate::journal::JournalError> {
        Ok(())
    }
}

impl<T, E, I> Calls<T, E> for I
where
    I: Iterator<Item = TaskFuture<T, E>> + Send,
{
    #[inline]
    fn next_call(&mut self) -> Option<TaskFuture<T, E>> {
        self.next()
    }

    fn remaining(&self) -> (usize, Option<usize>) {
        self.size_hint()
    }
}

/// A call of a collection.
#[cfg_attr(not(feature = "process"), allow(dead_code))]
pub(super) enum Made<T, E> {
    Future(TaskFuture<T, E>),
    /// It goes together with others, and has no future. Whose call it is.
    Gathered((PoolId, CallSite)),
}

/// A collection on its way: each future is numbered as it came.
pub(crate) struct Source<T, E> {
    futures: Futures<T, E>,
    in_flight: InFlight<T, E>,
    gathered: Gathered<T, E>,
    room: Room,
    /// The number of the future at each place.
    numbers: Vec<usize>,
    next_number: usize,
    exhausted: bool,
    limit: Option<TimeLimit>,
    watch: Option<Watch>,
    /// Whose call was taken in last: where a wait would be for the own pool, it is for this one.
    newest: Option<(PoolId, CallSite)>,
}

struct TimeLimit {
    clock: Clock,
    duration: Duration,
    /// Counts from the first look.
    sleep: Option<Sleep>,
}

/// What the next look at a collection gives.
pub(crate) enum Next<T, E> {
    /// The future of this number is done.
    Done(usize, Outcome<T, E>),
    /// The time is over; the rest is not done.
    TimedOut,
    /// All are done.
    End,
}

/// An outcome with the number of its future.
type Numbered<T, E> = (usize, Outcome<T, E>);

impl<T: Send + 'static, E: Send + 'static> Source<T, E> {
    pub(crate) fn new(
        futures: Futures<T, E>,
        room: Room,
        timeout: Option<Duration>,
        progress: Option<Progress>,
    ) -> Self {
        let total = match futures.remaining() {
            (least, Some(most)) if least == most => Some(least as u64),
            _ => None,
        };
        Self {
            futures,
            in_flight: InFlight::new(room.most()),
            gathered: Gathered::new(),
            room,
            numbers: Vec::new(),
            next_number: 0,
            exhausted: false,
            limit: timeout.map(|duration| TimeLimit {
                clock: Clock::system(),
                duration,
                sleep: None,
            }),
            newest: None,
            watch: progress.and_then(|progress| Watch::new(progress, total)),
        }
    }

    /// Takes futures in while there is room. One that is done when it comes needs no place: it is
    /// handed on at once. In sync mode every one is, and the next call is made when its outcome was
    /// taken.
    fn fill(&mut self) -> Option<Next<T, E>> {
        while !self.exhausted && self.on_their_way() < self.room.now() && self.in_flight.has_room()
        {
            let (number, alone) = (self.next_number, self.on_their_way() == 0);
            let Some(made) = self.gathered.make(&mut *self.futures, number, alone) else {
                self.exhausted = true;
                break;
            };
            self.next_number += 1;
            let future = match made {
                Made::Future(future) => future,
                Made::Gathered((pool, site)) => {
                    self.newest = Some((pool, site));
                    if let Some(watch) = &mut self.watch {
                        watch.follow(pool);
                    }
                    continue;
                }
            };
            if let Some(watch) = &mut self.watch {
                watch.follow(future.pool());
            }
            if !future.is_done() {
                self.insert(number, future);
            } else if let Some(outcome) = future.into_done() {
                return Some(self.done(number, outcome));
            }
        }
        None
    }

    fn on_their_way(&self) -> usize {
        self.in_flight.len() + self.gathered.len()
    }

    fn insert(&mut self, number: usize, future: TaskFuture<T, E>) {
        if let Some(site) = future.site() {
            self.newest = Some((future.pool(), site));
        }
        let place = self.in_flight.insert(future);
        match self.numbers.get_mut(place) {
            Some(old) => *old = number,
            // Places are opened one after the other.
            None => self.numbers.push(number),
        }
    }

    /// What is done by now. It goes before new calls, so that none is made after an error came.
    fn ready(&mut self) -> Option<Next<T, E>> {
        if let Some((number, outcome)) = self.gathered.next() {
            return Some(self.done(number, outcome));
        }
        match self.in_flight.try_next() {
            Some((place, outcome)) => Some(self.done(self.numbers[place], outcome)),
            None => self.fill(),
        }
    }

    pub(crate) fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Next<T, E>> {
        if let Some(done) = self.ready() {
            return Poll::Ready(done);
        }
        while !self.gathered.wait(context.waker()) {
            if let Some((number, outcome)) = self.gathered.next() {
                return Poll::Ready(self.done(number, outcome));
            }
        }
        let next = self.in_flight.poll_next(context);
        if let Poll::Ready(next) = next
            && (next.is_some() || self.gathered.len() == 0)
        {
            return Poll::Ready(match next {
                Some((place, outcome)) => self.done(self.numbers[place], outcome),
                None => {
                    if let Some(watch) = self.watch.take() {
                        watch.end();
                    }
                    Next::End
                }
            });
        }
        if let Some(limit) = &mut self.limit {
            let TimeLimit { clock, duration, sleep } = limit;
            let sleep = sleep.get_or_insert_with(|| clock.sleep(*duration));
            if std::future::Future::poll(std::pin::Pin::new(sleep), context).is_ready() {
                if let Some(watch) = self.watch.take() {
                    watch.stop("timed out");
                }
                return Poll::Ready(Next::TimedOut);
            }
        }
        self.futures.poll_idle(context);
        Poll::Pending
    }

    fn done(&mut self, number: usize, outcome: Outcome<T, E>) -> Next<T, E> {
        if let Some(watch) = &self.watch {
            watch.record(outcome.is_ok());
        }
        self.futures.done(number, &outcome);
        self.room.done(self.newest.map(|(pool, _)| pool));
        Next::Done(number, outcome)
    }

    pub(crate) async fn next(&mut self) -> Next<T, E> {
        poll_fn(|context| self.poll_next(context)).await
    }

    /// Blocks for the next one. An error if the wait could never end.
    pub(crate) fn next_blocking(&mut self) -> Result<Next<T, E>, CallError<E>> {
        if let Some(done) = self.ready() {
            return Ok(done);
        }
        match self.newest {
            None => Ok(block_on(self.next())),
            Some((pool, site)) => {
                blocking::wait(pool, self.next()).map_err(|_| CallError::Deadlock(site))
            }
        }
    }

    /// Blocks for the next one as an iterator gives it. What ends the iteration breaks: nothing, or an error
    /// with the number after the last one.
    pub(crate) fn step(&mut self) -> ControlFlow<Option<Numbered<T, E>>, Numbered<T, E>> {
        let error = match self.next_blocking() {
            Ok(Next::Done(number, outcome)) => return ControlFlow::Continue((number, outcome)),
            Ok(Next::End) => return ControlFlow::Break(None),
            Ok(Next::TimedOut) => timed_out(),
            Err(error) => error,
        };
        ControlFlow::Break(Some((self.taken(), Err(error))))
    }

    /// An error has ended the collection early.
    pub(crate) fn fail(&mut self) {
        if let Some(watch) = self.watch.take() {
            watch.fail();
        }
    }

    /// Makes no more calls. Those on their way are still waited for.
    #[cfg(feature = "journal")]
    pub(crate) fn make_no_more(&mut self) {
        self.exhausted = true;
    }

    /// All calls are done: ends what goes beside them.
    #[cfg(feature = "journal")]
    pub(crate) fn finish(&mut self) -> Result<(), crate::journal::JournalError> {
        self.futures.finish()
    }

    /// How many futures were taken in.
    pub(crate) fn taken(&self) -> usize {
        self.next_number
    }
}

/// What a collection that ran out of time reports.
pub(crate) fn timed_out<E>() -> CallError<E> {
    CallError::TimedOut(Timeout::Wait)
}
