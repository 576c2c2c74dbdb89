//! What may be an argument of a lazy call.

use std::collections::{BTreeMap, HashMap};

use concurry::prelude::*;

use crate::worker::arithmetic;

#[derive(Worker)]
struct Takes;

#[worker]
impl Takes {
    pub fn new() -> Self {
        Self
    }
    pub fn vector(&self, all: Vec<u64>) -> u64 {
        all.iter().sum()
    }
    pub fn array(&self, all: [u64; 2]) -> u64 {
        all.iter().sum()
    }
    pub fn pair(&self, pair: (u64, String)) -> String {
        format!("{} {}", pair.0, pair.1)
    }
    pub fn option(&self, maybe: Option<u64>) -> u64 {
        maybe.unwrap_or(0)
    }
    pub fn hash_map(&self, map: HashMap<String, u64>) -> u64 {
        map.values().sum()
    }
    pub fn tree_map(&self, map: BTreeMap<u8, u64>) -> Vec<u64> {
        map.into_values().collect()
    }
    pub fn text(&self, text: String) -> usize {
        text.len()
    }
    pub fn nested(&self, rows: Vec<Vec<u64>>) -> usize {
        rows.iter().map(Vec::len).sum()
    }
    pub fn nothing(&self) -> u64 {
        7
    }
    #[allow(clippy::too_many_arguments)]
    pub fn many(&self, a: u8, b: u8, c: u8, d: u8, e: u8, f: u8, g: u8, h: u8, i: u8) -> u8 {
        a + b + c + d + e + f + g + h + i
    }
}

#[test]
fn an_argument_is_a_value_a_node_or_a_container_of_nodes() {
    let (pool, _) = arithmetic(Mode::Thread);
    let takes = Takes::options(Mode::Thread, 1).init().unwrap();
    let lazy = takes.lazy();
    let node = |n: u64| pool.lazy().add(n, 0);
    assert_eq!(lazy.vector(vec![1, 2]).compute().unwrap(), 3);
    assert_eq!(lazy.vector(vec![node(1), node(2)]).compute().unwrap(), 3);
    assert_eq!(lazy.vector([node(1), node(2)]).compute().unwrap(), 3);
    assert_eq!(lazy.array([node(1), node(2)]).compute().unwrap(), 3);
    assert_eq!(lazy.pair((node(1), Lazy::value("a".to_owned()))).compute().unwrap(), "1 a");
    assert_eq!(lazy.option(Some(node(5))).compute().unwrap(), 5);
    assert_eq!(lazy.option(None::<Lazy<u64>>).compute().unwrap(), 0);
    let map = HashMap::from([("a".to_owned(), node(1)), ("b".to_owned(), node(2))]);
    assert_eq!(lazy.hash_map(map).compute().unwrap(), 3);
    assert_eq!(
        lazy.tree_map(BTreeMap::from([(2, node(1)), (1, node(2))])).compute().unwrap(),
        [2, 1]
    );
    assert_eq!(lazy.text("four").compute().unwrap(), 4);
    assert_eq!(lazy.nested(Lazy::join(vec![vec![node(1)], vec![]])).compute().unwrap(), 1);
    assert_eq!(lazy.nothing().compute().unwrap(), 7);
    let one = Lazy::value(1);
    let many = lazy.many(one.clone(), 1, one, 1, 1, 1, 1, 1, 1);
    assert_eq!(many.compute().unwrap(), 9);
}

#[test]
fn a_future_of_one_worker_is_an_argument_of_another() {
    let (pool, _) = arithmetic(Mode::Thread);
    let (other, _) = arithmetic(Mode::Async);
    let sum = other.lazy().add(pool.add(1, 2), pool.add(3, 4));
    assert_eq!(sum.compute().unwrap(), 10);
    let all = other.lazy().sum(vec![pool.add(1, 2), pool.add(3, 4)]);
    assert_eq!(all.compute().unwrap(), 10);
}

#[test]
fn a_lazy_value_that_can_not_be_copied_has_one_user() {
    struct Unique(u64);
    let pool = TaskPool::new(Mode::Thread, 1).unwrap();
    let unique = pool.lazy().submit((), |()| Unique(3));
    assert_eq!(pool.lazy().submit(unique, |unique| unique.0).compute().unwrap(), 3);
}
