//! The floor of a crowd of threads that wait for their answers: a batcher written by hand, with a lock,
//! a condition variable and nothing else. It knows from the start how many callers there are and which
//! size of a batch is best for them, which no automatic one can.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use super::{WORKERS, takes};

/// Where callers leave their calls for the workers.
struct Desk {
    /// Of a batch, unless there are no more callers to come.
    size: usize,
    calls: Mutex<Calls>,
    enough: Condvar,
}

/// What the lock guards.
struct Calls {
    waiting: Vec<(u64, Arc<Answer>)>,
    /// Callers that are not in a batch and will call, or have called.
    free: usize,
    /// Callers that have more calls to make, in batches or not.
    callers: usize,
}

/// Where a caller waits.
#[derive(Default)]
struct Answer {
    value: Mutex<Option<u64>>,
    given: Condvar,
}

/// Makes the calls: so many threads, each of which waits for its answer before it asks again. Gives
/// the sum of the answers.
pub(crate) fn callers(calls: u64, threads: u64, size: usize) -> u64 {
    let callers = usize::try_from(threads).expect("few threads");
    let state = Calls { waiting: Vec::new(), free: callers, callers };
    let desk = Desk { size, calls: Mutex::new(state), enough: Condvar::new() };
    let ask = |caller: u64| {
        let answer = Arc::new(Answer::default());
        let xs = (caller..calls).step_by(callers);
        let sum = xs.map(|x| desk.ask(x, &answer)).sum::<u64>();
        desk.leave();
        sum
    };
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| desk.work());
        }
        let ask = &ask;
        let callers: Vec<_> = (0..threads).map(|caller| scope.spawn(move || ask(caller))).collect();
        callers.into_iter().map(|caller| caller.join().expect("no caller panics")).sum()
    })
}

impl Desk {
    fn ask(&self, x: u64, answer: &Arc<Answer>) -> u64 {
        let is_complete = {
            let mut calls = lock(&self.calls);
            calls.waiting.push((x, Arc::clone(answer)));
            calls.waiting.len() >= self.size.min(calls.free)
        };
        if is_complete {
            self.enough.notify_one();
        }
        let mut value = lock(&answer.value);
        loop {
            match value.take() {
                Some(value) => return value,
                None => value = wait(&answer.given, value),
            }
        }
    }

    /// A caller has no more calls to make.
    fn leave(&self) {
        let mut calls = lock(&self.calls);
        calls.free -= 1;
        calls.callers -= 1;
        drop(calls);
        self.enough.notify_all();
    }

    /// Runs batches until no caller is left.
    fn work(&self) {
        loop {
            let batch = {
                let mut calls = lock(&self.calls);
                loop {
                    let complete = self.size.min(calls.free);
                    if calls.waiting.len() >= complete && complete > 0 {
                        calls.free -= complete;
                        break calls.waiting.drain(..complete).collect::<Vec<_>>();
                    }
                    if calls.callers == 0 {
                        return;
                    }
                    calls = wait(&self.enough, calls);
                }
            };
            thread::sleep(takes(batch.len()));
            lock(&self.calls).free += batch.len();
            for (x, answer) in batch {
                *lock(&answer.value) = Some(x);
                answer.given.notify_one();
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn wait<'g, T>(condition: &Condvar, guard: MutexGuard<'g, T>) -> MutexGuard<'g, T> {
    condition.wait(guard).unwrap_or_else(PoisonError::into_inner)
}
