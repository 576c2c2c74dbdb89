//! Workers with parameters, with bounds on the struct, on the impl or on both.

#![allow(clippy::unwrap_used)] // a test fails by panicking
#![allow(unreachable_pub)] // methods are public as in a library, where they can be reached

use std::collections::HashMap;
use std::fmt::{Debug, Display};
use std::hash::Hash;
use std::marker::PhantomData;

use concurry::prelude::*;

trait Model: Send + 'static {
    type Item: Send + Display + 'static;
    fn rank(&self, item: &Self::Item) -> usize;
}

struct ByLength;

impl Model for ByLength {
    type Item = String;
    fn rank(&self, item: &String) -> usize {
        item.len()
    }
}

/// The bounds stand on both.
#[derive(Worker)]
struct Ranker<M: Model, const BEST: usize>
where
    M::Item: Clone,
{
    model: M,
}

#[worker]
impl<M: Model, const BEST: usize> Ranker<M, BEST>
where
    M::Item: Clone,
{
    pub fn new(model: M) -> Self {
        Self { model }
    }

    pub fn rank(&self, mut items: Vec<M::Item>) -> Result<[M::Item; BEST], String> {
        items.sort_by_key(|item| std::cmp::Reverse(self.model.rank(item)));
        items.truncate(BEST);
        items.try_into().map_err(|items: Vec<_>| format!("only {} items", items.len()))
    }
}

impl Clone for ByLength {
    fn clone(&self) -> Self {
        Self
    }
}

#[test]
fn bounds_parameters_and_constants_reach_the_handle() {
    let ranker: RankerHandle<ByLength, 2> =
        Ranker::options(Mode::Thread, 1).init(ByLength).unwrap();
    let words = ["a", "ccc", "bb"].map(str::to_owned).to_vec();
    assert_eq!(ranker.rank(words).result().unwrap(), ["ccc", "bb"]);
    assert!(ranker.rank(Vec::new()).result().is_err());
}

/// Only the impl says what the parameters can do.
#[derive(Worker)]
struct Cache<K, V = String> {
    entries: HashMap<K, V>,
}

#[worker]
impl<K, V> Cache<K, V>
where
    K: Eq + Hash + Send,
    V: Clone + Send,
{
    pub async fn new() -> Self {
        Self { entries: HashMap::new() }
    }

    pub fn put(&mut self, key: K, value: V) -> Option<V> {
        self.entries.insert(key, value)
    }

    pub async fn get(&self, key: K) -> Option<V> {
        self.entries.get(&key).cloned()
    }

    pub async fn len(&self, ctx: &CallContext) -> usize {
        let _ = ctx;
        self.entries.len()
    }
}

fn filled<K: Eq + Hash + Send + Debug + 'static>(keys: Vec<K>) -> CacheHandle<K> {
    let cache = Cache::<K, String>::options(Mode::Thread, 1).init().unwrap();
    for key in keys {
        let value = format!("{key:?}");
        cache.put(key, value).result().unwrap();
    }
    cache
}

#[test]
fn a_generic_function_may_use_a_generic_worker() {
    let cache = filled(vec![1_u8, 2, 2]);
    assert_eq!(cache.len().result().unwrap(), 2);
    assert_eq!(cache.get(2).result().unwrap().as_deref(), Some("2"));
    assert_eq!(cache.get(3).result().unwrap(), None);
}

/// One instance of a generic type.
#[derive(Clone, Worker)]
struct Unit<T> {
    count: u64,
    unit: PhantomData<fn() -> T>,
}

struct Metre;

#[worker]
impl Unit<Metre> {
    pub fn add(&mut self, more: u64) -> u64 {
        self.count += more;
        self.count
    }
}

impl Clone for Metre {
    fn clone(&self) -> Self {
        Self
    }
}

#[test]
fn a_single_instance_may_be_the_worker() {
    let state = Unit::<Metre> { count: 1, unit: PhantomData };
    let unit = Unit::<Metre>::options(Mode::Thread, 1).init(state).unwrap();
    assert_eq!(unit.add(2).result().unwrap(), 3);
}

/// Without a constructor, `init` alone needs the state to be `Clone`.
#[derive(Clone, Worker)]
struct Holder<T>(T);

#[worker]
impl<T: Send + Sync> Holder<T> {
    pub fn size(&self) -> usize {
        size_of_val(&self.0)
    }
}

#[test]
fn a_generic_worker_without_a_constructor_starts_as_a_clone() {
    let holder = Holder::options(Mode::Thread, 1).init(Holder([0_u8; 5])).unwrap();
    assert_eq!(holder.size().result().unwrap(), 5);
}

/// Bounds may be said of `Self`.
#[derive(Clone, Worker)]
struct Pair<T>
where
    Self: Sized,
    T: PartialEq<Self>,
{
    value: T,
}

#[derive(Clone)]
struct Anything;

impl PartialEq<Pair<Anything>> for Anything {
    fn eq(&self, _: &Pair<Anything>) -> bool {
        true
    }
}

#[worker]
impl<T: PartialEq<Self> + Send> Pair<T>
where
    Self: Clone,
{
    pub fn new(value: T) -> Self {
        Self { value }
    }

    pub fn is_like_itself(&self) -> bool {
        self.value == self.clone()
    }
}

#[test]
fn bounds_may_speak_of_the_worker_as_self() {
    let pair = Pair::options(Mode::Thread, 1).init(Anything).unwrap();
    assert!(pair.is_like_itself().result().unwrap());
}
