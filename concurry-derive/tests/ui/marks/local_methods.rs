use concurry::prelude::*;

#[derive(Worker)]
struct Llm;

#[worker]
impl Llm {
    #[idempotent]
    pub fn new() -> Self {
        Self
    }

    #[idempotent]
    fn private(&self) {}

    #[pure]
    #[worker(skip)]
    pub fn skipped(&self) {}
}

fn main() {}
