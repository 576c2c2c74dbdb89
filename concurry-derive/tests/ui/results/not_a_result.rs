use concurry::prelude::*;

struct Result;

#[derive(Worker)]
struct Llm;

#[worker]
impl Llm {
    pub fn new() -> Self {
        Self
    }

    pub fn call(&self) -> Result {
        Result
    }
}

fn main() {}
