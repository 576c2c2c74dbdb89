//! What happened, in order, and how much of it at a time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::reach::Address;

/// Keeps events in the order in which they were recorded. Clones are the same recorder.
#[derive(Debug)]
pub struct Recorder<T> {
    state: Arc<Mutex<State<T>>>,
    /// Where it really is, if that is another process.
    elsewhere: Option<Elsewhere<T>>,
}

/// A recorder in another process, and how its events become text.
#[derive(Debug)]
struct Elsewhere<T> {
    address: Address,
    text: fn(&T) -> String,
}

impl<T> Clone for Elsewhere<T> {
    fn clone(&self) -> Self {
        Self { address: self.address.clone(), text: self.text }
    }
}

#[derive(Debug)]
struct State<T> {
    events: Vec<T>,
    inside: usize,
    most_inside: usize,
    /// By which other processes reach it.
    address: Option<Address>,
}

impl<T> Clone for Recorder<T> {
    fn clone(&self) -> Self {
        Self { state: Arc::clone(&self.state), elsewhere: self.elsewhere.clone() }
    }
}

impl<T: DeserializeOwned + Send + 'static> Serialize for Recorder<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Some(elsewhere) = &self.elsewhere {
            return elsewhere.address.serialize(serializer);
        }
        let state = Arc::downgrade(&self.state);
        let mut own = self.lock();
        let address = own.address.get_or_insert_with(|| {
            Address::of(Arc::new(move |told| {
                let Some(state) = state.upgrade() else { return String::new() };
                let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
                match told {
                    "enter" => {
                        state.inside += 1;
                        state.most_inside = state.most_inside.max(state.inside);
                    }
                    "leave" => state.inside -= 1,
                    event => {
                        let before = state.events.len();
                        state.events.extend(serde_json::from_str(event).ok());
                        return before.to_string();
                    }
                }
                String::new()
            }))
        });
        address.serialize(serializer)
    }
}

impl<'de, T: Serialize> Deserialize<'de> for Recorder<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let address = Address::deserialize(deserializer)?;
        let text = |event: &T| serde_json::to_string(event).unwrap_or_default();
        Ok(Self { elsewhere: Some(Elsewhere { address, text }), ..Self::default() })
    }
}

impl<T> Default for Recorder<T> {
    fn default() -> Self {
        let state = State { events: Vec::new(), inside: 0, most_inside: 0, address: None };
        Self { state: Arc::new(Mutex::new(state)), elsewhere: None }
    }
}

impl<T> Recorder<T> {
    /// An empty recorder.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps an event.
    pub fn record(&self, event: T) {
        self.record_numbered(event);
    }

    /// Keeps an event, and says how many came before it.
    pub fn record_numbered(&self, event: T) -> usize {
        if let Some(elsewhere) = &self.elsewhere {
            let before = elsewhere.address.ask(&(elsewhere.text)(&event));
            return before.parse().unwrap_or(usize::MAX);
        }
        let mut state = self.lock();
        state.events.push(event);
        state.events.len() - 1
    }

    /// Counts one more inside some region, until the guard is dropped.
    #[must_use]
    pub fn enter(&self) -> Entered<T> {
        if let Some(elsewhere) = &self.elsewhere {
            elsewhere.address.ask("enter");
            return Entered { recorder: self.clone() };
        }
        let mut state = self.lock();
        state.inside += 1;
        state.most_inside = state.most_inside.max(state.inside);
        Entered { recorder: Self { state: Arc::clone(&self.state), elsewhere: None } }
    }

    /// How many were inside at once, at most.
    #[must_use]
    pub fn most_inside(&self) -> usize {
        self.lock().most_inside
    }

    /// How many events there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.lock().events.len()
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Clone> Recorder<T> {
    /// All events so far.
    #[must_use]
    pub fn events(&self) -> Vec<T> {
        self.lock().events.clone()
    }
}

/// Somebody inside the region that a [`Recorder`] counts.
#[derive(Debug)]
pub struct Entered<T> {
    recorder: Recorder<T>,
}

impl<T> Drop for Entered<T> {
    fn drop(&mut self) {
        if let Some(elsewhere) = &self.recorder.elsewhere {
            elsewhere.address.ask("leave");
            return;
        }
        self.recorder.lock().inside -= 1;
    }
}
