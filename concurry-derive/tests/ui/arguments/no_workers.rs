use concurry::prelude::*;

#[derive(Clone, Worker)]
#[worker(max_workers = 0)]
struct Zero;

#[worker]
impl Zero {}

#[derive(Clone, Worker)]
#[worker(max_workers = -1)]
struct Negative;

#[worker]
impl Negative {}

#[task(max_workers = "four")]
fn heavy() {}

fn main() {}
