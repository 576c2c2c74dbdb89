//! `gather_map`: results under the keys that their futures were given.

use std::collections::{BTreeMap, HashMap};
use std::future::{Future, IntoFuture};
use std::hash::{BuildHasher, Hash};
use std::pin::Pin;
use std::time::Duration;

use super::collect::{Gather, gather};
use crate::CallError;
use crate::future::{Outcome, TaskFuture};
use crate::progress::Progress;

/// A container of keyed futures that can hold keyed results instead.
pub trait GatherContainer {
    /// The keys.
    type Key;
    /// The futures.
    type Future;
    /// The same kind of container, with values.
    type With<V>: FromIterator<(Self::Key, V)>;

    /// The keys and the futures, in the container's order.
    fn into_pairs(self) -> impl Iterator<Item = (Self::Key, Self::Future)>;
}

impl<K: Eq + Hash, F, S: BuildHasher + Default> GatherContainer for HashMap<K, F, S> {
    type Key = K;
    type Future = F;
    type With<V> = HashMap<K, V, S>;

    fn into_pairs(self) -> impl Iterator<Item = (K, F)> {
        self.into_iter()
    }
}

impl<K: Ord, F> GatherContainer for BTreeMap<K, F> {
    type Key = K;
    type Future = F;
    type With<V> = BTreeMap<K, V>;

    fn into_pairs(self) -> impl Iterator<Item = (K, F)> {
        self.into_iter()
    }
}

impl<K, F> GatherContainer for Vec<(K, F)> {
    type Key = K;
    type Future = F;
    type With<V> = Vec<(K, V)>;

    fn into_pairs(self) -> impl Iterator<Item = (K, F)> {
        self.into_iter()
    }
}

/// Collects keyed futures into a container of the same kind: `HashMap`, `BTreeMap` or
/// `Vec<(K, F)>`.
///
/// ```
/// use concurry_core::{TaskFuture, gather_map};
/// use std::collections::BTreeMap;
///
/// let pages = BTreeMap::from([("home", TaskFuture::<u32, String>::ready(Ok(7)))]);
/// assert_eq!(gather_map(pages).results().unwrap(), BTreeMap::from([("home", 7)]));
/// ```
pub fn gather_map<C, T, E>(container: C) -> GatherMap<C, T, E>
where
    C: GatherContainer<Future = TaskFuture<T, E>>,
    T: Send + 'static,
    E: Send + 'static,
{
    let (keys, futures): (Vec<_>, Vec<_>) = container.into_pairs().unzip();
    GatherMap { keys, gather: gather(futures) }
}

/// Keyed futures to be collected. Finish with one of the verbs, or await it.
#[must_use = "nothing is collected until one of `results`, `outcomes` or `await`"]
pub struct GatherMap<C: GatherContainer, T, E> {
    keys: Vec<C::Key>,
    gather: Gather<T, E>,
}

impl<C, T, E> GatherMap<C, T, E>
where
    C: GatherContainer<Future = TaskFuture<T, E>>,
    T: Send + 'static,
    E: Send + 'static,
{
    /// Shows a bar.
    pub fn progress(mut self, progress: impl Into<Progress>) -> Self {
        self.gather = self.gather.progress(progress);
        self
    }

    /// Bounds the wait, from the moment it begins.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.gather = self.gather.timeout(timeout);
        self
    }

    /// Waits for all outputs. The first error, in time, ends the wait.
    ///
    /// # Errors
    ///
    /// The first error; [`CallError::TimedOut`] if the time is over before.
    pub fn results(self) -> Result<C::With<T>, CallError<E>> {
        Ok(self.keys.into_iter().zip(self.gather.results()?).collect())
    }

    /// Waits for all outcomes, errors among them.
    #[must_use]
    pub fn outcomes(self) -> C::With<Outcome<T, E>> {
        self.keys.into_iter().zip(self.gather.outcomes()).collect()
    }

    /// [`outcomes`](Self::outcomes), awaited.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future detaches the calls; they go on, and what was collected is lost.
    pub async fn outcomes_async(self) -> C::With<Outcome<T, E>> {
        let outcomes = self.gather.outcomes_async().await;
        self.keys.into_iter().zip(outcomes).collect()
    }

    /// The outcomes as they come, each with its key. Blocks at each step.
    ///
    /// A timeout ends it early, without an item that says so.
    pub fn as_completed(self) -> impl Iterator<Item = (C::Key, Outcome<T, E>)> {
        let mut keys: Vec<Option<C::Key>> = self.keys.into_iter().map(Some).collect();
        self.gather.as_completed().filter_map(move |(index, outcome)| {
            keys.get_mut(index).and_then(Option::take).map(|key| (key, outcome))
        })
    }
}

impl<C, T, E> IntoFuture for GatherMap<C, T, E>
where
    C: GatherContainer<Future = TaskFuture<T, E>> + 'static,
    C::Key: Send,
    T: Send + 'static,
    E: Send + 'static,
{
    type Output = Result<C::With<T>, CallError<E>>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let results = self.gather.await?;
            Ok(self.keys.into_iter().zip(results).collect())
        })
    }
}

impl<C: GatherContainer, T, E> std::fmt::Debug for GatherMap<C, T, E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GatherMap").field("futures", &self.keys.len()).finish_non_exhaustive()
    }
}
