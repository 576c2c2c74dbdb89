//! The one timer of a set: it serves whoever is due, and nobody else wakes up for it.

use std::cell::Cell;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Wake, Waker};
use std::time::Instant;

use concurry_time::{Clock, Sleep};

use crate::shared::Shared;

thread_local! {
    /// Whether this thread is setting an alarm, under the lock of its set.
    static SETTING: Cell<bool> = const { Cell::new(false) };
    /// Whether that rang at once: there is no timer, for example because no thread can be started.
    static RANG: Cell<bool> = const { Cell::new(false) };
}

/// Set by the holder of the lock whenever the plan has changed.
#[derive(Default)]
pub(crate) struct Alarm(Option<Sleep>);

/// What became of setting an alarm.
pub(crate) enum Arming {
    /// It will ring.
    Armed,
    /// The moment has come.
    Due,
    /// It cannot ring: who waits has to look by itself.
    Impossible,
}

impl Alarm {
    pub(crate) fn cancel(&mut self) {
        self.0 = None;
    }

    pub(crate) fn set(&mut self, clock: &Clock, deadline: Instant, bell: &Waker) -> Arming {
        if self.0.as_ref().is_some_and(|sleep| sleep.deadline() == deadline) {
            return Arming::Armed;
        }
        let mut sleep = clock.sleep_until(deadline);
        SETTING.set(true);
        let due = Pin::new(&mut sleep).poll(&mut Context::from_waker(bell)).is_ready();
        SETTING.set(false);
        let impossible = RANG.take();
        if due || impossible {
            self.0 = None;
            return if due { Arming::Due } else { Arming::Impossible };
        }
        self.0 = Some(sleep);
        Arming::Armed
    }
}

impl fmt::Debug for Alarm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Alarm").field(&self.0.as_ref().map(Sleep::deadline)).finish()
    }
}

/// Rings at a set. Who waits keeps the set alive, the bell does not.
pub(crate) struct Bell(pub(crate) Weak<Shared>);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if SETTING.get() {
            // The lock is held further up on this very stack.
            RANG.set(true);
        } else if let Some(shared) = self.0.upgrade() {
            shared.ring();
        }
    }
}
