//! A gate that a test opens by hand.

use std::cell::RefCell;
use std::fmt;
use std::future::poll_fn;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::task::{Poll, Waker};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::PATIENCE;
use crate::reach::Address;

thread_local! {
    /// The gates that this thread has made.
    static MADE: RefCell<Vec<Weak<Shared>>> = const { RefCell::new(Vec::new()) };
}

/// Holds calls up until the test opens it, or is over. Clones are the same gate.
#[derive(Clone)]
pub struct Gate {
    shared: Arc<Shared>,
    /// Where it really is, if that is another process.
    elsewhere: Option<Address>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// Somebody came. Apart from `opened`: ten thousand who wait at the gate are not to be woken for
    /// each one that joins them.
    came: Condvar,
    opened: Condvar,
    /// By which other processes reach it.
    address: OnceLock<Address>,
}

#[derive(Default)]
struct State {
    /// How many may still pass; everybody once it is open.
    passes: usize,
    open: bool,
    arrived: usize,
    wakers: Vec<Waker>,
}

impl Gate {
    /// A closed gate.
    #[must_use]
    pub fn new() -> Self {
        let shared = Arc::new(Shared::default());
        MADE.with_borrow_mut(|made| made.push(Arc::downgrade(&shared)));
        Self { shared, elsewhere: None }
    }

    /// Waits at the gate, on the current thread.
    ///
    /// # Panics
    ///
    /// If nobody opens it.
    pub fn pass(&self) {
        if let Some(elsewhere) = &self.elsewhere {
            elsewhere.ask("pass");
            return;
        }
        let mut state = self.lock();
        state.arrived += 1;
        self.shared.came.notify_all();
        let opened = &self.shared.opened;
        drop(wait(opened, state, "a gate to be opened", |state| !state.take_pass()));
    }

    /// Waits at the gate without blocking the thread.
    pub async fn passed(&self) {
        if let Some(elsewhere) = self.elsewhere.clone() {
            return passed_elsewhere(elsewhere).await;
        }
        {
            let mut state = self.lock();
            state.arrived += 1;
            self.shared.came.notify_all();
        }
        poll_fn(|context| {
            let mut state = self.lock();
            if state.take_pass() {
                return Poll::Ready(());
            }
            state.wakers.push(context.waker().clone());
            Poll::Pending
        })
        .await;
    }

    /// Lets everybody pass, from now on.
    pub fn open(&self) {
        if let Some(elsewhere) = &self.elsewhere {
            elsewhere.ask("open");
            return;
        }
        self.let_pass(|state| state.open = true);
    }

    /// Lets so many pass.
    pub fn admit(&self, count: usize) {
        self.let_pass(|state| state.passes += count);
    }

    /// Waits until so many have come to the gate since it was made, passed or not.
    ///
    /// # Panics
    ///
    /// If they do not come.
    pub fn wait_for_arrivals(&self, count: usize) {
        let came = &self.shared.came;
        drop(wait(came, self.lock(), "callers to come to a gate", |state| state.arrived < count));
    }

    /// How many have come to the gate.
    #[must_use]
    pub fn arrived(&self) -> usize {
        if let Some(elsewhere) = &self.elsewhere {
            return elsewhere.ask("arrived").parse().unwrap_or(0);
        }
        self.lock().arrived
    }

    fn let_pass(&self, change: impl FnOnce(&mut State)) {
        let wakers = {
            let mut state = self.lock();
            change(&mut state);
            std::mem::take(&mut state.wakers)
        };
        self.shared.opened.notify_all();
        wakers.into_iter().for_each(Waker::wake);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Opens, when it is dropped, every gate that its thread has made: what still waits there has a pool and
/// its processes run on, beside the tests that come next.
pub(crate) struct OpensGates;

impl Drop for OpensGates {
    fn drop(&mut self) {
        let made = MADE.with_borrow_mut(std::mem::take);
        for shared in made.iter().filter_map(Weak::upgrade) {
            Gate { shared, elsewhere: None }.open();
        }
    }
}

impl Default for Gate {
    fn default() -> Self {
        Self::new()
    }
}

fn wait<'g>(
    changed: &Condvar,
    state: MutexGuard<'g, State>,
    what: &str,
    blocked: impl FnMut(&mut State) -> bool,
) -> MutexGuard<'g, State> {
    let waited = changed.wait_timeout_while(state, PATIENCE, blocked);
    let (state, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
    assert!(!timeout.timed_out(), "waited {PATIENCE:?} for {what}");
    state
}

impl State {
    fn take_pass(&mut self) -> bool {
        if self.open {
            return true;
        }
        match self.passes.checked_sub(1) {
            Some(left) => {
                self.passes = left;
                true
            }
            None => false,
        }
    }
}

/// Waits on a thread for the gate of another process.
async fn passed_elsewhere(elsewhere: Address) {
    let passed = Gate::new();
    let open = passed.clone();
    std::thread::spawn(move || {
        elsewhere.ask("pass");
        open.open();
    });
    Box::pin(passed.passed()).await;
}

impl Serialize for Gate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let address = match &self.elsewhere {
            Some(elsewhere) => elsewhere.clone(),
            None => self
                .shared
                .address
                .get_or_init(|| {
                    let shared = Arc::downgrade(&self.shared);
                    Address::of(Arc::new(move |question| {
                        let Some(shared) = shared.upgrade() else { return String::new() };
                        let gate = Self { shared, elsewhere: None };
                        match question {
                            "pass" => gate.pass(),
                            "open" => gate.open(),
                            _ => return gate.arrived().to_string(),
                        }
                        String::new()
                    }))
                })
                .clone(),
        };
        address.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Gate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let elsewhere = Some(Address::deserialize(deserializer)?);
        Ok(Self { shared: Arc::default(), elsewhere })
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.lock();
        f.debug_struct("Gate")
            .field("open", &state.open)
            .field("arrived", &state.arrived)
            .finish_non_exhaustive()
    }
}
