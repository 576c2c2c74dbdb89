//! Data-parallel maps over plain functions, on rayon's threads.
//!
//! An input can't be split: its items come one after the other. So one task has it, takes a piece of
//! it, leaves the input to whichever thread is free, and works on the piece. Nothing waits, and no
//! lock is held while the input gives its items, which is the user's code. A thread that has nothing
//! to do gets half of what another one has left (lazy splitting, as in Tzannes et al., "Lazy
//! binary-splitting", PPoPP 2010). Pieces are as large as is worth a hand-over, and memory beside
//! the results is bounded by a piece a thread.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rayon::{Scope, ThreadPool};

use super::pieces::{Finished, Input, Piece};
use super::stretch::Output;
use crate::CallError;
use crate::Mode;
use crate::error::CallSite;
use crate::gather::Watch;
use crate::panics;
use crate::pool::Handle;
use crate::progress::Progress;
use crate::shared::{PoolShared, Stage};
use crate::sync::lock;
use crate::worker::{Method, TaskFunction};

/// Pieces grow while they take less than this: a hundred times what handing the input on costs.
const SHORT: Duration = Duration::from_micros(50);
/// Pieces shrink when they take longer: nobody should wait for one.
const LONG: Duration = Duration::from_micros(500);
/// A thread looks at least after so many items whether others want some of its own.
const MOST_IN_A_ROW: usize = 32;

/// How a map is run in parallel.
pub(super) struct Plan {
    threads: Arc<ThreadPool>,
    pool: Arc<PoolShared>,
}

impl Plan {
    /// `None` if each item has to be a call: the function needs its worker, calls have layers, or
    /// there may be fewer of them at a time than there are threads.
    pub(super) fn of<M: TaskFunction>(
        handle: &Handle<M::Worker>,
        in_flight: Option<usize>,
    ) -> Option<Self> {
        M::DIRECT?;
        let pool = &handle.pool;
        let plain = handle.options.is_none() && pool.layers.is_plain(M::SPEC.index);
        let narrow = in_flight.is_some_and(|calls| calls < pool.shared.workers.len());
        if pool.mode != Mode::Thread || !plain || pool.bound.is_some() || narrow {
            return None;
        }
        Some(Self { threads: pool.parallel()?, pool: Arc::clone(&pool.shared) })
    }

    pub(super) fn results<M, I>(
        self,
        items: I,
        progress: Option<Progress>,
    ) -> Result<Vec<M::Output>, CallError<M::Error>>
    where
        M: TaskFunction,
        I: Iterator<Item = M::Item> + Send,
    {
        let (least, most) = items.size_hint();
        let total = most.filter(|most| *most == least).map(|most| most as u64);
        let watch = progress.and_then(|progress| Watch::new(progress, total));
        // An endless input claims as many items as there are numbers: no room would be enough.
        let room = if most.is_none() && least == usize::MAX { 0 } else { least };
        let run = AssertUnwindSafe(|| self.run::<M, I>(items, room, watch.as_ref()));
        // What panics outside of the items is the destructor of one.
        let outcome = catch_unwind(run).unwrap_or_else(|payload| Err(panicked::<M>(payload)));
        if let Some(watch) = watch {
            if outcome.is_ok() { watch.end() } else { watch.fail() }
        }
        outcome
    }

    fn run<M, I>(
        &self,
        items: I,
        room: usize,
        watch: Option<&Watch>,
    ) -> Result<Vec<M::Output>, CallError<M::Error>>
    where
        M: TaskFunction,
        I: Iterator<Item = M::Item> + Send,
    {
        let mut output = Output::with_room(room);
        let run = Run::<M>::new(&self.threads, &self.pool, watch);
        let input = Input::new(items, output.places());
        self.threads.scope(|scope| run.take_piece(scope, input));
        let (in_place, apart) = run.into_finished()?.keep();
        // SAFETY: pieces get the places of the output from the first on, without gaps. Nothing
        // failed, so every piece was worked on to its end, and kept.
        let mut results = unsafe { output.into_filled(in_place) };
        for mut part in apart {
            results.append(&mut part);
        }
        Ok(results)
    }
}

fn into_inner<T>(mutex: Mutex<T>) -> T {
    mutex.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn site<M: Method>() -> CallSite {
    CallSite::new(const { &M::SPEC })
}

fn panicked<M: Method>(payload: Box<dyn Any + Send>) -> CallError<M::Error> {
    CallError::Panicked(Box::new(panics::describe(site::<M>(), payload)))
}

/// What the threads of one map share.
struct Run<'o, M: TaskFunction> {
    pool: &'o PoolShared,
    watch: Option<&'o Watch>,
    threads: &'o ThreadPool,
    /// How many of them are at a piece.
    busy: AtomicUsize,
    /// How many items the next piece should have.
    piece: AtomicUsize,
    /// The place of the first item that failed. What comes after it is not wanted.
    end: AtomicUsize,
    /// Why that one did.
    failure: Mutex<Option<CallError<M::Error>>>,
    finished: Mutex<Finished<'o, M::Item, M::Output>>,
}

// Relaxed, all of them: they are hints for speed, or read after the scope has joined its tasks.
impl<'o, M: TaskFunction> Run<'o, M> {
    fn new(threads: &'o ThreadPool, pool: &'o PoolShared, watch: Option<&'o Watch>) -> Self {
        Self {
            pool,
            watch,
            threads,
            busy: AtomicUsize::new(0),
            piece: AtomicUsize::new(1),
            end: AtomicUsize::new(usize::MAX),
            failure: Mutex::new(None),
            finished: Mutex::new(Finished::new()),
        }
    }

    /// What came of it, when all tasks are over.
    fn into_finished(self) -> Result<Finished<'o, M::Item, M::Output>, CallError<M::Error>> {
        match into_inner(self.failure) {
            Some(failure) => Err(failure),
            None => Ok(into_inner(self.finished)),
        }
    }

    /// Takes a piece from the input, and works on it.
    fn take_piece<'s, I>(&'s self, scope: &Scope<'s>, mut input: Input<'o, I, M::Output>)
    where
        I: Iterator<Item = M::Item> + Send + 's,
    {
        let _busy = Busy::enter(&self.busy);
        if self.pool.shutdown.stage() >= Stage::Draining {
            return self.fail(input.taken(), CallError::Stopped(site::<M>()));
        }
        if self.end.load(Ordering::Relaxed) <= input.taken() {
            return;
        }
        let count = self.piece.load(Ordering::Relaxed).min(Input::<I, M::Output>::most_items());
        let memory = lock(&self.finished).take_memory();
        let piece = match catch_unwind(AssertUnwindSafe(|| input.take(count, memory))) {
            Ok(piece) => piece,
            Err(payload) => return self.fail(input.taken(), panicked::<M>(payload)),
        };
        let ahead = input.pages_ahead(&piece);
        if !input.has_ended() {
            scope.spawn(move |scope| self.take_piece(scope, input));
        }
        if let Some(pages) = ahead {
            // SAFETY: they are pages of the output, which outlives the scope.
            unsafe { pages.provide() };
        }
        let begun = Instant::now();
        self.work(scope, piece);
        let took = begun.elapsed();
        if took < SHORT {
            self.piece.store(count.saturating_mul(2), Ordering::Relaxed);
        } else if took > LONG {
            let fewer = count as f64 * SHORT.as_secs_f64() / took.as_secs_f64();
            self.piece.store((fewer as usize).max(1), Ordering::Relaxed);
        }
    }

    /// Works on a piece, and gives half of what is left to a thread that has nothing to do.
    fn work<'s>(&'s self, scope: &Scope<'s>, mut piece: Piece<'o, M::Item, M::Output>) {
        let Some(function) = M::DIRECT else { unreachable!("a plan is made for plain functions") };
        // Few at first: if they take long, the others should have their part soon.
        let mut in_a_row = 1;
        while piece.len() > 0 {
            if self.end.load(Ordering::Relaxed) <= piece.next_place() {
                return;
            }
            let before = piece.len();
            let step =
                AssertUnwindSafe(|| piece.advance(in_a_row, |item| function(M::into_args(item))));
            match catch_unwind(step) {
                Ok(Ok(())) => {}
                Ok(Err(error)) => return self.fail(piece.next_place(), CallError::Failed(error)),
                Err(payload) => return self.fail(piece.next_place(), panicked::<M>(payload)),
            }
            if let Some(watch) = self.watch {
                watch.record_many((before - piece.len()) as u64);
            }
            in_a_row = (2 * in_a_row).min(MOST_IN_A_ROW);
            if piece.len() > 1 && self.others_are_idle() {
                let half = piece.split_off(piece.len() / 2);
                scope.spawn(move |scope| {
                    let _busy = Busy::enter(&self.busy);
                    self.work(scope, half);
                });
            }
        }
        lock(&self.finished).add(piece);
    }

    /// Whether a thread could take something, and nothing lies there for it.
    fn others_are_idle(&self) -> bool {
        self.busy.load(Ordering::Relaxed) < self.threads.current_num_threads()
            && self.threads.current_thread_has_pending_tasks() == Some(false)
    }

    /// Notes that an item failed. Of several failures the first in order counts, as if the items had
    /// been worked on one after the other.
    fn fail(&self, place: usize, error: CallError<M::Error>) {
        let mut failure = lock(&self.failure);
        let not_wanted = if place < self.end.load(Ordering::Relaxed) {
            self.end.store(place, Ordering::Relaxed);
            failure.replace(error)
        } else {
            Some(error)
        };
        drop(failure);
        // It holds what is the user's, so the lock goes first.
        drop(not_wanted);
    }
}

/// Counts a thread as busy while it lives.
struct Busy<'r>(&'r AtomicUsize);

impl<'r> Busy<'r> {
    fn enter(count: &'r AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
