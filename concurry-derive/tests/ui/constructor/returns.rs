use std::sync::Arc;

use concurry::prelude::*;

#[derive(Worker)]
struct Shared;

#[worker]
impl Shared {
    pub fn new() -> Arc<Self> {
        Arc::new(Self)
    }
}

#[derive(Worker)]
struct Nothing;

#[worker]
impl Nothing {
    pub fn new() {}
}

fn main() {}
