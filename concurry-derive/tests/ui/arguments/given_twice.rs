use concurry::prelude::*;

#[derive(Clone, Worker)]
#[worker(mode = "thread", max_workers = 4)]
#[worker(mode = "async")]
struct Llm;

#[worker]
impl Llm {
    #[idempotent]
    #[idempotent]
    pub fn call(&self) {}
}

fn main() {}
