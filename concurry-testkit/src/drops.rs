//! Values whose drops are counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::reach::Address;

/// Counts the drops of the values it made. Clones are the same counter.
#[derive(Clone, Debug, Default)]
pub struct Dropped {
    count: Arc<AtomicUsize>,
    /// Where it really is, if that is another process.
    elsewhere: Option<Address>,
}

/// A value whose drop is counted. Its clones count as well.
#[derive(Clone, Debug)]
pub struct Counted {
    counter: Dropped,
}

impl Serialize for Dropped {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Some(elsewhere) = &self.elsewhere {
            return elsewhere.serialize(serializer);
        }
        let count = Arc::clone(&self.count);
        let address = Address::of(Arc::new(move |_| {
            count.fetch_add(1, Ordering::Release);
            String::new()
        }));
        address.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Dropped {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let elsewhere = Some(Address::deserialize(deserializer)?);
        Ok(Self { elsewhere, ..Self::default() })
    }
}

/// What arrives elsewhere is a copy, whose drop does not count: the value itself stays.
impl Serialize for Counted {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        ().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Counted {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <()>::deserialize(deserializer)?;
        Ok(Self { counter: Dropped::new() })
    }
}

impl Dropped {
    /// A counter at zero.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A value whose drop will be counted.
    #[must_use]
    pub fn value(&self) -> Counted {
        Counted { counter: self.clone() }
    }

    /// How many were dropped.
    #[must_use]
    pub fn count(&self) -> usize {
        // Acquire: pairs with the Release of the drop.
        self.count.load(Ordering::Acquire)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        if let Some(elsewhere) = &self.counter.elsewhere {
            elsewhere.ask("dropped");
            return;
        }
        self.counter.count.fetch_add(1, Ordering::Release);
    }
}
