use std::sync::Arc;

use concurry::prelude::*;

#[derive(Clone, Worker)]
struct Llm;

#[worker]
impl Llm {
    pub fn by_value(self) {}
    pub fn by_mutable_value(mut self) {}
    pub fn shared(self: Arc<Self>) {}
    pub fn named(&'static self) {}
    pub fn fine(&mut self) {}
}

fn main() {}
