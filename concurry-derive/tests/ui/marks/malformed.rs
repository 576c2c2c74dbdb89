use concurry::prelude::*;

#[derive(Clone, Worker)]
struct Llm;

#[worker]
impl Llm {
    #[worker(ignore)]
    pub fn ignored(&self) {}

    #[worker]
    pub fn empty(&self) {}

    #[idempotent(true)]
    pub fn told(&self) {}
}

fn main() {}
