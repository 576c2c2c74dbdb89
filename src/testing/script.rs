//! What each call of something under test does, written down before.

use std::collections::VecDeque;
use std::fmt;
use std::future::pending;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use concurry_core::{Clock, block_on};

/// What each call of a worker or closure under test does: one step a call, in the order in which the
/// calls come, and afterwards a default forever.
///
/// Clones are the same script, so a worker's state can hold one while the test keeps another. A
/// delay stands before the outcome that follows it: `.delay(d).fail("late")` is one step.
///
/// ```
/// use concurry::testing::{Script, ScriptedFault};
///
/// let script = Script::new("pong").ok("first").fail("refused");
/// assert_eq!(script.call(), Ok("first"));
/// assert_eq!(script.call(), Err(ScriptedFault::new("refused")));
/// assert_eq!(script.call(), Ok("pong"));
/// assert_eq!(script.calls(), 3);
/// ```
#[derive(Clone)]
pub struct Script<T> {
    clock: Clock,
    shared: Arc<Mutex<Steps<T>>>,
}

struct Steps<T> {
    planned: VecDeque<Step<T>>,
    /// A delay that waits for the outcome that it stands before.
    delay: Duration,
    default: T,
    calls: usize,
}

struct Step<T> {
    delay: Duration,
    outcome: Outcome<T>,
}

enum Outcome<T> {
    Ok(T),
    Fail(String),
    Panic(String),
    Hang,
}

impl<T: Clone> Script<T> {
    /// A script whose every call gives `default`, until steps are added.
    #[must_use]
    pub fn new(default: T) -> Self {
        let planned = VecDeque::new();
        let steps = Steps { planned, delay: Duration::ZERO, default, calls: 0 };
        Self { clock: Clock::system(), shared: Arc::new(Mutex::new(steps)) }
    }

    /// Measures delays on this clock instead of the machine's.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// The next call gives `value`.
    #[must_use]
    pub fn ok(self, value: T) -> Self {
        self.then(Outcome::Ok(value))
    }

    /// The next call fails.
    #[must_use]
    pub fn fail(self, message: impl Into<String>) -> Self {
        self.then(Outcome::Fail(message.into()))
    }

    /// The next call panics.
    #[must_use]
    pub fn panic(self, message: impl Into<String>) -> Self {
        self.then(Outcome::Panic(message.into()))
    }

    /// The next call never comes back by itself. An async one ends when it is cancelled; a sync one
    /// holds its thread until the process ends, so give that pool no call to wait for.
    #[must_use]
    pub fn hang(self) -> Self {
        self.then(Outcome::Hang)
    }

    /// The call whose outcome is added next takes so long. Without one, the first call that has the
    /// default.
    #[must_use]
    pub fn delay(self, by: Duration) -> Self {
        let mut steps = self.steps();
        steps.delay = steps.delay.saturating_add(by);
        drop(steps);
        self
    }

    /// Plays the next step on the current thread.
    ///
    /// # Errors
    ///
    /// The message of a [`fail`](Self::fail) step.
    ///
    /// # Panics
    ///
    /// In a [`panic`](Self::panic) step.
    pub fn call(&self) -> Result<T, ScriptedFault> {
        block_on(self.play(self.take()))
    }

    /// Plays the next step without blocking the thread.
    ///
    /// # Errors
    ///
    /// As [`call`](Self::call).
    ///
    /// # Panics
    ///
    /// As [`call`](Self::call).
    ///
    /// # Cancel safety
    ///
    /// The step is taken by the first poll; dropping the future afterwards leaves it played.
    pub async fn call_async(&self) -> Result<T, ScriptedFault> {
        let step = self.take();
        self.play(step).await
    }

    /// How many calls there have been, those that are not done included.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.steps().calls
    }

    /// How many steps have not been played.
    #[must_use]
    pub fn remaining(&self) -> usize {
        self.steps().planned.len()
    }

    fn then(self, outcome: Outcome<T>) -> Self {
        let mut steps = self.steps();
        let delay = std::mem::take(&mut steps.delay);
        steps.planned.push_back(Step { delay, outcome });
        drop(steps);
        self
    }

    fn take(&self) -> Step<T> {
        let mut steps = self.steps();
        steps.calls += 1;
        match steps.planned.pop_front() {
            Some(step) => step,
            None => {
                let delay = std::mem::take(&mut steps.delay);
                Step { delay, outcome: Outcome::Ok(steps.default.clone()) }
            }
        }
    }

    async fn play(&self, Step { delay, outcome }: Step<T>) -> Result<T, ScriptedFault> {
        if !delay.is_zero() {
            self.clock.sleep(delay).await;
        }
        match outcome {
            Outcome::Ok(value) => Ok(value),
            Outcome::Fail(message) => Err(ScriptedFault { message }),
            Outcome::Panic(message) => panic!("{message}"),
            Outcome::Hang => pending().await,
        }
    }
}

impl<T> Script<T> {
    fn steps(&self) -> std::sync::MutexGuard<'_, Steps<T>> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> fmt::Debug for Script<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps = self.steps();
        f.debug_struct("Script")
            .field("calls", &steps.calls)
            .field("remaining", &steps.planned.len())
            .finish_non_exhaustive()
    }
}

/// The failure of a scripted call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptedFault {
    message: String,
}

impl ScriptedFault {
    /// A fault with this message, to compare with.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }
}

impl fmt::Display for ScriptedFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ScriptedFault {}
